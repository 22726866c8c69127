"""Revoked, suspended, stale or undecided: and never "not revoked" by accident."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.credentials import CONTEXT_V2, Credential, parse_credential
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    Revoked,
    StatusListLengthError,
    StatusRangeError,
    StatusRetrievalError,
    StatusStale,
    StatusVerificationError,
    Suspended,
)
from medid.status import (
    StatusList,
    StatusResult,
    VerifiedList,
    check_status,
    encode,
    needs,
)
from tests.status.lists import (
    BOARD,
    END,
    INDEX,
    NOW,
    START,
    URL,
    credential,
    entry,
    fetched,
    published,
    with_subject,
)
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Collection

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

CLEAR = StatusList(purpose="revocation")
REVOKED = CLEAR.with_bit(INDEX, True)
DAY = 86_400  # seconds
AT_LIST = "$.credentialStatus[0].statusListCredential"


def check(
    found: Credential,
    *,
    at: Instant = NOW,
    fetched_at: Instant = NOW,
    max_age_seconds: float = DAY,
    list_issuers: Collection[str] = (),
    subject: Credential | None = None,
) -> tuple[StatusResult, ...]:
    """The status of a credential by its one list."""
    return check_status(
        subject or credential(entry()),
        fetched(found, fetched_at),
        at=at,
        max_age_seconds=max_age_seconds,
        list_issuers=list_issuers,
    )


def test_a_bit_that_is_clear() -> None:
    found = published(CLEAR)
    [result] = check(found)
    encoded = str(found.subjects[0].claims["encodedList"])
    assert result == StatusResult(
        purpose="revocation",
        index=INDEX,
        value=0,
        message=None,
        list_url=URL,
        list_digest=hashlib.sha256(encoded.encode()).hexdigest(),
        valid_until=NOW.plus(DAY),
    )


def test_a_bit_that_is_set_revokes() -> None:
    with pytest.raises(Revoked) as caught:
        check(published(REVOKED))
    assert caught.value.path == "$.credentialStatus[0]"


def test_the_neighbours_of_a_revoked_credential_are_not_revoked() -> None:
    for index in (INDEX - 1, INDEX + 1, 0, 131_071):
        check(published(CLEAR.with_bit(index, True)))


def test_a_bit_that_is_set_suspends() -> None:
    suspended = StatusList(purpose="suspension").with_bit(INDEX, True)
    subject = credential(entry(statusPurpose="suspension"))
    with pytest.raises(Suspended):
        check(published(suspended), subject=subject)
    check(published(StatusList(purpose="suspension")), subject=subject)


def test_a_message_is_returned() -> None:
    messages: JsonValue = [
        {"status": hex(n), "message": text}
        for n, text in enumerate(("new", "open", "held", "closed"))
    ]
    subject = credential(
        entry(statusPurpose="message", statusSize=2, statusMessage=messages)
    )
    statuses = StatusList(purpose="message", bits=bytes(32_768), size=2)
    for value, text in enumerate(("new", "open", "held", "closed")):
        found = published(statuses.with_statuses({INDEX: value}))
        [result] = check(found, subject=subject)
        assert (result.value, result.message) == (value, text)


def test_a_refresh_is_for_information() -> None:
    statuses = StatusList(purpose="refresh").with_bit(INDEX, True)
    [result] = check(
        published(statuses), subject=credential(entry(statusPurpose="refresh"))
    )
    assert (result.value, result.message) == (1, None)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"statusPurpose": "retention"}, "statusPurpose"),
        ({"statusPurpose": "Revocation"}, "statusPurpose"),
        ({"type": "Other"}, "type"),
        ({"type": "RevocationList2020Status"}, "type"),
    ],
)
def test_what_cannot_be_judged_is_refused_even_if_no_bit_is_set(
    changes: JsonObject, path: str
) -> None:
    subject = credential(entry(**changes))
    with pytest.raises(StatusVerificationError) as caught:
        check(with_subject(CLEAR, **changes), subject=subject)
    assert caught.value.path == f"$.credentialStatus[0].{path}"
    with pytest.raises(StatusVerificationError):
        needs(subject)


def test_a_credential_without_status_has_none() -> None:
    assert check_status(credential(), {}, at=NOW, max_age_seconds=DAY) == ()
    assert needs(credential()) == ()


def test_the_lists_that_are_needed() -> None:
    other = "https://board.example/status/8"
    subject = credential(
        entry(), entry(statusListIndex="5"), entry(statusListCredential=other)
    )
    found = needs(subject)
    assert [need.url for need in found] == [URL, other]
    assert {need.kind for need in found} == {"status-list"}
    assert found[0].path == AT_LIST


def test_a_list_that_is_not_at_hand_is_undecided() -> None:
    with pytest.raises(StatusRetrievalError) as caught:
        check_status(credential(entry()), {}, at=NOW, max_age_seconds=DAY)
    assert caught.value.path == AT_LIST


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "https://board.example/status/8"},
        {"id": URL + "#"},
        {"type": ["VerifiableCredential"]},
        {"type": ["VerifiableCredential", "BitstringStatusList"]},
        {"issuer": "did:web:board.example:other"},
        {"issuer": "did:web:Board.example"},
        {"credentialStatus": entry()},
    ],
)
def test_another_list_than_the_entry_names(changes: JsonObject) -> None:
    with pytest.raises(StatusVerificationError) as caught:
        check(published(CLEAR, **changes))
    assert caught.value.path == AT_LIST


def test_a_list_without_id_could_be_any() -> None:
    document = dict(published(CLEAR).document)
    del document["id"]
    with pytest.raises(StatusVerificationError):
        check(parse_credential(document))


def test_another_issuer_may_be_accepted_by_name() -> None:
    found = published(CLEAR, issuer="did:web:status.example")
    with pytest.raises(StatusVerificationError):
        check(found, list_issuers=("did:web:other.example",))
    assert check(found, list_issuers=("did:web:status.example",))


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "BitstringStatusListCredential"},
        {"type": []},
        {"type": {"a": "BitstringStatusList"}},
        {"statusPurpose": "suspension"},
        {"statusPurpose": ["suspension", "refresh"]},
        {"ttl": 0},
        {"ttl": -1},
    ],
)
def test_a_subject_that_is_no_such_list(changes: JsonObject) -> None:
    with pytest.raises(StatusVerificationError) as caught:
        check(with_subject(CLEAR, **changes))
    assert caught.value.path.startswith(AT_LIST)


def test_a_list_may_serve_several_purposes() -> None:
    both: JsonValue = ["suspension", "revocation"]
    check(with_subject(CLEAR, statusPurpose=both))
    with pytest.raises(Revoked):
        check(with_subject(REVOKED, statusPurpose=both))


def test_two_subjects_are_refused() -> None:
    subject = published(CLEAR).subjects[0].claims
    with pytest.raises(StatusVerificationError):
        check(published(CLEAR, credentialSubject=[subject, subject]))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"encodedList": 5}, ".credentialSubject.encodedList"),
        ({"encodedList": ""}, ".credentialSubject.encodedList"),
        ({"encodedList": "uAAAA"}, ""),
        ({"statusPurpose": []}, ".credentialSubject.statusPurpose"),
        ({"statusPurpose": 1}, ".credentialSubject.statusPurpose"),
        ({"ttl": True}, ".credentialSubject.ttl"),
        ({"ttl": "300000"}, ".credentialSubject.ttl"),
        ({"ttl": 1.5}, ".credentialSubject.ttl"),
    ],
)
def test_a_malformed_list(changes: JsonObject, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        check(with_subject(CLEAR, **changes))
    assert caught.value.path == AT_LIST + path


def test_a_list_that_is_too_short_is_refused_before_its_bits_are_read() -> None:
    with pytest.raises(StatusListLengthError):
        check(with_subject(CLEAR, encodedList=encode(bytes(16_383))))
    with pytest.raises(StatusListLengthError):
        check(with_subject(CLEAR, encodedList=encode(b"")))


def test_an_index_beyond_the_list_is_refused() -> None:
    subject = credential(entry(statusListIndex="131072"))
    with pytest.raises(StatusRangeError) as caught:
        check(published(CLEAR), subject=subject)
    assert caught.value.path == "$.credentialStatus[0].statusListIndex"


def test_a_list_of_one_bit_read_as_wider_entries_is_too_short() -> None:
    messages: JsonValue = [{"status": hex(n), "message": "x"} for n in range(4)]
    subject = credential(
        entry(statusPurpose="message", statusSize=2, statusMessage=messages)
    )
    found = published(StatusList(purpose="message"))
    with pytest.raises(StatusListLengthError):
        check(found, subject=subject)


SECOND = 1


def test_the_freshness_ends_with_whatever_ends_first() -> None:
    [by_policy] = check(published(CLEAR))
    [by_ttl] = check(with_subject(CLEAR, ttl=300_000))
    [by_end] = check(published(CLEAR), max_age_seconds=30 * DAY)
    endless = dict(published(CLEAR).document)
    del endless["validUntil"]
    [unbounded] = check(parse_credential(endless), max_age_seconds=30 * DAY)
    assert by_policy.valid_until == NOW.plus(DAY)
    assert by_ttl.valid_until == NOW.plus(300)
    assert by_end.valid_until == END
    assert unbounded.valid_until == NOW.plus(30 * DAY)
    [huge] = check(with_subject(CLEAR, ttl=10**400))
    assert huge.valid_until == NOW.plus(DAY)


@pytest.mark.parametrize(
    ("age", "ttl", "fresh"),
    [
        (DAY - SECOND, None, True),
        (DAY, None, False),
        (DAY + SECOND, None, False),
        (299, 300_000, True),
        (300, 300_000, False),
        (-DAY, 1, True),
    ],
)
def test_age(age: float, ttl: int | None, fresh: bool) -> None:
    found = published(CLEAR) if ttl is None else with_subject(CLEAR, ttl=ttl)
    if fresh:
        check(found, fetched_at=NOW.plus(-age))
        return
    with pytest.raises(StatusStale) as caught:
        check(found, fetched_at=NOW.plus(-age))
    assert caught.value.path == AT_LIST


def test_a_stale_list_is_not_believed_either_way() -> None:
    with pytest.raises(StatusStale):
        check(published(REVOKED), fetched_at=NOW.plus(-DAY))


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (START.plus(-61), StatusVerificationError),
        (START.plus(-60), None),
        (START, None),
        (END.plus(-SECOND), None),
        (END, StatusStale),
        (END.plus(SECOND), StatusStale),
    ],
)
def test_the_list_is_valid_at_the_time_in_question(
    at: Instant, error: type[MedidError] | None
) -> None:
    if error is None:
        check(published(CLEAR), at=at, fetched_at=at)
        return
    with pytest.raises(error) as caught:
        check(published(CLEAR), at=at, fetched_at=at)
    assert caught.value.path == AT_LIST


def test_a_later_list_does_not_say_what_was_before_it() -> None:
    # The bit is clear now; that it was clear a month ago is unknown.
    with pytest.raises(StatusVerificationError) as caught:
        check(published(CLEAR), at=START.plus(-30 * DAY), fetched_at=NOW)
    assert "unknown" in caught.value.message


@pytest.mark.parametrize("age", [-1, float("nan"), float("inf")])
def test_an_age_that_is_no_length_is_misuse(age: float) -> None:
    with pytest.raises(ConfigurationError):
        check(published(CLEAR), max_age_seconds=age)


def test_no_age_at_all_believes_nothing() -> None:
    with pytest.raises(StatusStale):
        check(published(CLEAR), max_age_seconds=0)


def test_two_entries_for_one_place_contradict_each_other() -> None:
    both: JsonValue = ["suspension", "revocation"]
    subject = credential(entry(), entry(statusPurpose="suspension"))
    with pytest.raises(StatusVerificationError) as caught:
        check(with_subject(CLEAR, statusPurpose=both), subject=subject)
    assert caught.value.path == "$.credentialStatus[1]"
    with pytest.raises(StatusVerificationError):
        check(published(CLEAR), subject=credential(entry(), entry()))


def test_a_revocation_is_told_before_any_lesser_trouble() -> None:
    entries = [
        entry(statusListCredential="https://board.example/missing"),
        entry(statusPurpose="unknown", statusListIndex="1"),
        entry(type="Other"),
        entry(type="Other"),
        entry(),
    ]
    for order in (entries, entries[::-1]):
        with pytest.raises(Revoked):
            check(published(REVOKED), subject=credential(*order))
    # "No" is told before "unknown"; both refuse.
    with pytest.raises(StatusVerificationError):
        check(published(CLEAR), subject=credential(*entries))
    with pytest.raises(StatusRetrievalError):
        check(published(CLEAR), subject=credential(entries[0], entries[4]))


def test_all_entries_have_to_be_good() -> None:
    suspension = "https://board.example/status/8"
    subject = credential(
        entry(),
        entry(statusPurpose="suspension", statusListCredential=suspension),
    )
    clear = StatusList(purpose="suspension")
    for statuses, error in ((clear, None), (clear.with_bit(INDEX, True), Suspended)):
        second = published(statuses, id=suspension)
        lists = {
            **fetched(published(CLEAR)),
            suspension: VerifiedList(credential=second, fetched_at=NOW),
        }
        if error is None:
            results = check_status(subject, lists, at=NOW, max_age_seconds=DAY)
            assert [found.purpose for found in results] == ["revocation", "suspension"]
        else:
            with pytest.raises(error):
                check_status(subject, lists, at=NOW, max_age_seconds=DAY)


def test_a_list_of_version_1_1_is_read() -> None:
    document = published(REVOKED).document
    old = {
        name: value
        for name, value in document.items()
        if name not in {"validFrom", "validUntil"}
    }
    old["@context"] = ["https://www.w3.org/2018/credentials/v1"]
    old["issuanceDate"] = document["validFrom"]
    with pytest.raises(Revoked):
        check(parse_credential(old))


_JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=6) | st.just("revocation"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.sampled_from(["type", "statusPurpose", "encodedList", "ttl", "id"]),
    _JSON,
)
def test_a_changed_list_never_frees_a_revoked_credential(
    name: str, value: JsonValue
) -> None:
    subject = {**published(REVOKED).subjects[0].claims, name: value}
    document: JsonObject = {
        **published(REVOKED).document,
        "@context": [CONTEXT_V2],
        "issuer": BOARD,
        "credentialSubject": subject,
    }
    with pytest.raises(MedidError):
        check(parse_credential(document))
