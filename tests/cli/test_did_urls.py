"""``medid did dereference``, and versions and chains of ``medid did resolve``."""

from __future__ import annotations

import json
from base64 import encodebytes
from typing import TYPE_CHECKING, Any

import pytest

from medid.dids.webvh.location import locate
from tests.dids import test_x509 as certificates
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

KNOWN = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
KEY = f"{KNOWN}#{KNOWN[8:]}"
FIRST = logs.first("a")
ENTRIES = [FIRST, logs.after(FIRST, updateKeys=[], deactivated=True)]
DID = str(logs.did_of(ENTRIES))
PLACE = locate(logs.did_of(ENTRIES))


@pytest.fixture
def log(tmp_path: Path) -> str:
    file = tmp_path / "did.jsonl"
    file.write_bytes(logs.lines(ENTRIES[:1]))
    return f"--document={PLACE.log_url}={file}"


def test_a_key_is_named_by_its_did_url(medid: Command) -> None:
    told = medid("did", "dereference", KEY, "--relationship", "assertionMethod")
    assert (told.code, told.json()["id"]) == (0, KEY)
    refused = medid("did", "dereference", KEY, "--relationship", "keyAgreement")
    assert refused.code == 1
    assert refused.json()["error"]["code"] == "INVALID_RELATIONSHIP"
    one_line = medid("did", "dereference", KNOWN, "--json")
    assert one_line.out.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("not a did", 1, "INVALID_DID"),
        (f"{KNOWN}?a=b", 3, "METHOD_NOT_SUPPORTED"),
        (f"{KNOWN}#none", 1, "DID_NOT_FOUND"),
        ("did:web:board.example#key-1", 3, "EVIDENCE_UNAVAILABLE"),
        ("did:none:1?service=a", 3, "METHOD_NOT_SUPPORTED"),
    ],
)
def test_what_is_not_named_is_told_why(
    medid: Command, text: str, code: int, error: str
) -> None:
    told = medid("did", "dereference", text, "--offline")
    assert (told.code, told.json()["error"]["code"]) == (code, error)


def test_places_and_resources(medid: Command, log: str, tmp_path: Path) -> None:
    places = medid("did", "dereference", f"{DID}?service=files", log, "--urls")
    assert (places.code, places.out) == (0, "https://board.example/\n")
    page = tmp_path / "whois.vp"
    page.write_bytes(b'{"a": 1}')
    resource = f"--document=https://board.example/whois.vp={page}"
    asked = ("did", "dereference", f"{DID}/whois", log, resource, "--offline")
    out = tmp_path / "out"
    assert medid(*asked, "--out", out).code == 0
    assert out.read_bytes() == page.read_bytes()
    printed = medid(*asked)
    assert (printed.code, printed.out) == (0, '{"a": 1}')


def resolved(medid: Command, *flags: Any) -> Any:
    told = medid("did", "resolve", *flags, "--offline", "--json")
    return told.code, json.loads(told.out)


def test_a_version_is_asked_for(medid: Command, tmp_path: Path) -> None:
    file = tmp_path / "did.jsonl"
    file.write_bytes(logs.lines(ENTRIES))
    log = f"--document={PLACE.log_url}={file}"
    code, latest = resolved(medid, DID, log)
    assert (code, latest["didDocument"]) == (1, None)
    assert latest["didDocumentMetadata"]["deactivated"] is True
    first = str(FIRST["versionId"])
    code, found = resolved(medid, DID, log, "--version-id", first)
    assert (code, found["didDocumentMetadata"]["versionId"]) == (0, first)
    then = str(logs.NOON.plus(1))
    code, found = resolved(medid, DID, log, "--version-time", then)
    assert (code, found["didDocumentMetadata"]["versionId"]) == (0, first)
    assert medid("did", "resolve", DID, log, "--version-time", "then").code == 2


def pem(*holders: Any) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n"
        % encodebytes(one.der)
        for one in holders
    )


def test_a_chain_is_handed_in(medid: Command, tmp_path: Path) -> None:
    chain = (certificates.LEAF, certificates.MIDDLE, certificates.ROOT)
    did, at = str(certificates.DID), str(certificates.AT)
    file = tmp_path / "chain.pem"
    file.write_bytes(pem(*chain))
    code, found = resolved(medid, did, "--x5c", file, "--version-time", at)
    assert (code, found["didDocument"]["id"]) == (0, did)
    code, found = resolved(medid, did, "--version-time", at)
    assert code == 3
    file.write_bytes(b"none")
    assert medid("did", "resolve", did, "--x5c", file).code == 2
    file.write_bytes(pem(*[certificates.ROOT] * 9))
    assert medid("did", "resolve", did, "--x5c", file).code == 2
