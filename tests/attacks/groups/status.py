"""Status: unknown, stale or unreadable is never "not revoked"."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, STRANGER, edited, plain
from tests.attacks.honest import b64, signed, signed_rdfc
from tests.attacks.lists import (
    INDEX,
    LIST,
    SECOND_LIST,
    SIZE,
    bits,
    draft_list,
    encoded,
    entry,
    packed,
    status_list,
    with_status,
)
from tests.attacks.worlds import EXAMPLES_V2, V2

_LIST_CODES: Final = (
    "STATUS_VERIFICATION_ERROR STATUS_LIST_LENGTH_ERROR RANGE_ERROR TOO_LARGE "
    "MALFORMED_VALUE_ERROR PARSING_ERROR STATUS_RETRIEVAL_ERROR STATUS_STALE "
    "PROOF_VERIFICATION_ERROR EXPIRED NOT_YET_VALID"
)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="status", canaries=CANARIES)
    _set_bits(group)
    _indexes(group)
    _entries(group)
    _lists(group)
    _encodings(group)
    _absent(group)
    return group.made


def _set_bits(group: Group) -> None:
    for purpose, code in (("revocation", "REVOKED"), ("suspension", "SUSPENDED")):
        for index in (0, 7, 8, INDEX, SIZE - 1):
            document = with_status(entry(str(index), purpose=purpose))
            listed = status_list(index, purpose=purpose)
            group.add(
                f"{purpose}-{index}", document, codes=code, documents={LIST: listed}
            )
    clear = status_list()
    suspended = status_list(INDEX, purpose="suspension", id=f"{SECOND_LIST}#list")
    suspended = signed(
        {**draft_list(INDEX, purpose="suspension"), "id": SECOND_LIST}, BOARD
    )
    second = entry(
        purpose="suspension", id=f"{SECOND_LIST}#1", statusListCredential=SECOND_LIST
    )
    both: dict[str, Doc | bytes | str] = {LIST: clear, SECOND_LIST: suspended}
    group.add(
        "second-entry-suspended",
        with_status(entry(), second),
        codes="SUSPENDED",
        documents=both,
    )
    group.add(
        "first-entry-suspended",
        with_status(second, entry()),
        codes="SUSPENDED",
        documents=both,
    )
    several = status_list(INDEX, purpose=["revocation", "suspension"])
    group.add(
        "purpose-array-revoked",
        with_status(entry()),
        codes="REVOKED",
        documents={LIST: several},
    )
    expired_too = with_status(entry(), validUntil="2026-01-31T00:00:00Z")
    group.add(
        "revoked-and-expired",
        expired_too,
        codes="REVOKED EXPIRED",
        documents={LIST: status_list(INDEX)},
    )
    rdfc = signed_rdfc(plain(credentialStatus=entry()), BOARD)
    revoked = signed_rdfc(draft_list(INDEX), BOARD)
    group.add("revoked-rdfc", rdfc, codes="REVOKED", documents={LIST: revoked})
    message = status_list(INDEX, purpose="message")
    group.add(
        "purpose-of-list-differs",
        with_status(entry()),
        codes=_LIST_CODES,
        documents={LIST: message},
    )


def _indexes(group: Group) -> None:
    indexes: dict[str, Any] = {
        "size": str(SIZE),
        "beyond": "999999999",
        "huge": "9" * 400,
        "very-long": "9" * 100_000,
        "negative": "-1",
        "minus-zero": "-0",
        "plus": "+94567",
        "leading-zero": "094567",
        "float": "94567.0",
        "exponent": "9e4",
        "space": " 94567",
        "newline": "94567\n",
        "underscore": "94_567",
        "hex": "0x17167",
        "arabic-digits": "\u0669\u0664\u0665\u0666\u0667",
        "fullwidth-digits": "\uff19\uff14\uff15\uff16\uff17",
        "superscript": "9\u00b2",
        "empty": "",
        "word": "none",
        "number-negative": -1,
        "number-float": 94567.5,
        "true": True,
        "array": [str(INDEX)],
        "object": {"index": INDEX},
        "null-text": "null",
    }
    for name, index in indexes.items():
        group.add(
            f"index-{name}",
            with_status(entry(index)),
            codes="RANGE_ERROR MALFORMED_VALUE_ERROR STATUS_VERIFICATION_ERROR",
            documents={LIST: status_list()},
        )
    missing = with_status(entry(index=None))
    group.add("index-missing", missing, documents={LIST: status_list()})


def _entries(group: Group) -> None:
    clear: dict[str, Doc | bytes | str] = {LIST: status_list()}
    entries: dict[str, Any] = {
        "type-unknown": {**entry(), "type": "MyStatusEntry"},
        "type-array-unknown": {**entry(), "type": ["MyStatusEntry"]},
        "type-list-itself": {**entry(), "type": "BitstringStatusList"},
        "purpose-missing": entry(purpose=None),
        "purpose-unknown": entry(purpose="mystery"),
        "purpose-number": entry(purpose=7),
        "purpose-empty": entry(purpose=""),
        "purpose-case": entry(purpose="Revocation"),
        "purpose-array": entry(purpose=["revocation"]),
        "list-missing": entry(statusListCredential=None),
        "list-relative": entry(statusListCredential="/status/1"),
        "list-http": entry(statusListCredential="http://board.example/status/1"),
        "list-file": entry(statusListCredential="file:///etc/passwd"),
        "list-number": entry(statusListCredential=7),
        "list-array": entry(statusListCredential=[LIST]),
        "list-object": entry(statusListCredential={"id": LIST}),
        "list-fragment": entry(statusListCredential=f"{LIST}#list"),
        "list-userinfo": entry(
            statusListCredential="https://a:b@board.example/status/1"
        ),
        "list-space": entry(statusListCredential=f"{LIST} "),
        "size-2": entry(statusSize=2),
        "size-text": entry(statusSize="1"),
        "size-zero": entry(statusSize=0),
        "size-huge": entry(statusSize=10**9),
    }
    for name, status in entries.items():
        draft = plain(**{"@context": [V2, EXAMPLES_V2], "credentialStatus": status})
        group.add(
            f"entry-{name}",
            signed(draft, BOARD),
            expect="not-verified",
            documents=clear,
            why="an entry that cannot be checked is no clear entry",
        )
    unknown = with_status(
        entry(), {**entry(), "id": "urn:x:2", "type": "BitstringStatusList"}
    )
    group.add("entry-good-and-unknown", unknown, expect="not-verified", documents=clear)
    many = with_status(*[entry(str(n), id=f"{LIST}#{n}") for n in range(300)])
    group.add("entry-300", many, expect="not-verified", documents={})


def _lists(group: Group) -> None:
    clear = status_list()
    draft = draft_list()
    expired = {**draft, "validUntil": "2026-06-15T11:59:59Z"}
    future = {**draft, "validFrom": "2026-06-15T18:00:00Z"}
    other = {**draft, "issuer": STRANGER.did}
    tampered = edited(clear, "credentialSubject", "encodedList", value=encoded(bits(3)))
    revoked_list = signed({**draft, "credentialStatus": entry("3")}, BOARD)
    lists: dict[str, Doc | bytes | str] = {
        "tampered": tampered,
        "unsigned": draft,
        "proof-empty": {**draft, "proof": []},
        "by-stranger": signed(draft, STRANGER),
        "by-holder": signed(draft, DOCTOR),
        "of-other-issuer": signed(other, STRANGER),
        "names-other-issuer": signed(other, BOARD),
        "expired": signed(expired, BOARD),
        "not-yet-valid": signed(future, BOARD),
        "other-id": signed({**draft, "id": SECOND_LIST}, BOARD),
        "id-slash": signed({**draft, "id": f"{LIST}/"}, BOARD),
        "id-case": signed({**draft, "id": LIST.replace("board", "BOARD")}, BOARD),
        "id-fragment": signed({**draft, "id": f"{LIST}#list"}, BOARD),
        "id-missing": signed({k: v for k, v in draft.items() if k != "id"}, BOARD),
        "ttl-negative": signed(
            edited(draft, "credentialSubject", "ttl", value=-1), BOARD
        ),
        "ttl-text": signed(edited(draft, "credentialSubject", "ttl", value="1"), BOARD),
        "type-missing": signed({**draft, "type": ["VerifiableCredential"]}, BOARD),
        "subject-type": signed(
            edited(
                draft, "credentialSubject", "type", value="BitstringStatusListEntry"
            ),
            BOARD,
        ),
        "subject-array": signed(
            {**draft, "credentialSubject": [draft["credentialSubject"]] * 2}, BOARD
        ),
        "subject-missing": signed(
            {k: v for k, v in draft.items() if k != "credentialSubject"}, BOARD
        ),
        "purpose-missing": signed(
            edited(draft, "credentialSubject", "statusPurpose"), BOARD
        ),
        "purpose-other": status_list(purpose="suspension"),
        "purpose-empty": status_list(purpose=[]),
        "purpose-number": status_list(purpose=7),
        "authentication-proof": signed(draft, BOARD, proofPurpose="authentication"),
        "proof-expired": signed(draft, BOARD, expires="2026-06-02T00:00:00Z"),
        "itself-has-status": revoked_list,
        "other-credential": signed(plain(id=LIST), BOARD),
        "html": "<!doctype html>",
        "empty": b"",
        "null": "null",
        "empty-object": {},
        "array": "[]",
        "error-object": {"error": "not found"},
        "json-deep": "[" * 100_000,
    }
    for name, listed in lists.items():
        group.add(
            f"list-{name}",
            with_status(entry()),
            expect="not-verified",
            documents={LIST: listed},
            why="a list that cannot be relied on says nothing",
        )


def _encodings(group: Group) -> None:
    good = encoded(bits())
    raw = packed(bits())
    bomb = packed(bytes(64 * 1024 * 1024))
    nested = packed(packed(bytes(20 * 1024 * 1024)) * 50)
    encodings: dict[str, Any] = {
        "short": encoded(bits(size=SIZE - 8)),
        "one-byte": encoded(b"\x00"),
        "empty": "",
        "no-bits": encoded(b""),
        "no-multibase": good[1:],
        "base58": "z" + good[1:],
        "base64-letters": "u" + good[1:].replace("-", "+").replace("_", "/") + "==",
        "padded": good + "=",
        "spaces": good[:20] + " " + good[20:],
        "newline": good + "\n",
        "not-gzip": "u" + b64(bits()),
        "zlib": "u" + b64(zlib.compress(bits())),
        "deflate": "u" + b64(zlib.compress(bits())[2:-4]),
        "truncated": "u" + b64(raw[:-9]),
        "bad-checksum": "u" + b64(raw[:-8] + b"\x00\x00\x00\x01" + raw[-4:]),
        "bad-length": "u" + b64(raw[:-4] + b"\x00\x00\x00\x01"),
        "trailing-bytes": "u" + b64(raw + b"trailing"),
        "trailing-zeros": "u" + b64(raw + bytes(8)),
        "trailing-member": "u" + b64(raw + packed(bits(INDEX))),
        "two-halves": "u" + b64(packed(bits()[:8192]) + packed(bits()[8192:])),
        "bomb-64-mib": "u" + b64(bomb),
        "bomb-many-members": "u" + b64(gzip.compress(bytes(1024 * 1024), mtime=0) * 40),
        "nested": "u" + b64(nested),
        "number": 7,
        "array": [good],
        "null-text": "null",
    }
    for name, value in encodings.items():
        listed = status_list(encodedList=value)
        group.add(
            f"encoding-{name}",
            with_status(entry()),
            expect="not-verified",
            codes="" if name == "nested" else _LIST_CODES,
            documents={LIST: listed},
        )


def _absent(group: Group) -> None:
    document = with_status(entry())
    group.add("absent", document, expect="undecided", codes="STATUS_RETRIEVAL_ERROR")
    elsewhere: dict[str, Doc | bytes | str] = {SECOND_LIST: status_list()}
    group.add(
        "absent-elsewhere",
        document,
        expect="undecided",
        codes="STATUS_RETRIEVAL_ERROR",
        documents=elsewhere,
    )
    required = ("--status", "required")
    group.add("required-absent", document, expect="undecided", args=required)
    group.add("required-no-entry", signed(plain(), BOARD), args=required)
    revoked: dict[str, Doc | bytes | str] = {LIST: status_list(INDEX)}
    group.add(
        "required-revoked", document, codes="REVOKED", args=required, documents=revoked
    )
    expired = with_status(entry(), validUntil="2026-01-31T00:00:00Z")
    group.add("off-still-expired", expired, codes="EXPIRED", args=("--status", "off"))
    forged = {**document, "validUntil": "2028-01-01T00:00:00Z"}
    group.add("off-still-forged", forged, args=("--status", "off"))
