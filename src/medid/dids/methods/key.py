"""did:key: the identifier is the public key itself.

A key has one Multikey spelling, so it has one did:key. The optional version segment of
the specification (``did:key:1:z...``) would be a second spelling, and is refused.

Spec: https://w3c-ccg.github.io/did-key-spec/#document-creation-algorithm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.core import multicodec
from medid.core.multibase import from_multibase
from medid.dids.document import KEY_AGREEMENT, SIGNING, DidDocument
from medid.dids.expanding import Expanding
from medid.dids.syntax import Did
from medid.errors import InvalidDid, InvalidKey, MalformedValue
from medid.keys import KeyKind, PublicKey
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from medid.core.json import JsonObject

NAME: Final = "key"

KeyFormat: TypeAlias = Literal["Multikey", "JsonWebKey", "Ed25519VerificationKey2020"]
MULTIKEY: Final = "Multikey"
JSON_WEB_KEY: Final = "JsonWebKey"

_CONTEXT: Final = "https://www.w3.org/ns/did/v1"
# The context that defines each method type; DID Core 1.0's own defines none of them.
_TYPE_CONTEXTS: Final = {
    "Multikey": "https://w3id.org/security/multikey/v1",
    "JsonWebKey": "https://w3id.org/security/jwk/v1",
    "Ed25519VerificationKey2020": "https://w3id.org/security/suites/ed25519-2020/v1",
    "X25519KeyAgreementKey2020": "https://w3id.org/security/suites/x25519-2020/v1",
}
_FIELD: Final = 2**255 - 19  # the prime of Curve25519, RFC 7748 section 4.1
_SIGN_BIT: Final = 1 << 255  # of the x coordinate, RFC 8032 section 5.1.2


def create(key: PublicKey) -> Did:
    """The did:key of ``key``."""
    return Did(method=NAME, id=key.to_multikey())


def expand(
    did: Did,
    *,
    public_key_format: KeyFormat = "Multikey",
    derive_key_agreement: bool = False,
) -> DidDocument:
    """The document that ``did`` expands to.

    Args:
        did: A did:key of any kind of key that medid reads.
        public_key_format: The vocabulary in which the keys are written down; the
            2020 types are for Ed25519 and the X25519 key derived from it.
        derive_key_agreement: Also list the X25519 key that an Ed25519 key implies.

    Raises:
        InvalidDid: Not multibase of a multicodec.
        InvalidKey: A kind of key that medid does not read, or no key.
        WeakCryptography: The key proves nothing.
    """
    key = _key(did)
    # The key as the DID itself spells it.
    methods = [_method(did, key, did.id, public_key_format)]
    agreement: list[JsonObject] = []
    signs = SHAPES[key.kind].vouches
    if not signs:
        agreement = methods
    elif derive_key_agreement and key.kind is KeyKind.ED25519:
        derived = _to_x25519(key)
        agreement = [_method(did, derived, derived.to_multikey(), public_key_format)]
    signing = methods if signs else []
    document = _document(did, signing, agreement)
    return DidDocument.spelled(did, document, signing=signing, agreement=agreement)


_expanding: Final = Expanding(expand)
needs, resolve = _expanding.needs, _expanding.resolve


def _key(did: Did) -> PublicKey:
    try:
        return PublicKey.from_multikey(did.id)
    except InvalidKey:
        # Text that is no multibase of any multicodec is no did:key at all.
        try:
            multicodec.split_prefix(from_multibase(did.id))
        except MalformedValue as error:
            raise InvalidDid(f"not a did:key: {error.message}") from None
        raise


def _document(
    did: Did, signing: list[JsonObject], agreement: list[JsonObject]
) -> JsonObject:
    methods = [*signing, *agreement]
    document: JsonObject = {
        "@context": [
            _CONTEXT,
            *dict.fromkeys(_TYPE_CONTEXTS[str(method["type"])] for method in methods),
        ],
        "id": str(did),
        "verificationMethod": [*methods],
    }
    if signing:
        document |= {name: [signing[0]["id"]] for name in SIGNING}
    if agreement:
        document[KEY_AGREEMENT] = [agreement[0]["id"]]
    return document


def _method(
    did: Did, key: PublicKey, multikey: str, public_key_format: KeyFormat
) -> JsonObject:
    method: JsonObject = {
        "id": f"{did}#{multikey}",
        "type": _type(key.kind, public_key_format),
        "controller": str(did),
    }
    if public_key_format == JSON_WEB_KEY:
        return {**method, "publicKeyJwk": key.to_jwk()}
    return {**method, "publicKeyMultibase": multikey}


def _type(kind: KeyKind, public_key_format: KeyFormat) -> str:
    if public_key_format in {MULTIKEY, JSON_WEB_KEY}:
        return public_key_format
    if kind is KeyKind.ED25519:
        return "Ed25519VerificationKey2020"
    if kind is KeyKind.X25519:
        return "X25519KeyAgreementKey2020"
    raise InvalidKey(f"there is no 2020 type for {kind} keys", fix="use Multikey")


def _to_x25519(key: PublicKey) -> PublicKey:
    """The Montgomery form of an Edwards point: u = (1 + y) / (1 - y), RFC 7748 4.1.

    y is never 1 here: that is the neutral element, a small-order key, refused before.
    """
    y = int.from_bytes(key.raw, "little") % _SIGN_BIT
    u = (1 + y) * pow(1 - y, -1, _FIELD) % _FIELD
    return PublicKey.from_raw(KeyKind.X25519, u.to_bytes(32, "little"), path="$")
