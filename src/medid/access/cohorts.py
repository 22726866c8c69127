"""Which patients' records may be used for one purpose, and how many may not.

Each patient is asked about alone, by the consent rules that decide about a single
record; nothing about one patient depends on another, nor on any order. Whoever may be
used is named to the caller, who needs the names. Whoever may not is only counted, by
reason, and the counts are published as ``medid.access.cohort_counts`` allows.

Patients are read one at a time. Of those that were read, only a short digest is kept,
so that none can come twice with a part of their consents each time.

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access import consent_rules
from medid.access.cohort_counts import CohortCounts, check_least, published
from medid.access.consent_request import read_request
from medid.access.consents_on_file import open_consents, verified_consents
from medid.access.facts import at_best, consent_settings
from medid.access.request import read_document
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.core.memory import FORGETFUL
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    TooLarge,
    Unchecked,
)
from medid.health import contexts as health_contexts
from medid.health.codes import ACT_REASON, Coding
from medid.health.references import is_reference, on_this_server, unversioned
from medid.trust import TrustRegistry
from medid.verifying.judging import Expectations, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from medid.access.consent_types import ConsentFinding, ConsentRequest, Obligation
    from medid.core.json import JsonObject, JsonValue

# Consents on file: credentials as they travel, or plain FHIR Consents.
Documents: TypeAlias = Sequence["bytes | str | Mapping[str, JsonValue]"]

MAX_PATIENTS: Final = 1_000_000  # of one cohort; their digests take about 100 MB
MAX_CONSENTS: Final = 1_000  # of one patient
LEAST: Final = 11  # the smallest count that CMS lets anybody publish
_DIGEST: Final = 16  # bytes; so many that no two patients share one
_BREAK_GLASS: Final = Coding(ACT_REASON, "BTG")
_OF_ONE_PATIENT: Final = ("patient", "scope", "breakGlass")
_NOBODY: Final = "-"  # stands for the patient where the request is read

DENY: Final = "CONSENT_DENY"
DEFAULT: Final = "DEFAULT_POLICY_DENY"
INDETERMINATE: Final = "CONSENT_INDETERMINATE"
UNREADABLE: Final = "CONSENT_UNREADABLE"
REASONS: Final = (DENY, DEFAULT, INDETERMINATE, UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRequest:
    """One use of many patients' data. Make it with ``from_json``.

    Attributes:
        document: The request as it was read. Never modified.
    """

    document: JsonObject = field(repr=False, hash=False)

    @classmethod
    def from_json(cls, source: bytes | str | Mapping[str, JsonValue]) -> CohortRequest:
        """Read a request in the form of a consent scenario's, without a patient.

        Args:
            source: ``actor``, ``action``, ``purpose``, ``resource`` and ``time``.

        Raises:
            ParsingError: Not strict JSON.
            MalformedValue: A member is unknown, missing or of another form; or it
                states no purpose, no data, or the purpose of an emergency.
        """
        request = cls(document=read_document(source))
        for name in _OF_ONE_PATIENT:
            if name in request.document:
                message = "a request about many patients does not have this member"
                raise MalformedValue(message, path=f"$.{name}")
        asked = request.asked(UTC)
        if not asked.purposes:
            message = "the request states no purpose of use"
            raise MalformedValue(message, path="$.purpose")
        if _BREAK_GLASS in asked.purposes:
            message = "an emergency is that of one patient"
            raise MalformedValue(message, path="$.purpose")
        if asked.resource is None:
            raise MalformedValue("the request states no data", path="$.resource")
        return request

    def asked(self, zone: tzinfo) -> ConsentRequest:
        """The request about nobody in particular; days begin and end in ``zone``."""
        return read_request({**self.document, "patient": _NOBODY}, zone, path="$")


class Cohort:
    """The patients whose records may be used; iterated once, counted at the end.

    Args:
        patients: Who may be used, or the reason why not, one by one.
        least: The smallest count that is published.

    Raises:
        ConfigurationError: ``least`` protects nobody.
    """

    def __init__(
        self, patients: Iterator[tuple[str, ConsentFinding | str]], least: int
    ) -> None:
        check_least(least)
        self._patients = patients
        self._least: Final = least
        self._counts: Counter[str] = Counter()
        self._permitted = 0
        self._duties: set[Obligation] = set()
        self._begun = False
        self._ended = False

    def __iter__(self) -> Iterator[str]:
        """The references of the patients whose records may be used, as they come.

        Raises:
            MalformedValue: A patient comes twice, or is named by no reference.
            TooLarge: More patients, or consents of one patient, than the limit.
            ConfigurationError: They were asked for before: they come once.
        """
        if self._begun:
            # What comes after an error would be counted as if it were everybody.
            message = "a cohort is iterated once"
            raise ConfigurationError(message, fix="keep the list that list() gave")
        self._begun = True
        for patient, found in self._patients:
            if isinstance(found, str):
                self._counts[found] += 1
                continue
            self._permitted += 1
            self._duties |= {*found.obligations}
            yield patient
        self._ended = True

    @property
    def counts(self) -> CohortCounts:
        """The counts, as they may be published.

        Raises:
            ConfigurationError: The patients have not been read to the end.
        """
        self._check_ended()
        cells = {reason: self._counts[reason] for reason in REASONS}
        return published(self._permitted, cells, least=self._least)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """What the use of any of the records obliges to.

        Raises:
            ConfigurationError: The patients have not been read to the end.
        """
        self._check_ended()
        return tuple(sorted(self._duties))

    def _check_ended(self) -> None:
        if not self._ended:
            message = "the patients have not been read to the end"
            fix = "iterate over the cohort first, for example with list()"
            raise ConfigurationError(message, fix=fix)


def cohort(
    consents: Iterable[tuple[str, Documents]],
    request: CohortRequest,
    *,
    trust: TrustRegistry,
    evidence: Evidence | None = None,
    least: int = LEAST,
) -> Cohort:
    """The patients whose records may be used as ``request`` says.

    Args:
        consents: Each patient once, by the local reference, with everything that is on
            file: withdrawn and expired consents too. Read as the cohort is iterated.
        request: The use, and the instant as of which it is asked.
        trust: Whose word counts on consents, and the default policy.
        evidence: What consent credentials refer to.
        least: The smallest count that is published.

    Raises:
        ConfigurationError: ``trust`` is no registry, or ``least`` protects nobody.
    """
    registry: object = trust
    if not isinstance(registry, TrustRegistry):
        message = "a cohort needs a trust registry: nobody is trusted by itself"
        raise ConfigurationError(message, path="$.trust")
    asked = request.asked(consent_settings(trust).zone)
    judgement = Judgement(
        at=asked.time,
        contexts=health_contexts(),
        evidence=evidence if evidence is not None else NO_EVIDENCE,
        trust=trust,
        expect=Expectations(status_max_age=trust.settings.status_max_age),
        memory=FORGETFUL,
    )
    asking = _Asking(request=asked, trust=trust, judgement=judgement)
    return Cohort(asking.each(consents), least)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What each patient's consents are asked."""

    request: ConsentRequest
    trust: TrustRegistry
    judgement: Judgement

    def each(
        self, consents: Iterable[tuple[str, Documents]]
    ) -> Iterator[tuple[str, ConsentFinding | str]]:
        """Each patient with the permit, or with the reason why there is none."""
        seen: set[bytes] = set()
        known = _Names.of_dids(consent_settings(self.trust).patient_dids)
        for number, entry in enumerate(consents):
            path = f"$[{number}]"
            if number >= MAX_PATIENTS:
                raise TooLarge(f"more than {MAX_PATIENTS} patients", path=path)
            patient, documents = _entry(entry, path)
            # By a DID, too, a patient is whoever the trust file says that it is.
            name = unversioned(patient)
            if not seen.isdisjoint(map(_digest, known.of(name))):
                message = "a patient comes twice: a part of the consents hides the rest"
                fix = "group the consents by patient"
                raise MalformedValue(message, path=path, fix=fix)
            if not seen.isdisjoint(map(_digest, known.alike(name))):
                message = (
                    "a patient may come twice: of two like ids, one names a server"
                )
                fix = "name the server of both"
                raise MalformedValue(message, path=path, fix=fix)
            seen.update(map(_digest, (name, *known.marks(name))))
            yield patient, self._ask(patient, documents)

    def _ask(self, patient: str, documents: Documents) -> ConsentFinding | str:
        settings = consent_settings(self.trust)
        try:
            credentials, records = open_consents(patient, documents)
            facts = verified_consents(
                credentials, records, judgement=self.judgement, trust=self.trust
            )
        except Unchecked:
            return UNREADABLE
        asked = replace(self.request, patient=unversioned(patient))
        finding = consent_rules.evaluate(facts, asked, settings)
        if finding:
            return finding
        best = at_best(facts)
        if best and consent_rules.evaluate(best, asked, settings):
            return UNREADABLE  # what could not be checked would permit, were it good
        return _reason(finding)


@dataclass(frozen=True, slots=True)
class _Names:
    """What patients are called, looked up by reference and by DID alike."""

    dids: Mapping[str, frozenset[str]]
    local: Mapping[str, Sequence[str]]

    @classmethod
    def of_dids(cls, dids: Mapping[str, frozenset[str]]) -> _Names:
        """The names of all whom a trust file binds to DIDs."""
        local: dict[str, list[str]] = {}
        for name, each in dids.items():
            for did in each:
                local.setdefault(did, []).append(name)
        return cls(dids, local)

    def of(self, name: str) -> Iterator[str]:
        """All that one patient is called, as ``patient_names`` has it."""
        for one in (name, *self.local.get(name, ())):
            yield one
            yield from self.dids.get(one, ())

    def alike(self, name: str) -> Iterator[str]:
        """What may mean the patient as well: the same id, here or marked as elsewhere.

        As ``names_on_file`` has it: whether they are the same cannot be told.
        """
        for one in self.of(name):
            here = on_this_server(one)
            if here != one:
                yield from self.of(here)
            else:
                yield f"/{one}"

    def marks(self, name: str) -> Iterator[str]:
        """The ids of other servers that it has; no name of anybody begins so."""
        for one in self.of(name):
            here = on_this_server(one)
            if here != one:
                yield f"/{here}"


def _entry(entry: object, path: str) -> tuple[str, Documents]:
    if not isinstance(entry, tuple) or len(entry) != 2:
        raise MalformedValue("not a patient with consents", path=path)
    patient, documents = entry
    if not isinstance(patient, str) or not is_reference(unversioned(patient)):
        raise MalformedValue("the patient is named by no reference", path=path)
    if not isinstance(documents, Sequence) or isinstance(documents, bytes | str):
        raise MalformedValue("the consents are no sequence", path=path)
    if len(documents) > MAX_CONSENTS:
        raise TooLarge(f"more than {MAX_CONSENTS} consents", path=path)
    return patient, documents


def _digest(patient: str) -> bytes:
    text = patient.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_DIGEST).digest()


def _reason(finding: ConsentFinding) -> str:
    if finding.outcome == "indeterminate":
        return INDETERMINATE
    return DEFAULT if finding.outcome == "not-applicable" else DENY
