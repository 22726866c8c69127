"""The hashes of a log, and the one spelling that each of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from medid.dids.webvh import hashing
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject

# The example of the specification, #generate-entry-hash.
EXAMPLE: JsonObject = {
    "versionId": "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE",
    "versionTime": "2025-04-01T17:39:50Z",
    "parameters": {
        "witness": {
            "threshold": 2,
            "witnesses": [
                {
                    "id": "did:key:z6Mkkc51mg2vpQzKWAbWQZupeGYhowaBjYkmvcKMTqteqHB4",
                    "weight": 1,
                },
                {
                    "id": "did:key:z6MkuDdJdKLCgwZuQuEi9xG6LVgJJ9Tebr74CXPYPSumqgJs",
                    "weight": 1,
                },
                {
                    "id": "did:key:z6MkoSWmQyp4fTk4ZQy4KUsss9dFX51XfEUzKKKj1J1JUsrF",
                    "weight": 1,
                },
            ],
        },
        "updateKeys": ["z6MkgzBDcBFV3sk4ypPE5YXMZHmS213A3HpYY2LmcVKV15jr"],
        "nextKeyHashes": ["QmZreDcjvWEpyRFznQeExWNCsvMLk5i59AcRJJuQC8UodJ"],
        "method": "did:webvh:0.5",
        "scid": "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE",
    },
    "state": {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": "did:webvh:QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE:domain.example",
    },
}
EXAMPLE_HASH = "QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"


def test_the_entry_of_the_specification_has_its_hash_and_scid() -> None:
    scid = str(EXAMPLE["versionId"])
    assert hashing.entry_hash(EXAMPLE, scid) == EXAMPLE_HASH
    assert hashing.scid(hashing.without_scid(EXAMPLE, scid)) == scid


def test_neither_proof_nor_version_id_is_hashed() -> None:
    other = {**EXAMPLE, "versionId": "1-x", "proof": []}
    assert hashing.entry_hash(other, str(EXAMPLE["versionId"])) == EXAMPLE_HASH


def test_the_placeholder_comes_and_goes_in_names_and_values() -> None:
    one: JsonObject = {
        "versionId": "{SCID}",
        "a{SCID}": ["did:webvh:{SCID}:x", {"b": "{SCID}"}],
    }
    scid = hashing.multihash(b"")
    with_scid = hashing.with_scid(one, scid)
    assert with_scid[f"a{scid}"] == [f"did:webvh:{scid}:x", {"b": scid}]
    assert hashing.without_scid(with_scid, scid) == one


def test_a_key_hash_is_over_the_text_of_the_key() -> None:
    text = logs.multikey("a")
    assert hashing.fits(hashing.key_hash(text), text.encode())


@given(data=st.binary())
def test_a_hash_has_one_spelling(data: bytes) -> None:
    text = hashing.multihash(data)
    assert len(text) == hashing.HASH_CHARACTERS
    assert hashing.is_hash(text)
    assert hashing.fits(text, data)
    assert not hashing.fits(text, data + b".")
    for other in ("1" + text, text + "1", text[:-1], text[1:], " " + text, "z" + text):
        assert not hashing.is_hash(other)
        assert not hashing.fits(other, data)


def test_what_is_no_sha_256_multihash_is_no_hash() -> None:
    # 46 characters each: other hashes, other lengths, another alphabet, no ASCII.
    for text in (
        "1" * 46,
        "z" * 46,
        "0" * 46,
        "Qm" + "l" * 44,
        "Qm" + "é" * 44,
        "-" * 46,
    ):
        assert not hashing.is_hash(text)
