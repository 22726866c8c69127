"""Keys that prove nothing, and keys spelled in a way no specification allows."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, BOARD_256, CANARIES, did_document, plain
from tests.attacks.honest import (
    Party,
    b58,
    b64,
    did_jwk,
    finish_proof,
    proof_options,
    signed,
    unb64,
)

_ED: Final = b"\xed\x01"
_CODES: Final = (
    "INVALID_VERIFICATION_METHOD CRYPTOGRAPHIC_SECURITY_ERROR INVALID_DID "
    "INVALID_DID_DOCUMENT MALFORMED_VALUE_ERROR PARSING_ERROR"
)
_WEB: Final = "did:web:board.example"
_WEB_URL: Final = "https://board.example/.well-known/did.json"
_P: Final = 2**255 - 19


def _point(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


_Y8: Final = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "little",
)
SMALL_ORDER: Final = {
    "order-1": _point(1),
    "order-2": _point(_P - 1),
    "order-4": _point(0),
    "order-4-sign": _point(0, 1),
    "order-8-a": _point(_Y8),
    "order-8-a-sign": _point(_Y8, 1),
    "order-8-b": _point(_P - _Y8),
    "order-8-b-sign": _point(_P - _Y8, 1),
}
NON_CANONICAL: Final = {
    "identity-sign": _point(1, 1),
    "minus-one-sign": _point(_P - 1, 1),
    "p": _point(_P),
    "p-sign": _point(_P, 1),
    "p-plus-1": _point(_P + 1),
    "p-plus-1-sign": _point(_P + 1, 1),
    "p-plus-3": _point(_P + 3),
    "p-plus-18": _point(_P + 18),
    "all-ones": b"\xff" * 32,
}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="key-encoding", canaries=CANARIES)
    for name, raw in {**SMALL_ORDER, **NON_CANONICAL}.items():
        _forged(group, name, raw)
    _did_keys(group)
    _did_jwks(group)
    _documents(group)
    return group.made


def _forged(group: Group, name: str, raw: bytes) -> None:
    """Sign with R = 1 and S = 0, which small-order keys accept without a secret."""
    multikey = b58(_ED + raw)
    did = f"did:key:{multikey}"
    forged = b58(_point(1) + bytes(32))
    for nonce in range(4):
        proof = proof_options(
            BOARD, verificationMethod=f"{did}#{multikey}", nonce=f"n{nonce}"
        )
        draft = plain(did)
        document = {
            **draft,
            "proof": {"@context": draft["@context"], **proof, "proofValue": forged},
        }
        group.add(f"{name}-{nonce}", document, codes=_CODES, why="no secret needed")
    web = {**draft, "issuer": _WEB}
    web["proof"] = {**document["proof"], "verificationMethod": f"{_WEB}#key-1"}
    listed = did_document(_WEB, BOARD)
    listed["verificationMethod"][0]["publicKeyMultibase"] = multikey
    group.add(f"{name}-web", web, codes=_CODES, documents={_WEB_URL: listed})
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    own = {**draft, "issuer": did_jwk(jwk)}
    own["proof"] = {**document["proof"], "verificationMethod": f"{did_jwk(jwk)}#0"}
    group.add(f"{name}-jwk", own, codes=_CODES)


def _by(did: str, method: str, party: Party = BOARD) -> Doc:
    return signed(plain(did), party, verificationMethod=method)


def _did_keys(group: Group) -> None:
    raw = BOARD.raw
    p256 = BOARD_256.raw
    spellings = {
        "base64url": "u" + b64(_ED + raw),
        "base16": "f" + (_ED + raw).hex(),
        "no-multibase": b58(_ED + raw)[1:],
        "no-multicodec": b58(raw),
        "secp256k1-code": b58(b"\xe7\x01" + raw),
        "private-code": b58(b"\x80\x26" + raw),
        "x25519-code": b58(b"\xec\x01" + raw),
        "bls-code": b58(b"\xeb\x01" + raw),
        "long-varint": b58(b"\xed\x81\x00" + raw),
        "fixed-two-bytes": b58(b"\x00\xed" + raw),
        "short": b58(_ED + raw[:-1]),
        "long": b58(_ED + raw + b"\x00"),
        "empty": b58(_ED),
        "only-z": "z",
        "p256-as-ed25519": b58(_ED + p256),
        "ed25519-as-p256": b58(b"\x80\x24" + raw),
        "p256-uncompressed": b58(b"\x80\x24\x04" + p256[1:] + p256[1:]),
        "p256-prefix-5": b58(b"\x80\x24\x05" + p256[1:]),
        "p256-infinity": b58(b"\x80\x24\x00"),
        "p256-off-curve": b58(b"\x80\x24\x02" + b"\x00" * 31 + b"\x01"),
        "p256-beyond-field": b58(b"\x80\x24\x02" + b"\xff" * 32),
        "p384-as-p256": b58(b"\x80\x24" + Party("b", "P-384").raw),
        "hybrid-point": b58(b"\x80\x24\x06" + p256[1:] + p256[1:]),
        "leading-ones": "z1" + b58(_ED + raw)[1:],
        "zero-letter": b58(_ED + raw)[:-1] + "0",
        "very-long": "z" + "6" * 20_000,
    }
    for name, text in spellings.items():
        did = f"did:key:{text}"
        group.add(
            f"did-key-{name}",
            _by(did, f"{did}#{text}"),
            codes=_CODES,
            expect=_soft(name),
        )
    agreement = Party("agreement", "X25519")
    group.add("did-key-x25519-signs", _by(agreement.did, agreement.method))
    group.add("p256-in-eddsa-suite", _by(BOARD_256.did, BOARD_256.method, BOARD_256))
    group.add("ed25519-in-p256-name", _by(BOARD_256.did, BOARD_256.method))
    two = _by(BOARD.did, f"{BOARD.did}#{BOARD_256.multikey}")
    group.add("did-key-other-fragment", two)
    derived = f"{BOARD.did}#{Party('agreement', 'X25519').multikey}"
    group.add("did-key-derived-agreement", _by(BOARD.did, derived))
    version = f"did:key:1.1:{BOARD.multikey}"
    group.add("did-key-version", _by(version, f"{version}#{BOARD.multikey}"))


def _soft(name: str) -> Any:
    """A key type medid does not know may also leave the answer open."""
    return "not-verified" if name in {"secp256k1-code", "bls-code"} else "refused"


def _did_jwks(group: Group) -> None:
    jwk = BOARD.jwk
    x = jwk["x"]
    ec = BOARD_256.jwk
    objects: dict[str, Any] = {
        "private": {**jwk, "d": b64(b"\x01" * 32)},
        "x-short": {**jwk, "x": b64(unb64(x)[:-1])},
        "x-long": {**jwk, "x": b64(unb64(x) + b"\x00")},
        "x-padded": {**jwk, "x": x + "="},
        "x-trailing-bits": {**jwk, "x": x[:-1] + chr(ord(x[-1]) + 1)},
        "x-base64": {**jwk, "x": "+/" + x[2:]},
        "x-space": {**jwk, "x": " " + x},
        "x-newline": {**jwk, "x": x + "\n"},
        "x-number": {**jwk, "x": 7},
        "x-array": {**jwk, "x": [x]},
        "x-missing": {"kty": "OKP", "crv": "Ed25519"},
        "kty-ec": {**jwk, "kty": "EC"},
        "kty-oct": {"kty": "oct", "k": x},
        "kty-rsa": {"kty": "RSA", "n": x, "e": "AQAB"},
        "kty-missing": {"crv": "Ed25519", "x": x},
        "kty-lower-case": {**jwk, "kty": "okp"},
        "crv-lower-case": {**jwk, "crv": "ed25519"},
        "crv-x25519": {**jwk, "crv": "X25519"},
        "crv-ed448": {**jwk, "crv": "Ed448"},
        "crv-p256": {**jwk, "crv": "P-256"},
        "crv-array": {**jwk, "crv": ["Ed25519"]},
        "use-enc": {**jwk, "use": "enc"},
        "key-ops-encrypt": {**jwk, "key_ops": ["encrypt"]},
        "alg-es256": {**jwk, "alg": "ES256"},
        "ec-y-missing": {k: v for k, v in ec.items() if k != "y"},
        "ec-off-curve": {**ec, "y": ec["x"]},
        "ec-x-short": {**ec, "x": b64(unb64(ec["x"])[1:])},
        "ec-x-zero-padded": {**ec, "x": b64(b"\x00" + unb64(ec["x"]))},
        "ec-secp256k1": {**ec, "crv": "secp256k1"},
        "empty": {},
        "array": [jwk],
        "text": "key",
        "null": None,
        "jwks": {"keys": [jwk]},
    }
    for name, value in objects.items():
        did = did_jwk(value)
        group.add(f"did-jwk-{name}", _by(did, f"{did}#0"), expect=_jwk_soft(name))
    _jwk_texts(group)


def _jwk_soft(name: str) -> Any:
    unknown = {"crv-ed448", "ec-secp256k1", "kty-rsa"}
    return "not-verified" if name in unknown else "refused"


def _jwk_texts(group: Group) -> None:
    did = BOARD.did_jwk
    texts = {
        "padded": did + "=",
        "duplicate-member": "did:jwk:"
        + b64(
            b'{"kty":"OKP","crv":"Ed25519","x":"AA","x":"'
            + BOARD.jwk["x"].encode()
            + b'"}'
        ),
        "trailing-data": "did:jwk:" + b64(unb64(did[8:]) + b"{}"),
        "not-json": "did:jwk:" + b64(b"key"),
        "bom": "did:jwk:" + b64(b"\xef\xbb\xbf" + unb64(did[8:])),
        "empty": "did:jwk:",
        "deep": "did:jwk:" + b64(b"[" * 3000 + b"]" * 3000),
        "base58": "did:jwk:" + b58(unb64(did[8:])),
    }
    for name, text in texts.items():
        group.add(f"did-jwk-text-{name}", _by(text, f"{text}#0"), codes=_CODES)
    for fragment in ("1", "", "00", "key-1"):
        mutant = _by(did, f"{did}#{fragment}")
        group.add(f"did-jwk-fragment-{fragment or 'empty'}", mutant)
    group.add("did-jwk-no-fragment", _by(did, did))


def _documents(group: Group) -> None:
    raw = BOARD.raw
    keys: dict[str, Doc] = {
        "private-jwk": {"publicKeyJwk": {**BOARD.jwk, "d": b64(b"\x01" * 32)}},
        "both-forms": {
            "publicKeyJwk": Party("twin").jwk,
            "publicKeyMultibase": BOARD.multikey,
        },
        "no-key": {},
        "base58-member": {"publicKeyBase58": b58(raw)[1:]},
        "hex-member": {"publicKeyHex": raw.hex()},
        "multibase-no-codec": {"publicKeyMultibase": b58(raw)},
        "secret-multibase": {
            "publicKeyMultibase": BOARD.multikey,
            "secretKeyMultibase": b58(b"\x80\x26" + raw),
        },
        "multibase-array": {"publicKeyMultibase": [BOARD.multikey]},
        "multibase-null": {"publicKeyMultibase": None},
        "jwk-string": {"publicKeyJwk": "key"},
        "x25519": {"publicKeyMultibase": Party("agreement", "X25519").multikey},
        "type-missing": {"publicKeyMultibase": BOARD.multikey, "type": None},
        "type-agreement": {
            "publicKeyMultibase": BOARD.multikey,
            "type": "X25519KeyAgreementKey2020",
        },
    }
    for name, members in keys.items():
        listed = did_document(_WEB, BOARD)
        method = {"id": f"{_WEB}#key-1", "type": "Multikey", "controller": _WEB}
        if "publicKeyJwk" in members and "publicKeyMultibase" not in members:
            method["type"] = "JsonWebKey"
        merged = {**method, **members}
        listed["verificationMethod"] = [
            {k: v for k, v in merged.items() if k != "type" or v}
        ]
        document = _by(_WEB, f"{_WEB}#key-1")
        group.add(
            f"document-{name}",
            document,
            expect="not-verified",
            documents={_WEB_URL: listed},
        )
    forged = finish_proof(plain(_WEB), BOARD, proof_options(BOARD))
    group.add(
        "document-unlisted-key",
        {**plain(_WEB), "proof": forged},
        documents={_WEB_URL: did_document(_WEB, BOARD)},
    )
