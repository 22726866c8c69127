"""Is an issuer believed, on whose word, and if not: what is missing?

Asked without any document of the issuer, for whoever keeps a trust file. It goes the
way of a verification, source by source, and the first that is enough answers. What only
a credential can answer is named as not judged, and whatever was out of reach makes the
answer unknown.

::

    1  the trust file itself names the issuer for this
    2  a root of certificates speaks for it, as far as its name tells
    3  an authority, or one whom it recognizes, does
    4  a federation accredits the issuer
    5  a trust registry authorizes it
    6  otherwise: everything that stands in the way, each with what would mend it

Certificates that the issuer signs with may be given. They are then judged as those in a
header are: what no verification would take stands in the way, whoever vouches for the
issuer.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from medid.errors import ConfigurationError
from medid.verifying import chained
from medid.verifying.grounds import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.trust import ToldChain
    from medid.trust.saying import Said
    from medid.verifying.judging import Judgement
    from medid.verifying.missing import Missing


class Answer(StrEnum):
    """Whether an issuer is believed."""

    BELIEVED = "believed"
    NOT_BELIEVED = "not-believed"
    UNKNOWN = "could-not-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked.

    Attributes:
        issuer: Compared as exact text.
        credential_type: As a credential would spell it.
        jurisdiction: For where.
        profession: A code, or ``system|code``; ``None`` does not ask for one.
        chain: The certificates (DER, its own first) that it signs with; empty where
            they are not at hand, or it signs with none.
    """

    issuer: str
    credential_type: str
    jurisdiction: str
    profession: str | None = None
    chain: tuple[bytes, ...] = ()

    @property
    def professions(self) -> tuple[str, ...]:
        """The profession, if one is asked for."""
        return () if self.profession is None else (self.profession,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """The answer.

    Attributes:
        entries: What the trust file itself says, where that is enough.
        chains: By whose word otherwise.
        missing: What stands in the way, where the issuer is not believed.
        not_judged: What only a credential could answer.
    """

    answer: Answer
    entries: tuple[Said, ...] = ()
    chains: tuple[ToldChain, ...] = ()
    missing: tuple[Missing, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def believed(self) -> bool:
        """Whether the answer is yes."""
        return self.answer is Answer.BELIEVED

    def __bool__(self) -> bool:
        """Whether the answer is yes."""
        return self.believed


def explain(asked: Asked, judgement: Judgement) -> Belief:
    """Whether the issuer is believed for what is asked, and why. Pure.

    Args:
        asked: What.
        judgement: The time, the trust registry, and what ``admitting.needs_about``
            asks for.

    Raises:
        ConfigurationError: There is no trust registry; or there are certificates, and
            the name of the issuer is none that any could vouch for.
    """
    trust = judgement.trust
    if trust is None:
        raise ConfigurationError("without a trust registry nobody is believed")
    doubt = chained.doubt(asked, judgement)
    missing: list[Missing] = [] if doubt is None else [doubt]
    # 1. to 5.
    for source in SOURCES:
        ground = source(asked, trust, judgement)
        if ground.is_enough and doubt is None:
            return Belief(
                answer=Answer.BELIEVED,
                entries=ground.entries,
                chains=ground.chains,
                not_judged=(
                    *_unasked(asked),
                    *ground.not_judged,
                    *chained.not_judged(asked, judgement),
                ),
            )
        if ground.is_enough:
            # Somebody vouches for the issuer, so that nothing but the doubt is left.
            missing = [one for one in missing if one is doubt]
            break
        missing += ground.missing
    # 6.
    return Belief(answer=_no(missing, doubt), missing=tuple(missing))


def _no(missing: Sequence[Missing], doubt: Missing | None) -> Answer:
    """Whether what stands in the way is a no, or leaves the answer open.

    What is wrong with the certificates is a no, and that nobody vouches for the issuer
    is another: each is one whatever became of the other.
    """
    others = [one for one in missing if one is not doubt]
    unknown = any(one.unknown for one in others)
    if doubt is not None:
        unknown = doubt.unknown and (unknown or not others)
    return Answer.UNKNOWN if unknown else Answer.NOT_BELIEVED


def _unasked(asked: Asked) -> Iterator[str]:
    """What only a credential could answer, whoever is asked about."""
    yield "the proof, the dates and the status of what it issues"
    if asked.profession is None:
        yield "for which profession: none was named"
