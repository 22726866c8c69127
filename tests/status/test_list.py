"""The issuer's side: changing statuses, choosing an index, publishing the list."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Window
from medid.credentials import parse_credential
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    StatusListLengthError,
    StatusRangeError,
)
from medid.status import StatusList, allocate, decode, list_credential
from medid.status.bitstring import create
from tests.status.lists import BOARD, END, START, URL, published, with_subject

if TYPE_CHECKING:
    from medid.core.json import JsonObject


def test_a_change_gives_a_new_list() -> None:
    before = StatusList(purpose="suspension")
    after = before.with_bit(7, True)
    assert (before.status(7), after.status(7)) == (0, 1)
    assert after.bits[0] == 1
    assert after.with_bit(7, False) == before
    assert after.entries == 131_072


@given(st.dictionaries(st.integers(0, 131_071), st.integers(0, 3), max_size=9))
def test_many_changes_at_once(changes: dict[int, int]) -> None:
    statuses = StatusList(purpose="message", bits=bytes(32_768), size=2)
    after = statuses.with_statuses(changes)
    assert all(after.status(index) == value for index, value in changes.items())
    assert sum(map(int.bit_count, after.bits)) == sum(
        value.bit_count() for value in changes.values()
    )


def test_a_revocation_is_for_good() -> None:
    revoked = StatusList(purpose="revocation").with_bit(1, True)
    assert revoked.with_bit(1, True) == revoked
    assert revoked.with_bit(2, False) == revoked
    with pytest.raises(ConfigurationError):
        revoked.with_bit(1, False)


def test_two_lists_are_joined() -> None:
    empty = StatusList(purpose="revocation")
    one, two = empty.with_bit(1, True), empty.with_bit(131_071, True)
    both = one.with_bit(131_071, True)
    assert (one.lacks(two), two.lacks(one), both.lacks(one)) == (True, True, False)
    assert one.joined(two) == two.joined(one) == both
    assert both.joined(one) == both
    for other in (
        StatusList(purpose="suspension").with_bit(5, True),
        StatusList(purpose="revocation", bits=b"\xff" * 16_385),
        StatusList(purpose="message", bits=b"\xff" * 32_768, size=2),
    ):
        assert not one.lacks(other)
        with pytest.raises(ConfigurationError):
            one.joined(other)


@pytest.mark.parametrize(
    ("purpose", "bits", "size"),
    [
        ("", bytes(16_384), 1),
        ("Revocation", bytes(16_384), 1),
        ("revocation", bytes(32_768), 2),
        ("message", bytes(32_768), 0),
        ("message", bytes(2**20), 33),
        ("message", bytes(2**23 + 1), 1),
    ],
)
def test_a_list_that_no_verifier_accepts_is_not_made(
    purpose: str, bits: bytes, size: int
) -> None:
    with pytest.raises(ConfigurationError):
        StatusList(purpose=purpose, bits=bits, size=size)


def test_a_list_may_be_as_long_and_as_wide_as_the_limits() -> None:
    assert StatusList(purpose="revocation", bits=bytes(2**23)).entries == 2**26
    wide = StatusList(purpose="message", bits=bytes(4 * 131_072), size=32)
    assert wide.entries == 131_072
    assert len(create(2**26)) == len(create(2**21, size=32)) == 2**23


def test_a_list_that_is_too_short_is_not_made() -> None:
    with pytest.raises(StatusListLengthError):
        StatusList(purpose="revocation", bits=bytes(16_383))


def test_an_index_outside_the_list_is_refused() -> None:
    for index in (-1, 131_072):
        with pytest.raises(StatusRangeError):
            StatusList(purpose="revocation").with_bit(index, True)


def test_an_index_is_drawn_from_the_free_ones() -> None:
    free = [3, 5, 8, 13]
    numbers = iter([b"\xff", b"\xfe", b"\x02"])
    # 256 is a multiple of 4, so that no number has to be drawn again.
    assert allocate(free, entropy=lambda _: next(numbers)) == 13
    assert allocate(free, entropy=lambda _: next(numbers)) == 8
    assert allocate([42]) == 42


def test_a_number_that_would_favour_the_first_is_drawn_again() -> None:
    numbers = iter([b"\xff", b"\x04"])
    assert allocate([10, 11, 12], entropy=lambda _: next(numbers)) == 11
    assert next(numbers, None) is None


def test_each_free_index_is_as_likely_as_any_other() -> None:
    free = range(100, 300)
    numbers = iter(bytes(range(200)))
    found = Counter(
        allocate(free, entropy=lambda _: bytes([next(numbers)])) for _ in free
    )
    assert found == Counter(free)
    wide = range(1_000)
    assert {allocate(wide) for _ in range(50)} <= set(wide)


def test_a_full_list_gives_no_index() -> None:
    with pytest.raises(ConfigurationError):
        allocate([])


def test_the_published_list() -> None:
    statuses = StatusList(purpose="revocation").with_bit(5, True)
    document = list_credential(
        statuses,
        url=URL,
        issuer=BOARD,
        validity=Window(START, END),
        ttl_milliseconds=300_000,
    )
    encoded = document["credentialSubject"]
    assert isinstance(encoded, dict)
    assert decode(str(encoded.pop("encodedList"))) == statuses.bits
    assert document == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": BOARD,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-01-08T00:00:00Z",
        "credentialSubject": {
            "id": f"{URL}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "ttl": 300_000,
        },
    }


def test_a_list_may_have_no_end_and_no_ttl() -> None:
    statuses = StatusList(purpose="suspension")
    document = list_credential(
        statuses, url=URL, issuer=BOARD, validity=Window(START, None)
    )
    found = parse_credential(document)
    assert found.validity == Window(START, None)
    assert "ttl" not in found.subjects[0].claims


@pytest.mark.parametrize(
    "changes",
    [{"validity": Window(None, END)}, {"ttl_milliseconds": 0}],
)
def test_a_list_without_start_or_ttl_is_not_published(changes: JsonObject) -> None:
    settings = {"url": URL, "issuer": BOARD, "validity": Window(START, END), **changes}
    with pytest.raises(ConfigurationError):
        list_credential(StatusList(purpose="revocation"), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "issuer", "validity"),
    [
        ("status/7", BOARD, Window(START, END)),
        (URL, "board", Window(START, END)),
        (URL, BOARD, Window(END, START)),
    ],
)
def test_what_would_be_refused_is_not_published(
    url: str, issuer: str, validity: Window
) -> None:
    with pytest.raises(MalformedValue):
        list_credential(
            StatusList(purpose="revocation"), url=url, issuer=issuer, validity=validity
        )


def test_a_published_list_can_be_read_back() -> None:
    statuses = StatusList(purpose="suspension").with_bit(5, True)
    assert StatusList.from_credential(published(statuses)) == statuses
    wide = StatusList(purpose="message", bits=bytes(32_768), size=2)
    changed = wide.with_statuses({7: 2})
    assert StatusList.from_credential(published(changed), size=2) == changed


def test_what_is_no_status_list_is_not_read_back() -> None:
    statuses = StatusList(purpose="suspension")
    subject = published(statuses).subjects[0].claims
    for wrong in (
        published(statuses, type="VerifiableCredential"),
        published(statuses, credentialSubject=[subject, subject]),
        with_subject(statuses, statusPurpose=["suspension"]),
        with_subject(statuses, encodedList="u"),
    ):
        with pytest.raises(MalformedValue):
            StatusList.from_credential(wrong)
    with pytest.raises(ConfigurationError):
        StatusList.from_credential(with_subject(statuses, statusPurpose="other"))
