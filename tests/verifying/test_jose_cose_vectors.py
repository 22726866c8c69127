"""The inputs of the W3C suite for VC-JOSE-COSE, as far as JOSE and SD-JWT go.

The suite hands over a key. medid finds it where the issuer of these inputs,
``https://example.issuer/vc-jose-cose``, would publish it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core import base64url
from medid.core.instant import Instant
from medid.core.json import load_object
from medid.keys import PrivateKey
from medid.securing import sd_jwt
from medid.securing.jose import vc_jwt, verify
from medid.verifying.opening import open_document
from tests.support import agreed, vectors
from tests.verifying.world import verified

if TYPE_CHECKING:
    from pathlib import Path

ISSUER: Final = "https://example.issuer/vc-jose-cose"
URL: Final = "https://example.issuer/.well-known/jwt-vc-issuer/vc-jose-cose"
AT: Final = Instant.parse("2024-12-16T10:00:00Z")
KNOWN_KEYS: Final = ("p256", "p384", "p521", "ed25519")


def folder() -> Path:
    return vectors("jose-cose-inputs/tests/input")


def method(name: str) -> dict[str, Any]:
    return dict(load_object((folder() / f"vm-{name}.json").read_bytes()))


def published(*names: str) -> dict[str, Any]:
    keys = [method(name)["publicKeyJwk"] for name in names]
    return {URL: {"issuer": ISSUER, "jwks": {"keys": keys}}}


def outcome(text: str, *keys: str) -> tuple[str, set[str]]:
    answer = verified(text, at=AT, seen=AT, known=published(*(keys or KNOWN_KEYS)))
    return answer.outcome.value, {error.code for error in answer.errors}


def read(name: str) -> str:
    return (folder() / f"{name}.txt").read_text()


VERIFIED: Final = {
    6: ("credential-jose-minimal", "p256"),
    7: ("presentation-jose-multiple", "p384"),
    8: ("credential-issuer-match-signed", "ed25519"),
    9: ("credential-jose-unknown-extensions", "p521"),
    18: ("credential-sdjwt-nested", "p521"),
    20: ("credential-sdjwt-selective", "p384"),
    22: ("presentation-sdjwt-selective", "p384"),
}
REFUSED: Final = {
    10: ("credential-minimal", "ed25519"),
    11: ("presentation-single", "ed25519"),
    12: ("credential-jose-bad-signature", "ed25519"),
    13: ("credential-jose-bad-media-type", "ed25519"),
    14: ("presentation-jose-bad-media-type", "ed25519"),
    15: ("credential-jose-vc-vp-claims", "ed25519"),
    16: ("presentation-jose-bad-credential", "ed25519"),
    23: ("credential-sdjwt-bad-signature", "p384"),
    24: ("credential-sdjwt-bad-media-type", "ed25519"),
    25: ("presentation-sdjwt-bad-media-type", "ed25519"),
    26: ("presentation-sdjwt-bad-credential", "p521"),
}
# The others are refused under another key than theirs, or as plain JSON.
REFUSED_AS_IT_STANDS: Final = REFUSED.keys() - {10, 11}

COSE: Final = {
    "credential-cose-minimal": "verified",
    # Its envelope says vc+jwt, and what is in it is none.
    "presentation-cose-single": "refused",
    "credential-cose-bad-media-type": "refused",
    "credential-cose-bad-signature": "refused",
    "credential-cose-minimal-not-base64": "refused",
    "presentation-cose-bad-credential": "refused",
    "presentation-cose-bad-media-type": "refused",
}


@pytest.mark.parametrize("name", COSE)
def test_what_the_suite_has_in_cose(name: str) -> None:
    assert outcome(read(name))[0] == COSE[name]


@pytest.mark.parametrize("number", VERIFIED)
def test_what_the_suite_verifies(number: int) -> None:
    name, key = VERIFIED[number]
    assert outcome(read(name)) == ("verified", set())
    agreed("jose-cose-inputs", f"{name}.txt")
    others = [one for one in KNOWN_KEYS if one != key]
    assert outcome(read(name), *others)[0] == "refused"


@pytest.mark.parametrize("number", REFUSED)
def test_what_the_suite_refuses(number: int) -> None:
    name, key = REFUSED[number]
    file = next(folder().glob(f"{name}.*"))
    assert outcome(file.read_text(), key)[0] == "refused"
    assert outcome(file.read_text())[0] == "refused"
    if number in REFUSED_AS_IT_STANDS:
        agreed("jose-cose-inputs", file.name)


def signer(name: str) -> tuple[PrivateKey, str]:
    jwk = method(name)["secretKeyJwk"]
    return PrivateKey.from_jwk(jwk), jwk["kid"]


def test_what_is_disclosed_within_objects() -> None:
    """Test 18: the claims behind the digests are those that the suite states."""
    document = open_document(read("credential-sdjwt-nested")).document
    expected = load_object((folder() / "credential-nested-selective.json").read_bytes())
    assert document["credentialSubject"] == expected["credentialSubject"]


def test_a_presentation_of_every_envelope() -> None:
    """Test 7 has a credential in each of the three."""
    payload = json.loads(
        base64url.decode(read("presentation-jose-multiple").split(".")[1])
    )
    entries = payload["verifiableCredential"]
    media_types = [entry["id"].partition(",")[0] for entry in entries]
    assert media_types == [
        "data:application/vc+jwt",
        "data:application/vc+sd-jwt",
        "data:application/vc+cose;base64",
    ]


def test_what_the_suite_issues() -> None:
    """Tests 1 to 5, 17 to 19 and 21."""
    for name, key, typ in (
        ("credential-minimal", "p256", "vc+jwt"),
        ("credential-full", "p384", "vc+jwt"),
        ("presentation-single", "p256", "vp+jwt"),
    ):
        document = load_object((folder() / f"{name}.json").read_bytes())
        private, kid = signer(key)
        text = vc_jwt.write(document, private, kid=kid, typ=typ)
        opened = vc_jwt.read(text)
        verify(opened.jws, private.public_key)
        assert opened.document == document
        agreed("jose-cose-inputs", f"{name}.json")
    for name, pointers, typ in (
        ("credential-selective", ["firstName", "lastName"], "vc+sd-jwt"),
        (
            "credential-nested-selective",
            ["address/street", "address/city", "phoneNumbers/0"],
            "vc+sd-jwt",
        ),
        ("presentation-selective", ["holder", "verifiableCredential/0"], "vp+sd-jwt"),
    ):
        document = load_object((folder() / f"{name}.json").read_bytes())
        private, kid = signer("p384")
        start = "/credentialSubject/" if typ == "vc+sd-jwt" else "/"
        text = sd_jwt.issue(
            document,
            private,
            disclosable=[start + pointer for pointer in pointers],
            header={"typ": typ, "kid": kid},
        )
        parsed = sd_jwt.parse(text, profile="credential")
        verify(parsed.jws, private.public_key)
        assert parsed.claims == document
        assert len(parsed.disclosures) == len(pointers)
        agreed("jose-cose-inputs", f"{name}.json")


def test_every_input_is_run() -> None:
    names = {file.stem for file in folder().iterdir()}
    cose = {name for name in names if "-cose-" in name}
    run = {name for name, _ in (*VERIFIED.values(), *REFUSED.values())}
    keys = {f"vm-{name}" for name in (*KNOWN_KEYS, "did-ed25519")}
    # Unknown extensions in JSON, and a presentation of COSE, are for other tests.
    others = {"credential-unknown-extensions", "presentation-multiple"}
    issued = {
        *("credential-full", "credential-selective", "credential-nested-selective"),
        *("presentation-selective", "credential-sdjwt-nested"),
        "presentation-jose-multiple",
    }
    assert names == cose | run | keys | others | issued
    assert (len(names) + 1, len(cose)) == (37, 7)
