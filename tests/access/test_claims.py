"""Claims and explanations of benefit, with real credentials, from JSON to finding."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from medid.access import (
    AtHand,
    ClaimSettings,
    claim_findings,
    cohort,
    on_date_of_service,
)
from medid.access.claims import MAX_CREDENTIALS, MAX_EARLIER
from medid.access.decision import Outcome
from medid.cli.demo_world import (
    NPI,
    PATIENT,
    REVOCATIONS,
    SUSPENSIONS,
    WITHDRAWALS,
)
from medid.core.evidence import Evidence
from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    FetchFailed,
    MalformedValue,
    MedidError,
    ParsingError,
    TooLarge,
)
from medid.issuing import issue, set_status
from tests.access.claim_world import (
    AT,
    CARIN,
    CPT,
    DAY,
    NUCC,
    OFFICE,
    POS,
    ROLE,
    THEN,
    US_NPI,
    Doc,
    Payer,
    by_npi,
    claim,
    coded,
    explanation,
    item,
    reasons,
)
from tests.access.world import START, as_doc, fhir_consent
from tests.fuzz.target import CANARY

F20 = coded("http://hl7.org/fhir/sid/icd-10-cm", "F20.0")
CONDITION = "Condition/c-1/_history/2"
DENY_POLICY = "https://profiles.ihe.net/ITI/PCF/Policy-deny"


@pytest.fixture(scope="module")
def payer() -> Payer:
    return Payer()


@pytest.fixture(scope="module")
def hand(payer: Payer) -> AtHand:
    """What is at hand about the demo's license: a look then and a look now."""
    return payer.at_hand()


def ask(payer: Payer, hand: AtHand, asked: Any, **members: Any) -> Any:
    named: Doc = {"trust": payer.registry(), "settings": payer.settings(), "at": AT}
    return on_date_of_service(asked, hand, **{**named, **members})


def only(payer: Payer, hand: AtHand, asked: Any, **members: Any) -> tuple[str, ...]:
    """The reasons of the only item."""
    (found,) = ask(payer, hand, asked, **members).items
    assert bool(found) is (found.decision is Outcome.PERMIT)
    return tuple(found.reasons)


GOOD = ("LICENSE_OK", "DEFAULT_POLICY_PERMIT")


class TestAClaim:
    def test_of_a_licensed_practitioner_is_permitted(
        self, payer: Payer, hand: AtHand
    ) -> None:
        found = ask(payer, hand, claim())
        assert found
        assert found.as_json() == {
            "decision": "permit",
            "time": str(AT),
            "items": [
                {
                    "item": "$.item[0]",
                    "decision": "permit",
                    "reasons": [*GOOD],
                    "licenses": [payer.license["id"]],
                    "obligations": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                            "code": "MINEC",
                        }
                    ],
                }
            ],
            "unreadable": [],
            "basis": found.as_json()["basis"],
        }
        assert found.trust == payer.registry().digest()

    def test_as_an_insurer_explains_it_is_permitted(
        self, payer: Payer, hand: AtHand
    ) -> None:
        assert ask(payer, hand, explanation())

    def test_as_json_text_is_the_same(self, payer: Payer, hand: AtHand) -> None:
        text = json.dumps(claim())
        assert ask(payer, hand, text) == ask(payer, hand, text.encode())
        assert ask(payer, hand, text).items == ask(payer, hand, claim()).items

    def test_is_permitted_only_where_every_item_is(
        self, payer: Payer, hand: AtHand
    ) -> None:
        good, bad = item(1), item(2, productOrService=coded(CPT, "33945"))
        found = ask(payer, hand, claim(good, bad, item(3, servicedDate="2026-05-01")))
        assert not found
        assert found.decision is Outcome.DENY
        assert reasons(found) == [
            GOOD,
            ("SERVICE_UNKNOWN", "DEFAULT_POLICY_PERMIT"),
            ("LICENSE_NOT_YET_VALID", "DEFAULT_POLICY_PERMIT"),
        ]

    def test_without_items_is_denied(self, payer: Payer, hand: AtHand) -> None:
        found = ask(payer, hand, claim(item=None))
        assert (found.decision, found.items) == (Outcome.DENY, ())

    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            ({"status": "draft"}, "CLAIM_NOT_ACTIVE"),
            ({"status": "cancelled"}, "CLAIM_NOT_ACTIVE"),
            ({"use": "preauthorization"}, "CLAIM_NOT_FOR_SERVICE"),
            ({"patient": {"reference": "#patient"}}, "PATIENT_UNKNOWN"),
            ({"patient": {"display": "somebody"}}, "PATIENT_UNKNOWN"),
            (
                {"patient": {"reference": "https://ehr.example/fhir/Patient/p-9"}},
                "PATIENT_UNKNOWN",
            ),
            (
                {"patient": {"reference": "urn:uuid:53fefa32-fcbb-4ff8-8a92"}},
                "PATIENT_UNKNOWN",
            ),
        ],
    )
    def test_that_stands_for_no_service_is_denied(
        self, payer: Payer, hand: AtHand, members: Doc, reason: str
    ) -> None:
        # Of a claim that asks for nothing no license is told.
        assert only(payer, hand, claim(**members)) == (reason, GOOD[1])


class TestTheRenderingProvider:
    @pytest.mark.parametrize(
        ("team", "reason"),
        [
            ([{"sequence": 1, "provider": by_npi()}], "LICENSE_OK"),
            (
                [
                    {
                        "sequence": 1,
                        "provider": by_npi(),
                        "role": coded(CARIN, "performing"),
                    }
                ],
                "LICENSE_OK",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": by_npi(),
                        "role": coded(ROLE, "primary"),
                    }
                ],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [{"sequence": 1, "provider": by_npi(), "role": {"text": "doctor"}}],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            ([{"sequence": 2, "provider": by_npi()}], "CARE_TEAM_UNKNOWN"),
            (
                [{"sequence": 1, "provider": by_npi("1679576723")}],
                "PROVIDER_IDENTIFIER_INVALID",
            ),
            ([{"sequence": 1, "provider": by_npi("1234567893")}], "NO_LICENSE"),
            (
                [{"sequence": 1, "provider": {"display": "Dr. Chen"}}],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [{"sequence": 1, "provider": {"reference": "Practitioner/nobody"}}],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [{"sequence": 1, "provider": {**by_npi(), "type": "Organization"}}],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": {
                            **by_npi(),
                            "reference": "https://fhir.example/r4/Organization/7",
                        },
                    }
                ],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": {
                            **by_npi(),
                            "reference": "Organization/7/_history/2",
                        },
                    }
                ],
                "RENDERING_PROVIDER_UNKNOWN",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": {
                            **by_npi(),
                            "reference": "Practitioner/Organization",
                        },
                    }
                ],
                "LICENSE_OK",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": by_npi(),
                        "qualification": coded(NUCC, "207R00000X"),
                    }
                ],
                "LICENSE_OK",
            ),
            (
                [
                    {
                        "sequence": 1,
                        "provider": by_npi(),
                        "qualification": coded(NUCC, "207X00000X"),
                    }
                ],
                "SPECIALTY_MISSING",
            ),
        ],
    )
    def test_is_who_the_care_team_says(
        self, payer: Payer, hand: AtHand, team: list[Doc], reason: str
    ) -> None:
        assert only(payer, hand, claim(careTeam=team))[0] == reason

    def test_may_be_named_by_a_did(self, payer: Payer, hand: AtHand) -> None:
        did = payer.practitioner.did
        named = {"system": "urn:ietf:rfc:3986", "value": did}
        for provider in ({"reference": did}, {"identifier": named}):
            team = [{"sequence": 1, "provider": provider}]
            assert only(payer, hand, claim(careTeam=team)) == GOOD

    def test_may_be_described_inside_the_claim_or_beside_it(
        self, payer: Payer, hand: AtHand
    ) -> None:
        person = {
            "resourceType": "Practitioner",
            "id": "chen",
            "identifier": [{"system": US_NPI, "value": NPI}],
        }
        role = {
            "resourceType": "PractitionerRole",
            "id": "role",
            "practitioner": {"reference": "#chen"},
        }
        team = [{"sequence": 1, "provider": {"reference": "#role"}}]
        inside = claim(contained=[OFFICE, person, role], careTeam=team)
        assert only(payer, hand, inside) == GOOD
        team = [{"sequence": 1, "provider": {"reference": "Practitioner/chen"}}]
        beside = payer.at_hand(
            earlier=hand.earlier,
            evidence=hand.evidence,
            resources={"Practitioner/chen": person},
        )
        assert only(payer, beside, claim(careTeam=team)) == GOOD

    def test_is_the_claim_s_provider_only_where_there_is_no_team(
        self, payer: Payer, hand: AtHand
    ) -> None:
        line = item(careTeamSequence=None)
        assert only(payer, hand, claim(line, careTeam=None, provider=by_npi())) == GOOD
        other = [{"sequence": 1, "provider": by_npi("1234567893")}]
        found = only(payer, hand, claim(line, careTeam=other, provider=by_npi()))
        assert found[0] == "NO_LICENSE"
        organization = {"reference": "Organization/practice"}
        found = only(payer, hand, claim(line, careTeam=None, provider=organization))
        assert found[0] == "RENDERING_PROVIDER_UNKNOWN"
        found = only(payer, hand, claim(line, careTeam=None, provider=None))
        assert found[0] == "RENDERING_PROVIDER_UNKNOWN"
        found = only(payer, hand, claim(item(), careTeam=None, provider=by_npi()))
        assert found[0] == "CARE_TEAM_UNKNOWN"

    def test_of_several_each_has_to_be_licensed(
        self, payer: Payer, hand: AtHand
    ) -> None:
        rendering = coded(ROLE, "rendering")
        team = [
            {"sequence": 1, "provider": by_npi(), "role": rendering},
            {"sequence": 2, "provider": by_npi("1234567893"), "role": rendering},
        ]
        both = claim(item(careTeamSequence=[1, 2]), careTeam=team)
        assert only(payer, hand, both) == ("NO_LICENSE", *GOOD)
        # Who assisted did not render, and the second item is the first one's alone.
        team[1]["role"] = coded(ROLE, "assist")
        assert only(payer, hand, both | {"careTeam": team}) == GOOD
        assert (
            only(payer, hand, claim(item(careTeamSequence=[1]), careTeam=team)) == GOOD
        )

    def test_is_none_of_those_whom_the_item_does_not_name(
        self, payer: Payer, hand: AtHand
    ) -> None:
        team = [
            {"sequence": 1, "provider": by_npi(), "role": coded(ROLE, "rendering")},
            {
                "sequence": 2,
                "provider": by_npi("1234567893"),
                "role": coded(ROLE, "supervisor"),
            },
        ]
        supervised = claim(item(careTeamSequence=[2]), careTeam=team)
        found = only(payer, hand, supervised)
        assert found == ("RENDERING_PROVIDER_UNKNOWN", "DEFAULT_POLICY_PERMIT")
        both = claim(item(careTeamSequence=[2, 1]), careTeam=team)
        assert only(payer, hand, both) == GOOD

    def test_who_is_not_licensed_is_listed_with_no_license_and_no_duty(
        self, payer: Payer, hand: AtHand
    ) -> None:
        team = [{"sequence": 1, "provider": by_npi("1234567893")}]
        (found,) = ask(payer, hand, claim(careTeam=team)).items
        assert (found.licenses, found.obligations) == ((), ())

    def test_of_two_without_roles_is_not_known(
        self, payer: Payer, hand: AtHand
    ) -> None:
        team = [{"sequence": n, "provider": by_npi()} for n in (1, 2)]
        both = claim(item(careTeamSequence=None), careTeam=team)
        assert only(payer, hand, both)[0] == "RENDERING_PROVIDER_UNKNOWN"

    def test_of_what_an_insurer_added_is_named_there(
        self, payer: Payer, hand: AtHand
    ) -> None:
        added = {
            "productOrService": coded(CPT, "99213"),
            "servicedDate": DAY,
            "provider": [by_npi()],
            "adjudication": [],
        }
        found = ask(payer, hand, explanation(addItem=[added]))
        assert [one.item for one in found.items] == ["$.item[0]", "$.addItem[0]"]
        assert found
        del added["provider"]
        found = ask(payer, hand, explanation(addItem=[added]))
        assert reasons(found)[1][0] == "RENDERING_PROVIDER_UNKNOWN"

    def test_an_identifier_alone_is_no_license(self, payer: Payer) -> None:
        nothing = AtHand(evidence=payer.evidence())
        assert only(payer, nothing, claim())[0] == "NO_LICENSE"


class TestTheDate:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ({"servicedDate": "2026-07-19"}, "STATUS_THEN_UNKNOWN"),
            ({"servicedDate": "2026-06-14"}, "LICENSE_NOT_YET_VALID"),
            ({"servicedDate": "2028-01-01"}, "SERVICE_DATE_IN_FUTURE"),
            ({"servicedDate": None}, "SERVICE_DATE_MISSING"),
            (
                {"servicedDate": None, "servicedPeriod": {"start": DAY, "end": DAY}},
                "LICENSE_OK",
            ),
            (
                {"servicedDate": None, "servicedPeriod": {"start": DAY}},
                "SERVICE_PERIOD_OPEN",
            ),
            (
                {"servicedDate": None, "servicedPeriod": {"end": DAY}},
                "SERVICE_PERIOD_OPEN",
            ),
            (
                {
                    "servicedDate": None,
                    "servicedPeriod": {"start": "2026-06-10", "end": DAY},
                },
                "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE",
            ),
            ({"servicedDate": "2026-07"}, "STATUS_THEN_UNKNOWN"),
        ],
    )
    def test_is_that_of_the_item(
        self, payer: Payer, hand: AtHand, line: Doc, reason: str
    ) -> None:
        assert only(payer, hand, claim(item(**line)))[0] == reason

    def test_is_the_claim_s_period_where_the_item_has_none(
        self, payer: Payer, hand: AtHand
    ) -> None:
        line = item(servicedDate=None)
        found = claim(line, billablePeriod={"start": DAY, "end": DAY})
        assert only(payer, hand, found) == GOOD

    def test_begins_and_ends_in_the_zone_of_the_settings(
        self, payer: Payer, hand: AtHand
    ) -> None:
        # The license begins at noon in UTC: in Auckland that day has ended.
        first = "2026-06-16"
        earlier = [payer.evidence(Instant.parse("2026-06-15T13:00:00Z"))]
        seen = AtHand(
            credentials=hand.credentials, evidence=hand.evidence, earlier=earlier
        )
        for zone, reason in (
            ("Pacific/Auckland", "LICENSE_OK"),
            ("Pacific/Kiritimati", "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"),
        ):
            consent = {
                "timezone": zone,
                "defaultPolicy": "https://profiles.ihe.net/ITI/PCF/Policy-all-normal",
            }
            trust = payer.registry(consent=consent)
            line = claim(item(servicedDate=first))
            assert only(payer, seen, line, trust=trust)[0] == reason


class TestThePlace:
    HOME: Doc = {  # noqa: RUF012
        "resourceType": "Patient",
        "id": "p",
        "address": [{"use": "home", "state": "Ohio", "country": "USA"}],
    }

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ({}, "LICENSE_OK"),
            ({"locationCodeableConcept": None}, "LICENSE_OK"),
            ({"locationCodeableConcept": coded(POS, "99")}, "LOCATION_UNKNOWN"),
            ({"locationCodeableConcept": coded(POS, "15")}, "LOCATION_UNKNOWN"),
            ({"locationCodeableConcept": coded("urn:other", "11")}, "LOCATION_UNKNOWN"),
            ({"locationCodeableConcept": {"text": "office"}}, "LOCATION_UNKNOWN"),
            # At home, wherever that is.
            ({"locationCodeableConcept": coded(POS, "12")}, "LOCATION_UNKNOWN"),
            ({"locationCodeableConcept": coded(POS, "10")}, "LOCATION_UNKNOWN"),
            ({"locationCodeableConcept": coded(POS, "02")}, "LOCATION_UNKNOWN"),
            ({"modifier": [coded(CPT, "95")]}, "LOCATION_UNKNOWN"),
            ({"modifier": [coded(CPT, "25")]}, "LICENSE_OK"),
        ],
    )
    def test_is_never_assumed(
        self, payer: Payer, hand: AtHand, line: Doc, reason: str
    ) -> None:
        assert only(payer, hand, claim(item(**line)))[0] == reason

    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            ({"state": "OH"}, "LICENSE_OK"),
            ({"state": " ohio ", "country": "usa"}, "LICENSE_OK"),
            ({"state": "MI"}, "JURISDICTION_NOT_COVERED"),
            ({"state": "OH", "country": "DE"}, "JURISDICTION_NOT_COVERED"),
            ({"state": "Ontario"}, "LOCATION_UNKNOWN"),
            ({"country": "US"}, "LOCATION_UNKNOWN"),
            ({"state": "OH", "country": "Freedonia"}, "LOCATION_UNKNOWN"),
            ({}, "LOCATION_UNKNOWN"),
        ],
    )
    def test_is_what_the_table_says_of_the_address(
        self, payer: Payer, hand: AtHand, address: Doc, reason: str
    ) -> None:
        line = item(locationCodeableConcept=None, locationAddress=address)
        assert only(payer, hand, claim(line))[0] == reason
        there = {**OFFICE, "id": "there", "address": address}
        line = item(
            locationCodeableConcept=None, locationReference={"reference": "#there"}
        )
        found = only(payer, hand, claim(line, contained=[OFFICE, there]))
        assert found[0] == reason

    @pytest.mark.parametrize(
        "where",
        [
            {"reference": "Location/elsewhere"},
            {"display": "elsewhere"},
            {"reference": "#p"},
        ],
    )
    def test_an_item_that_names_a_place_is_not_at_the_facility(
        self, payer: Payer, hand: AtHand, where: Doc
    ) -> None:
        line = item(locationCodeableConcept=None, locationReference=where)
        found = only(payer, hand, claim(line, contained=[OFFICE, self.HOME]))
        assert found[0] == "LOCATION_UNKNOWN"

    def test_a_facility_without_an_address_is_nowhere(
        self, payer: Payer, hand: AtHand
    ) -> None:
        bare = {"resourceType": "Location", "id": "office"}
        assert only(payer, hand, claim(contained=[bare]))[0] == "LOCATION_UNKNOWN"
        for no_place in ({"use": "old"}, {"use": "billing"}, {"type": "postal"}):
            left = {**OFFICE, "address": {**OFFICE["address"], **no_place}}
            assert only(payer, hand, claim(contained=[left]))[0] == "LOCATION_UNKNOWN"
        both = {**OFFICE, "address": {**OFFICE["address"], "type": "both"}}
        assert only(payer, hand, claim(contained=[both])) == GOOD
        assert only(payer, hand, claim(facility=None))[0] == "LOCATION_UNKNOWN"

    @pytest.mark.parametrize(
        ("home", "reason"),
        [
            ([{"use": "home", "state": "OH"}], "LICENSE_OK"),
            ([{"state": "OH"}], "LICENSE_OK"),
            (
                [{"use": "home", "state": "OH"}, {"use": "work", "state": "MI"}],
                "LICENSE_OK",
            ),
            (
                [{"use": "home", "state": "OH"}, {"use": "home", "state": "MI"}],
                "LOCATION_UNKNOWN",
            ),
            ([{"use": "home", "state": "MI"}], "JURISDICTION_NOT_COVERED"),
            (None, "LOCATION_UNKNOWN"),
            # Where the patient once lived, works, or gets bills and letters.
            ([{"use": "old", "state": "OH"}], "LOCATION_UNKNOWN"),
            ([{"use": "work", "state": "OH"}], "LOCATION_UNKNOWN"),
            ([{"use": "billing", "state": "OH"}], "LOCATION_UNKNOWN"),
            ([{"type": "postal", "state": "OH"}], "LOCATION_UNKNOWN"),
            (
                [{"type": "postal", "use": "home", "state": "MI"}, {"state": "OH"}],
                "LICENSE_OK",
            ),
        ],
    )
    @pytest.mark.parametrize("kind", ["10", "12"])
    def test_the_patient_s_home_is_where_the_patient_resource_says(
        self, payer: Payer, hand: AtHand, home: Any, reason: str, kind: str
    ) -> None:
        patient = {"resourceType": "Patient", "id": "p-9"}
        if home is not None:
            patient["address"] = home
        beside = AtHand(
            credentials=hand.credentials,
            evidence=hand.evidence,
            earlier=hand.earlier,
            resources={PATIENT: patient},
        )
        line = item(locationCodeableConcept=coded(POS, kind))
        assert only(payer, beside, claim(line))[0] == reason

    def test_telehealth_in_europe_is_where_the_provider_is(self, payer: Payer) -> None:
        german = payer.license_of(
            jurisdiction="DE",
            profession=[
                {"type": "Code", "system": "urn:isco", "code": "2211"},
            ],
            prescriptiveAuthority=[
                {
                    "type": "PrescriptiveAuthority",
                    "jurisdiction": "DE",
                    "schedule": ["2"],
                }
            ],
        )
        boards = payer.trust()["acceptedBoards"]
        board = {
            "did": payer.board.did,
            "jurisdictions": ["DE"],
            "professions": ["2211"],
        }
        members: Doc = {
            "acceptedBoards": [*boards, board],  # type: ignore[misc]
            "unions": {"EU": ["DE", "PL"]},
        }
        services = [{"system": "urn:ebm", "codes": ["01439"], "professions": ["2211"]}]
        at_home = {
            "resourceType": "Patient",
            "address": [{"use": "home", "city": "Poznań", "country": "POL"}],
        }
        practice = {**OFFICE, "address": {"city": "Berlin", "country": "DEU"}}
        line = item(
            productOrService=coded("urn:ebm", "01439"),
            locationCodeableConcept=coded(POS, "10"),
        )
        team = [{"sequence": 1, "provider": {"reference": payer.practitioner.did}}]
        video = claim(line, contained=[practice], careTeam=team)
        for rule, reason in (
            ("provider", "LICENSE_OK"),
            ("patient", "JURISDICTION_NOT_COVERED"),
        ):
            found = payer.ask(
                video,
                german,
                resources={PATIENT: at_home},
                trust=payer.registry(**members, placeOfService={"EU": rule}),
                settings=payer.settings(services=services),
            )
            assert reasons(found)[0][0] == reason


class TestThenAndNow:
    def test_without_a_look_at_the_lists_of_that_time_it_is_not_known(
        self, payer: Payer, hand: AtHand
    ) -> None:
        now = AtHand(credentials=hand.credentials, evidence=hand.evidence)
        found = ask(payer, now, claim())
        assert found.decision is Outcome.INDETERMINATE
        assert reasons(found) == [("STATUS_THEN_UNKNOWN", "DEFAULT_POLICY_PERMIT")]

    def test_a_license_revoked_after_the_service_permits_it(self) -> None:
        payer = Payer()
        earlier = [payer.evidence(THEN)]
        payer.renewed(AT.plus(-7_200))
        _set(payer, REVOCATIONS, AT.plus(-3_600))
        hand = payer.at_hand(earlier=earlier, evidence=payer.as_it_is(AT))
        assert only(payer, hand, claim()) == GOOD
        # Without the look of that day, nobody can tell revoked before from after.
        blind = payer.at_hand(earlier=[], evidence=hand.evidence)
        assert only(payer, blind, claim())[0] == "STATUS_THEN_UNKNOWN"
        # Of the day of the revocation not the whole is good.
        late = claim(item(servicedDate="2026-08-01"))
        assert only(payer, hand, late)[0] == "CREDENTIAL_REVOKED"

    def test_a_license_revoked_before_the_service_denies_it(self) -> None:
        payer = Payer()
        _set(payer, REVOCATIONS, THEN.plus(-3 * 86_400))
        earlier = [payer.evidence(THEN)]
        hand = payer.at_hand(earlier=earlier)
        assert only(payer, hand, claim())[0] == "CREDENTIAL_REVOKED"

    def test_a_suspension_that_was_lifted_still_denies_what_was_done_in_it(
        self,
    ) -> None:
        payer = Payer()
        before = payer.web.documents[SUSPENSIONS]
        _set(payer, SUSPENSIONS, THEN)
        earlier = [payer.evidence(THEN)]
        payer.web.documents[SUSPENSIONS] = before
        hand = payer.at_hand(earlier=earlier)
        assert only(payer, hand, claim())[0] == "CREDENTIAL_SUSPENDED"

    def test_a_license_that_can_only_be_revoked_needs_no_earlier_look(
        self, payer: Payer
    ) -> None:
        entries = [payer._entry(REVOCATIONS, "revocation")]
        hand = payer.at_hand(_license(payer, entries), earlier=[])
        assert only(payer, hand, claim()) == GOOD

    def test_a_license_that_has_ended_since_permits_what_was_done_before(
        self, payer: Payer
    ) -> None:
        entries = [payer._entry(REVOCATIONS, "revocation")]
        ended = _license(payer, entries, expiresOn="2026-07-25")
        hand = payer.at_hand(ended, earlier=[])
        assert only(payer, hand, claim()) == GOOD
        late = claim(item(servicedDate="2026-07-26"))
        assert only(payer, hand, late)[0] == "LICENSE_EXPIRED"
        frame = Window(START.plus(-60), Instant.parse("2026-07-25T00:00:00Z"))
        ended = _license(payer, entries, window=frame)
        hand = payer.at_hand(ended, earlier=[])
        assert only(payer, hand, claim()) == GOOD
        assert only(payer, hand, late)[0] == "LICENSE_EXPIRED"

    def test_a_license_signed_after_the_service_tells_nothing_of_it(
        self, payer: Payer
    ) -> None:
        entries = [payer._entry(REVOCATIONS, "revocation")]
        for signed, reason in (
            ("2026-07-21T00:00:00Z", "STATUS_THEN_UNKNOWN"),
            ("2026-07-20T12:00:00Z", "LICENSE_OK"),
        ):
            again = _license(payer, entries, at=Instant.parse(signed))
            hand = payer.at_hand(again, earlier=[])
            assert only(payer, hand, claim())[0] == reason

    def test_a_list_that_is_older_than_the_service_has_said_so_since(self) -> None:
        payer = Payer()
        payer.renewed(THEN.plus(-86_400))
        lists = payer.as_it_is(THEN.plus(3 * 86_400))
        hand = payer.at_hand(earlier=[lists], evidence=Evidence())
        assert only(payer, hand, claim(), at=THEN.plus(3 * 86_400)) == (
            "PROOF_UNKNOWN",
            "STATUS_THEN_UNKNOWN",
            "DEFAULT_POLICY_PERMIT",
        )
        hand = payer.at_hand(earlier=[], evidence=lists)
        assert only(payer, hand, claim(), at=THEN.plus(3 * 86_400)) == GOOD

    def test_a_look_after_the_time_asked_about_tells_nothing(self) -> None:
        payer = Payer()
        payer.renewed(THEN.plus(-86_400))
        asked = THEN.plus(3 * 86_400)
        later = payer.as_it_is(asked.plus(60))
        keys = Evidence(
            {
                url: answer
                for url, answer in later.answers.items()
                if url.endswith("did.json")
            }
        )
        for look, reason in (
            (payer.as_it_is(asked), "LICENSE_OK"),
            (later, "STATUS_THEN_UNKNOWN"),
        ):
            hand = payer.at_hand(earlier=[look], evidence=keys)
            assert only(payer, hand, claim(), at=asked)[0] == reason

    def test_the_board_s_own_word_since_when_counts(self, payer: Payer) -> None:
        entries = [
            payer._entry(REVOCATIONS, "revocation"),
            payer._entry(SUSPENSIONS, "suspension"),
        ]
        since = "2026-07-01T00:00:00Z"
        again = _license(payer, entries, statusSince=since, at=AT.plus(-60))
        hand = payer.at_hand(again, earlier=[])
        assert only(payer, hand, claim()) == GOOD
        later = _license(
            payer, entries, statusSince="2026-07-21T00:00:00Z", at=AT.plus(-60)
        )
        hand = payer.at_hand(later, earlier=[])
        assert only(payer, hand, claim())[0] == "STATUS_THEN_UNKNOWN"

    def test_looks_that_say_nothing_are_passed_over(
        self, payer: Payer, hand: AtHand
    ) -> None:
        later = payer.evidence(AT.plus(60))
        for useless in (Evidence(), later):
            found = AtHand(
                credentials=hand.credentials, evidence=hand.evidence, earlier=[useless]
            )
            assert only(payer, found, claim())[0] == "STATUS_THEN_UNKNOWN"

    def test_a_look_whose_proof_did_not_hold_then_tells_nothing(
        self, payer: Payer, hand: AtHand
    ) -> None:
        (earlier,) = hand.earlier
        missing = FetchFailed("the host does not answer")
        down = {
            url: missing if url.endswith("did.json") else answer
            for url, answer in earlier.answers.items()
        }
        assert missing in down.values()
        found = AtHand(
            credentials=hand.credentials,
            evidence=hand.evidence,
            earlier=[Evidence(down)],
        )
        assert only(payer, found, claim())[0] == "STATUS_THEN_UNKNOWN"

    def test_a_key_that_cannot_be_had_leaves_it_open(self, payer: Payer) -> None:
        hand = AtHand(credentials=[payer.license])
        found = ask(payer, hand, claim())
        assert found.decision is Outcome.INDETERMINATE
        assert reasons(found)[0][:2] == ("PROOF_UNKNOWN", "STATUS_THEN_UNKNOWN")

    def test_evidence_is_fetched_where_a_fetcher_is_given(
        self, payer: Payer, hand: AtHand
    ) -> None:
        payer.web.at = AT
        payer.renewed(AT)
        fetching = AtHand(
            credentials=[payer.license], earlier=hand.earlier, fetch=payer.net
        )
        found = ask(payer, fetching, claim())
        assert found
        assert found.evidence != Evidence().digest()

    def test_a_changed_license_is_refused(self, payer: Payer, hand: AtHand) -> None:
        changed = json.loads(json.dumps(payer.license))
        changed["credentialSubject"]["license"]["licenseNumber"] = "35.999999"
        found = payer.at_hand(changed, earlier=hand.earlier, evidence=hand.evidence)
        assert only(payer, found, claim())[0] == "PROOF_INVALID"

    def test_two_credentials_with_one_id_are_told_apart(
        self, payer: Payer, hand: AtHand
    ) -> None:
        both = payer.at_hand(
            payer.license, payer.license, earlier=hand.earlier, evidence=hand.evidence
        )
        (found,) = ask(payer, both, claim()).items
        assert found.licenses == (payer.license["id"],)

    def test_a_credential_is_not_hidden_by_another_of_its_id(
        self, payer: Payer, hand: AtHand
    ) -> None:
        elsewhere = payer.license_of(jurisdiction="US-MI")
        draft = {name: elsewhere[name] for name in elsewhere if name != "proof"}
        draft["id"] = payer.license["id"]
        same = issue(draft, payer.board, at=START)
        for two in ((payer.license, same), (same, payer.license)):
            both = payer.at_hand(*two, earlier=hand.earlier, evidence=hand.evidence)
            assert only(payer, both, claim()) == GOOD

    def test_a_license_that_cannot_be_read_is_told(
        self, payer: Payer, hand: AtHand
    ) -> None:
        broken = json.loads(json.dumps(payer.license))
        broken["credentialSubject"]["license"]["jurisdiction"] = "Ohio"
        found = ask(
            payer,
            payer.at_hand(broken, earlier=hand.earlier, evidence=hand.evidence),
            claim(),
        )
        assert reasons(found)[0][0] == "NO_LICENSE"
        assert [one.code for one in found.unreadable] == ["MALFORMED_VALUE_ERROR"]
        assert found.as_json()["unreadable"]


def _set(payer: Payer, url: str, at: Instant) -> None:
    from medid.cli.demo_world import _index_in

    index = _index_in(payer.license, url)
    changed = set_status(payer.web.documents[url], index, payer.board, at=at)
    payer.web.documents[url] = as_doc(changed)


def _license(
    payer: Payer,
    entries: list[Any],
    *,
    at: Instant = START,
    window: Window = Window(START.plus(-60), START.plus(86_400 * 365)),  # noqa: B008
    **members: Any,
) -> Any:
    from medid.cli.demo_world import data
    from medid.core.entropy import uuid_urn
    from medid.health.drafts import Frame, license_credential

    frame = Frame(
        id=uuid_urn(),
        issuer=payer.board.did,
        window=window,
        status=tuple(entries),
    )
    draft = license_credential(
        frame,
        holder=payer.practitioner.did,
        license={**as_doc(data("license")), **members},
        identifiers=[{"system": US_NPI, "value": NPI}],
    )
    return issue(draft, payer.board, at=at)


_TYPES = "http://hl7.org/fhir/resource-types"


def _data(reference: str) -> Doc:
    return {"meaning": "instance", "reference": {"reference": reference}}


class TestConsent:
    def test_is_needed_where_the_default_policy_denies(
        self, payer: Payer, hand: AtHand
    ) -> None:
        trust = payer.registry(policy=DENY_POLICY)
        found = ask(payer, hand, claim(), trust=trust)
        assert found.decision is Outcome.DENY
        assert reasons(found) == [("CONSENT_REQUIRED_FOR_PAYMENT", "LICENSE_OK")]

    @pytest.mark.parametrize(
        ("consent", "reason"),
        [
            (fhir_consent("permit"), "LICENSE_OK"),
            (fhir_consent("deny"), "CONSENT_DENIES_PAYMENT"),
            (fhir_consent("permit", status="inactive"), "CONSENT_REQUIRED_FOR_PAYMENT"),
            (
                fhir_consent("permit", patient={"reference": "Patient/other"}),
                "CONSENT_REQUIRED_FOR_PAYMENT",
            ),
            (
                fhir_consent("permit", modifierExtension=[{"url": "urn:x"}]),
                "CONSENT_INDETERMINATE",
            ),
            ({"resourceType": "Patient"}, "CONSENT_UNREADABLE"),
            (b"not a consent", "CONSENT_UNREADABLE"),
        ],
        ids=["permit", "deny", "inactive", "other", "modified", "patient", "bytes"],
    )
    def test_on_file_decides(
        self, payer: Payer, hand: AtHand, consent: Any, reason: str
    ) -> None:
        kept = AtHand(
            credentials=hand.credentials,
            evidence=hand.evidence,
            earlier=hand.earlier,
            consents=[consent],
        )
        trust = payer.registry(policy=DENY_POLICY)
        found = ask(payer, kept, claim(), trust=trust)
        assert reasons(found)[0][0] == reason
        kinds = {
            "LICENSE_OK": Outcome.PERMIT,
            "CONSENT_INDETERMINATE": Outcome.INDETERMINATE,
            "CONSENT_UNREADABLE": Outcome.INDETERMINATE,
        }
        assert found.decision is kinds.get(reason, Outcome.DENY)

    def test_for_treatment_is_none_for_payment(
        self, payer: Payer, hand: AtHand
    ) -> None:
        both = payer.at_hand(
            payer.license, payer.consent, earlier=hand.earlier, evidence=hand.evidence
        )
        trust = payer.registry(policy=DENY_POLICY)
        assert only(payer, both, claim(), trust=trust)[0] == (
            "CONSENT_REQUIRED_FOR_PAYMENT"
        )

    def test_is_the_patient_s_of_whatever_version(self, payer: Payer) -> None:
        versioned = {"reference": f"{PATIENT}/_history/2"}
        kept = payer.at_hand(consents=[fhir_consent("deny")])
        found = only(payer, kept, claim(patient=versioned))
        assert found[0] == "CONSENT_DENIES_PAYMENT"

    def test_as_a_credential_counts_like_any_other(self, payer: Payer) -> None:
        consent = payer.consent_of(resource=fhir_consent("deny"))
        hand = payer.at_hand(payer.license, consent)
        assert only(payer, hand, claim())[0] == "CONSENT_DENIES_PAYMENT"
        kept = payer.at_hand(payer.license, consents=[consent])
        assert only(payer, kept, claim())[0] == "CONSENT_DENIES_PAYMENT"
        broken = json.loads(json.dumps(consent))
        broken["credentialSubject"]["consent"] = "none"
        hand = payer.at_hand(payer.license, broken)
        assert only(payer, hand, claim())[0] == "CONSENT_UNREADABLE"

    def test_that_is_out_of_reach_is_no_denial(self, payer: Payer) -> None:
        """It permits nothing either; and what it would not permit is denied."""
        trust = payer.registry(policy=DENY_POLICY)
        known = payer.evidence()
        without = Evidence().with_answers(
            (url, one) for url, one in known.answers.items() if url != WITHDRAWALS
        )
        for kind, expected in (
            ("permit", (Outcome.INDETERMINATE, "CONSENT_UNREADABLE")),
            ("deny", (Outcome.DENY, "CONSENT_DENIES_PAYMENT")),
        ):
            consent = payer.consent_of(resource=fhir_consent(kind))
            hand = payer.at_hand(payer.license, consent, evidence=without)
            found = ask(payer, hand, claim(), trust=trust)
            assert (found.decision, reasons(found)[0][0]) == expected
        hand = payer.at_hand(payer.license, payer.consent, evidence=without)
        found = ask(payer, hand, claim(), trust=trust)
        assert found.decision is Outcome.DENY

    def test_looks_at_the_labels_of_the_claim(self, payer: Payer, hand: AtHand) -> None:
        consent = fhir_consent()
        act_code = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
        consent["provision"]["securityLabel"] = [{"system": act_code, "code": "HIV"}]
        kept = AtHand(
            credentials=hand.credentials,
            evidence=hand.evidence,
            earlier=hand.earlier,
            consents=[consent],
        )
        assert only(payer, kept, claim()) == GOOD
        label = {"system": act_code, "code": "HIV"}
        labelled = claim(id=None, meta={"security": [label]})
        assert only(payer, kept, labelled)[0] == "CONSENT_DENIES_PAYMENT"

    @pytest.mark.parametrize(
        "about",
        [
            {"data": [_data("Claim/claim-1")]},
            {"code": [coded(CPT, "99213")]},
            {"dataPeriod": {"start": "2026-07-01", "end": "2026-07-31"}},
            {"class": [{"system": _TYPES, "code": "Claim"}]},
        ],
        ids=["instance", "code", "period", "class"],
    )
    @pytest.mark.parametrize("same", [True, False])
    def test_looks_at_what_the_claim_is(
        self, payer: Payer, hand: AtHand, about: Doc, same: bool
    ) -> None:
        consent = fhir_consent("deny")
        consent["provision"] |= about
        kept = AtHand(
            credentials=hand.credentials,
            evidence=hand.evidence,
            earlier=hand.earlier,
            consents=[consent],
        )
        other = explanation(
            item(productOrService=coded(CPT, "99214"), servicedDate="2026-06-30"),
            id="claim-2",
        )
        found = only(payer, kept, claim() if same else other)
        assert ("CONSENT_DENIES_PAYMENT" in found) is same

    @pytest.mark.parametrize("kind", ["deny", "permit"])
    @pytest.mark.parametrize(
        ("about", "stated"),
        [
            (
                {"class": [{"system": "https://p.example/sd", "code": "Drugs"}]},
                {"meta": {"profile": ["https://p.example/sd/Drugs"]}},
            ),
            (
                {"data": [{**_data("Condition/c-1"), "meaning": "dependents"}]},
                {
                    "diagnosis": [
                        {
                            "sequence": 1,
                            "diagnosisReference": {"reference": CONDITION},
                        }
                    ]
                },
            ),
        ],
        ids=["profile", "reference"],
    )
    def test_looks_at_its_profiles_and_at_what_it_refers_to(
        self, payer: Payer, hand: AtHand, kind: str, about: Doc, stated: Doc
    ) -> None:
        consent = fhir_consent("deny" if kind == "permit" else "permit")
        consent["provision"]["provision"] = [{"type": kind, **about}]
        kept = replace(hand, consents=[consent])
        for asked, same in ((claim(**stated), True), (claim(), False)):
            permitted = same is (kind == "permit")
            assert bool(ask(payer, kept, asked)) is permitted

    @pytest.mark.parametrize(
        "where",
        [
            {"diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": F20}]},
            {"procedure": [{"sequence": 1, "procedureCodeableConcept": F20}]},
            {"supportingInfo": [{"sequence": 1, "category": F20, "code": F20}]},
            {
                "contained": [
                    OFFICE,
                    {"resourceType": "Condition", "id": "c", "code": F20},
                ]
            },
            {"item": [item(), item(2, revenue=F20)]},
        ],
        ids=lambda where: next(iter(where)),
    )
    def test_a_code_anywhere_in_the_claim_can_be_denied_and_permits_nothing(
        self, payer: Payer, hand: AtHand, where: Doc
    ) -> None:
        for kind, told in (
            ("deny", ("CONSENT_PERMIT", "CONSENT_DENIES_PAYMENT")),
            ("permit", ("CONSENT_DENIES_PAYMENT", "CONSENT_DENIES_PAYMENT")),
        ):
            consent = fhir_consent("deny" if kind == "permit" else "permit")
            consent["provision"]["provision"] = [{"type": kind, "code": [F20]}]
            kept = replace(hand, consents=[consent])
            for asked, code in zip((claim(), claim(**where)), told, strict=True):
                found = reasons(ask(payer, kept, asked))
                assert all(code in one for one in found)

    @pytest.mark.parametrize(
        ("stated", "author"),
        [
            ({"enterer": {"reference": "Practitioner/dr-x"}}, "Practitioner/dr-x"),
            ({"provider": {"reference": "Practitioner/dr-x"}}, "Practitioner/dr-x"),
            ({}, "Organization/practice"),
        ],
        ids=["enterer", "provider", "practice"],
    )
    def test_what_its_authors_wrote_can_be_denied_and_permits_nothing(
        self, payer: Payer, hand: AtHand, stated: Doc, author: str
    ) -> None:
        for kind, name, expected in (
            ("deny", author, False),
            ("deny", "Practitioner/dr-y", True),
            # Of its own data a claim says nothing that somebody else has written.
            ("deny", PATIENT, True),
            ("permit", author, False),
        ):
            consent = fhir_consent("deny" if kind == "permit" else "permit")
            written = {**_data(name), "meaning": "authoredby"}
            consent["provision"]["provision"] = [{"type": kind, "data": [written]}]
            kept = replace(hand, consents=[consent])
            assert bool(ask(payer, kept, claim(**stated))) is expected


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"resourceType": "Coverage"}, "$.resourceType"),
            ({"status": "open"}, "$.status"),
            ({"use": "other"}, "$.use"),
            ({"patient": None}, "$.patient"),
            ({"careTeem": []}, "$.careTeem"),
            ({"implicitRules": "urn:rules"}, "$.implicitRules"),
            ({"modifierExtension": [{"url": "urn:x"}]}, "$.modifierExtension"),
            ({"item": []}, "$.item"),
            ({"item": [{}]}, "$.item[0].sequence"),
            ({"meta": {"security": [{"code": "R"}]}}, "$.meta.security.coding[0]"),
            ({"contained": [OFFICE, OFFICE]}, "$.contained[1].id"),
            ({"careTeam": [{"sequence": 1}]}, "$.careTeam[0].provider"),
            (
                {"careTeam": [{"sequence": 1, "provider": by_npi()}] * 2},
                "$.careTeam[1].sequence",
            ),
            ({"billablePeriod": {}}, "$.billablePeriod"),
        ],
    )
    def test_of_a_claim_is_refused_with_its_path(
        self, payer: Payer, hand: AtHand, members: Doc, path: str
    ) -> None:
        with pytest.raises(MalformedValue) as caught:
            ask(payer, hand, claim(**members))
        assert caught.value.path == path

    @pytest.mark.parametrize(
        ("line", "path"),
        [
            ({"servicedDte": DAY}, "$.item[0].servicedDte"),
            ({"careTeamSequance": [1]}, "$.item[0].careTeamSequance"),
            ({"careTeamSequence": []}, "$.item[0].careTeamSequence"),
            ({"careTeamSequence": ["1"]}, "$.item[0].careTeamSequence[0]"),
            ({"careTeamSequence": [True]}, "$.item[0].careTeamSequence[0]"),
            ({"servicedDate": "2026-02-30"}, "$.item[0].servicedDate"),
            ({"servicedPeriod": {"start": DAY}}, "$.item[0]"),
            ({"locationAddress": {"state": "OH"}}, "$.item[0]"),
            (
                {"detail": [{"produktOrService": {}}]},
                "$.item[0].detail[0].produktOrService",
            ),
            ({"modifierExtension": [{}]}, "$.item[0].modifierExtension"),
        ],
    )
    def test_of_an_item_is_refused_with_its_path(
        self, payer: Payer, hand: AtHand, line: Doc, path: str
    ) -> None:
        with pytest.raises(MalformedValue) as caught:
            ask(payer, hand, claim(item(**line)))
        assert caught.value.path == path

    def test_extensions_of_elements_are_welcome(
        self, payer: Payer, hand: AtHand
    ) -> None:
        found = claim(
            item(_servicedDate={"id": "a"}), _status={"id": "b"}, extension=[]
        )
        assert ask(payer, hand, found)

    @pytest.mark.parametrize("source", [None, 3, [claim()], "[]", b"\xff", "{"])
    def test_of_what_is_no_claim_at_all_is_refused(
        self, payer: Payer, hand: AtHand, source: Any
    ) -> None:
        with pytest.raises((ParsingError, MalformedValue)):
            ask(payer, hand, source)

    def test_too_much_is_refused(self, payer: Payer, hand: AtHand) -> None:
        with pytest.raises(TooLarge):
            ask(payer, hand, claim(*[item()] * 1_001))
        team = [{"sequence": n, "provider": by_npi()} for n in range(201)]
        with pytest.raises(TooLarge):
            ask(payer, hand, claim(careTeam=team))
        resources: Doc = {str(n): {} for n in range(10_001)}
        with pytest.raises(TooLarge):
            ask(payer, AtHand(resources=resources), claim())
        with pytest.raises(TooLarge):
            ask(payer, AtHand(credentials=["x"] * (MAX_CREDENTIALS + 1)), claim())
        with pytest.raises(ParsingError) as caught:
            ask(payer, AtHand(credentials=["x"] * MAX_CREDENTIALS), claim())
        assert not isinstance(caught.value, TooLarge)
        assert not ask(payer, AtHand(earlier=[Evidence()] * MAX_EARLIER), claim())
        with pytest.raises(TooLarge):
            ask(payer, AtHand(earlier=[Evidence()] * (MAX_EARLIER + 1)), claim())

    def test_credentials_and_resources_are_named_where_they_stand(
        self, payer: Payer, hand: AtHand
    ) -> None:
        with pytest.raises(MedidError) as caught:
            ask(payer, AtHand(credentials=[payer.license, "no"]), claim())
        assert caught.value.path.startswith("$.credentials[1]")
        shown = payer.shown()
        with pytest.raises(MalformedValue) as malformed:
            ask(payer, AtHand(credentials=[shown]), claim())
        assert malformed.value.path == "$.credentials[0]"
        wrong: Any = {"x": 3}
        with pytest.raises(MalformedValue) as malformed:
            ask(payer, AtHand(resources=wrong), claim())
        assert malformed.value.path == "$.resources.x"

    def test_nobody_is_trusted_by_itself(self, payer: Payer, hand: AtHand) -> None:
        with pytest.raises(ConfigurationError):
            ask(payer, hand, claim(), trust=payer.trust())
        with pytest.raises(ConfigurationError):
            ask(payer, hand, claim(), settings={})

    def test_nothing_of_a_claim_is_in_a_message(
        self, payer: Payer, hand: AtHand
    ) -> None:
        values: list[Any] = [CANARY, [CANARY], {"reference": CANARY}, {CANARY: CANARY}]
        values += [[{CANARY: 1}], {"coding": [{"code": CANARY}]}]
        claims = [
            claim(**{name: value})
            for name in ("id", "status", "patient", "careTeam", "item", "facility")
            for value in values
        ]
        for name in item():
            claims += [claim({**item(), name: value}) for value in values]
        for changed in claims:
            try:
                finding = ask(payer, hand, changed)
                told = f"{finding.as_json()} {finding!r}"
            except MedidError as error:
                told = f"{error} {error.as_json()} {error!r}"
            assert CANARY not in told


class TestDetails:
    def test_each_part_of_a_service_is_one(self, payer: Payer, hand: AtHand) -> None:
        part: Doc = {"sequence": 1, "productOrService": coded(CPT, "96372")}
        whole = item(detail=[{**part, "subDetail": [part]}])
        assert only(payer, hand, claim(whole)) == GOOD
        unknown: Doc = {"sequence": 2, "productOrService": coded(CPT, "00000")}
        whole = item(detail=[{**part, "subDetail": [unknown]}])
        assert only(payer, hand, claim(whole))[0] == "SERVICE_UNKNOWN"

    def test_a_part_by_telehealth_makes_the_place_unknown(
        self, payer: Payer, hand: AtHand
    ) -> None:
        part = {
            "sequence": 1,
            "productOrService": coded(CPT, "96372"),
            "modifier": [{"coding": [{"code": "gt"}, {"display": "x"}]}],
        }
        assert only(payer, hand, claim(item(detail=[part])))[0] == "LOCATION_UNKNOWN"

    def test_a_prohibited_practice_is_prohibited(self, payer: Payer) -> None:
        condition: Doc = {
            "type": "LicenseCondition",
            "kind": "actionProhibited",
            "action": ["inject"],
        }
        limited = payer.license_of(condition=[condition])
        hand = payer.at_hand(limited)
        assert only(payer, hand, claim()) == GOOD
        (found,) = ask(payer, hand, claim()).items
        assert [one.code for one in found.obligations] == [
            "MINEC",
            "SHOW_LICENSE_CONDITIONS",
        ]
        injected = claim(item(productOrService=coded(CPT, "96372")))
        assert only(payer, hand, injected)[0] == "CONDITION_ACTION_PROHIBITED"


def test_every_reason_is_told_to_the_reader() -> None:
    listed = re.findall(r"^``([A-Z_]+)``", str(claim_findings.__doc__), re.MULTILINE)
    page = Path(__file__).parents[2] / "docs" / "how-to" / "claims.md"
    written = page.read_text("utf-8")
    assert len(listed) == 19
    assert [code for code in listed if f"`{code}`" not in written] == []
    # And each is what some test of this room expects.
    tests = "".join(
        file.read_text("utf-8") for file in Path(__file__).parent.glob("test_claim*.py")
    )
    assert [code for code in listed if f'"{code}"' not in tests] == []


def test_the_front_door_has_no_other_names() -> None:
    import medid.access

    assert callable(cohort)
    assert ClaimSettings is medid.access.ClaimSettings
    assert set(medid.access._HOMES) == set(medid.access.__all__)
    with pytest.raises(AttributeError):
        _ = medid.access.on_day_of_service
