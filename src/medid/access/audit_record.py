"""``DecisionRecord``: what stays of one decision, for the audit log. Data only.

A record says who asked for what, what was answered, and on which documents the answer
stands, each by its digest. It does not hold those documents: whoever has to repeat the
decision keeps the presentation and the sealed evidence beside the log.

Spec: https://profiles.ihe.net/ITI/BALP/content.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.verifying.checks import told_chains

if TYPE_CHECKING:
    from medid.access.consent_types import Obligation
    from medid.access.decision import Basis, Finding, Outcome
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.codes import Coding
    from medid.trust import ToldChain

FORMAT: Final = "medid decision record 1"
MAX_RELEASED: Final = 1_000  # resources of one record; a search is recorded in parts


class Kind(StrEnum):
    """What was done."""

    # One answer; a compiled denial may be about several resources.
    DECISION = "decision"
    COMPILATION = "compilation"  # a decision that waits for data; nothing was released
    RELEASE = "release"  # resources that a compiled decision permits


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Named:
    """A resource, by the type and id that the request gave it."""

    type: str
    id: str = field(repr=False)

    def as_json(self) -> JsonObject:
        """Both members."""
        return {"type": self.type, "id": self.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked.

    Attributes:
        digest: SHA-256 (hex) of the request's canonical form (RFC 8785).
        action: A consentaction code.
        purposes: What for, in their order.
        patient: Whose data, as the local reference of the request.
        resources: What was decided about or released; none of a compilation.
        break_glass: The reason that an emergency was declared with, in its own words.
    """

    digest: str
    action: str
    purposes: tuple[Coding, ...] = field(repr=False)
    patient: str = field(repr=False)
    resources: tuple[Named, ...] = field(default=(), repr=False)
    break_glass: str | None = field(default=None, repr=False)

    def as_json(self) -> JsonObject:
        """The members that are there."""
        members: JsonObject = {
            "digest": self.digest,
            "action": self.action,
            "purposeOfUse": [
                {"system": one.system, "code": one.code} for one in self.purposes
            ],
            "patient": self.patient,
            "resources": [one.as_json() for one in self.resources],
        }
        if self.break_glass is not None:
            members["breakGlass"] = self.break_glass
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A status list that was read: where it is published, and the SHA-256 of it."""

    url: str
    digest: str

    def as_json(self) -> JsonObject:
        """Both members."""
        return {"url": self.url, "digest": self.digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseBasis:
    """The license that decided or came nearest, or what made it count elsewhere.

    Attributes:
        id: The credential's id; a number in its place where it has none.
        issuer: The board's DID, where it names one.
        digest: SHA-256 (hex) of the credential.
        key: The DID URL of the key that its proof names, where it names one.
        status_lists: Those that say whether it was taken back.
        chains: By whose word its issuer is believed, where no trust entry names it.
    """

    id: str
    issuer: str | None
    digest: str
    key: str | None = None
    status_lists: tuple[StatusList, ...] = ()
    chains: tuple[ToldChain, ...] = ()

    def as_json(self) -> JsonObject:
        """The members that are there."""
        members: JsonObject = {"id": self.id}
        if self.issuer is not None:
            members["issuer"] = self.issuer
        members["digest"] = self.digest
        if self.key is not None:
            members["key"] = self.key
        members["statusLists"] = [one.as_json() for one in self.status_lists]
        return members | told_chains(self.chains)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentBasis:
    """A consent that was looked at.

    Attributes:
        id: As the reasons name it.
        digest: SHA-256 (hex) of the credential, or of the plain FHIR Consent.
        standing: The code of what became of it.
        is_credential: Whether it is a credential; else the custodian's own record.
        of_patient: Whether it is about the requested patient, by what a valid proof
            covers, or as the custodian keeps it. Not where that may be somebody else,
            whom another server calls the same.
        by_patient: Whether that patient signed it.
        status_lists: Those that say whether it was taken back.
        chains: By whose word its issuer is believed, where no trust entry names it.
    """

    id: str = field(repr=False)
    digest: str
    standing: str
    is_credential: bool
    of_patient: bool
    by_patient: bool
    status_lists: tuple[StatusList, ...] = ()
    chains: tuple[ToldChain, ...] = ()

    def as_json(self) -> JsonObject:
        """All members; ``chains`` where there are any."""
        return {
            "id": self.id,
            "digest": self.digest,
            "standing": self.standing,
            "isCredential": self.is_credential,
            "ofPatient": self.of_patient,
            "byPatient": self.by_patient,
            "statusLists": [one.as_json() for one in self.status_lists],
            **told_chains(self.chains),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision as the audit log keeps it.

    **Personal data.** ``requester``, ``license`` and ``supports`` mean the
    practitioner. ``asked`` (the patient's reference, the resources, the purposes, the
    reason of an emergency), ``consents`` and the consent ids in ``findings`` and
    ``decided_by`` mean the patient; together they tell who was treated by whom, for
    what, and when. Digests are no disguise: a plain digest of a request can be found by
    trying. Keep records where the patients' own data may be kept, never on a ledger, in
    a metric's label or in a program's ordinary log. It holds no name, birth date,
    license number, claim, consent text, challenge or signature.

    Attributes:
        id: The decision's own.
        kind: A decision, a compilation, or the release of what one permits.
        time: As of when was decided.
        recorded: When the record was made, by the verifier's clock.
        outcome: The answer; ``None`` for a compilation that waits for data.
        requester: The DID that the request names; ``None`` where none could be read.
        proven: Whether the requester is proven to have presented.
        asked: The request; ``None`` where it could not be read.
        license: The license that decided; ``None`` where none was looked at.
        supports: The credentials that make it count where care takes place, each of
            which would do alone; none where it counts by itself.
        consents: Every consent that was looked at.
        findings: The full reasons, with paths and the clauses of the profile.
        decided_by: The consent and the path of the rule that decided, or
            ``default-policy``; ``None`` where no rule was asked.
        obligations: What a permit obliges to.
        expires: Until when a permit or a compilation counts.
        sources: What it stands on.
        compilation: The id of the compilation that a release, or a denial of data that
            was asked for after it, belongs to.
    """

    id: str
    kind: Kind
    time: Instant
    recorded: Instant
    outcome: Outcome | None
    requester: str | None = field(repr=False)
    proven: bool
    sources: Basis
    asked: Asked | None = None
    license: LicenseBasis | None = field(default=None, repr=False)
    supports: tuple[LicenseBasis, ...] = field(default=(), repr=False)
    consents: tuple[ConsentBasis, ...] = field(default=(), repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    decided_by: str | None = field(default=None, repr=False)
    obligations: tuple[Obligation, ...] = ()
    expires: Instant | None = None
    compilation: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, each once, in their order."""
        return tuple(dict.fromkeys(one.code for one in self.findings))

    def as_json(self) -> JsonObject:
        """The record as JSON, which ``audit_reading.read_record`` reads back."""
        parts: dict[str, JsonValue] = {
            "format": FORMAT,
            "id": self.id,
            "kind": self.kind.value,
            "compilation": self.compilation,
            "time": str(self.time),
            "recorded": str(self.recorded),
            "outcome": None if self.outcome is None else self.outcome.value,
            "requester": self.requester,
            "proven": self.proven,
            "request": None if self.asked is None else self.asked.as_json(),
            "license": None if self.license is None else self.license.as_json(),
            "supports": [one.as_json() for one in self.supports] or None,
            "consents": [one.as_json() for one in self.consents],
            "reasons": [one.as_json() for one in self.findings],
            "decidedBy": self.decided_by,
            "obligations": [
                {"system": one.system, "code": one.code} for one in self.obligations
            ],
            "expires": None if self.expires is None else str(self.expires),
            "sources": self.sources.as_json(),
        }
        return {name: value for name, value in parts.items() if value is not None}
