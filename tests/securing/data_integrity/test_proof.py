"""Reading proofs: strict, bounded, and never satisfied by nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core.multibase import to_base58btc, to_base64url
from medid.errors import MalformedProof, TooLarge
from medid.securing.data_integrity import MAX_PROOFS, read_proofs
from medid.securing.data_integrity.hash_and_sign import read_signature

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

PROOF: JsonObject = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "verificationMethod": "did:example:a#b",
    "proofPurpose": "assertionMethod",
    "proofValue": "z1",
}


def _read(**members: JsonValue) -> Any:
    return read_proofs({"proof": {**PROOF, **members}})[0]


def test_reads_every_member() -> None:
    proof = _read(
        id="urn:1",
        created="2026-01-01T00:00:00Z",
        expires="2026-01-02T00:00:00+01:00",
        challenge="c",
        domain=["a", "b"],
        nonce="n",
        unknown={"kept": True},
    )
    assert str(proof.created) == "2026-01-01T00:00:00Z"
    assert proof.created < proof.expires
    assert (proof.challenge, proof.domain, proof.nonce) == ("c", ("a", "b"), "n")
    assert proof.suite == proof.cryptosuite == "eddsa-rdfc-2022"
    assert proof.options["unknown"] == {"kept": True}
    assert (proof.id, proof.path) == ("urn:1", "$.proof")
    assert proof.previous_proof == ()


def test_an_older_proof_names_its_suite_by_its_type() -> None:
    proof = _read(type="Ed25519Signature2020", cryptosuite=5, domain="a")
    assert (proof.cryptosuite, proof.suite) == (None, "Ed25519Signature2020")
    assert proof.domain == ("a",)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "$"),
        ({"proof": []}, "$.proof"),
        ({"proof": None}, "$.proof"),
        ({"proof": "z"}, "$.proof"),
        ({"proof": [PROOF, None]}, "$.proof[1]"),
        ({"proof": [[PROOF]]}, "$.proof[0]"),
    ],
)
def test_no_proof_is_no_proof(document: JsonObject, path: str) -> None:
    with pytest.raises(MalformedProof) as caught:
        read_proofs(document)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", None),
        ("type", ["DataIntegrityProof"]),
        ("type", ""),
        ("cryptosuite", None),
        ("cryptosuite", ""),
        ("verificationMethod", {"id": "did:example:a#b"}),
        ("verificationMethod", ""),
        ("proofPurpose", ["assertionMethod"]),
        ("created", "2026-01-01"),
        ("created", "2026-01-01T00:00:00"),
        ("created", 5),
        ("expires", "tomorrow"),
        ("expires", None),
        ("challenge", 5),
        ("challenge", ""),
        ("domain", []),
        ("domain", [""]),
        ("domain", ["a", "a"]),
        ("domain", [5]),
        ("domain", {"a": 1}),
        ("nonce", 5),
        ("id", 5),
        ("id", "a"),
        ("id", "#proof-1"),
        ("id", "urn:uuid:1 2"),
        ("previousProof", []),
        ("previousProof", [None]),
    ],
)
def test_a_member_of_another_form_is_refused(name: str, value: JsonValue) -> None:
    with pytest.raises(MalformedProof) as caught:
        _read(**{name: value})
    assert caught.value.path.startswith(f"$.proof.{name}")


@pytest.mark.parametrize(
    "name", ["type", "cryptosuite", "verificationMethod", "proofPurpose"]
)
def test_a_missing_member_is_refused(name: str) -> None:
    proof = {k: v for k, v in PROOF.items() if k != name}
    with pytest.raises(MalformedProof):
        read_proofs({"proof": [proof]})


def _proof(name: str | None, *previous: str) -> JsonObject:
    proof = dict(PROOF)
    if name is not None:
        proof["id"] = f"urn:proof:{name}"
    if previous:
        proof["previousProof"] = [f"urn:proof:{one}" for one in previous]
    return proof


def test_ids_are_unique_and_may_be_missing() -> None:
    assert len(read_proofs({"proof": [_proof(None), _proof(None), _proof("a")]})) == 3
    with pytest.raises(MalformedProof, match="share this id"):
        read_proofs({"proof": [_proof("a"), _proof("a")]})


@pytest.mark.parametrize(
    "proofs",
    [
        [_proof("a", "a")],
        [_proof("a", "b"), _proof("b", "a")],
        [_proof("x"), _proof("a", "x", "c"), _proof("b", "a"), _proof("c", "b")],
    ],
)
def test_a_chain_must_not_lead_in_a_circle(proofs: list[JsonValue]) -> None:
    with pytest.raises(MalformedProof, match="circle"):
        read_proofs({"proof": proofs})


def test_a_chain_must_name_proofs_of_this_document() -> None:
    with pytest.raises(MalformedProof, match="no proof here") as caught:
        read_proofs({"proof": [_proof("a"), _proof("b", "a", "c")]})
    assert caught.value.path == "$.proof[1].previousProof"


def test_a_chain_may_be_written_in_any_order() -> None:
    proofs: list[JsonValue] = [_proof(None, "b", "a"), _proof("b", "a"), _proof("a")]
    found = read_proofs({"proof": proofs})[0].previous_proof
    assert found == ("urn:proof:b", "urn:proof:a")


def test_at_most_sixteen_proofs() -> None:
    assert len(read_proofs({"proof": [PROOF] * MAX_PROOFS})) == 16
    with pytest.raises(TooLarge):
        read_proofs({"proof": [PROOF] * (MAX_PROOFS + 1)})


GOOD = to_base58btc(b"\xff" * 64)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "z",
        GOOD[1:],
        "u" + GOOD[1:],
        to_base64url(b"\xff" * 64),
        GOOD[:-2],
        GOOD + "2",
        GOOD[:-1] + "0",
        " " + GOOD,
        GOOD + "\n",
        "z" * 100_000,
        [GOOD],
    ],
)
def test_only_64_bytes_of_base58_are_a_signature(value: JsonValue) -> None:
    assert len(read_signature({"proofValue": GOOD}, "z", 64)) == 64
    with pytest.raises(MalformedProof):
        read_signature({"proofValue": value}, "z", 64)
    with pytest.raises(MalformedProof):
        read_signature({"jws": GOOD}, "z", 64)
