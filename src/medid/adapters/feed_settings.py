"""Which change feed of a board is followed, and for how long it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from medid.adapters.urls import parse
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError

MAX_AGE: Final = 60.0  # seconds since the head was signed, by default
MIN_MAX_AGE: Final = 2.0  # seconds; a board signs every second at most
LONGEST_MAX_AGE: Final = 86_400.0  # seconds; beyond a day it is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Which feed is followed.

    Attributes:
        board: The DID that signs it.
        site: The https URL on which the board publishes, without a slash at its end.
        max_age: Seconds since its head was signed, after which it says nothing.
    """

    board: str
    site: str
    max_age: float = MAX_AGE

    def __post_init__(self) -> None:
        """Refuse what cannot be followed.

        Raises:
            ConfigurationError: No DID, no such URL, or no such age.
        """
        try:
            Did.parse(self.board, path="$.board")
            parse(f"{self.site}/", allow_localhost=True)
        except MedidError as error:
            message = f"no feed of a board: {error.message}"
            raise ConfigurationError(message, path="$.board") from None
        # No list is below such a site, and nothing would ever be followed.
        if "?" in self.site or self.site.endswith("/"):
            message = "no feed of a board: its site has a slash or a query at its end"
            fix = "write the site as the board does, such as https://board.example"
            raise ConfigurationError(message, path="$.site", fix=fix)
        age = self.max_age
        if not (isfinite(age) and MIN_MAX_AGE <= age <= LONGEST_MAX_AGE):
            message = (
                f"a maximum age is {MIN_MAX_AGE:.0f} to {LONGEST_MAX_AGE:.0f} seconds"
            )
            raise ConfigurationError(message, path="$.maxAge")
