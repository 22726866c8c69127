"""What became of each row of an act: it happened, or it says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.errors import MedidError, NotInRegister

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.board.acts import Act
    from medid.board.records import IssuedCredential, License


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one row of an act.

    Attributes:
        number: Of the license.
        license: As it is now; ``None`` where the row was refused.
        credential: What was issued on it, if anything was.
        error: Why the row was refused.
    """

    number: str
    license: License | None = None
    credential: IssuedCredential | None = None
    error: MedidError | None = None

    def done(self) -> License:
        """The license as it is now.

        Raises:
            MedidError: The row was refused.
        """
        if self.license is None:
            raise self.error or NotInRegister("there is no license of this number")
        return self.license


def row(number: str, done: Callable[[], object]) -> tuple[str, MedidError | None]:
    """What became of one row: its number, and why it was refused."""
    try:
        done()
    except MedidError as error:
        return number, error
    return number, None


def outcomes(
    rows: Sequence[tuple[str, MedidError | None]], act: Act
) -> tuple[Outcome, ...]:
    """What became of the rows of an act, in their order."""
    return tuple(
        Outcome(number=number, error=error)
        if error is not None
        else Outcome(
            number=number,
            license=act.licenses[number],
            credential=act.issued.get(number),
        )
        for number, error in rows
    )
