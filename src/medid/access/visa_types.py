"""The words of GA4GH visas: who they are about, what they say, what data asks for.

Data only: nothing here checks a signature or decides.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#visa-object-claims
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

#: The whole vocabulary of ``by``; whatever else stands there is understood by nobody.
AUTHORITIES: Final = ("self", "peer", "system", "so", "dac")


class VisaIdentity(NamedTuple):
    """A person within one issuer's system: the ``iss`` and ``sub`` of a JWT.

    A DID is an identity too, with itself as issuer and subject, as in Self-Issued
    OpenID Providers: so a LinkedIdentities visa can name whoever presents.
    """

    iss: str
    sub: str

    @classmethod
    def of_did(cls, did: str) -> VisaIdentity:
        """The identity of whoever controls ``did``."""
        return cls(did, did)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visa:
    """What one visa says of a person.

    Attributes:
        type: One of the standard visa types.
        value: What is asserted, in the form of its type.
        source: The organization that asserts it.
        by: With which authority within that organization; ``None`` is unknown.
    """

    type: str
    value: str = field(repr=False)
    source: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisaFacts:
    """The visas of whoever asks, as verification left them.

    Attributes:
        counted: Those that hold: verified, in time, of this person, conditions met.
        unchecked: Whether there are others of which nobody could tell just now.
    """

    counted: tuple[Visa, ...] = ()
    unchecked: bool = False


NO_VISAS: Final = VisaFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisaRequirement:
    """A visa that the use of data needs.

    Attributes:
        type: Its visa type.
        by: The authorities that are good enough.
        value: The whole value; ``None`` where ``affiliation`` says what is asked for.
        affiliation: Of AffiliationAndRole: the organization alone, for its faculty,
            students and members.
        source: On whose word; ``None`` for anybody for whom its issuer may assert it.
        proves: The modifiers, in the digits of their codes, that it proves.
    """

    type: str
    by: frozenset[str]
    value: str | None = None
    affiliation: str | None = None
    source: str | None = None
    proves: tuple[str, ...] = ()
