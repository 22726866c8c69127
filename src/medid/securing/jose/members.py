"""A JSON document whose members are signed, each for itself, by one compact JWS.

Signed are the SHA-256 digests of the members in their canonical form. A JWS around the
whole would hide the content in base64; digests by member keep it readable, and tell
which member was changed.

Spec: https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.core import jcs
from medid.core import json as strict_json
from medid.core.fields import no_others, required_str
from medid.errors import InvalidSignature, MalformedValue, located
from medid.securing.jose.jws import parse_compact, sign_compact, verify

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey, Signer
    from medid.securing.jose.jws import Jws


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedForm:
    """One kind of such documents.

    Attributes:
        name: What it is called, in messages.
        format: What its member ``format`` says.
        typ: The ``typ`` of the signature, so that no other signature of the same key
            passes for one of this kind.
        signed: The members that are signed; each has to be there.
        optional: Members that are signed where they are there.
        unsigned: Members that may be there beside them.
    """

    name: str
    format: str
    typ: str
    signed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()

    def _signed(self, document: JsonObject) -> tuple[str, ...]:
        """The members of ``document`` that are signed, or have to be."""
        stated = (name for name in self.optional if name in document)
        return (*self.signed, *stated)

    def sign(self, document: JsonObject, signer: Signer, *, kid: str) -> str:
        """The signature over the members of ``document``.

        Raises:
            SignerError: The key store refused, or could not be reached.
        """
        digests: JsonObject = {
            name: digest(document[name]) for name in self._signed(document)
        }
        payload = strict_json.dumps(digests).encode()
        return sign_compact(payload, signer, {"typ": self.typ, "kid": kid})

    def read(self, document: JsonObject) -> Jws:
        """The signature of ``document``. Nothing is verified: see ``check``.

        Raises:
            MalformedValue: A member is missing or unknown, or another kind is meant.
            MedidError: As ``parse_compact`` raises.
        """
        beside = {"format", "signature", *self.unsigned}
        no_others(document, {*beside, *self.signed, *self.optional}, "$")
        if required_str(document, "format", "$") != self.format:
            message = f"the format is not {self.format!r}"
            raise MalformedValue(message, path="$.format")
        for name in self.signed:
            if name not in document:
                raise MalformedValue("this member is missing", path=f"$.{name}")
        text = required_str(document, "signature", "$")
        jws = parse_compact(text, path="$.signature")
        if jws.typ != self.typ:
            message = f"the signature is not a {self.name}'s"
            raise MalformedValue(message, path="$.signature.typ")
        return jws

    def check(self, document: JsonObject, jws: Jws, key: PublicKey) -> None:
        """Return if ``key`` signed every member of ``document``.

        Raises:
            InvalidSignature: Another key signed, or a member is not the one signed;
                the path says which.
            WeakCryptography: The algorithm does not fit the key.
            MalformedValue: What was signed are no digests of such a document's members.
            MethodNotSupported: The cryptography that is installed lacks the algorithm.
        """
        signed = self._signed(document)
        with located("$.signature"):
            verify(jws, key, allow_ml_dsa=True)
            stated = strict_json.load_object(jws.payload)
            no_others(stated, signed, "$")
            if set(stated) != set(signed):
                raise MalformedValue("the signature leaves out a member")
        for name in signed:
            if stated[name] != digest(document[name]):
                message = "this member is not the one that was signed"
                raise InvalidSignature(message, path=f"$.{name}")


def digest(value: JsonValue) -> str:
    """The SHA-256 (hex) of ``value`` in its canonical form."""
    return hashlib.sha256(jcs.canonicalize(value)).hexdigest()
