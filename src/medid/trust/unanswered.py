"""What sources of trust were to say about an issuer, and did not.

A source that answers no has answered. One that is out of reach, or says what makes no
sense, or nothing of the time asked about, leaves open whether its issuer is believed:
where nobody else vouches for him that is no permit, and no denial either.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.errors import (
    EvidenceUnavailable,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    MedidError,
    Unchecked,
)
from medid.trust.boards import names_among

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question about an issuer that nobody could answer, and why.

    Attributes:
        issuer: About whom.
        credential_types: What a yes would have allowed.
        jurisdictions: For where.
        professions: For whom.
        documents: The digests of the documents that it was asked for.
        error: What stood in the way.
    """

    issuer: str
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]
    documents: frozenset[str]
    error: Unchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an issuer would have to be believed for.

    Attributes:
        document: The digest of what he issued.
        jurisdiction: For where; ``None`` does not ask.
        professions: Codings of one profession; none given does not ask.
    """

    issuer: str
    credential_type: str
    document: str | None = None
    jurisdiction: str | None = None
    professions: Sequence[str] = ()

    def could_come_of(
        self, one: Unanswered, *, covers: Callable[[str, str], bool]
    ) -> bool:
        """Whether a yes to ``one`` would have allowed it."""
        place, professions = self.jurisdiction, self.professions
        # Both may be long lists, of which others wrote one.
        words = frozenset(one.professions)
        return (
            one.issuer == self.issuer
            and self.credential_type in one.credential_types
            and self.document in one.documents
            and (place is None or any(covers(own, place) for own in one.jurisdictions))
            and (
                not professions
                or any(names_among(words, profession) for profession in professions)
            )
        )


@contextmanager
def or_unanswered(
    unanswered: Sequence[Unanswered],
    wanted: Wanted,
    *,
    covers: Callable[[str, str], bool],
) -> Iterator[None]:
    """Turn a refusal into what could not be checked, where an answer is outstanding.

    Raises:
        Unchecked: The issuer is refused, and a source that may allow what is wanted has
            not answered.
    """
    try:
        yield
    except (IssuerNotTrusted, IssuerNotAuthorized):
        for one in unanswered:
            if wanted.could_come_of(one, covers=covers):
                error = one.error
                raise type(error)(error.message, fix=error.fix) from None
        raise


def rather(one: MedidError | None, other: MedidError) -> MedidError:
    """Of two reasons why nothing was found: what could not be checked, or the later.

    A no that was found after it does not settle what is open.
    """
    return one if isinstance(one, Unchecked) else other


def nothing_learnt(error: MedidError, *, by: str) -> Unchecked:
    """``error`` of a source of trust, as what it is about the issuer: no answer.

    Whoever asks is not to blame for a source that makes no sense.

    Args:
        error: What stood in the way.
        by: What the source is.
    """
    if isinstance(error, Unchecked):
        return error
    message = f"{by} gives no sound answer ({error.code})"
    return EvidenceUnavailable(message, fix="ask whoever runs it")
