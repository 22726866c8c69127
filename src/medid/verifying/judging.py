"""What a judgement stands on: the evidence, the instant, and what the caller expects.

Nothing here is looked up while judging. The same judgement on the same document gives
the same answer, whenever and wherever it is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.core.arguments import check_fields
from medid.core.evidence import Evidence
from medid.core.memory import FORGETFUL, Memory
from medid.core.records import replace
from medid.credentials.bounded_schema import Work
from medid.dids.resolution import ResolutionOptions
from medid.errors import ConfigurationError
from medid.jsonld import Statements
from medid.status.token_list import APPLICATION_SPECIFIC
from medid.trust.allowing import MAX_SCHEMA_STEPS

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.jsonld import ContextStore
    from medid.trust import TrustRegistry
    from medid.verifying.opening import Secured

MAX_LENGTH: Final = 2**53 - 1  # seconds; of a length of time that is configured
STATUS_MAX_AGE: Final = 86_400  # seconds; a board's suspension is known within a day
KEY_BINDING_MAX_AGE: Final = 300  # seconds; RFC 9901 section 7.3 leaves it to us


class StatusPolicy(StrEnum):
    """Whether the status of a credential is asked for."""

    REQUIRED = "required"  # a credential without a status entry is refused
    IF_PRESENT = "if-present"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What the caller expects of the document beside a valid proof.

    Attributes:
        challenge: The challenge or nonce that a presentation must answer; ``None``
            does not ask.
        domain: The domain or audience that a presentation must be made for, and each
            credential whose issuer names an audience or whose proof names a domain;
            ``None`` does not ask.
        holder_binding: Every credential's subject must be the presenter.
        key_binding: An SD-JWT must be presented with its holder's key.
        vct: The type that an SD-JWT VC must have; ``None`` does not ask.
        status: Whether status entries are required, followed or left.
        status_max_age: Seconds since a status list was fetched, at most; fewer where
            the trust registry says so.
        accepted_statuses: Status types of a Token Status List that only applications
            give a meaning to (3 and 12 to 15), and that count as valid here.
        skew: Seconds by which the clocks of issuer and verifier may differ.
        ml_dsa_tokens: Whether JWTs and SD-JWTs may be signed with ML-DSA: those of
            issuers and holders, and status lists. It opens nothing else.
        hybrid_proofs: Whether every credential, presentation and status list must have
            a classical and an ML-DSA proof, both by its own issuer or holder. The trust
            registry can ask it of one board (``requireHybridProofs``).
        issuer_signs: A credential must be signed by its own issuer. Without it, an
            issuer that is no DID is believed to be whoever signed. For measuring
            against test suites only, never for a decision.
        unsigned_presentations: A presentation may come without any proof; nobody is
            then proven to present. For measuring against test suites only.
    """

    challenge: str | None = None
    domain: str | None = None
    holder_binding: bool = False
    key_binding: bool = False
    vct: str | None = None
    status: StatusPolicy = StatusPolicy.IF_PRESENT
    status_max_age: float = STATUS_MAX_AGE
    accepted_statuses: frozenset[int] = frozenset()
    skew: float = 0
    ml_dsa_tokens: bool = False
    hybrid_proofs: bool = False
    issuer_signs: bool = True
    unsigned_presentations: bool = False

    def __post_init__(self) -> None:
        """Refuse what could never be met, or would be met by everything.

        Raises:
            ConfigurationError: A length of time that is none, no StatusPolicy, or a
                switch that is neither on nor off, or a status type whose meaning is
                not left to applications.
        """
        for name in ("status_max_age", "skew"):
            seconds: object = getattr(self, name)
            number = seconds if isinstance(seconds, int | float) else -1
            if not 0 <= number <= MAX_LENGTH:
                message = (
                    f"a length of time is a number of seconds from 0 to {MAX_LENGTH}"
                )
                raise ConfigurationError(message, path=f"$.{name}")
        check_fields(self)
        if not self.accepted_statuses <= APPLICATION_SPECIFIC:
            message = "only the status types 3 and 12 to 15 are left to applications"
            raise ConfigurationError(message, path="$.accepted_statuses")

    def under(self, trust: TrustRegistry | None) -> Expectations:
        """These, where a status counts no longer than ``trust`` lets it."""
        if trust is None or self.status_max_age <= trust.settings.status_max_age:
            return self
        return replace(self, status_max_age=trust.settings.status_max_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything a judgement may look at beside the document itself.

    Attributes:
        at: The instant as of which every question is answered.
        evidence: Documents of others: DID documents, status lists, schemas.
        contexts: The only JSON-LD contexts that may be used.
        trust: Who may issue what; ``None`` does not ask.
        expect: What the caller expects.
        whole_scope: Whether the issuer of a license is asked for its place and its
            profession too, because no rules of licenses follow that do.
        statements: What the documents under this judgement state, worked out once.
        memory: What is remembered of documents that were judged before.
        schemas: The work that is left to the schemas that the documents name; ``None``
            bounds each by itself.
    """

    at: Instant
    contexts: ContextStore
    evidence: Evidence = field(default_factory=Evidence)
    trust: TrustRegistry | None = None
    expect: Expectations = field(default_factory=Expectations)
    whole_scope: bool = False
    statements: Statements | None = None
    memory: Memory = field(default=FORGETFUL, compare=False, repr=False)
    schemas: Work | None = field(default=None, compare=False, repr=False)

    def asks_hybrid(self, issuer: str | None) -> bool:
        """Whether what ``issuer`` issues must have a classical and an ML-DSA proof."""
        if self.expect.hybrid_proofs or self.trust is None or issuer is None:
            return self.expect.hybrid_proofs
        return self.trust.requires_hybrid_proofs(issuer, at=self.at)

    def versions(self) -> ResolutionOptions:
        """The state of a DID that counts: the one at the time of the judgement."""
        return ResolutionOptions(version_time=self.at)

    def begun(self, opened: Secured) -> Judgement:
        """This judgement for one document and all that it carries."""
        statements = Statements(self.contexts)
        for part in opened.children:
            statements.know(part.document, part.known)
        work = Work(MAX_SCHEMA_STEPS)
        return replace(self, statements=statements, schemas=work)

    def knowing(self, evidence: Evidence) -> Judgement:
        """This judgement on other evidence."""
        if evidence is self.evidence:
            return self
        return replace(self, evidence=evidence)
