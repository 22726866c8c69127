"""StatusList2021, the draft before Bitstring Status List: read, never written."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core.memory import Memory
from medid.credentials import CONTEXT_V2, parse_credential
from medid.errors import (
    MalformedValue,
    MedidError,
    Revoked,
    StatusListLengthError,
    StatusRangeError,
    StatusStale,
    StatusVerificationError,
    Suspended,
)
from medid.status import VerifiedList, check_entry, check_status, needs
from medid.status.bitstring import decode_2021
from tests.status import lists
from tests.status.lists import BOARD, INDEX, NOW, URL

if TYPE_CHECKING:
    from medid.credentials import Credential

SIZE: Final = 16_384  # bytes
DAY: Final = 86_400


def bits(*ones: int, size: int = SIZE) -> bytes:
    """A bitstring with ``ones`` set, the first bit leftmost."""
    content = bytearray(size)
    for index in ones:
        content[index // 8] |= 0x80 >> index % 8
    return bytes(content)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(gzip.compress(content)).rstrip(b"=").decode()


def subject(purpose: str = "revocation", **changes: Any) -> Credential:
    return lists.credential(
        lists.entry(type="StatusList2021Entry", statusPurpose=purpose, **changes)
    )


def status_list(*ones: int, purpose: Any = "revocation", **members: Any) -> Credential:
    claims = {
        "id": f"{URL}#list",
        "type": "StatusList2021",
        "statusPurpose": purpose,
        "encodedList": encoded(bits(*ones)),
    }
    claims |= members.pop("claims", {})
    document: dict[str, Any] = {
        "@context": [CONTEXT_V2, "https://w3id.org/vc/status-list/2021/v1"],
        "id": URL,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": BOARD,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": claims,
        **members,
    }
    return parse_credential(document)


def check(found: Credential, asked: Credential | None = None) -> int:
    listed = {URL: VerifiedList(credential=found, fetched_at=NOW)}
    [result] = check_status(asked or subject(), listed, at=NOW, max_age_seconds=DAY)
    return result.value


def test_the_first_bit_is_the_leftmost() -> None:
    assert check(status_list()) == 0
    assert check(status_list(INDEX - 1, INDEX + 1, 0, 8 * SIZE - 1)) == 0
    for index in (0, 1, 7, 8, INDEX, 8 * SIZE - 1):
        asked = subject(statusListIndex=str(index))
        assert check(status_list(index ^ 1), asked) == 0
        with pytest.raises(Revoked):
            check(status_list(index), asked)


def test_a_suspension_is_told_apart() -> None:
    with pytest.raises(Suspended):
        check(status_list(INDEX, purpose="suspension"), subject("suspension"))
    assert check(status_list(purpose="suspension"), subject("suspension")) == 0


def test_the_list_is_asked_for_like_any_other() -> None:
    assert [need.url for need in needs(subject())] == [URL]


@pytest.mark.parametrize("purpose", ["message", "refresh", "Revocation", "other"])
def test_there_are_two_purposes(purpose: str) -> None:
    with pytest.raises(StatusVerificationError):
        check(status_list(purpose=purpose), subject(purpose))


def test_an_entry_that_names_no_list_cannot_be_judged() -> None:
    raw = lists.entry(type="StatusList2021Entry")
    del raw["statusListCredential"]
    with pytest.raises(StatusVerificationError) as caught:
        check(status_list(), lists.credential(raw))
    assert caught.value.path == "$.credentialStatus[0].type"


def test_neither_draft_reads_the_lists_of_the_other() -> None:
    with pytest.raises(StatusVerificationError):
        check(status_list(), lists.credential(lists.entry()))
    published = lists.published(lists_of_today())
    with pytest.raises(StatusVerificationError):
        check(published)
    # Nor a list that is half of each.
    with pytest.raises(StatusVerificationError):
        check(status_list(claims={"type": "BitstringStatusList"}))
    mixed = status_list(claims={"encodedList": "u" + encoded(bits())})
    with pytest.raises(MalformedValue):
        check(mixed)


def lists_of_today() -> Any:
    from medid.status import StatusList

    return StatusList(purpose="revocation")


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"id": f"{URL}/"}, StatusVerificationError),
        ({"issuer": "did:web:other.example"}, StatusVerificationError),
        ({"type": ["VerifiableCredential"]}, StatusVerificationError),
        ({"validFrom": "2026-02-01T00:00:00Z"}, StatusVerificationError),
        ({"validUntil": "2026-01-02T00:00:00Z"}, StatusStale),
        ({"purpose": "suspension"}, StatusVerificationError),
        ({"claims": {"encodedList": encoded(bytes(SIZE - 1))}}, StatusListLengthError),
        ({"claims": {"encodedList": 7}}, MalformedValue),
    ],
)
def test_a_list_that_cannot_be_relied_on(
    members: dict[str, Any], error: type[MedidError]
) -> None:
    with pytest.raises(error):
        check(status_list(**members))


def test_an_index_outside_is_out_of_range() -> None:
    with pytest.raises(StatusRangeError):
        check(status_list(), subject(statusListIndex=str(8 * SIZE)))


def test_both_alphabets_of_base64_are_read_and_nothing_between() -> None:
    content = bytes(range(256)) * 64
    raw = gzip.compress(content)
    assert decode_2021(encoded(content)) == content
    assert decode_2021(base64.b64encode(raw).decode()) == content
    standard = base64.b64encode(raw).decode()
    assert {"+", "/"} <= set(standard)
    wrong = [
        base64.urlsafe_b64encode(raw).decode() + "==",
        standard.replace("+", "-"),
        standard[:76] + "\n" + standard[76:],
        "u" + encoded(content),
        raw.hex(),
        "",
        "=",
    ]
    for text in wrong:
        with pytest.raises(MalformedValue):
            decode_2021(text)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(StatusListLengthError):
        decode_2021(encoded(bytes(8 * 1024 * 1024 + 1)))
    with pytest.raises(StatusListLengthError):
        decode_2021("!" * (12 * 1024 * 1024 + 1))


def test_a_remembered_list_is_read_by_its_own_draft_only() -> None:
    memory, text = Memory(), encoded(bits())
    found = VerifiedList(credential=status_list(), fetched_at=NOW)
    (entry,) = subject().status
    arguments: Any = {
        "issuers": {BOARD},
        "at": NOW,
        "max_age_seconds": 60,
        "memory": memory,
    }
    assert check_entry(entry, found, **arguments).value == 0
    (today,) = lists.credential(lists.entry()).status
    listed = lists.with_subject(lists_of_today(), encodedList=text)
    with pytest.raises(MalformedValue):
        check_entry(today, VerifiedList(credential=listed, fetched_at=NOW), **arguments)


def test_what_is_known_of_a_list_is_known_for_one_purpose_and_one_form() -> None:
    both = ["VerifiableCredential", "StatusList2021Credential"]
    both.append("BitstringStatusListCredential")
    found = VerifiedList(credential=status_list(type=both), fetched_at=NOW)
    arguments: Any = {"issuers": {BOARD}, "at": NOW, "max_age_seconds": 60}
    (revocation,) = subject().status
    assert check_entry(revocation, found, **arguments).value == 0
    (suspension,) = subject("suspension").status
    (today,) = lists.credential(lists.entry()).status
    for other, reason in ((suspension, "purpose"), (today, "subject")):
        with pytest.raises(StatusVerificationError, match=reason):
            check_entry(other, found, **arguments)
    assert check_entry(revocation, found, **arguments).value == 0
