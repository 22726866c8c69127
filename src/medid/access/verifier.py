"""``AccessVerifier``: the straight path, one presentation in, one Decision out.

::

    1  read the clock once
    2  open the envelope                          verifying.opening
    3  list what it refers to                     verifying.needs
    4  admit: nothing is fetched for an issuer that nobody named
    5  gather: evidence, kept consents, and the challenge; the only I/O
    6  to 14: judge                               access.judge

It never raises for a bad presentation or request: what is wrong is the decision's
reason. It raises only ``Misuse``, for settings that are themselves wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from medid.access import visas
from medid.access.audit import AuditLog, Recorder
from medid.access.challenge import consume, presents_itself
from medid.access.compiled import CompiledDecision, unjudged
from medid.access.consent_standing import names_on_file
from medid.access.facts import consent_settings
from medid.access.judge import Case, prejudge
from medid.access.request import AccessRequest, remembered
from medid.access.site_policy import (
    SitePolicy,
    aconcluded,
    check_policy,
    concluded,
)
from medid.access.sources import read_kept
from medid.core.arguments import check_fields, checked_arguments
from medid.core.entropy import Entropy, system_entropy
from medid.core.evidence import NO_EVIDENCE, Evidence, once_each
from medid.core.fetch import NoFetch
from medid.core.instant import Clock, Instant, read_clock, system_clock
from medid.core.memory import Memory
from medid.core.records import replace
from medid.errors import ConfigurationError, MedidError, Misuse, Unchecked, located
from medid.health import contexts as health_contexts
from medid.trust import TrustRegistry, standing
from medid.verifying.admitting import needs_together
from medid.verifying.checks import ask
from medid.verifying.gathering import Awaited, agather, gather
from medid.verifying.judging import STATUS_MAX_AGE, Expectations, Judgement
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.access.decision import Decision
    from medid.access.sources import ConsentSource
    from medid.core.evidence import Need
    from medid.core.fetch import AsyncFetch, Fetch
    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore
    from medid.trust import TrustSource
    from medid.verifying.challenges import ChallengeStore

# A document as it travels, or its decoded JSON.
Document: TypeAlias = "bytes | str | Mapping[str, JsonValue]"
Request: TypeAlias = "AccessRequest | Mapping[str, JsonValue]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessVerifier:
    """Decides requests under fixed settings; safe to share between threads.

    Attributes:
        trust: Who may issue what, and the settings of the rules. Never empty. A source
            is asked once for each decision; where it does not know, nobody is believed.
        audience: The domain that presentations must be made for; ``None`` does not
            ask, and is for dry runs only.
        challenges: Issues challenges and accepts each once; ``None`` does not ask,
            and is for dry runs only.
        fetch: Where evidence comes from that is not handed in; by default, nowhere.
        consents: The custodian's consents; read beside what is presented.
        audit: Keeps a record of each decision before it is given, or it is denied.
            ``None`` is for dry runs, and callers who carry out ``AUDIT`` themselves.
        contexts: The only JSON-LD contexts that may be used.
        accepted_statuses: As in ``Expectations``.
        ml_dsa_tokens: As in ``Expectations``.
        hybrid_proofs: As in ``Expectations``; the trust registry can ask it of a board.
        clock: Read once for each decision that names no instant.
        policy: The site's own policy, which may narrow what would be permitted.
        entropy: Where decision ids come from.
        memory: Of the documents that were decided on last. It is not shared with other
            verifiers unless they are given it; ``Memory(max_bytes=0)`` keeps nothing.
    """

    trust: TrustRegistry | TrustSource
    audience: str | None = None
    challenges: ChallengeStore | None = None
    fetch: Fetch | AsyncFetch = field(default_factory=NoFetch)
    consents: ConsentSource | None = None
    audit: AuditLog | None = None
    contexts: ContextStore = field(default_factory=health_contexts)
    accepted_statuses: frozenset[int] = frozenset()
    ml_dsa_tokens: bool = False
    hybrid_proofs: bool = False
    policy: SitePolicy | None = None
    clock: Clock = system_clock
    entropy: Entropy = system_entropy
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse to start without anybody whose word counts.

        Raises:
            ConfigurationError: ``trust`` or another setting is not one to work with.
        """
        check_fields(self)
        trust = self.trust
        self._expectations(trust if isinstance(trust, TrustRegistry) else None)
        if isinstance(trust, TrustRegistry):
            consent_settings(trust)  # an overlay that is not there stops it now
        if self.policy is not None:
            check_policy(self.policy)

    def challenge(self) -> str:
        """A new challenge for one presentation.

        Raises:
            ConfigurationError: There is no challenge store.
            EvidenceUnavailable: The store cannot be used.
        """
        if self.challenges is None:
            message = "this verifier has no challenge store"
            raise ConfigurationError(
                message, path="$.challenges", fix="pass challenges=MemoryChallenges()"
            )
        return self.challenges.issue(at=read_clock(self.clock))

    @checked_arguments
    def decide(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Decision:
        """May the presenter do what ``request`` asks for?

        Args:
            presentation: As it travels: JSON, a JWT, an SD-JWT; or the decoded JSON.
            request: What is asked; its ``context.time`` is not used here.
            at: The instant as of which to answer; the clock's by default.
            evidence: Documents that are already at hand; they are not fetched again.
            challenge: What the presentation must answer: of this very session, or of
                a caller who keeps challenges itself.

        Returns:
            The decision with its reasons. Truthy only when permitted.
        """
        at = at if at is not None else read_clock(self.clock)
        try:
            case = self.prepare(
                presentation, request, at=at, evidence=evidence, challenge=challenge
            )
            return self.conclude(case)
        except Misuse:
            raise
        except MedidError as error:
            return self.unread(error, presentation, request, at=at)

    def conclude(
        self, case: Case, *, narrow: Callable[[Decision], Decision] | None = None
    ) -> Decision:
        """Steps 6 to 15 for a prepared case: as ``judge``, but named and recorded.

        Args:
            case: As ``prepare`` made it.
            narrow: What becomes of a permit at whoever asks, before it is on record:
                a permit that they cannot use is none.

        Raises:
            MedidError: The consent settings of the trust registry are wrong.
        """
        prejudged = prejudge(case)
        decision = concluded(prejudged, self.policy)
        if decision and narrow is not None:
            decision = narrow(decision)
        return self._recorder(case.trust).decided(prejudged, decision)

    async def _aconclude(self, case: Case) -> Decision:
        prejudged = prejudge(case)
        decision = await aconcluded(prejudged, self.policy)
        return self._recorder(case.trust).decided(prejudged, decision)

    @checked_arguments
    def adecide(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Awaited[Decision]:
        """As ``decide``, without blocking an event loop while evidence is fetched.

        Challenges, consents and records are read and written in the calling thread.
        """
        answer = self._adecide(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return Awaited(answer)

    async def _adecide(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None,
        evidence: Evidence | None,
        challenge: str | None,
    ) -> Decision:
        at = at if at is not None else read_clock(self.clock)
        try:
            case = await self.aprepare(
                presentation, request, at=at, evidence=evidence, challenge=challenge
            )
            return await self._aconclude(case)
        except Misuse:
            raise
        except MedidError as error:
            return self.unread(error, presentation, request, at=at)

    @checked_arguments
    def compile(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> CompiledDecision:
        """Verify once, then decide about many resources with ``check``.

        Takes what ``decide`` takes. The resource of the request names the patient.
        It is recorded, or denies everything; what is released, its ``record`` records.

        Raises:
            MedidError: The presentation or the request cannot be read at all.
        """
        case = self.prepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return self.compiled(case)

    @checked_arguments
    def acompile(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Awaited[CompiledDecision]:
        """As ``compile``, without blocking an event loop."""
        answer = self._acompile(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return Awaited(answer)

    async def _acompile(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None,
        evidence: Evidence | None,
        challenge: str | None,
    ) -> CompiledDecision:
        case = await self.aprepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return self.compiled(case)

    @checked_arguments
    def prepare(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Case:
        """Steps 1 to 5: open, admit and gather; what ``judge`` then needs to decide.

        A kept case can be judged again, years later, with the same answer.

        Raises:
            MedidError: The presentation or the request cannot be read at all.
        """
        case = self._opened(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        gathered = gather(
            case.judgement.evidence,
            partial(_needs, case),
            self.fetch,  # type: ignore[arg-type]
            at=at,
        )
        return self._answered(case, gathered)

    @checked_arguments
    def aprepare(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Awaited[Case]:
        """As ``prepare``, without blocking an event loop."""
        answer = self._aprepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return Awaited(answer)

    async def _aprepare(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None,
        evidence: Evidence | None,
        challenge: str | None,
    ) -> Case:
        case = self._opened(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        gathered = await agather(
            case.judgement.evidence,
            partial(_needs, case),
            self.fetch,  # type: ignore[arg-type]
            at=at,
        )
        return self._answered(case, gathered)

    def _opened(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None,
        evidence: Evidence | None,
        challenge: str | None,
    ) -> Case:
        trusted = standing(self.trust)
        opened = open_document(presentation, memory=self.memory)
        with located("$.request"):
            asked = remembered(request, self.memory)
        # A store has a patient under whatever name a consent was kept by.
        names = names_on_file(asked.patient, consent_settings(trusted.registry))
        credentials, records = read_kept(self.consents, *names)
        judgement = Judgement(
            at=at if at is not None else read_clock(self.clock),
            contexts=self.contexts,
            evidence=evidence if evidence is not None else NO_EVIDENCE,
            trust=trusted.registry,
            expect=self._expectations(
                trusted.registry,
                challenge=challenge,
                key_binding=presents_itself(opened),
            ),
            memory=self.memory,
        )
        return Case(
            presented=opened,
            request=asked,
            judgement=judgement,
            trust=trusted.registry,
            trust_until=trusted.until,
            kept=credentials,
            records=records,
            policy=None if self.policy is None else self.policy.digest,
        )

    def _expectations(
        self,
        trust: TrustRegistry | None,
        *,
        challenge: str | None = None,
        key_binding: bool = False,
    ) -> Expectations:
        seconds = STATUS_MAX_AGE if trust is None else trust.settings.status_max_age
        return Expectations(
            challenge=challenge,
            domain=self.audience,
            key_binding=key_binding,
            status_max_age=seconds,
            accepted_statuses=self.accepted_statuses,
            ml_dsa_tokens=self.ml_dsa_tokens,
            hybrid_proofs=self.hybrid_proofs,
        )

    def _answered(self, case: Case, evidence: Evidence) -> Case:
        """The case with its evidence, and with what became of its challenge."""
        checked, store = None, self.challenges
        if store is not None:
            checked = ask("replay", "$.proof.challenge", lambda: consume(case, store))
        judgement = case.judgement.knowing(evidence)
        return replace(case, judgement=judgement, challenge=checked)

    def compiled(self, case: Case) -> CompiledDecision:
        """As ``compile``, for a prepared case; its resource only names the patient.

        Raises:
            ConfigurationError: The site's own policy has to be waited for.
        """
        if self.policy is not None and not self.policy.pure:
            message = "a policy that has to be waited for answers no compiled decision"
            fix = "use decide, or a policy whose question alone decides"
            raise ConfigurationError(message, path="$.policy", fix=fix)
        recorder = self._recorder(case.trust)
        prejudged, identifier = recorder.compiled(prejudge(case))
        return CompiledDecision(
            prejudged=prejudged,
            expires=prejudged.expires,
            policy=self.policy,
            recorder=recorder,
            id=identifier,
        )

    def unread(
        self,
        error: MedidError,
        presentation: Document | None,
        request: Request,
        *,
        at: Instant,
    ) -> Decision:
        """The denial of what could not be read at all, named and on record.

        Args:
            error: What ``compile`` or ``prepare`` raised.
            presentation: What was presented; ``None`` where that could not be told.
            request: What was asked.
            at: As of when.
        """
        try:
            trust: TrustRegistry | None = standing(self.trust).registry
        except Unchecked:
            trust = None
        recorder = self._recorder(trust)
        return recorder.refused(unjudged(error, at), presentation, request)

    def _recorder(self, trust: TrustRegistry | None) -> Recorder:
        return Recorder(
            log=self.audit, trust=trust, clock=self.clock, entropy=self.entropy
        )


def _needs(case: Case, known: Evidence) -> Sequence[Need]:
    """What is still to be fetched, for the presentation and for the kept consents."""
    judgement = case.judgement.knowing(known)
    documents = needs_together((case.presented, *case.kept), judgement)
    key_sets = visas.needs(case.request.passport, judgement, case.trust)
    return once_each((*documents, *key_sets))
