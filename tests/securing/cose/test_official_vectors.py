"""The examples of the COSE working group, and the inputs of the W3C suite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core import base64, base64url
from medid.errors import (
    InvalidKey,
    InvalidSignature,
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    WeakCryptography,
)
from medid.keys import PublicKey
from medid.securing import cose
from medid.securing.cose import vc_cose
from medid.verifying.opening import open_document
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every COSE_Sign1 of the set, and what medid makes of it. Where the working group
# accepts and medid refuses, the reason stands beside it.
SIGN1: Final[dict[str, type[MedidError] | None]] = {
    "RFC8152/Appendix_C_2_1": None,
    "ecdsa-examples/ecdsa-sig-01": None,
    "ecdsa-examples/ecdsa-sig-02": None,
    "ecdsa-examples/ecdsa-sig-03": None,
    "ecdsa-examples/ecdsa-sig-04": WeakCryptography,  # SHA-512 with P-256: no such row
    "eddsa-examples/eddsa-sig-01": None,
    "eddsa-examples/eddsa-sig-02": InvalidKey,  # Ed448, which medid has not
    "sign1-tests/sign-fail-01": ParsingError,
    "sign1-tests/sign-fail-02": InvalidSignature,
    "sign1-tests/sign-fail-03": WeakCryptography,
    "sign1-tests/sign-fail-04": WeakCryptography,
    "sign1-tests/sign-fail-06": InvalidSignature,
    "sign1-tests/sign-fail-07": InvalidSignature,
    "sign1-tests/sign-pass-01": MalformedProof,  # its alg is not protected
    "sign1-tests/sign-pass-02": InvalidSignature,  # external data: medid has none
    "sign1-tests/sign-pass-03": ParsingError,  # without the tag
}
SIGN1_ACCEPTED: Final = 5
OTHERS: Final = 22  # COSE_Sign, COSE_Encrypt, COSE_Mac and their kind


def cases() -> Iterator[tuple[str, Any]]:
    root = vectors("cose-wg-examples")
    for path in sorted(root.rglob("*.json")):
        name = str(path.relative_to(root).with_suffix(""))
        yield name, json.loads(path.read_text("utf-8"))


def verified(data: bytes, case: Any) -> cose.Sign1:
    found = cose.parse(data)
    cose.verify(found, PublicKey.from_jwk(public(case["input"]["sign0"]["key"])))
    return found


def public(key: dict[str, str]) -> dict[str, str]:
    """A key of the set as a public JWK; some of its numbers are in hexadecimal."""
    names = {"kty", "crv", "x", "y"}
    found = {name: value for name, value in key.items() if name in names}
    if "x_hex" in key:
        found["x"] = base64url.encode(bytes.fromhex(key["x_hex"]))
    return found


def test_every_sign1_of_the_working_group() -> None:
    found = {name: case for name, case in cases() if "sign0" in case["input"]}
    assert found.keys() == SIGN1.keys()
    accepted = 0
    for name, case in found.items():
        data = bytes.fromhex(case["output"]["cbor"])
        error = SIGN1[name]
        if case.get("fail", False) is (error is not None):
            agreed("cose-wg-examples", name)
        if error is not None:
            with pytest.raises(error) as caught:
                verified(data, case)
            assert type(caught.value) is error, name
            continue
        assert not case.get("fail")
        sign1 = verified(data, case)
        assert sign1.payload == case["input"]["plaintext"].encode()
        signed = bytes.fromhex(case["intermediates"]["ToBeSign_hex"])
        assert sign1.signing_input == signed, name
        accepted += 1
    assert accepted == SIGN1_ACCEPTED


def test_what_lacks_the_tag_only_verifies_with_it() -> None:
    case = dict(cases())["sign1-tests/sign-pass-03"]
    tagged = b"\xd2" + bytes.fromhex(case["output"]["cbor"])
    assert verified(tagged, case).payload == b"This is the content."


def test_every_other_kind_of_message_is_refused() -> None:
    found = {name: case for name, case in cases() if "sign0" not in case["input"]}
    assert len(found) == OTHERS
    for case in found.values():
        with pytest.raises(ParsingError):
            cose.parse(bytes.fromhex(case["output"]["cbor"]))


# The suite names the key and the result of each of its inputs.
W3C: Final[dict[str, tuple[str, type[MedidError] | None]]] = {
    "credential-cose-minimal": ("vm-p256", None),
    "credential-cose-minimal-not-base64": ("vm-p256", ParsingError),
    "credential-cose-bad-signature": ("vm-ed25519", InvalidSignature),
    "credential-cose-bad-media-type": ("vm-p384", MalformedProof),
    "presentation-cose-single": ("vm-p384", None),
    "presentation-cose-bad-media-type": ("vm-p384", MalformedProof),
    "presentation-cose-bad-credential": ("vm-p256", MalformedValue),
}


def inputs() -> dict[str, str]:
    root = vectors("jose-cose-inputs") / "tests" / "input"
    return {path.stem: path.read_text("ascii") for path in root.glob("*-cose-*.txt")}


def checked(text: str, key: str) -> vc_cose.VcCose:
    """What the suite asks: the encoding, the message, its signature, its content."""
    root = vectors("jose-cose-inputs") / "tests" / "input"
    method = json.loads((root / f"{key}.json").read_text("utf-8"))
    message = base64.decode(text.strip())
    opened = vc_cose.read(message)
    jwk = {k: v for k, v in method["publicKeyJwk"].items() if k != "kid"}
    cose.verify(opened.sign1, PublicKey.from_jwk(jwk))
    return opened


@pytest.mark.parametrize("name", W3C)
def test_each_input_of_the_w3c_suite(name: str) -> None:
    assert inputs().keys() == W3C.keys()
    key, error = W3C[name]
    agreed("jose-cose-inputs", f"{name}.txt")
    if name == "presentation-cose-bad-credential":
        # Its own signature holds; what it presents is no credential.
        opened = checked(inputs()[name], key)
        with pytest.raises(MalformedValue) as inner:
            open_document(opened.document)
        assert inner.value.path == "$.verifiableCredential[0].id"
        return
    if error is not None:
        with pytest.raises(error):
            checked(inputs()[name], key)
        return
    opened = checked(inputs()[name], key)
    assert opened.is_presentation is name.startswith("presentation")
