"""did:jwk: the identifier is a JSON Web Key in base64url.

The key's JSON is kept exactly as the identifier spells it, so one key can have many
did:jwk. They are different identifiers, and stay different.

Spec: https://github.com/quartzjer/did-jwk/blob/main/spec.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import base64url, json
from medid.core.fields import optional
from medid.dids.document import KEY_AGREEMENT, SIGNING, DidDocument
from medid.dids.expanding import Expanding
from medid.dids.material import refuse_private_keys
from medid.dids.syntax import Did
from medid.errors import InvalidDid, InvalidDidDocument, MalformedValue, ParsingError
from medid.keys import PublicKey
from medid.keys.jwk import required_members
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import KeyKind

NAME: Final = "jwk"

_CONTEXTS: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/jws-2020/v1",
)


def create(key: PublicKey) -> Did:
    """The did:jwk of ``key``: its members in their canonical order, and ``use``."""
    jwk: JsonObject = {**key.to_jwk(), "use": SHAPES[key.kind].use}
    text = json.dumps({name: jwk[name] for name in sorted(jwk)})
    return Did(method=NAME, id=base64url.encode(text.encode()))


def expand(did: Did) -> DidDocument:
    """The document that ``did``, a did:jwk of a public key, expands to.

    Raises:
        InvalidDid: Not base64url of strict JSON, or the JWK of a private key.
        InvalidKey: A kind of key that medid does not read, or no key.
        WeakCryptography: The key proves nothing.
    """
    jwk, use = _jwk(did)
    # What the key is for (use, key_ops, alg) is asked when it is used, not here.
    kind = PublicKey.from_jwk(required_members(jwk)).kind
    method = f"{did}#0"
    document: JsonObject = {
        "@context": [*_CONTEXTS],
        "id": str(did),
        "verificationMethod": [
            {
                "id": method,
                "type": "JsonWebKey2020",
                "controller": str(did),
                "publicKeyJwk": jwk,
            }
        ],
    }
    document |= {name: _listed(method) for name in _purposes(kind, use)}
    return DidDocument.made(document, expected=did)


_expanding: Final = Expanding(expand)
needs, resolve = _expanding.needs, _expanding.resolve


def _listed(method: str) -> list[JsonValue]:
    return [method]


def _jwk(did: Did) -> tuple[JsonObject, str | None]:
    try:
        jwk = json.load_object(base64url.decode(did.id))
        refuse_private_keys(jwk, "$")
        return jwk, optional(jwk, "use", str, "$")
    except (MalformedValue, ParsingError, InvalidDidDocument) as error:
        raise InvalidDid(f"not a did:jwk: {error.message}") from None


def _purposes(kind: KeyKind, use: str | None) -> tuple[str, ...]:
    """``use`` decides; a kind that can do one thing only is listed for that alone."""
    shape = SHAPES[kind]
    signing = SIGNING if shape.signs and use != "enc" else ()
    agreement = (KEY_AGREEMENT,) if shape.encrypts and use != "sig" else ()
    return (*signing, *agreement)
