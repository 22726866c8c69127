"""The audit log port, and what writes to it: no record, no decision.

A decision is written down before anybody can act on it. Whatever goes wrong meanwhile,
in the log or on the way to it, turns the decision into a denial that says so.

Spec: https://profiles.ihe.net/ITI/BALP/content.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from medid.access import audit_parts
from medid.access.audit_record import (
    MAX_RELEASED,
    DecisionRecord,
    Kind,
    Named,
)
from medid.access.consent_types import PROFILE_URI
from medid.access.decision import Basis, Decision, Finding, Outcome
from medid.access.license_findings import license_findings
from medid.access.request import AccessRequest
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.instant import Clock, system_clock
from medid.core.records import replace
from medid.core.version import VERSION
from medid.errors import AuditUnavailable, ConfigurationError, MedidError, child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.access.judge import Prejudged
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.trust import TrustRegistry


class AuditLog(Protocol):
    """Keeps records of decisions, and never loses one that it took."""

    def record(self, record: DecisionRecord) -> None:
        """Return when ``record`` is durable: a crash right after must not lose it.

        Called from any thread. Of what it raises only the fact is told.

        Raises:
            AuditUnavailable: It was not written; nothing is permitted then.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Names decisions and has them recorded, before they are given.

    Attributes:
        log: Where records go; ``None`` keeps none.
        trust: Whose digest stands in the record of what could not be opened; ``None``
            where it was not known whom to believe.
        clock: Says when a record was made.
        entropy: Where ids come from.
    """

    log: AuditLog | None
    trust: TrustRegistry | None = field(repr=False)
    clock: Clock = system_clock
    entropy: Entropy = system_entropy

    def decided(self, prejudged: Prejudged, decision: Decision) -> Decision:
        """``decision`` with its id and on record; a denial where it is not."""
        named = replace(decision, id=uuid_urn(self.entropy))
        asked = prejudged.case.request
        return self._kept(
            named,
            lambda: self._judged(
                prejudged,
                named,
                kind=Kind.DECISION,
                resources=(audit_parts.named(asked.document["resource"]),),
            ),
        )

    def refused(
        self, decision: Decision, presentation: object, request: object
    ) -> Decision:
        """As ``decided``, where the presentation or the request could not be read."""
        named = replace(decision, id=uuid_urn(self.entropy))
        return self._kept(named, lambda: self._unread(named, presentation, request))

    def compiled(self, prejudged: Prejudged) -> tuple[Prejudged, str | None]:
        """``prejudged`` on record, with its id; it denies everything where it is not.

        Without a log it is as it was, and has no id.
        """
        if self.log is None:
            return prejudged, None
        identifier = uuid_urn(self.entropy)
        missed = self._write(lambda: self._waiting(prejudged, identifier))
        if missed is not None:
            refused = _unrecorded(missed, prejudged.refused, prejudged.case.at)
            prejudged = replace(prejudged, refused=refused)
        return prejudged, identifier

    def released(
        self,
        prejudged: Prejudged,
        found: Sequence[tuple[Mapping[str, JsonValue], Decision]],
        *,
        compilation: str,
    ) -> str:
        """Record the release of resources that ``prejudged`` permits, and name it.

        Raises:
            ConfigurationError: One is not permitted, or there are too many for one
                record.
            AuditUnavailable: It was not written: release nothing.
        """
        if len(found) > MAX_RELEASED:
            message = f"more than {MAX_RELEASED} resources in one record"
            fix = "record them in parts, each before it is released"
            raise ConfigurationError(message, path="$.resources", fix=fix)
        for index, (_, decision) in enumerate(found):
            if not decision:
                message = "this resource is not permitted, so it may not be released"
                fix = "record what check permits, and nothing else"
                raise ConfigurationError(
                    message, path=child("$.resources", index), fix=fix
                )
        identifier = uuid_urn(self.entropy)
        whole = _release(prejudged, [one for _, one in found], identifier)
        self._must_write(
            lambda: replace(
                self._judged(
                    prejudged,
                    whole,
                    kind=Kind.RELEASE,
                    resources=tuple(audit_parts.named(part) for part, _ in found),
                ),
                compilation=compilation,
            )
        )
        return identifier

    def withheld(
        self,
        prejudged: Prejudged,
        resources: Sequence[Mapping[str, JsonValue]],
        decision: Decision,
        *,
        compilation: str,
    ) -> str:
        """Record that ``resources`` were asked for and denied, and name the record.

        Raises:
            ConfigurationError: It is a permit, or there are too many for one record.
            AuditUnavailable: It was not written.
        """
        if decision or len(resources) > MAX_RELEASED:
            message = f"not the denial of at most {MAX_RELEASED} resources"
            raise ConfigurationError(message, path="$.resources")
        refused = prejudged.refused
        if refused is not None and _CODE not in refused.codes:
            return compilation  # what denies everything is on record as that
        identifier = uuid_urn(self.entropy)
        named = replace(decision, id=identifier)
        self._must_write(
            lambda: replace(
                self._judged(
                    prejudged,
                    named,
                    kind=Kind.DECISION,
                    resources=tuple(
                        found for one in resources if (found := _named(one)) is not None
                    ),
                ),
                compilation=compilation,
            )
        )
        return identifier

    def _must_write(self, make: Callable[[], DecisionRecord]) -> None:
        missed = self._write(make)
        if missed is not None:
            raise AuditUnavailable(missed.message, path="$.audit")

    def _kept(self, decision: Decision, make: Callable[[], DecisionRecord]) -> Decision:
        missed = self._write(make)
        if missed is None:
            return decision
        return replace(_unrecorded(missed, decision, decision.at), id=decision.id)

    def _write(self, make: Callable[[], DecisionRecord]) -> Finding | None:
        """Have the record written; what stood in the way, where something did."""
        if self.log is None:
            return None
        try:
            answer: object = self.log.record(make())  # type: ignore[func-returns-value]
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was written
            # Of an error that is not medid's own nothing is told: it may hold anything.
            code = f" ({error.code})" if isinstance(error, MedidError) else ""
            return _missed(f"the decision could not be put on record{code}")
        # A coroutine that nobody waits for has written nothing.
        return None if answer is None else _missed("the audit log did not just return")

    def _judged(
        self,
        prejudged: Prejudged,
        decision: Decision,
        *,
        kind: Kind,
        resources: tuple[Named, ...],
    ) -> DecisionRecord:
        asked, questions = prejudged.case.request, decision.questions
        consent = None if questions is None else questions.consent
        return DecisionRecord(
            id=decision.id or "",
            kind=kind,
            time=decision.at,
            recorded=self.clock(),
            outcome=decision.outcome,
            requester=asked.subject,
            proven=prejudged.presenter is not None,
            asked=audit_parts.asked(asked, prejudged.case.trust, resources),
            license=audit_parts.license_basis(prejudged),
            supports=audit_parts.support_bases(prejudged),
            consents=audit_parts.consent_bases(prejudged),
            findings=decision.findings,
            decided_by=None if consent is None else consent.decided_by,
            obligations=decision.obligations,
            expires=decision.expires,
            sources=prejudged.basis,
        )

    def _waiting(self, prejudged: Prejudged, identifier: str) -> DecisionRecord:
        """The record of a compilation: an answer only where no data can change it."""
        refused = prejudged.refused
        whole = refused
        if whole is None:
            found = prejudged.license
            whole = Decision(
                outcome=Outcome.INDETERMINATE,
                at=prejudged.case.at,
                findings=() if found is None else license_findings(found),
            )
        expires = prejudged.expires if refused is None else None
        named = replace(whole, id=identifier, expires=expires)
        record = self._judged(prejudged, named, kind=Kind.COMPILATION, resources=())
        return record if refused is not None else replace(record, outcome=None)

    def _unread(
        self, decision: Decision, presentation: object, request: object
    ) -> DecisionRecord:
        asked, trust = _readable(request), self.trust
        part = () if asked is None else (audit_parts.named(asked.document["resource"]),)
        return DecisionRecord(
            id=decision.id or "",
            kind=Kind.DECISION,
            time=decision.at,
            recorded=self.clock(),
            outcome=decision.outcome,
            requester=None if asked is None else asked.subject,
            proven=False,
            asked=None if asked is None else audit_parts.asked(asked, trust, part),
            findings=decision.findings,
            sources=Basis(
                presentation=_digest_of(presentation),
                evidence=None,
                trust=None if trust is None else trust.digest(),
                profile=PROFILE_URI,
                library=VERSION,
            ),
        )


_CODE: Final = AuditUnavailable.code


def _missed(message: str) -> Finding:
    return Finding(code=_CODE, about="audit", message=message, path="$.audit")


def _unrecorded(missed: Finding, decision: Decision | None, at: Instant) -> Decision:
    """The denial in place of a decision that is not on record, with its reasons."""
    if decision is None:
        return Decision(outcome=Outcome.INDETERMINATE, at=at, findings=(missed,))
    return replace(
        decision,
        outcome=Outcome.INDETERMINATE,
        findings=(missed, *decision.findings),
        obligations=(),
        expires=None,
    )


def _release(
    prejudged: Prejudged, found: Sequence[Decision], identifier: str
) -> Decision:
    """What the permits of one release say together."""
    findings = [finding for one in found for finding in one.findings]
    duties = {duty for one in found for duty in one.obligations}
    first = found[0].questions if found else None
    return Decision(
        outcome=Outcome.PERMIT,
        at=prejudged.case.at,
        findings=tuple(dict.fromkeys(findings)),
        obligations=tuple(sorted(duties)),
        expires=prejudged.expires,
        questions=first if len(found) == 1 else None,
        id=identifier,
    )


def _named(resource: Mapping[str, JsonValue]) -> Named | None:
    """What was asked for, where at least that could be read."""
    try:
        return audit_parts.named(resource)
    except MedidError:
        return None


def _readable(request: object) -> AccessRequest | None:
    """The request, where at least it could be read."""
    if isinstance(request, AccessRequest):
        return request
    try:
        return AccessRequest.from_json(request)  # type: ignore[arg-type]
    except MedidError:
        return None


def _digest_of(presentation: object) -> str | None:
    """The SHA-256 of what was presented, as far as it can be said what that was."""
    if isinstance(presentation, str):
        presentation = presentation.encode("utf-8", "surrogatepass")
    elif isinstance(presentation, Mapping):
        try:
            copied = strict_json.check(dict(presentation))
        except MedidError:
            return None
        presentation = strict_json.dumps(copied).encode()
    if not isinstance(presentation, bytes):
        return None
    return hashlib.sha256(presentation).hexdigest()
