from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.license_checks import CHECKS
from medid.access.license_facts import (
    CompactFacts,
    LicenseFacts,
    LicenseFinding,
    LicenseRequest,
    Prescribing,
)
from medid.access.license_rules import evaluate
from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.health.license import AdverseAction, Condition, License, PrivilegeAction
from medid.trust import TrustRegistry
from tests.access.license_world import (
    BOARD,
    HOLDER,
    NOW,
    facts,
    licenses,
    registries,
    registry,
    request,
    requests,
)
from tests.health.documents import license_document

some_licenses = st.lists(licenses, max_size=4)


def test_the_starting_point_is_permitted() -> None:
    found = evaluate([facts()], registry(), request())
    assert (found.decision, found.reasons, found.decided_by) == ("permit", (), "L1")
    assert found.expires == NOW.plus(86_400)
    assert [step.check for step in found.trace] == [name for name, _ in CHECKS]
    assert found.trace[0].as_json() == {
        "license": "L1",
        "check": "proof",
        "result": "pass",
        "codes": [],
    }


def test_the_trace_names_what_failed() -> None:
    found = evaluate([facts(holder=None)], registry(), request())
    failed = [step.as_json() for step in found.trace if step.codes]
    assert failed == [
        {
            "license": "L1",
            "check": "holder",
            "result": "fail",
            "codes": ["HOLDER_MISMATCH"],
        }
    ]


@given(some_licenses, registries, requests, st.randoms(use_true_random=False))
def test_the_order_of_licenses_never_matters(
    found: list[LicenseFacts], trust: TrustRegistry, asked: LicenseRequest, random: Any
) -> None:
    found = [replace(one, id=str(index)) for index, one in enumerate(found)]
    shuffled = list(found)
    random.shuffle(shuffled)
    assert evaluate(found, trust, asked) == evaluate(shuffled, trust, asked)


@given(st.lists(licenses, min_size=1, max_size=4), registries, requests, st.data())
def test_removing_a_license_never_turns_a_denial_into_a_permit(
    found: list[LicenseFacts],
    trust: TrustRegistry,
    asked: LicenseRequest,
    data: st.DataObject,
) -> None:
    index = data.draw(st.integers(0, len(found) - 1))
    fewer = [*found[:index], *found[index + 1 :]]
    if evaluate(found, trust, asked).decision == "deny":
        assert evaluate(fewer, trust, asked).decision == "deny"


@given(st.lists(licenses, min_size=2, max_size=4), registries, requests)
def test_licenses_never_add_up(
    found: list[LicenseFacts], trust: TrustRegistry, asked: LicenseRequest
) -> None:
    together = evaluate(found, trust, asked).decision == "permit"
    alone = [evaluate([one], trust, asked).decision == "permit" for one in found]
    assert together == any(alone)


def _shift(value: Any, seconds: int) -> Any:
    """``value`` with every instant in it moved."""
    if isinstance(value, Instant):
        return value.plus(seconds)
    if isinstance(value, Window):
        return Window(_shift(value.start, seconds), _shift(value.end, seconds))
    if isinstance(value, tuple):
        return tuple(_shift(item, seconds) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        names = value.__dataclass_fields__
        moved = {name: _shift(getattr(value, name), seconds) for name in names}
        return replace(value, **moved)
    return value


@given(
    some_licenses,
    registries,
    requests,
    st.integers(min_value=-(10**9), max_value=10**9),
)
def test_moving_all_times_together_changes_nothing(
    found: list[LicenseFacts],
    trust: TrustRegistry,
    asked: LicenseRequest,
    seconds: int,
) -> None:
    before = evaluate(found, trust, asked)
    moved_trust = replace(trust, settings=_shift(trust.settings, seconds))
    after = evaluate(
        [_shift(one, seconds) for one in found], moved_trust, _shift(asked, seconds)
    )
    assert after == _shift(before, seconds)


@given(some_licenses, registries, requests)
def test_a_permit_has_no_reasons_and_an_end_and_a_denial_has_reasons(
    found: list[LicenseFacts], trust: TrustRegistry, asked: LicenseRequest
) -> None:
    finding = evaluate(found, trust, asked)
    if finding.decision == "permit":
        assert finding.reasons == ()
        assert finding.expires is not None
        assert finding.expires > asked.time
    else:
        assert finding.reasons
        assert (finding.obligations, finding.expires) == ((), None)


@given(some_licenses, registries, st.integers(min_value=0))
def test_a_permit_holds_until_it_expires(
    found: list[LicenseFacts], trust: TrustRegistry, later: int
) -> None:
    good = facts(window=Window(None, NOW.plus(99)))
    finding = evaluate([good, *found], trust, request())
    assert finding.decision == "permit"
    assert finding.expires is not None
    last = finding.expires.nanoseconds - NOW.nanoseconds - 1
    at = Instant(NOW.nanoseconds + min(later, last))
    assert evaluate([good, *found], trust, request(time=at)).decision == "permit"


BREAK: list[tuple[dict[str, Any], str]] = [
    ({"verified": replace(facts().verified, proof=False)}, "PROOF_INVALID"),
    ({"verified": replace(facts().verified, proof=None)}, "PROOF_UNKNOWN"),
    ({"holder": "did:example:dr-2"}, "HOLDER_MISMATCH"),
    ({"verified": replace(facts().verified, status="revoked")}, "CREDENTIAL_REVOKED"),
    ({"verified": replace(facts().verified, status="unknown")}, "STATUS_UNKNOWN"),
    ({"window": Window(None, NOW)}, "LICENSE_EXPIRED"),
    ({"window": Window(NOW.plus(1), None)}, "LICENSE_NOT_YET_VALID"),
    ({"issuer": "did:example:other"}, "ISSUER_NOT_TRUSTED"),
    ({"status": "suspended"}, "LICENSE_STATUS_SUSPENDED"),
    ({"registration": "non-practising"}, "NO_LICENSE_TO_PRACTISE"),
    ({"jurisdiction": "AU"}, "JURISDICTION_NOT_COVERED"),
]


@pytest.mark.parametrize(("change", "code"), BREAK)
def test_one_fault_is_one_reason(change: dict[str, Any], code: str) -> None:
    assert evaluate([facts(**change)], registry(), request()).reasons == (code,)


@given(st.sampled_from(BREAK), st.lists(licenses, max_size=2))
def test_no_other_license_heals_the_broken_one(
    fault: tuple[dict[str, Any], str], others: list[LicenseFacts]
) -> None:
    alone = evaluate(others, registry(), request())
    together = evaluate([facts(**fault[0]), *others], registry(), request())
    assert together.decision == alone.decision


# From verified credentials.


def _decided(document: dict[str, Any], **asked: Any) -> LicenseFinding:
    found = License.from_credential(parse_credential(document))
    read = LicenseFacts.of(found, facts().verified, identifier="vc")
    read = replace(read, holder=HOLDER)
    trust = TrustRegistry.from_json(
        {
            "acceptedBoards": [
                {
                    "did": found.issuer,
                    "jurisdictions": ["US-OH"],
                    "professions": ["http://nucc.org/provider-taxonomy|208D00000X"],
                }
            ]
        }
    )
    return evaluate([read], trust, request(profession="208D00000X", **asked))


def test_a_license_credential_is_decided_by_the_same_rules() -> None:
    found = _decided(license_document(), site="ward-7", supervision="direct")
    assert found.decision == "permit"
    assert found.obligations == ("SHOW_LICENSE_CONDITIONS", "REPORT_ADVERSE_ACTION")
    assert _decided(license_document()).reasons == (
        "CONDITION_SUPERVISION",
        "CONDITION_SITE",
    )


def test_prescribing_by_credential_needs_the_registration_number() -> None:
    where = {"site": "ward-7", "supervision": "direct"}
    asked = {**where, "action": "prescribe", "schedule": "3N"}
    document = license_document()
    assert _decided(document, **asked).decision == "permit"
    authority = document["credentialSubject"]["license"]["prescriptiveAuthority"]
    del authority[0]["registrationNumber"]
    assert _decided(document, **asked).reasons == ("PRESCRIPTIVE_AUTHORITY",)


def test_facts_of_a_license_credential() -> None:
    document = license_document()
    license_ = document["credentialSubject"]["license"]
    license_["compact"][0].update(issuedThroughCompact=True, multistate=True)
    found = License.from_credential(parse_credential(document))
    read = LicenseFacts.of(found, facts().verified, identifier="vc")
    assert read.professions[1].endswith("isco08|2211")
    assert read.compact.multistate
    assert read.compact.issued_through == ("IMLC",)
    assert read.compact.principal_state == "US-OH"
    assert not read.encumbered
    assert read.privilege_actions[0].jurisdiction == "US-IN"


def test_what_compact_entries_contradict_each_other_about_is_not_known() -> None:
    document = license_document()
    compacts = document["credentialSubject"]["license"]["compact"]
    second = {"type": "CompactPrivilege", "issuedThroughCompact": True}
    compacts.append({**second, "stateOfPrincipalLicense": "US-IN"})
    found = License.from_credential(parse_credential(document))
    read = LicenseFacts.of(found, facts().verified, identifier="vc")
    assert read.compact.principal_state is None
    assert read.compact.primary_residence == "US-OH"
    assert read.compact.issued_through == ("*",)


@pytest.mark.parametrize(
    ("stated", "multistate"),
    [
        ([True], True),
        ([True, None], True),
        ([True, True], True),
        ([True, False], False),
        ([False], False),
        ([None], False),
    ],
)
def test_a_license_is_multistate_where_nothing_in_it_denies_that(
    stated: list[bool | None], multistate: bool
) -> None:
    document = license_document()
    document["credentialSubject"]["license"]["compact"] = [
        {"type": "CompactPrivilege", "compactName": f"C{number}"}
        | ({} if one is None else {"multistate": one})
        for number, one in enumerate(stated)
    ]
    found = License.from_credential(parse_credential(document))
    read = LicenseFacts.of(found, facts().verified, identifier="vc")
    assert read.compact.multistate is multistate


@pytest.mark.parametrize(
    ("principal", "said", "through"),
    [
        ("US-IN", None, ("IMLC",)),
        ("US-IN", True, ("IMLC",)),
        ("US-IN", False, ()),
        ("US-OH", None, ()),
        (None, None, ()),
        (None, True, ("IMLC",)),
    ],
)
def test_a_principal_license_elsewhere_says_that_this_one_came_through_it(
    principal: str | None, said: bool | None, through: tuple[str, ...]
) -> None:
    document = license_document()
    entry = document["credentialSubject"]["license"]["compact"][0]
    stated = {"stateOfPrincipalLicense": principal, "issuedThroughCompact": said}
    for name, value in stated.items():
        entry.pop(name, None)
        if value is not None:
            entry[name] = value
    found = License.from_credential(parse_credential(document))
    read = LicenseFacts.of(found, facts().verified, identifier="vc")
    assert read.compact.issued_through == through


def test_silence_about_encumbrances_is_no_clean_record() -> None:
    document = license_document()
    del document["credentialSubject"]["license"]["encumbered"]
    found = License.from_credential(parse_credential(document))
    assert LicenseFacts.of(found, facts().verified, identifier="vc").encumbered


def test_an_adverse_action_is_reported_and_does_not_refuse() -> None:
    orders = (AdverseAction(action="reprimand"),)
    found = evaluate([facts(adverse_actions=len(orders))], registry(), request())
    assert (found.decision, found.obligations) == ("permit", ("REPORT_ADVERSE_ACTION",))


def _authorised(**members: Any) -> LicenseFinding:
    """What an authorisation of a compact, with ``members``, comes to elsewhere."""
    compact = {
        "id": "PSYPACT",
        "model": "authorisation",
        "professions": ["MD"],
        "members": ["US-OH", "US-IN"],
        "authorisationIssuer": "did:example:commission",
        "inPerson": {"authorisation": "TAP"},
    }
    base: dict[str, Any] = {
        "id": "A1",
        "type": "CompactAuthorisation",
        "issuer": "did:example:commission",
        "support": {"compact": "PSYPACT", "kind": "TAP", "homeState": "US-OH"},
    }
    return evaluate(
        [facts(), facts(**{**base, **members})],
        registry(compacts=[compact]),
        request(patient_location="US-IN"),
    )


@pytest.mark.parametrize(
    ("checked", "decision"),
    [
        (NOW.plus(-86_400), "permit"),
        (NOW.plus(-86_401), "deny"),
        (NOW.plus(300), "permit"),
        (NOW.plus(301), "deny"),
        (None, "deny"),
    ],
)
def test_a_supporting_credential_has_to_be_as_fresh_as_a_license(
    checked: Instant | None, decision: str
) -> None:
    proven = replace(facts().verified, status_checked_at=checked)
    assert _authorised(verified=proven).decision == decision


def test_another_credential_that_names_a_compact_authorises_nothing() -> None:
    assert _authorised().decision == "permit"
    for type_ in ("PractitionerLicense", "RecognitionDeclaration"):
        assert _authorised(type=type_).decision == "deny"


@pytest.mark.parametrize("asked", [True, False])
def test_a_compact_may_take_licenses_of_a_state_that_is_no_member(
    *, asked: bool
) -> None:
    compact = {
        "id": "C",
        "model": "mutual-recognition",
        "professions": ["MD"],
        "members": ["US-IN"],
        "requires": {"homeStateIsMember": asked},
    }
    own = CompactFacts(multistate=True, primary_residence="US-OH")
    asks = request(patient_location="US-IN")
    found = evaluate([facts(compact=own)], registry(compacts=[compact]), asks)
    assert (found.decision == "permit") is not asked


# How long a permit holds.


@pytest.mark.parametrize(
    ("license_", "settings_", "expires"),
    [
        ({}, {}, NOW.plus(86_400)),
        ({}, {"statusMaxAgeSeconds": 60}, NOW.plus(60)),
        ({"window": Window(None, NOW.plus(5))}, {}, NOW.plus(5)),
        ({"window": Window()}, {}, NOW.plus(86_400)),
        (
            {},
            {"alerts": [{"holder": HOLDER, "from": str(NOW.plus(7))}]},
            NOW.plus(7),
        ),
        (
            {},
            {
                "acceptedBoards": [
                    {
                        "did": BOARD,
                        "jurisdictions": ["US-OH"],
                        "professions": ["MD"],
                        "validUntil": str(NOW.plus(9)),
                    }
                ]
            },
            NOW.plus(9),
        ),
    ],
)
def test_a_permit_ends_with_the_first_thing_it_stands_on(
    license_: dict[str, Any], settings_: dict[str, Any], expires: Instant
) -> None:
    found = evaluate([facts(**license_)], registry(**settings_), request())
    assert found.expires == expires


@pytest.mark.parametrize("issuer", ["did:example:fr", BOARD])
def test_a_permit_ends_with_the_entry_of_whoever_declared(issuer: str) -> None:
    recognition = {
        "from": "US-OH",
        "to": "FR",
        "professions": ["MD"],
        "modes": ["in-person"],
        "requiresCredential": "ServiceProvisionDeclaration",
    }
    boards = [
        {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]},
        {
            "did": "did:example:fr",
            "jurisdictions": ["FR"],
            "professions": ["MD"],
            "validUntil": str(NOW.plus(9)),
        },
    ]
    declaration = facts(
        id="D1",
        type="ServiceProvisionDeclaration",
        issuer=issuer,
        support={"homeState": "US-OH", "hostState": "FR"},
    )
    elsewhere = replace(
        declaration, id="D2", support={"homeState": "US-IN", "hostState": "FR"}
    )
    found = evaluate(
        [facts(), elsewhere, declaration],
        registry(acceptedBoards=boards, recognition=[recognition]),
        request(patient_location="FR"),
    )
    ends = {BOARD: NOW.plus(86_400), "did:example:fr": NOW.plus(9)}
    assert (found.decision, found.expires) == ("permit", ends[issuer])
    assert found.supports == (declaration,)


@pytest.mark.parametrize(
    ("since", "reasons"),
    [(None, ()), (NOW, ()), (NOW.plus(1), ("LICENSE_STATUS_UNKNOWN",))],
)
def test_before_a_status_began_nobody_says_what_it_was(
    since: Instant | None, reasons: tuple[str, ...]
) -> None:
    found = evaluate([facts(status_since=since)], registry(), request())
    assert found.reasons == reasons


@pytest.mark.parametrize(
    ("proof", "reasons"),
    [(True, ("COMPACT_CASCADE",)), (None, ("COMPACT_CASCADE",)), (False, ())],
)
def test_bad_news_under_a_proof_that_could_not_be_checked_pulls_down(
    proof: bool | None, reasons: tuple[str, ...]
) -> None:
    compact = {
        "id": "IMLC",
        "model": "expedited-licensure",
        "professions": ["MD"],
        "members": ["US-OH", "US-IN"],
    }
    principal = CompactFacts(principal_state="US-OH", issued_through=("IMLC",))
    other = facts(
        id="L2",
        jurisdiction="US-IN",
        status="suspended",
        status_since=NOW.plus(-86_400),
        verified=replace(facts().verified, proof=proof),
        compact=principal,
    )
    found = evaluate([facts(), other], registry(compacts=[compact]), request())
    assert (found.decided_by, found.reasons) == ("L1", reasons)


UNPROVEN = replace(facts().verified, proof=False)


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ({}, ("COMPACT_CASCADE",)),
        ({"holder": "did:example:other"}, ()),
        ({"verified": UNPROVEN}, ()),
        ({"compact": CompactFacts(principal_state="US-OH")}, ()),
        ({"compact": CompactFacts(issued_through=("IMLC",))}, ()),
    ],
)
def test_a_license_is_the_principal_one_where_one_that_stands_on_it_says_so(
    said: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    compact = {
        "id": "IMLC",
        "model": "expedited-licensure",
        "professions": ["MD"],
        "members": ["US-OH", "US-IN", "US-KY"],
    }
    lost = facts(id="L2", jurisdiction="US-IN", status="suspended")
    stands = CompactFacts(principal_state="US-OH", issued_through=("IMLC",))
    says: dict[str, Any] = {"id": "L3", "jurisdiction": "US-KY", "compact": stands}
    says |= said
    for presented in ([facts(), lost, facts(**says)], [facts(), facts(**says), lost]):
        found = evaluate(presented, registry(compacts=[compact]), request())
        assert (found.decided_by, found.reasons) == ("L1", reasons)


@pytest.mark.parametrize(
    ("action", "schedule", "reasons"),
    [
        ("prescribe-schedule-3", "3", ()),
        ("Prescribe-Schedule-3N", None, ()),
        ("PRESCRIBE-SCHEDULE-2", None, ("PRESCRIPTIVE_AUTHORITY",)),
        ("prescribe-schedule-2", "3", ("PRESCRIPTIVE_AUTHORITY",)),
        ("prescribe-schedule-3", "2", ("PRESCRIPTIVE_AUTHORITY",)),
        ("prescribe-schedule-", None, ("PRESCRIPTIVE_AUTHORITY",)),
    ],
)
def test_every_schedule_that_a_request_names_is_asked_for(
    action: str, schedule: str | None, reasons: tuple[str, ...]
) -> None:
    held = Prescribing(
        jurisdiction="US-OH", schedules=("3", "3N"), registration="valid"
    )
    asked = request(action=action, schedule=schedule)
    found = evaluate([facts(prescribing=(held,))], registry(), asked)
    assert found.reasons == reasons


def test_a_schedule_in_capitals_needs_a_registration_too() -> None:
    held = Prescribing(jurisdiction="US-OH", schedules=("2",))
    asked = request(action="PRESCRIBE-SCHEDULE-2")
    found = evaluate([facts(prescribing=(held,))], registry(), asked)
    assert found.reasons == ("PRESCRIPTIVE_AUTHORITY",)


@pytest.mark.parametrize(
    ("registration", "reasons"),
    [(None, ()), ("valid", ()), ("expired", ("PRESCRIPTIVE_AUTHORITY",))],
)
def test_a_registration_that_is_over_prescribes_nothing(
    registration: str | None, reasons: tuple[str, ...]
) -> None:
    held = Prescribing(jurisdiction="US-OH", schedules=(), registration=registration)
    asked = request(action="prescribe")
    found = evaluate([facts(prescribing=(held,))], registry(), asked)
    assert found.reasons == reasons


def test_prescribing_is_not_prohibited_with_something_else() -> None:
    held = Prescribing(jurisdiction="US-OH", schedules=())
    surgery = Condition(kind="actionProhibited", actions=("surgery",))
    license_ = facts(prescribing=(held,), conditions=(surgery,))
    found = evaluate([license_], registry(), request(action="prescribe"))
    assert found.decision == "permit"


@pytest.mark.parametrize(
    ("place", "permitted"), [("AU", False), ("AU-NSW", False), ("AU-VIC", True)]
)
def test_a_privilege_that_was_removed_in_a_part_may_be_asked_for_by_the_whole(
    place: str, permitted: bool
) -> None:
    removed = facts(
        jurisdiction="AU", privilege_actions=(PrivilegeAction(jurisdiction="AU-NSW"),)
    )
    trust = registry(containment={"AU": ["AU-NSW", "AU-VIC"]})
    found = evaluate([removed], trust, request(patient_location=place))
    assert (found.decision == "permit") is permitted
    assert found.reasons == (() if permitted else ("PRIVILEGE_REMOVED",))


_TO_INDIANA: list[dict[str, Any]] = [
    {
        "compacts": [
            {
                "id": "C",
                "model": "mutual-recognition",
                "professions": ["RN"],
                "members": ["US-OH", "US-IN"],
            }
        ]
    },
    {
        "recognition": [
            {
                "from": "US-OH",
                "to": "US-IN",
                "professions": ["RN"],
                "modes": ["in-person"],
            }
        ]
    },
]


@pytest.mark.parametrize("agreement", _TO_INDIANA)
@pytest.mark.parametrize("profession", ["MD", "RN", None])
def test_a_profession_of_its_board_lends_nothing_to_another_one(
    agreement: dict[str, Any], profession: str | None
) -> None:
    both = facts(
        professions=("MD", "RN"),
        compact=CompactFacts(multistate=True, primary_residence="US-OH"),
    )
    asked = request(profession=profession, patient_location="US-IN")
    physicians = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]}
    nurses = {**physicians, "professions": ["RN"]}
    # Its board may issue it for physicians, and the agreement is one about nurses.
    trust = registry(acceptedBoards=[physicians], **agreement)
    assert evaluate([both], trust, asked).decision == "deny"
    # For nurses it may be issued to others than its holder.
    asking = {**nurses, "requireRegistration": "full"}
    trust = registry(acceptedBoards=[physicians, asking], **agreement)
    assert evaluate([both], trust, asked).decision == "deny"
    trust = registry(acceptedBoards=[physicians, nurses], **agreement)
    permits = evaluate([both], trust, asked).decision == "permit"
    assert permits is (profession != "MD")


@given(some_licenses, registries, requests)
def test_who_asks_for_no_profession_gets_no_more_than_for_one_of_them(
    found: list[LicenseFacts], trust: TrustRegistry, asked: LicenseRequest
) -> None:
    if evaluate(found, trust, replace(asked, profession=None)).decision == "permit":
        each = [replace(asked, profession=one) for one in ("MD", "RN")]
        assert "permit" in [evaluate(found, trust, one).decision for one in each]


@pytest.mark.parametrize("profession", ["MD", None])
def test_a_declaration_is_of_an_authority_for_the_profession_that_is_recognised(
    profession: str | None,
) -> None:
    physicians = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]}
    nurses = {
        "did": "did:example:nurses",
        "jurisdictions": ["US-IN"],
        "professions": ["RN"],
    }
    rule = {"from": "US-OH", "to": "US-IN", "modes": ["in-person"]}
    trust = registry(
        acceptedBoards=[{**physicians, "professions": ["MD", "RN"]}, nurses],
        recognition=[
            {
                **rule,
                "professions": ["MD"],
                "requiresCredential": "ServiceProvisionDeclaration",
            }
        ],
    )
    declared = facts(
        id="D",
        type="ServiceProvisionDeclaration",
        issuer="did:example:nurses",
        jurisdiction=None,
        professions=(),
        status=None,
        support={"homeState": "US-OH", "hostState": "US-IN"},
    )
    asked = request(profession=profession, patient_location="US-IN")
    both = facts(professions=("MD", "RN"))
    found = evaluate([both, declared], trust, asked)
    assert found.reasons == ("RECOGNITION_REQUIREMENT_MISSING",)
    by_physicians = replace(declared, issuer=BOARD)
    assert evaluate([both, by_physicians], trust, asked).decision == "permit"
