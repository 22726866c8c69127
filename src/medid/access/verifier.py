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

from medid.access.compiled import CompiledDecision, unjudged
from medid.access.judge import Case, judge
from medid.access.request import AccessRequest, read_document
from medid.access.sources import read_kept
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.evidence import Evidence
from medid.core.fetch import NoFetch
from medid.core.fields import required_str
from medid.core.instant import Clock, Instant, system_clock
from medid.core.memory import Memory
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    InvalidChallenge,
    MedidError,
    Misuse,
    located,
)
from medid.health import contexts as health_contexts
from medid.trust import TrustRegistry
from medid.verifying.admitting import needs
from medid.verifying.checks import ask
from medid.verifying.gathering import Awaited, agather, gather
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import Kind, Secured, open_document
from medid.verifying.presentation import challenges_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.decision import Decision
    from medid.access.sources import ConsentSource
    from medid.core.evidence import Need
    from medid.core.fetch import AsyncFetch, Fetch
    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore
    from medid.verifying.challenges import ChallengeStore

# A document as it travels, or its decoded JSON.
Document: TypeAlias = "bytes | str | Mapping[str, JsonValue]"
Request: TypeAlias = "AccessRequest | Mapping[str, JsonValue]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessVerifier:
    """Decides requests under fixed settings; safe to share between threads.

    Attributes:
        trust: Who may issue what, and the settings of the rules. Never empty.
        audience: The domain that presentations must be made for; ``None`` does not
            ask, and is for dry runs only.
        challenges: Issues challenges and accepts each once; ``None`` does not ask,
            and is for dry runs only.
        fetch: Where evidence comes from that is not handed in; by default, nowhere.
        consents: The custodian's consents; read beside what is presented.
        contexts: The only JSON-LD contexts that may be used.
        accepted_statuses: As in ``Expectations``.
        ml_dsa_tokens: As in ``Expectations``.
        hybrid_proofs: As in ``Expectations``; the trust registry can ask it of a board.
        clock: Read once for each decision that names no instant.
        entropy: Where decision ids come from.
        memory: Of the documents that were decided on last. It is not shared with other
            verifiers unless they are given it; ``Memory(max_bytes=0)`` keeps nothing.
    """

    trust: TrustRegistry
    audience: str | None = None
    challenges: ChallengeStore | None = None
    fetch: Fetch | AsyncFetch = field(default_factory=NoFetch)
    consents: ConsentSource | None = None
    contexts: ContextStore = field(default_factory=health_contexts)
    accepted_statuses: frozenset[int] = frozenset()
    ml_dsa_tokens: bool = False
    hybrid_proofs: bool = False
    clock: Clock = system_clock
    entropy: Entropy = system_entropy
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse to start without anybody whose word counts.

        Raises:
            ConfigurationError: ``trust`` or another setting is not one to work with.
        """
        trust: object = self.trust
        if not isinstance(trust, TrustRegistry):
            message = "a verifier needs a trust registry: it trusts nobody by itself"
            raise ConfigurationError(
                message, path="$.trust", fix="pass trust=TrustRegistry.from_file(...)"
            )
        self._expectations()

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
        return self.challenges.issue(at=self.clock())

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
        at = at if at is not None else self.clock()
        try:
            case = self.prepare(
                presentation, request, at=at, evidence=evidence, challenge=challenge
            )
            return self._named(judge(case))
        except Misuse:
            raise
        except MedidError as error:
            return self._named(unjudged(error, at))

    def adecide(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Awaited[Decision]:
        """As ``decide``, without blocking an event loop while evidence is fetched."""
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
        at = at if at is not None else self.clock()
        try:
            case = await self.aprepare(
                presentation, request, at=at, evidence=evidence, challenge=challenge
            )
            return self._named(judge(case))
        except Misuse:
            raise
        except MedidError as error:
            return self._named(unjudged(error, at))

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

        Raises:
            MedidError: The presentation or the request cannot be read at all.
        """
        case = self.prepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return CompiledDecision.of(case)

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
        return CompiledDecision.of(case)

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
        )
        return self._answered(case, gathered)

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
        opened = open_document(presentation, memory=self.memory)
        with located("$.request"):
            asked = _request(request, self.memory)
        credentials, records = read_kept(self.consents, asked.patient)
        judgement = Judgement(
            at=at if at is not None else self.clock(),
            contexts=self.contexts,
            evidence=evidence if evidence is not None else Evidence(),
            trust=self.trust,
            expect=self._expectations(
                challenge=challenge, key_binding=_presents_itself(opened)
            ),
            memory=self.memory,
        )
        return Case(
            presented=opened,
            request=asked,
            judgement=judgement,
            trust=self.trust,
            kept=credentials,
            records=records,
        )

    def _expectations(
        self, *, challenge: str | None = None, key_binding: bool = False
    ) -> Expectations:
        return Expectations(
            challenge=challenge,
            domain=self.audience,
            key_binding=key_binding,
            status_max_age=self.trust.settings.status_max_age,
            accepted_statuses=self.accepted_statuses,
            ml_dsa_tokens=self.ml_dsa_tokens,
            hybrid_proofs=self.hybrid_proofs,
        )

    def _answered(self, case: Case, evidence: Evidence) -> Case:
        """The case with its evidence, and with what became of its challenge."""
        checked, store = None, self.challenges
        if store is not None:
            checked = ask("replay", "$.proof.challenge", lambda: _consume(case, store))
        judgement = case.judgement.knowing(evidence)
        return replace(case, judgement=judgement, challenge=checked)

    def _named(self, decision: Decision) -> Decision:
        return replace(decision, id=uuid_urn(self.entropy))


def _request(request: Request, memory: Memory) -> AccessRequest:
    if isinstance(request, AccessRequest):
        return request
    known = strict_json.fingerprint(request) if type(request) is dict else None
    if known is None:
        return AccessRequest.from_json(read_document(request))
    return memory.read(
        "request", known, lambda: AccessRequest.from_json(read_document(request))
    )


def _consume(case: Case, store: ChallengeStore) -> None:
    answered = set(_answered_by(case.presented))
    if len(answered) != 1:
        message = "the presentation does not answer just one challenge"
        raise InvalidChallenge(message, path="$.proof.challenge")
    store.consume(answered.pop(), at=case.at)


def _presents_itself(opened: Secured) -> bool:
    """Whether it is an SD-JWT that travels alone, with its key binding."""
    return opened.sd_jwt is not None and opened.kind is not Kind.PRESENTATION


def _answered_by(presented: Secured) -> Sequence[str]:
    """The challenges that ``presented`` answers; of an SD-JWT, by its key binding."""
    if presented.sd_jwt is None or not _presents_itself(presented):
        return challenges_of(presented)
    if presented.sd_jwt.key_binding is None:
        return ()
    claims = strict_json.load_object(presented.sd_jwt.key_binding.payload)
    return (required_str(claims, "nonce", "$"),)


def _needs(case: Case, known: Evidence) -> Sequence[Need]:
    """What is still to be fetched, for the presentation and for the kept consents."""
    judgement = case.judgement.knowing(known)
    return [
        need
        for opened in (case.presented, *case.kept)
        for need in needs(opened, judgement)
    ]
