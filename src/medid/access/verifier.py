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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from medid.access.decision import Decision, Outcome
from medid.access.facts import consent_settings
from medid.access.judge import Case, Prejudged, error_finding, judge, prejudge
from medid.access.request import AccessRequest, read_resource_part
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.evidence import Evidence
from medid.core.fetch import NoFetch
from medid.core.instant import Clock, Instant, system_clock
from medid.errors import (
    ConfigurationError,
    InvalidChallenge,
    MedidError,
    Misuse,
    Unchecked,
    located,
)
from medid.health import contexts as health_contexts
from medid.verifying.checks import ask
from medid.verifying.gathering import agather, gather
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import Kind, Secured, open_document
from medid.verifying.presentation import challenges_of
from medid.verifying.verifier import needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.sources import ConsentSource
    from medid.core.evidence import Need
    from medid.core.fetch import AsyncFetch, Fetch
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.trust import TrustRegistry
    from medid.verifying.challenges import ChallengeStore

# A document as it travels, or its decoded JSON.
Document: TypeAlias = "bytes | str | Mapping[str, JsonValue]"
Request: TypeAlias = "AccessRequest | Mapping[str, JsonValue]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDecision:
    """A verified presentation and request that wait for resources.

    Attributes:
        expires: From when it must not be used any more.
    """

    prejudged: Prejudged
    expires: Instant

    def check(
        self, resource: Mapping[str, JsonValue], *, at: Instant | None = None
    ) -> Decision:
        """The decision about one more resource. Pure, synchronous, and fast.

        Args:
            resource: The ``resource`` of an AuthZEN request, about the same patient.
            at: The present; where given, an expired compilation denies.
        """
        case = self.prejudged.case
        try:
            if at is not None and at >= self.expires:
                message = "the compiled decision has expired: compile it again"
                raise ConfigurationError(message)
            part = strict_json.check(dict(resource))
            zone = consent_settings(case.trust).zone
            _same_patient(part, case.request.patient)
            return self.prejudged.check(read_resource_part(_object(part), zone))
        except MedidError as error:
            return _unjudged(error, case.at)


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _same_patient(part: JsonValue, patient: str) -> None:
    properties = _object(part).get("properties", {})
    if _object(properties).get("patient", patient) != patient:
        message = "the resource is another patient's"
        raise ConfigurationError(message, path="$.resource.properties.patient")


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
        clock: Read once for each decision that names no instant.
        entropy: Where decision ids come from.
    """

    trust: TrustRegistry
    audience: str | None = None
    challenges: ChallengeStore | None = None
    fetch: Fetch | AsyncFetch = field(default_factory=NoFetch)
    consents: ConsentSource | None = None
    contexts: ContextStore = field(default_factory=health_contexts)
    clock: Clock = system_clock
    entropy: Entropy = system_entropy

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
            challenge: What the presentation must answer, where the caller keeps
                challenges itself and there is no store.

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
            return self._named(_unjudged(error, at))

    async def adecide(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Decision:
        """As ``decide``, without blocking an event loop while evidence is fetched."""
        at = at if at is not None else self.clock()
        try:
            case = await self.aprepare(
                presentation, request, at=at, evidence=evidence, challenge=challenge
            )
            return self._named(judge(case))
        except Misuse:
            raise
        except MedidError as error:
            return self._named(_unjudged(error, at))

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
        return _compiled(case)

    async def acompile(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> CompiledDecision:
        """As ``compile``, without blocking an event loop."""
        case = await self.aprepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return _compiled(case)

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
        case = self._opened(presentation, request, at, evidence)
        gathered = gather(
            case.judgement.evidence,
            partial(_needs, case),
            self.fetch,  # type: ignore[arg-type]
        )
        return self._answered(case, gathered, challenge)

    async def aprepare(
        self,
        presentation: Document,
        request: Request,
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
        challenge: str | None = None,
    ) -> Case:
        """As ``prepare``, without blocking an event loop."""
        case = self._opened(presentation, request, at, evidence)
        gathered = await agather(
            case.judgement.evidence,
            partial(_needs, case),
            self.fetch,  # type: ignore[arg-type]
        )
        return self._answered(case, gathered, challenge)

    def _opened(
        self,
        presentation: Document,
        request: Request,
        at: Instant | None,
        evidence: Evidence | None,
    ) -> Case:
        opened = open_document(presentation)
        with located("$.request"):
            asked = _request(request)
        credentials, records = self._kept(asked.patient)
        judgement = Judgement(
            at=at if at is not None else self.clock(),
            contexts=self.contexts,
            evidence=evidence if evidence is not None else Evidence(),
            trust=self.trust,
            expect=Expectations(
                domain=self.audience,
                key_binding=opened.kind is Kind.SD_JWT,
                status_max_age=self.trust.settings.status_max_age,
            ),
        )
        return Case(
            presented=opened,
            request=asked,
            judgement=judgement,
            trust=self.trust,
            kept=credentials,
            records=records,
        )

    def _kept(self, patient: str) -> tuple[tuple[Secured, ...], tuple[JsonObject, ...]]:
        """The custodian's consents: credentials to verify, and its own records."""
        credentials: list[Secured] = []
        records: list[JsonObject] = []
        found = self.consents.consents(patient) if self.consents else ()
        for number, consent in enumerate(found):
            with located(f"$.consents[{number}]"):
                record = _own_record(consent)
                if record is not None:
                    records.append(record)
                else:
                    credentials.append(open_document(consent))
        return tuple(credentials), tuple(records)

    def _answered(self, case: Case, evidence: Evidence, challenge: str | None) -> Case:
        """The case with its evidence, and with what became of its challenge."""
        expect, checked = case.judgement.expect, None
        if self.challenges is not None:
            checked = ask("replay", "$.proof.challenge", lambda: self._consume(case))
        elif challenge is not None:
            expect = replace(expect, challenge=challenge)
        judgement = replace(case.judgement, evidence=evidence, expect=expect)
        return replace(case, judgement=judgement, challenge=checked)

    def _consume(self, case: Case) -> None:
        answered = set(challenges_of(case.presented))
        if self.challenges is None or len(answered) != 1:
            message = "the presentation does not answer just one challenge"
            raise InvalidChallenge(message, path="$.proof.challenge")
        self.challenges.consume(answered.pop(), at=case.at)

    def _named(self, decision: Decision) -> Decision:
        return replace(decision, id=uuid_urn(self.entropy))


def _request(request: Request) -> AccessRequest:
    if isinstance(request, AccessRequest):
        return request
    return AccessRequest.from_json(request)


def _own_record(consent: Document) -> JsonObject | None:
    """The consent itself where it is a plain FHIR Consent; ``None`` where secured."""
    if isinstance(consent, bytes | str):
        text = consent.strip()
        opening = b"{" if isinstance(text, bytes) else "{"
        if text[:1] != opening:
            return None
        value = strict_json.loads(consent)
    else:
        value = strict_json.check(dict(consent))
    record = _object(value)
    return record if record.get("resourceType") == "Consent" else None


def _needs(case: Case, known: Evidence) -> Sequence[Need]:
    """What is still to be fetched, for the presentation and for the kept consents."""
    judgement = replace(case.judgement, evidence=known)
    return [
        need
        for opened in (case.presented, *case.kept)
        for need in needs(opened, judgement)
    ]


def _compiled(case: Case) -> CompiledDecision:
    prejudged = prejudge(case)
    return CompiledDecision(prejudged=prejudged, expires=prejudged.expires)


def _unjudged(error: MedidError, at: Instant) -> Decision:
    """The decision when there is nothing to judge."""
    unchecked = isinstance(error, Unchecked | Misuse)
    return Decision(
        outcome=Outcome.INDETERMINATE if unchecked else Outcome.DENY,
        at=at,
        findings=(error_finding(error),),
    )
