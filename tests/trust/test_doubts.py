"""What is legal in a trust file and looks like a slip is told, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.json import dumps
from medid.trust import TrustRegistry
from medid.trust.aliases import difference, spoken
from medid.trust.doubts import SOON_DAYS, Doubt, doubts
from medid.trust.mistakes import mistakes
from medid.trust.saying import said
from tests.keys.authorities import NOW as MOMENT
from tests.keys.authorities import authority
from tests.trust.files import AT, BOARD, DOCTOR, whole

DAY = 86_400  # seconds


def told(document: Any) -> list[tuple[str, str]]:
    found = doubts(TrustRegistry.from_json(document), at=AT)
    return [(one.doubt.value, one.path) for one in found]


def with_board(**members: Any) -> dict[str, Any]:
    board = {
        "did": "did:web:b.example",
        "jurisdictions": ["US-OH"],
        "professions": ["x"],
    }
    return {"acceptedBoards": [{**board, **members}]}


def test_nothing_is_odd_in_a_good_file() -> None:
    assert told(whole()) == []
    assert told(with_board()) == []


@pytest.mark.parametrize(
    ("members", "doubt"),
    [
        ({"validUntil": str(AT)}, Doubt.ENDED),
        ({"validUntil": str(AT.plus(1))}, Doubt.ENDS_SOON),
        ({"validUntil": str(AT.plus(SOON_DAYS * DAY))}, Doubt.ENDS_SOON),
        ({"validUntil": str(AT.plus(SOON_DAYS * DAY + 1))}, None),
        ({"validFrom": str(AT.plus(1))}, Doubt.NOT_BEGUN),
        ({"validFrom": str(AT)}, None),
    ],
)
def test_windows(members: dict[str, Any], doubt: Doubt | None) -> None:
    expected = [] if doubt is None else [(doubt.value, "$.acceptedBoards[0]")]
    assert told(with_board(**members)) == expected


def test_every_dated_part_is_looked_at() -> None:
    document = whole()
    ended = {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}
    parts = ("acceptedBoards", "authorities", "federations", "visaIssuers", "brokers")
    for name in parts:
        document[name][0] |= ended
    document["consent"]["representatives"][0] |= ended
    document["recognition"][0] |= ended
    found = [path for doubt, path in told(document) if doubt == "ended"]
    assert found == [
        "$.acceptedBoards[0]",
        "$.authorities[0]",
        "$.federations[0]",
        "$.recognition[0]",
        "$.consent.representatives[0]",
        "$.visaIssuers[0]",
        "$.brokers[0]",
    ]


def test_entries_that_are_twice_or_nearly_so() -> None:
    document = with_board()
    (board,) = document["acceptedBoards"]
    document["acceptedBoards"] += [board, {**board, "did": "did:web:B.example"}]
    document["acceptedBoards"] += [{**board, "jurisdictions": ["US-IN"]}]
    assert told(document) == [
        ("twice", "$.acceptedBoards[1]"),
        ("alias", "$.acceptedBoards[2]"),
    ]


def test_authorities_who_may_recognize_anything_and_lists_of_nobody() -> None:
    document = whole()
    document["authorities"][0]["requireOutputValidation"] = False
    assert told(document) == [
        ("any-output", "$.authorities[0].requireOutputValidation")
    ]
    del document["authorities"]
    assert told(document) == [("never-asked", "$.recognizedEntities")]


def test_recognitions_and_compacts_without_a_board() -> None:
    document = whole()
    document["recognition"][0]["from"] = "ES"
    document["compacts"][0]["members"] = ["US-OH", "US-IN", "US-KY"]
    assert told(document) == [
        ("no-board", "$.recognition[0].from"),
        ("no-board", "$.compacts[0].members[1]"),
        ("no-board", "$.compacts[0].members[2]"),
    ]
    # A board of the country that contains the state is one.
    document["acceptedBoards"].append({**BOARD, "jurisdictions": ["US"]})
    assert told(document) == [
        ("no-board", "$.recognition[0].from"),
        ("no-board", "$.compacts[0].members[2]"),
    ]


def test_what_can_never_be_in_force() -> None:
    document = whole()
    document["acceptedBoards"][2] |= {"validFrom": "2027-06-01T00:00:00Z"}
    document["recognition"][0]["validUntil"] = "2027-05-31"
    found = told(document)
    assert ("never-in-force", "$.recognition[0]") in found
    document["recognition"][0]["validUntil"] = "2027-06-01"
    assert ("never-in-force", "$.recognition[0]") not in told(document)
    document = whole()
    document["compacts"][0]["model"] = "authorisation"
    assert told(document) == [("never-in-force", "$.compacts[0]")]


def test_statuses_and_their_age() -> None:
    document = {**with_board(), "acceptStatuses": ["active", "revoked"]}
    assert told(document) == [("status", "$.acceptStatuses[1]")]
    for seconds, odd in ((0, True), (1, False), (7 * DAY, False), (7 * DAY + 1, True)):
        stated = {**with_board(), "statusMaxAgeSeconds": seconds}
        assert told(stated) == [("status", "$.statusMaxAgeSeconds")] * odd


def test_wildcards_stand_for_themselves() -> None:
    document = {
        **with_board(name="*"),
        "recognition": [{"from": "US-OH", "to": "*", "professions": ["x"]}],
        "unions": {"*": ["DE"]},
    }
    assert told(document) == [
        ("wildcard", "$.acceptedBoards[0].name"),
        ("wildcard", "$.recognition[0].to"),
        ("wildcard", "$.unions[?]"),
    ]


def test_a_doubt_says_what_would_make_it_certain() -> None:
    (one,) = doubts(TrustRegistry.from_json(with_board(validUntil=str(AT))), at=AT)
    assert one.as_json() == {
        "warning": "ended",
        "path": "$.acceptedBoards[0]",
        "message": "the entry ended at 2026-06-15T12:00:00Z",
        "fix": "renew it, or take it out",
    }


# Names.


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("did:web:a.example", "did:web:A.example", "in letter case"),
        ("did:web:a.example", "did:web:a.example/", "in what it ends with"),
        ("did:web:a.example", "did:web:a.example:", "in what it ends with"),
        ("did:web:a.example", "did:web:%61.example", "in how letters are written"),
        ("did:web:a.example", " did:web:a.example", "in how letters are written"),
        ("did:web:a.example", "did:web:a.example#k", "in how letters are written"),
        ("did:web:a.example", "did:web:\uff41.example", "in how letters are written"),
        (
            "did:web:a.example",
            "did:webvh:QmScid:a.example",
            "in the way in which it names the same host",
        ),
        (
            "did:web:a.example:x",
            "https://a.example/x",
            "in the way in which it names the same host",
        ),
        ("did:web:a.example", "did:web:a.example", None),
        ("did:web:a.example", "did:web:b.example", None),
        ("did:web:a.example", "did:web:a.example:x", None),
        ("did:key:z6Mk", "did:web:z6Mk", None),
    ],
)
def test_names_that_differ_in_spelling_alone(
    one: str, other: str, words: str | None
) -> None:
    assert difference(one, other) == words
    assert difference(other, one) == words


@given(st.text(), st.text())
def test_names_that_differ_in_spelling_alone_sound_alike(one: str, other: str) -> None:
    if difference(one, other) is not None:
        assert one != other
        assert spoken(one) == spoken(other) or one.casefold() == other.casefold()


# What a file says.


def test_everything_that_a_file_says_is_told_and_no_patient() -> None:
    settings = TrustRegistry.from_json(whole()).settings
    found = said(settings)
    assert all(one.text.endswith(".") for one in found)
    places = {one.path.split("[")[0].split(".")[1] for one in found}
    silent = {"name", "description", "specialties", "denyOnAlert"}
    assert places == {*whole()} - silent
    text = " ".join(one.text for one in found)
    assert "canary" not in text + dumps([one.path for one in found])
    for words in (
        "did:web:board.example (Board) is accepted from 2026-01-01T00:00:00Z until",
        "For PractitionerLicenseCredential in US-OH, of the professions 208D00000X.",
        "https://french.example is accepted, without an end.",
        "Only these registrations count: full.",
        "Everything needs a classical and an ML-DSA proof.",
        "Accepted on the word of did:web:state.example.",
        "Its status lists may be signed by did:web:lists.example.",
        "A recognition may be passed on 2 times.",
        "A recognition must name a schema of what is issued.",
        "The federation of https://federation.example may accredit issuers",
        "Asked as well: https://state.example/health.",
        "Licenses of DE count in FR from 2026-01-01T00:00:00Z until 2027-01-01T00",
        "of the professions x, for in-person. It needs a ServiceProvisionDeclaration.",
        "Licenses of EU count in US-OH, without an end, of the professions x, for no",
        "Warnings about practitioners: 1.",
    ):
        assert words in text


def test_what_an_authority_may_and_a_board_with_certificates() -> None:
    document = whole()
    document["authorities"][0] |= {"delegable": 0, "requireOutputValidation": False}
    document["federations"][0].pop("intermediates")
    document["acceptedBoards"][1]["x509Anchors"] = [authority("root").pem]
    text = " ".join(
        one.text for one in said(TrustRegistry.from_json(document).settings)
    )
    assert "Who is recognized may not recognize others." in text
    assert "A recognition need not say what is issued." in text
    assert "Asked as well" not in text
    assert "It signs under 1 given certificate authorities." in text
    assert DOCTOR in text


# Sources of further issuers.

SCOPE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": ["x"]}
ROOT = authority("root")
ENDED = {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}


def root(**members: Any) -> dict[str, Any]:
    subjects = [{"san": {"dns": "board.example"}}]
    return {"certificate": ROOT.pem, "subjects": subjects, **SCOPE, **members}


def asked_registry(authority_: str = "urn:x:council", **members: Any) -> dict[str, Any]:
    return {
        "url": "https://registry.example/trqp",
        "authorityId": authority_,
        "mayAuthorize": [SCOPE],
        **members,
    }


def _certificate(*, start: int, end: int) -> Any:
    """A root whose certificate is of these days from now."""
    begins, ends = (MOMENT + timedelta(days=count) for count in (start, end))
    return root(certificate=authority("old", start=begins, end=ends).pem)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"x509Roots": [root()]}, []),
        (
            {"x509Roots": [root(validUntil=str(AT))]},
            [("ended", "$.x509Roots[0]")],
        ),
        (
            {"x509Roots": [_certificate(start=-9, end=-1)]},
            [("ended", "$.x509Roots[0].certificate")],
        ),
        (
            {"x509Roots": [_certificate(start=-9, end=9)]},
            [("ends-soon", "$.x509Roots[0].certificate")],
        ),
        (
            {"x509Roots": [_certificate(start=1, end=90)]},
            [("not-begun", "$.x509Roots[0].certificate")],
        ),
        (
            {
                "x509Roots": [
                    {
                        **_certificate(start=-9, end=90),
                        "validFrom": "2030-01-01T00:00:00Z",
                    }
                ]
            },
            [("not-begun", "$.x509Roots[0]"), ("never-in-force", "$.x509Roots[0]")],
        ),
        ({"trustRegistries": [asked_registry()]}, []),
        (
            {"trustRegistries": [asked_registry(**ENDED)]},
            [("ended", "$.trustRegistries[0]")],
        ),
        (
            {
                "trustRegistries": [
                    asked_registry(recognizedBy="urn:x:up"),
                    asked_registry("urn:x:up", mayAuthorize=[]),
                ]
            },
            [],
        ),
        (
            {
                "trustRegistries": [
                    asked_registry(
                        recognizedBy="urn:x:up", validFrom="2021-06-01T00:00:00Z"
                    ),
                    asked_registry("urn:x:up", mayAuthorize=[], **ENDED),
                ]
            },
            [
                ("ended", "$.trustRegistries[1]"),
                ("never-in-force", "$.trustRegistries[0]"),
                ("never-asked", "$.trustRegistries[1]"),
            ],
        ),
    ],
)
def test_roots_and_registries_that_can_say_nothing(
    document: Any, expected: list[tuple[str, str]]
) -> None:
    assert told(document) == expected


def test_a_root_by_its_digest_has_no_certificate_to_end() -> None:
    named = root(sha256="0" * 64)
    del named["certificate"]
    assert told({"x509Roots": [named]}) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (["US-OH", "US-OH"], None),  # which the reader refuses
        (["US-OH", {"jurisdiction": "US-KY", "validUntil": "2026-12-31"}], []),
        (
            ["US-OH", {"jurisdiction": "US-KY", "validUntil": "2026-06-30"}],
            [("ends-soon", "$.compacts[0].members[1]")],
        ),
        (
            ["US-OH", {"jurisdiction": "US-KY", "validUntil": "2026-01-31"}],
            [("no-members", "$.compacts[0].members")],
        ),
        (
            ["US-OH", {"jurisdiction": "US-KY", "validFrom": "2026-12-01"}],
            [("no-members", "$.compacts[0].members")],
        ),
        (
            [
                {"jurisdiction": "US-KY", "validUntil": "2019-01-31"},
                "US-OH",
                {"jurisdiction": "US-KY", "validFrom": "2020-02-01"},
            ],
            [("never-in-force", "$.compacts[0].members[0]")],
        ),
    ],
)
def test_members_whose_dates_leave_too_few(members: Any, expected: Any) -> None:
    document = with_board(jurisdictions=["US-OH", "US-KY"])
    document["compacts"] = [
        {
            "id": "c",
            "model": "mutual-recognition",
            "professions": ["x"],
            "members": members,
            "validFrom": "2020-01-01",
        }
    ]
    if expected is None:
        assert mistakes(document)
    else:
        assert told(document) == expected


def test_a_compact_that_has_ended_is_told_like_any_entry() -> None:
    document = with_board()
    document["compacts"] = [
        {
            "id": "c",
            "model": "mutual-recognition",
            "professions": ["x"],
            "members": ["US-OH"],
            "validUntil": "2026-01-01",
        }
    ]
    assert told(document) == [("ended", "$.compacts[0]")]


def test_what_roots_and_registries_say_is_told() -> None:
    document: Any = {
        "x509Roots": [
            root(
                name="Register",
                requireRegistration="full",
                crls=["https://ca.example/root.crl"],
                subjects=[
                    {"san": {"dns": "a.example"}, "subject": {"O": "Board"}},
                    {"eku": ["1.2.3"]},
                ],
            ),
            root(crls=["https://ca.example/root.crl"], revocation="if-present"),
        ],
        "trustRegistries": [
            asked_registry(name="Council", recognizedBy="urn:x:up"),
            asked_registry("urn:x:up", mayAuthorize=[], maxAgeSeconds=9),
        ],
    }
    found = dict(said(TrustRegistry.from_json(document).settings))
    assert found["$.x509Roots[0]"].endswith(
        "(Register) speaks, without an end for subject 2.5.4.10 Board and san dns "
        "a.example; or eku 1.2.3. For PractitionerLicenseCredential in US-OH, of the "
        "professions x. Only these registrations count: full. Each certificate has to "
        "be on none of the lists of https://ca.example/root.crl."
    )
    assert found["$.x509Roots[1]"].endswith(
        "Where there is one, a certificate has to be on none of the lists of "
        "https://ca.example/root.crl."
    )
    assert found["$.trustRegistries[0]"] == (
        "urn:x:council (Council) is asked at https://registry.example/trqp, without an "
        "end. Its yes to issue PractitionerLicenseCredential counts. For "
        "PractitionerLicenseCredential in US-OH, of the professions x. urn:x:up has to "
        "recognize it. An answer counts for 300 seconds."
    )
    assert found["$.trustRegistries[1]"].endswith(
        "It may authorize nobody, and only recognizes other registries. An answer "
        "counts for 9 seconds."
    )
