"""What links of recognition allow, each schema asked once about each document.

A schema is somebody else's program, and a recognized board may name many. All that are
run for one judgement share a number of steps; beyond it nothing is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.credentials.bounded_schema import MAX_STEPS, Work

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.trust.chains import RecognitionLink

# As for a few schemas of the largest work, or for ordinary ones and all that a holder
# presents. The schemas that credentials name themselves have as many.
MAX_SCHEMA_STEPS: Final = 4 * MAX_STEPS


class Allowing:
    """What links allow, by the work that is left.

    A search meets the same link on many ways, and many links with the same schemas. It
    knows both by identity, so it lives no longer than the search that holds them.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[tuple[object, ...], bool] = {}

    def asked(self, link: RecognitionLink, issued: JsonObject) -> bool:
        """Whether the entity of ``link`` may issue ``issued``."""
        schemas = tuple(map(id, link.schemas))
        key = (id(issued), link.credential_types, len(link.validation), schemas)
        if key not in self._known:
            self._known[key] = link.allows(issued, self._work)
        return self._known[key]
