"""What DID documents of did:ethr say, whoever wrote them and in which year's form.

npm ethr-did-resolver 11 writes keys down in the encoding that the attribute's name
hints at, and the method's specification has since then named one form for each kind.
"""

from __future__ import annotations

from typing import Any, Final

from medid.core import base64
from medid.core.multibase import base58_decode, to_base58btc
from medid.keys import KeyKind, PublicKey

KINDS: Final = {
    "EcdsaSecp256k1VerificationKey2019": KeyKind.SECP256K1,
    "Ed25519VerificationKey2018": KeyKind.ED25519,
    "X25519KeyAgreementKey2019": KeyKind.X25519,
}


def as_told(document: Any) -> Any:
    """What a document says, however it writes down its keys."""
    methods = {
        method["id"]: (method["controller"], material(method))
        for method in document["verificationMethod"]
    }
    assert len(methods) == len(document["verificationMethod"])
    # 11.x goes on to list a key for key agreement that was revoked.
    agreement = [one for one in document.get("keyAgreement", []) if one in methods]
    return {
        "id": document["id"],
        "methods": methods,
        "authentication": sorted(document["authentication"]),
        "assertionMethod": sorted(document["assertionMethod"]),
        "keyAgreement": sorted(agreement),
        "service": document.get("service", []),
    }


def material(method: Any) -> Any:
    """The key of a method, in one form for both, or the account."""
    for name in ("blockchainAccountId", "publicKeyPem", "publicKeyMultibase", "value"):
        if name in method:
            return method[name]
    if "publicKeyJwk" in method:
        return PublicKey.from_jwk(method["publicKeyJwk"]).to_multikey()
    raw, kind = octets(method), KINDS.get(method["type"])
    if method["type"] == "Multikey":
        return to_base58btc(raw)
    return raw.hex() if kind is None else PublicKey(kind, raw).to_multikey()


def octets(method: Any) -> bytes:
    """The bytes of a key in one of the older members."""
    if "publicKeyHex" in method:
        return bytes.fromhex(method["publicKeyHex"])
    if "publicKeyBase64" in method:
        return base64.decode(method["publicKeyBase64"])
    return base58_decode(method["publicKeyBase58"])
