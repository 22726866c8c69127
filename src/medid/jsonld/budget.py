"""How many contexts may be worked out for what is verified together.

A document names contexts, and types and members that have contexts of their own, in a
few bytes each. What a combination of them leads to is kept; to work out a new one takes
up to two milliseconds, so new ones are counted.

Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
"""

from __future__ import annotations

from typing import Final

from medid.errors import TooLarge

# Contexts, and shapes of nodes that have one; a license that is presented takes 12.
MAX_PROCESSED: Final = 1_024


class Budget:
    """What is left for the documents of one verification."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Nothing is taken yet."""
        self._left = MAX_PROCESSED

    def take(self, count: int, *, path: str = "$") -> None:
        """Return if so many more contexts may be processed.

        Args:
            count: How many a part of a document asks for that are not at hand.
            path: The part.

        Raises:
            TooLarge: They may not.
        """
        self._left -= count
        if self._left < 0:
            message = f"more than {MAX_PROCESSED} new combinations of contexts"
            raise TooLarge(message, path=path)
