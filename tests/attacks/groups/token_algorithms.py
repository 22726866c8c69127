"""Tokens under ES256K, RS256, PS256 and ML-DSA: whose they are, and whose they are not.

The signers are cryptography and plain arithmetic. The primes come from fixed seeds: the
first ones from there on that Fermat's test lets pass.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, shake_256
from typing import Any, Final

import base58
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD_256, CANARIES, plain
from tests.attacks.honest import b64, did_jwk
from tests.attacks.tokens import compact

_WEAK: Final = "CRYPTOGRAPHIC_SECURITY_ERROR"
_WRONG: Final = "PROOF_VERIFICATION_ERROR"
_KEY: Final = "INVALID_VERIFICATION_METHOD"
_ALLOW: Final = ("--allow-ml-dsa",)
_E: Final = 65_537


def _prime(seed: str, size: int, offset: int) -> int:
    start = int.from_bytes(shake_256(seed.encode()).digest(size), "big")
    return (start | 3 << 8 * size - 2 | 1) + offset


P: Final = _prime("medical board, RSA, p", 128, 40)
Q: Final = _prime("medical board, RSA, q", 128, 492)
_SMALL: Final = (_prime("small p", 64, 370), _prime("small q", 64, 40))
_SCHEMES: Final[dict[str, padding.AsymmetricPadding]] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
}


@cache
def rsa_key(p: int = P, q: int = Q) -> rsa.RSAPrivateKey:
    """The private key of two primes."""
    d = pow(_E, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_E, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=public,
    )
    return numbers.private_key()


def uint(number: int, *, spare: bytes = b"") -> str:
    """A number as a JWK spells it, with any octets in front."""
    return b64(spare + number.to_bytes((number.bit_length() + 7) // 8, "big"))


def rsa_jwk(**members: Any) -> Doc:
    """The board's RSA key, some members replaced."""
    return {"kty": "RSA", "n": uint(P * Q), "e": uint(_E), **members}


@dataclass(frozen=True, slots=True)
class Token:
    """A credential to be signed under whatever key and algorithm is named."""

    did: str
    method: str
    alg: str

    @property
    def signing_input(self) -> bytes:
        """Header and payload, encoded."""
        header = {"alg": self.alg, "kid": self.method, "typ": "vc+jwt"}
        payload = compact(plain(self.did))
        return f"{b64(compact(header))}.{b64(payload)}".encode()

    def with_signature(self, signature: bytes) -> str:
        """The whole token."""
        return f"{self.signing_input.decode()}.{b64(signature)}"

    def by_rsa(
        self, scheme: str | None = None, key: rsa.RSAPrivateKey | None = None
    ) -> str:
        """Signed with the board's RSA key, by default as the header says."""
        chosen = _SCHEMES[scheme or self.alg]
        signer = key or rsa_key()
        return self.with_signature(
            signer.sign(self.signing_input, chosen, hashes.SHA256())
        )


def of_jwk(jwk: Doc, alg: str) -> Token:
    """A token whose issuer is the did:jwk of ``jwk``."""
    did = did_jwk(jwk)
    return Token(did, f"{did}#0", alg)


def of_key(code: bytes, raw: bytes, alg: str) -> Token:
    """A token whose issuer is the did:key of ``raw`` under a multicodec prefix."""
    multikey = "z" + base58.b58encode(code + raw).decode()
    did = f"did:key:{multikey}"
    return Token(did, f"{did}#{multikey}", alg)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="token-algorithm", canaries=CANARIES)
    _rsa_valid(group)
    _rsa_signatures(group)
    _rsa_confusion(group)
    _rsa_keys(group)
    _secp256k1(group)
    _ml_dsa(group)
    return group.made


def _pkcs1(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )


def _rsa_valid(group: Group) -> None:
    for alg in _SCHEMES:
        name = alg.lower()
        for extra in ({}, {"alg": alg}, {"use": "sig"}, {"key_ops": ["verify"]}):
            token = of_jwk(rsa_jwk(**extra), alg).by_rsa()
            label = "-".join([name, *extra])
            group.add(f"valid-{label}", token, expect="verified")
        token = of_key(b"\x85\x24", _pkcs1(rsa_key()), alg).by_rsa()
        group.add(f"valid-{name}-did-key", token, expect="verified")


def _rsa_signatures(group: Group) -> None:
    crossed = {"RS256": "PS256", "PS256": "RS256"}
    public = rsa_key().public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for alg, other in crossed.items():
        name, token = alg.lower(), of_jwk(rsa_jwk(), alg)
        group.add(f"{name}-padded-otherwise", token.by_rsa(other), codes=_WRONG)
        intents: dict[str, tuple[Any, str]] = {
            "alg": (other, _WEAK),
            "use": ("enc", "INVALID_RELATIONSHIP"),
            "key_ops": (["encrypt"], _KEY),
        }
        for member, (value, codes) in intents.items():
            restricted = of_jwk(rsa_jwk(**{member: value}), alg).by_rsa()
            group.add(f"{name}-jwk-{member}", restricted, codes=codes)
        for label, signature in {
            "empty": b"",
            "zeros": bytes(256),
            "one": (1).to_bytes(256, "big"),
            "modulus": (P * Q).to_bytes(256, "big"),
            "minus-one": (P * Q - 1).to_bytes(256, "big"),
            "short": bytes(255),
            "long": bytes(257),
            "ed25519-size": bytes(64),
        }.items():
            content = token.with_signature(signature)
            group.add(f"{name}-signature-{label}", content, codes=_WRONG)
        for label, secret in {"pem": pem, "der": _pkcs1(rsa_key())}.items():
            signature = hmac.new(secret, token.signing_input, sha256).digest()
            group.add(f"{name}-hmac-{label}", token.with_signature(signature))


def _rsa_confusion(group: Group) -> None:
    for alg in ("RS384", "RS512", "PS384", "PS512", "RS1", "RSA-OAEP"):
        unknown = of_jwk(rsa_jwk(), alg).by_rsa("RS256")
        group.add(f"rsa-{alg.lower()}", unknown, codes=_WEAK)
    for label, scheme, digest in (
        ("sha1", padding.PKCS1v15(), hashes.SHA1()),
        ("sha512", padding.PKCS1v15(), hashes.SHA512()),
        ("no-salt", padding.PSS(padding.MGF1(hashes.SHA256()), 0), hashes.SHA256()),
        ("mgf-sha1", padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256()),
    ):
        alg = "RS256" if isinstance(scheme, padding.PKCS1v15) else "PS256"
        token = of_jwk(rsa_jwk(), alg)
        signature = rsa_key().sign(token.signing_input, scheme, digest)
        group.add(f"rsa-{label}", token.with_signature(signature), codes=_WRONG)
    foreign = of_key(b"\x80\x24", BOARD_256.raw, "RS256")
    group.add("rsa-for-a-p256-key", foreign.by_rsa(), codes=_WEAK)
    swapped = of_jwk(rsa_jwk(), "ES256")
    signed = BOARD_256.sign(swapped.signing_input)
    group.add("es256-for-an-rsa-key", swapped.with_signature(signed), codes=_WEAK)


def _rsa_keys(group: Group) -> None:
    small = rsa_key(*_SMALL)
    token = of_jwk(rsa_jwk(n=uint(_SMALL[0] * _SMALL[1])), "RS256")
    group.add("rsa-1024-bits", token.by_rsa(key=small), codes=f"{_KEY} {_WRONG}")
    n = P * Q
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    keys = {
        # With the exponent 1 the padded digest is its own signature.
        "exponent-1": rsa_jwk(e=uint(1)),
        "exponent-even": rsa_jwk(e=uint(65_536)),
        "exponent-huge": rsa_jwk(e=uint(n - 2)),
        "exponent-33-bits": rsa_jwk(e=uint(2**32 + 1)),
        "modulus-even": rsa_jwk(n=uint(n + 1)),
        "modulus-leading-zero": rsa_jwk(n=uint(n, spare=b"\0")),
        "exponent-leading-zero": rsa_jwk(e=uint(_E, spare=b"\0")),
        "modulus-padded": rsa_jwk(n=uint(n) + "="),
        "modulus-16384-bits": rsa_jwk(n=uint((1 << 16_383) + 1)),
        "modulus-missing": {"kty": "RSA", "e": uint(_E)},
        "exponent-number": rsa_jwk(e=_E),
    }
    for name, jwk in keys.items():
        token = of_jwk(jwk, "RS256")
        digest = sha256(token.signing_input).digest()
        padded = b"\0\1" + b"\xff" * 202 + b"\0" + info + digest
        group.add(f"rsa-{name}", token.with_signature(padded), codes=_KEY)
    factor = of_jwk(rsa_jwk(n=uint(n * 251)), "RS256")
    group.add("rsa-small-factor", factor.with_signature(bytes(257)), codes=_WEAK)
    for member in ("d", "p", "q", "dp", "dq", "qi", "oth"):
        token = of_jwk(rsa_jwk(**{member: "AA"}), "RS256")
        group.add(f"rsa-published-{member}", token.by_rsa(), codes="INVALID_DID")
    der = _pkcs1(rsa_key())
    for label, raw in {
        "trailing": der + b"\0",
        "cut": der[:-1],
        "long-length": b"\x30\x83\x00" + der[2:],
        "empty": b"",
    }.items():
        token = of_key(b"\x85\x24", raw, "RS256")
        group.add(f"rsa-der-{label}", token.by_rsa(), codes=_KEY)
    private = of_key(b"\x85\x26", der, "RS256")
    group.add("rsa-private-code", private.by_rsa(), codes=_KEY)


def _secp256k1(group: Group) -> None:
    number = int.from_bytes(sha256(b"medical board, secp256k1").digest(), "big") >> 1
    key = ec.derive_private_key(number, ec.SECP256K1())
    raw = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )

    def signed(token: Token) -> str:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(key.sign(token.signing_input, algorithm))
        return token.with_signature(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    code = b"\xe7\x01"
    group.add("valid-es256k", signed(of_key(code, raw, "ES256K")), expect="verified")
    x, y = (
        getattr(key.public_key().public_numbers(), name).to_bytes(32, "big")
        for name in ("x", "y")
    )
    jwk = {"kty": "EC", "crv": "secp256k1", "x": b64(x), "y": b64(y)}
    group.add("valid-es256k-jwk", signed(of_jwk(jwk, "ES256K")), expect="verified")
    for alg in ("ES256", "EdDSA", "ES256K-R"):
        token = signed(of_key(code, raw, alg))
        group.add(f"secp256k1-says-{alg.lower()}", token, codes=_WEAK)
    own = of_key(b"\x80\x24", BOARD_256.raw, "ES256K")
    content = own.with_signature(BOARD_256.sign(own.signing_input))
    group.add("p256-says-es256k", content, codes=_WEAK)
    for name, changes in {
        "as-p256": {"crv": "P-256"},
        "es256": {"alg": "ES256"},
        "off-curve": {"x": jwk["y"], "y": jwk["x"]},
    }.items():
        token = signed(of_jwk({**jwk, **changes}, "ES256K"))
        group.add(f"secp256k1-{name}", token, codes=_KEY)
    p256 = signed(of_key(b"\x80\x24", raw, "ES256K"))
    group.add("secp256k1-under-the-code-of-p256", p256)
    hybrid = signed(of_key(code, b"\x06" + x + y, "ES256K"))
    group.add("secp256k1-hybrid-point", hybrid, codes=_KEY)


def _ml_dsa(group: Group) -> None:
    for alg, code, make in (
        ("ML-DSA-44", b"\x90\x24", mldsa.MLDSA44PrivateKey.from_seed_bytes),
        ("ML-DSA-65", b"\x91\x24", mldsa.MLDSA65PrivateKey.from_seed_bytes),
    ):
        name, key = alg.lower(), make(sha256(b"medical board").digest())
        raw = key.public_key().public_bytes_raw()
        jwk = {"kty": "AKP", "alg": alg, "pub": b64(raw)}
        for label, token in {
            "did-key": of_key(code, raw, alg),
            "did-jwk": of_jwk(jwk, alg),
        }.items():
            content = token.with_signature(key.sign(token.signing_input))
            group.add(f"{name}-{label}", content, codes=_WEAK)
            group.add(f"valid-{name}-{label}", content, expect="verified", args=_ALLOW)
        token = of_key(code, raw, alg)
        signature = key.sign(token.signing_input)
        for label, changed in {
            "context": key.sign(token.signing_input, b"medid"),
            "flipped": bytes([signature[0] ^ 1]) + signature[1:],
            "short": signature[:-1],
            "long": signature + b"\0",
            "hints": signature[:-1] + b"\xff",
        }.items():
            content = token.with_signature(changed)
            group.add(f"{name}-{label}", content, codes=_WRONG, args=_ALLOW)
        zeros = of_key(code, raw[:32] + bytes(len(raw) - 32), alg)
        content = zeros.with_signature(signature)
        group.add(f"{name}-zeros", content, codes=_WEAK, args=_ALLOW)
        leaked = of_jwk({**jwk, "priv": b64(bytes(32))}, alg)
        content = leaked.with_signature(signature)
        group.add(f"{name}-published", content, codes="INVALID_DID", args=_ALLOW)
        others: dict[str, Doc] = {
            "other-set": {"alg": "ML-DSA-87"},
            "no-alg": {"alg": None},
            "eddsa": {"alg": "EdDSA"},
            "short": {"pub": b64(raw[:-1])},
        }
        for label, changes in others.items():
            other = of_jwk({**jwk, **changes}, alg)
            content = other.with_signature(signature)
            group.add(f"{name}-jwk-{label}", content, codes=_KEY, args=_ALLOW)
