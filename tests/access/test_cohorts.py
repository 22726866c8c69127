"""Whose records may be used for one purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access import CohortRequest, cohort
from medid.access import cohorts as module
from medid.access.consent_types import POLICY_ALL_NORMAL
from medid.core.evidence import Evidence
from medid.errors import ConfigurationError, MalformedValue, ParsingError, TooLarge
from medid.trust import TrustRegistry
from tests.access.claim_world import AT, Payer
from tests.access.world import controller
from tests.fuzz.target import CANARY
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

Doc = dict[str, Any]
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
REQUEST: Doc = {
    "actor": {"references": ["Organization/institute"]},
    "action": "use",
    "purpose": [{"system": ACT_REASON, "code": "CLINTRCH"}],
    "resource": {"type": "Observation"},
    "time": str(AT),
}
BOARD: Doc = {
    "did": "did:example:board",
    "jurisdictions": ["US-OH"],
    "professions": ["MD"],
}
TRUST = TrustRegistry.from_json({"acceptedBoards": [BOARD]})


def consent(patient: str, kind: str = "permit", **provision: Any) -> Doc:
    purpose = [{"system": ACT_REASON, "code": "HRESCH"}]
    return {
        "resourceType": "Consent",
        "id": f"of-{patient.rpartition('/')[2]}",
        "status": "active",
        "scope": {"coding": [{"system": CONSENT_SCOPE, "code": "research"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": patient},
        "dateTime": "2026-01-10",
        "policy": [{"uri": "https://example.org/policy"}],
        "provision": {"type": kind, "purpose": purpose, **provision},
    }


def request(**members: Any) -> CohortRequest:
    return CohortRequest.from_json({**REQUEST, **members})


def population(**kinds: int) -> list[tuple[str, list[Any]]]:
    """So many patients of each kind."""
    made: Doc = {
        "permit": lambda name: [consent(name)],
        "deny": lambda name: [consent(name, "deny"), consent(name)],
        "silent": lambda _: [],
        "odd": lambda name: [
            {**consent(name), "modifierExtension": [{"url": "urn:x"}]}
        ],
        "broken": lambda _: [b"\xff"],
    }
    return [
        (name, made[kind](name))
        for kind, number in kinds.items()
        for name in (f"Patient/{kind}-{index}" for index in range(number))
    ]


def test_those_may_be_used_whose_consents_permit_it() -> None:
    people = population(permit=14, deny=12, silent=20, odd=2, broken=3)
    found = cohort(people, request(), trust=TRUST)
    assert list(found) == [f"Patient/permit-{index}" for index in range(14)]
    assert found.obligations == ()
    assert found.counts.as_json() == {
        "total": 51,
        "permitted": 14,
        "refused": 37,
        "reasons": {
            "CONSENT_DENY": "suppressed",
            "DEFAULT_POLICY_DENY": 20,
            "CONSENT_INDETERMINATE": "suppressed",
            "CONSENT_UNREADABLE": "suppressed",
        },
        "least": 11,
    }


def test_every_reason_is_counted() -> None:
    people = population(permit=3, deny=3, silent=4, odd=5, broken=6)
    found = cohort(people, request(), trust=TRUST, least=3)
    assert len(list(found)) == 3
    assert list(found.counts.reasons.values()) == [3, 4, 5, 6]
    assert tuple(found.counts.reasons) == module.REASONS


@pytest.mark.parametrize(
    ("members", "permitted"),
    [
        ({}, True),
        ({"purpose": [{"system": ACT_REASON, "code": "HRESCH"}]}, True),
        ({"purpose": [{"system": ACT_REASON, "code": "TREAT"}]}, False),
        ({"purpose": [{"system": ACT_REASON, "code": "POPHLTH"}]}, False),
        (
            {
                "purpose": [
                    {"system": ACT_REASON, "code": "HRESCH"},
                    {"system": ACT_REASON, "code": "HMARKT"},
                ]
            },
            False,
        ),
        ({"time": "2025-12-31T00:00:00Z"}, False),
        ({"resource": {"type": "Condition"}}, False),
        ({"action": "disclose"}, False),
        ({"actor": {"references": ["Organization/other"]}}, False),
    ],
)
def test_purpose_requester_action_and_data_decide(
    members: Doc, permitted: bool
) -> None:
    role = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    actions = "http://terminology.hl7.org/CodeSystem/consentaction"
    kinds = "http://hl7.org/fhir/resource-types"
    narrow = consent(
        "Patient/1",
        period={"start": "2026-01-01"},
        action=[{"coding": [{"system": actions, "code": "use"}]}],
        actor=[
            {
                "role": {"coding": [{"system": role, "code": "IRCP"}]},
                "reference": {"reference": "Organization/institute"},
            }
        ],
    )
    narrow["provision"]["class"] = [{"system": kinds, "code": "Observation"}]
    found = cohort([("Patient/1", [narrow])], request(**members), trust=TRUST)
    assert (list(found) == ["Patient/1"]) is permitted


def test_a_consent_of_another_patient_permits_nobody() -> None:
    found = cohort([("Patient/1", [consent("Patient/2")])], request(), trust=TRUST)
    assert list(found) == []


def test_the_default_policy_of_the_registry_counts() -> None:
    policy = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
    trust = TrustRegistry.from_json(
        {"acceptedBoards": [BOARD], "consent": {"defaultPolicy": policy}}
    )
    people = population(deny=1, silent=2, odd=1, broken=1)
    found = cohort(people, request(), trust=trust)
    assert list(found) == ["Patient/silent-0", "Patient/silent-1"]


def test_what_a_use_obliges_to_is_told_with_the_counts() -> None:
    purpose = [{"system": ACT_REASON, "code": "HOPERAT"}]
    own = consent("Patient/1", purpose=purpose)
    found = cohort([("Patient/1", [own])], request(purpose=purpose), trust=TRUST)
    assert list(found)
    assert [one.code for one in found.obligations] == ["MINEC"]


def test_consent_credentials_are_verified() -> None:
    payer = Payer()
    research = consent(payer.patient.did)
    signed = payer.consent_of(resource=research)
    people = [("Patient/p-9", [signed])]
    evidence, trust = payer.evidence(), payer.registry(policy=_DENY)
    found = cohort(people, request(), trust=trust, evidence=evidence)
    # The patient's own list is as old as the credential: its permits do not count.
    assert list(found) == []
    payer.withdrawals(AT)
    evidence = payer.evidence()
    assert list(cohort(people, request(), trust=trust, evidence=evidence)) == [
        "Patient/p-9"
    ]
    assert list(cohort(people, request(), trust=trust, evidence=Evidence())) == []
    assert list(cohort(people, request(), trust=trust)) == []
    changed = json.loads(json.dumps(signed))
    changed["credentialSubject"]["consent"]["status"] = "draft"
    people = [("Patient/p-9", [changed])]
    assert list(cohort(people, request(), trust=trust, evidence=evidence)) == []


def test_what_could_not_be_checked_is_told_from_what_nobody_permits() -> None:
    payer = Payer()
    trust = payer.registry(policy=_DENY)

    def signed(kind: str) -> tuple[str, list[Doc]]:
        patient = controller()
        own = payer.consent_of(patient, resource=consent(patient.did, kind))
        return patient.did, [own]

    people = [signed("permit") for _ in range(4)] + [signed("deny") for _ in range(3)]
    found = cohort(people, request(), trust=trust, least=3)
    assert list(found) == []
    # Of the others, the smallest count would give away those that are none at all.
    assert found.counts.reasons == {
        "CONSENT_DENY": None,
        "DEFAULT_POLICY_DENY": None,
        "CONSENT_INDETERMINATE": None,
        "CONSENT_UNREADABLE": 4,
    }


def test_a_credential_on_file_that_cannot_be_read_may_be_a_refusal() -> None:
    payer = Payer()
    unread = json.loads(json.dumps(payer.consent_of()))
    del unread["credentialSubject"]["consent"]
    readable = consent("Patient/p-9")
    trust = payer.registry(policy=_DENY)
    for documents, used in (([readable], ["Patient/p-9"]), ([readable, unread], [])):
        found = cohort([("Patient/p-9", documents)], request(), trust=trust)
        assert list(found) == used


_DENY = "https://profiles.ihe.net/ITI/PCF/Policy-deny"

some = st.fixed_dictionaries(
    {kind: st.integers(0, 3) for kind in ("permit", "deny", "silent", "odd", "broken")}
)


@given(some, st.randoms(use_true_random=False))
@settings(max_examples=examples(15), deadline=None)
def test_no_order_ever_matters(kinds: dict[str, int], random: Any) -> None:
    people = population(**kinds)
    shuffled = [(name, random.sample(kept, len(kept))) for name, kept in people]
    random.shuffle(shuffled)
    one = cohort(people, request(), trust=TRUST, least=3)
    other = cohort(shuffled, request(), trust=TRUST, least=3)
    assert set(one) == set(other)
    assert one.counts == other.counts


@given(some)
@settings(max_examples=examples(10), deadline=None)
def test_each_patient_is_asked_about_alone(kinds: dict[str, int]) -> None:
    people = population(**kinds)
    together = list(cohort(people, request(), trust=TRUST))
    alone = [name for one in people for name in cohort([one], request(), trust=TRUST)]
    assert together == alone


# Reading.


def test_patients_are_read_as_they_are_asked_for() -> None:
    read: list[str] = []

    def people() -> Iterator[tuple[str, list[Any]]]:
        for name, kept in population(permit=3):
            read.append(name)
            yield name, kept

    found = iter(cohort(people(), request(), trust=TRUST))
    assert read == []
    assert next(found) == "Patient/permit-0"
    assert read == ["Patient/permit-0"]


def test_nothing_is_counted_before_the_end() -> None:
    found = cohort(population(permit=3), request(), trust=TRUST)
    for _ in found:
        break
    for name in ("counts", "obligations"):
        with pytest.raises(ConfigurationError):
            getattr(found, name)


def test_what_comes_after_an_error_is_not_the_end() -> None:
    found = cohort([*population(permit=1), ("", [])], request(), trust=TRUST)
    with pytest.raises(MalformedValue):
        list(found)
    with pytest.raises(ConfigurationError):
        list(found)
    with pytest.raises(ConfigurationError):
        _ = found.counts


def test_a_version_names_the_patient() -> None:
    name, versioned = "Patient/1", "Patient/1/_history/2"
    permitted = cohort([(versioned, [consent(name)])], request(), trust=TRUST)
    permissive: Doc = {"defaultPolicy": POLICY_ALL_NORMAL}
    trust = TrustRegistry.from_json({"acceptedBoards": [BOARD], "consent": permissive})
    refused = cohort([(versioned, [consent(name, "deny")])], request(), trust=trust)

    assert list(permitted) == [versioned]
    assert list(refused) == []


@pytest.mark.parametrize(
    "names",
    [
        ("Patient/p-9", "did:example:p9"),
        ("did:example:p9", "Patient/p-9/_history/2"),
        ("did:example:p9", "did:example:also-p9"),
    ],
)
def test_a_patient_comes_once_by_reference_or_by_did(names: tuple[str, str]) -> None:
    dids: Doc = {"Patient/p-9": ["did:example:p9", "did:example:also-p9"]}
    trust = TrustRegistry.from_json(
        {"acceptedBoards": [BOARD], "consent": {"patientDids": dids}}
    )
    first, second = names
    people = [(first, [consent(first, "deny")]), (second, [consent(second)])]
    found = cohort(people, request(), trust=trust)
    with pytest.raises(MalformedValue, match="comes twice"):
        list(found)
    # Whom two records are about are two, whose consents are each their own.
    dids["Patient/p-8"] = dids["Patient/p-9"][:1]
    trust = TrustRegistry.from_json(
        {"acceptedBoards": [BOARD], "consent": {"patientDids": dids}}
    )
    apart = [(name, [consent(name)]) for name in ("Patient/p-8", "Patient/p-9")]
    assert len(list(cohort(apart, request(), trust=trust))) == 2


ELSEWHERE = "https://ehr.example/fhir/Patient/p-9"


@pytest.mark.parametrize("key", ["Patient/p-9", ELSEWHERE])
@pytest.mark.parametrize(
    "names",
    [
        ("Patient/p-9", ELSEWHERE),
        ("Patient/p-9", f"{ELSEWHERE}/_history/2"),
        (ELSEWHERE, "Patient/p-9"),
        ("did:example:p9", ELSEWHERE),
        (ELSEWHERE, "did:example:p9"),
        ("Patient/p-9", "did:example:p9"),
        ("did:example:p9", "Patient/p-9"),
    ],
)
def test_who_may_come_twice_does_not_come(names: tuple[str, str], key: str) -> None:
    """A refusal under the one name may be that of the other."""
    bound: Doc = {key: ["did:example:p9"]}
    trust = TrustRegistry.from_json(
        {"acceptedBoards": [BOARD], "consent": {"patientDids": bound}}
    )
    people = [(name, [consent(name)]) for name in names]
    with pytest.raises(MalformedValue, match="twice") as caught:
        list(cohort(people, request(), trust=trust))
    assert caught.value.path == "$[1]"
    # Who is told apart comes, and whoever names the server of both.
    apart = ["Patient/p-8", ELSEWHERE, f"https://other.example/fhir/{names[0]}"]
    apart += ["Group/p-9", f"{ELSEWHERE}0"]
    people = [(name, [consent(name)]) for name in apart if name != names[1]]
    assert len(list(cohort(people, request(), trust=trust))) == len(people)


@pytest.mark.parametrize("again", ["Patient/1", "Patient/1/_history/2"])
def test_a_patient_who_comes_twice_is_refused(again: str) -> None:
    name = "Patient/1"
    people = [
        (name, [consent(name)]),
        ("Patient/2", []),
        (again, [consent(name, "deny")]),
    ]
    with pytest.raises(MalformedValue) as caught:
        list(cohort(people, request(), trust=TRUST))
    assert caught.value.path == "$[2]"


@pytest.mark.parametrize(
    "entry",
    [
        None,
        ("Patient/1",),
        ("", []),
        ("1", []),
        (3, []),
        ("Patient/1", b"x"),
        ("Patient/1", None),
    ],
)
def test_what_is_no_patient_is_refused(entry: Any) -> None:
    with pytest.raises(MalformedValue):
        list(cohort([entry], request(), trust=TRUST))


def test_more_than_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        list(cohort([("Patient/1", [b""] * 1_001)], request(), trust=TRUST))
    assert list(cohort([("Patient/1", [b""] * 1_000)], request(), trust=TRUST)) == []
    monkeypatch.setattr(module, "MAX_PATIENTS", 2)
    found = cohort(population(permit=3), request(), trust=TRUST)
    with pytest.raises(TooLarge) as caught:
        list(found)
    assert caught.value.path == "$[2]"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"patient": "Patient/1"}, "$.patient"),
        ({"scope": "patient/*.r"}, "$.scope"),
        ({"breakGlass": {}}, "$.breakGlass"),
        ({"researchPurpose": {"duo": 1}}, "$.researchPurpose.duo"),
        ({"purpose": []}, "$.purpose"),
        ({"purpose": [{"system": ACT_REASON, "code": "BTG"}]}, "$.purpose"),
        ({"action": "read"}, "$.action"),
        ({"resuorce": {}}, "$.resuorce"),
        ({"resource": {}}, "$.resource.type"),
        ({"resource": {"type": "Bundle", "candidates": []}}, "$.resource"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_with_its_path(
    members: Doc, path: str
) -> None:
    with pytest.raises(MalformedValue) as caught:
        request(**members)
    assert caught.value.path == path


def test_a_request_needs_data_a_time_and_json() -> None:
    for missing in ("resource", "time", "actor"):
        with pytest.raises(MalformedValue):
            CohortRequest.from_json({k: v for k, v in REQUEST.items() if k != missing})
    with pytest.raises(ParsingError):
        CohortRequest.from_json("{")
    assert CohortRequest.from_json(json.dumps(REQUEST)) == request()


def test_dates_of_the_data_are_in_the_zone_of_the_registry() -> None:
    zone: Doc = {"timezone": "Pacific/Auckland"}
    trust = TrustRegistry.from_json({"acceptedBoards": [BOARD], "consent": zone})
    # 1 July in Auckland is not over before noon of that day in UTC.
    period = {"start": "2026-06-30T12:00:00Z", "end": "2026-07-01T12:00:00Z"}
    own = consent("Patient/1", dataPeriod=period)
    asked = request(resource={"type": "Observation", "clinicalDate": "2026-07-01"})
    assert list(cohort([("Patient/1", [own])], asked, trust=trust))
    other = request(resource={"type": "Observation", "clinicalDate": "2026-06-30"})
    assert not list(cohort([("Patient/1", [own])], other, trust=trust))


def test_nobody_is_trusted_by_itself() -> None:
    nobody: Any = None
    with pytest.raises(ConfigurationError):
        cohort([], request(), trust=nobody)
    with pytest.raises(ConfigurationError):
        cohort([], request(), trust=TRUST, least=2)


def test_nothing_of_a_patient_is_told() -> None:
    name = f"Patient/{CANARY}"
    own = {**consent(name, "deny"), "id": CANARY}
    found = cohort([(name, [own]), (name, [])], request(), trust=TRUST)
    with pytest.raises(MalformedValue) as caught:
        list(found)
    assert CANARY not in f"{caught.value} {caught.value!r} {found!r}"
    found = cohort([(name, [own])], request(), trust=TRUST)
    assert list(found) == []
    assert CANARY not in f"{found.counts!r} {found.counts.as_json()} {found!r}"
    actor = {"references": [CANARY]}
    assert CANARY not in repr(request(actor=actor))


def test_the_conditions_of_use_count_for_each_patient() -> None:
    consents: Doc = {
        "overlays": ["GA4GH-DUO"],
        "dataUse": {"of-permit-0": {"permission": "HMB"}},
    }
    trust = TrustRegistry.from_json({"acceptedBoards": [BOARD], "consent": consents})
    for duo, expected in (("DS", ["Patient/permit-0"]), ("POA", [])):
        asked = request(researchPurpose={"duo": duo})
        assert [*cohort(population(permit=3), asked, trust=trust)] == expected


def test_data_that_needs_a_visa_is_a_part_of_no_cohort() -> None:
    researcher = {"type": "ResearcherStatus", "value": "https://ra.example"}
    asked = request(researchPurpose={"duo": "HMB"})
    for needed, count in (({}, 1), ({"visas": [researcher]}, 0)):
        consents: Doc = {
            "overlays": ["GA4GH-DUO"],
            "dataUse": {"of-permit-0": {"permission": "HMB", **needed}},
        }
        stated: Doc = {"acceptedBoards": [BOARD], "consent": consents}
        trust = TrustRegistry.from_json(stated)
        assert len([*cohort(population(permit=2), asked, trust=trust)]) == count
