"""The accounting of disclosures: what counts, and what the law leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.access.accounting import accounting
from medid.access.audit_record import Kind
from medid.access.decision import Finding, Outcome
from medid.adapters.audit import MemoryAuditLog
from medid.core.records import replace
from medid.errors import ConfigurationError
from medid.health.codes import ACT_REASON, Coding
from tests.access.audit_world import BARE, FULL
from tests.access.world import AT, BLOOD, World, fhir_consent, on_file

if TYPE_CHECKING:
    from medid.access.accounting import Disclosure
    from medid.access.audit_record import DecisionRecord

PATIENT = "Patient/p-9"
LATER = AT.plus(3600)
DEFAULT = Finding(code="DEFAULT_POLICY_PERMIT", about="consent", rule="E14")


def permit(*purposes: str, **members: Any) -> DecisionRecord:
    """A permit of the default policy for ``purposes``."""
    assert FULL.asked is not None
    codes = tuple(Coding(ACT_REASON, code) for code in purposes)
    asked = replace(FULL.asked, purposes=codes)
    return replace(FULL, asked=asked, findings=(DEFAULT,), **members)


def counted(*records: DecisionRecord, patient: str = PATIENT) -> tuple[Disclosure, ...]:
    return accounting(records, patient, start=AT, end=LATER)


@pytest.mark.parametrize(
    ("purposes", "counts"),
    [
        (["TREAT"], False),
        (["HPAYMT"], False),
        (["HOPERAT"], False),
        (["BTG"], False),  # an emergency is treatment
        (["CLINTRL"], False),  # a clinical trial as treatment
        (["HQUALIMP"], False),
        (["HRESCH"], True),
        (["CLINTRCH"], True),
        (["PUBHLTH"], True),
        (["HMARKT"], True),
        (["PATRQT"], True),
        (["UNKNOWN"], True),
        (["TREAT", "HPAYMT"], False),
        (["TREAT", "HRESCH"], True),
        ([], True),
    ],
)
def test_treatment_payment_and_operations_do_not_count(
    purposes: list[str], counts: bool
) -> None:
    assert bool(counted(permit(*purposes))) is counts


@pytest.mark.parametrize("asked", [PATIENT, f"{PATIENT}/_history/2"])
@pytest.mark.parametrize("noted", [PATIENT, f"{PATIENT}/_history/3"])
def test_a_version_of_the_patient_is_the_patient(asked: str, noted: str) -> None:
    record = permit("HRESCH")
    assert record.asked is not None
    record = replace(record, asked=replace(record.asked, patient=noted))
    assert len(counted(record, patient=asked)) == 1


def test_a_code_of_another_system_is_not_treatment() -> None:
    record = permit("TREAT")
    assert record.asked is not None
    other = replace(record.asked, purposes=(Coding("urn:x", "TREAT"),))

    assert counted(replace(record, asked=other))


def test_what_the_patient_authorised_does_not_count() -> None:
    record = replace(permit("HRESCH"), findings=FULL.findings)
    (consent,) = record.consents
    by_other = replace(consent, by_patient=False)
    elsewhere = replace(consent, id="other")

    assert not counted(record)
    assert counted(replace(record, consents=(by_other,)))
    assert counted(replace(record, consents=(elsewhere,)))
    assert counted(replace(record, consents=()))
    permits = [one for one in record.findings if one.code == "CONSENT_PERMIT"]
    also = tuple(replace(one, credential="other") for one in permits)
    assert counted(replace(record, findings=(*record.findings, *also)))


def test_of_several_purposes_a_consent_is_known_to_cover_the_first_only() -> None:
    record = replace(permit("HRESCH", "PUBHLTH"), findings=FULL.findings)

    assert counted(record)


def test_only_what_was_permitted_and_released_counts() -> None:
    good = permit("HRESCH")
    assert good.asked is not None
    nothing = replace(good.asked, resources=())

    assert counted(good)
    for outcome in (Outcome.DENY, Outcome.INDETERMINATE, Outcome.NOT_APPLICABLE, None):
        assert not counted(replace(good, outcome=outcome))
    assert not counted(replace(good, asked=nothing))
    assert not counted(replace(good, asked=None))
    assert not counted(BARE)
    waiting = replace(good, kind=Kind.COMPILATION, outcome=None, asked=nothing)
    assert not counted(waiting)


def test_another_patients_disclosures_do_not_count() -> None:
    assert not counted(permit("HRESCH"), patient="Patient/p-99")
    assert not counted(permit("HRESCH"), patient="Patient/P-9")


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-1, False), (0, True), (3599, True), (3600, False)]
)
def test_the_period_holds_its_start_and_not_its_end(seconds: int, counts: bool) -> None:
    record = permit("HRESCH", recorded=AT.plus(seconds), time=AT.plus(-9999))

    assert bool(counted(record)) is counts


def test_a_disclosure_says_to_whom_what_when_and_why() -> None:
    (found,) = counted(permit("HRESCH"))

    assert found.as_json() == {
        "date": str(AT.plus(1)),
        "recipient": "did:example:dr",
        "resources": [{"type": "Observation", "id": "Observation/1"}],
        "purposeOfUse": [{"system": ACT_REASON, "code": "HRESCH"}],
        "record": "urn:uuid:1",
    }
    assert "did:example:dr" not in repr(found)


def test_a_period_and_a_patient_have_to_be_named() -> None:
    for start, end in ((AT, AT), (LATER, AT)):
        with pytest.raises(ConfigurationError) as caught:
            accounting([], PATIENT, start=start, end=end)
        assert caught.value.path == "$.end"
    with pytest.raises(ConfigurationError) as caught:
        accounting([], "", start=AT, end=LATER)
    assert caught.value.path == "$.patient"


def test_decisions_and_releases_are_accounted_for() -> None:
    world, log = World(), MemoryAuditLog()
    consent = fhir_consent("permit", provision={"type": "permit"})
    verifier = world.verifier(audit=log, consents=on_file(consent))
    shown = world.shown(world.license)
    research = world.asks("HRESCH")
    assert verifier.decide(shown, research)
    assert verifier.decide(shown, world.asks("TREAT"))
    compiled = verifier.compile(shown, research)
    assert compiled.check(research["resource"])
    compiled.record([research["resource"]])
    found = counted(*log.records)

    # A record of the custodian's own is not the patient's signature.
    assert [one.resources[0].id for one in found] == [BLOOD, BLOOD]
    assert {one.recipient for one in found} == {world.practitioner.did}
