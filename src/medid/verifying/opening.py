"""Step 2 of the path: open the envelope. Bytes in, a Secured document out.

The format is settled here, once, and from the outside in: what the document says about
itself is read only after it is known which mechanism secures it. Nothing is verified
here; a ``Secured`` is a claim about a document, not a document to rely on.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms,
https://www.w3.org/TR/vc-jose-cose/, https://www.rfc-editor.org/rfc/rfc9901
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64
from medid.core import json as strict_json
from medid.core.fields import as_list, item_path
from medid.core.json import DOCUMENT
from medid.core.memory import FORGETFUL, STATED_WEIGHT, Known, Memory
from medid.core.records import replace
from medid.credentials import (
    JWT_MEDIA,
    Credential,
    parse_credential,
    parse_enveloped_credential,
    parse_enveloped_presentation,
    parse_presentation,
)
from medid.errors import MalformedValue, ParsingError, TooLarge, located
from medid.securing import sd_jwt
from medid.securing.cose import vc_cose
from medid.securing.cose.forms import message_in
from medid.securing.data_integrity import is_derived, read_proofs
from medid.securing.jose import jwt_vc_1_1, read_document
from medid.securing.jose.jws import ITSELF
from medid.verifying.issuer_keys import with_certified_issuer

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import (
        EnvelopedCredential,
        EnvelopedPresentation,
        Presentation,
    )
    from medid.securing.cose import Sign1
    from medid.securing.cose.vc_cose import VcCose
    from medid.securing.data_integrity import Proof
    from medid.securing.jose import Jws
    from medid.securing.jose.claims import RegisteredClaims
    from medid.securing.jose.vc_jwt import VcJwt
    from medid.securing.sd_jwt import SdJwt

CREDENTIAL: Final = "VerifiableCredential"
PRESENTATION: Final = "VerifiablePresentation"
ENVELOPED_CREDENTIAL: Final = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION: Final = "EnvelopedVerifiablePresentation"


class Kind(StrEnum):
    """What kind of document was opened."""

    CREDENTIAL = "credential"
    PRESENTATION = "presentation"
    SD_JWT = "sd-jwt"
    DID_DOCUMENT = "did-document"


class Securing(StrEnum):
    """Which mechanism secures it."""

    DATA_INTEGRITY = "data-integrity"
    JOSE = "jose"
    COSE = "cose"
    SD_JWT = "sd-jwt"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """An opened document, of which nothing has been verified.

    Attributes:
        kind: What it is.
        securing: What secures it.
        document: The credential, presentation or DID document; of an SD-JWT VC the
            claims after its disclosures were processed.
        digest: SHA-256 (hex) of the bytes it was read from.
        path: Where it stands in the document that was handed in.
        jws: The signature of a JWT; of an SD-JWT, the issuer's.
        cose: The signature of a COSE message.
        registered: The registered claims of a JWT, SD-JWT or COSE message.
        sd_jwt: The SD-JWT, with its disclosures and key binding, whether it is an
            SD-JWT VC or secures a credential or presentation.
        credential: The typed credential, where ``kind`` is credential.
        presentation: The typed presentation, where ``kind`` is presentation.
        children: What a presentation presents, opened in the same way.
        known: What follows from the document alone and was worked out before.
    """

    kind: Kind
    securing: Securing
    document: JsonObject
    digest: str
    path: str = "$"
    jws: Jws | None = None
    cose: Sign1 | None = None
    registered: RegisteredClaims | None = None
    sd_jwt: SdJwt | None = None
    credential: Credential | None = None
    presentation: Presentation | None = None
    children: tuple[Secured, ...] = ()
    known: Known = field(default_factory=Known, compare=False, repr=False)

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """Its Data Integrity proofs.

        Raises:
            MalformedProof: There is none, or they are not of the required form.
            TooLarge: There are too many.
        """
        return self.known.once("proofs", partial(read_proofs, self.document))

    @property
    def envelope(self) -> Jws | Sign1 | None:
        """The signature around the document, where it is not inside of it."""
        return self.jws or self.cose

    @property
    def carries_proofs(self) -> bool:
        """Whether proofs are in the document, whatever envelope is around it."""
        stated = self.credential or self.presentation
        return stated is not None and "proof" in self.document

    @property
    def owner(self) -> str | None:
        """Who has to have signed it: its issuer, or the holder who presents it."""
        if self.presentation is None:
            return self.issuer
        if self.presentation.holder is None and self.registered is not None:
            return self.registered.issuer
        return self.presentation.holder

    @property
    def is_withheld(self) -> bool:
        """Whether a holder may have kept back a part of it.

        Raises:
            MalformedProof: Its proofs are not of the required form.
            TooLarge: There are too many.
        """
        if self.securing is Securing.DATA_INTEGRITY:
            return any(map(is_derived, self.proofs))
        return self.sd_jwt is not None and bool(self.sd_jwt.withheld)

    @property
    def issuer(self) -> str | None:
        """Who is said to have issued it; ``None`` for what has no issuer."""
        if self.credential is not None:
            return self.credential.issuer.id
        if self.kind is Kind.SD_JWT:
            issuer = self.document.get("iss")
            return issuer if isinstance(issuer, str) else None
        return None


def open_document(
    data: bytes | str | Mapping[str, JsonValue],
    *,
    memory: Memory = FORGETFUL,
) -> Secured:
    """Open a credential, presentation or DID document in any format medid reads.

    Args:
        data: JSON, a JWT, an SD-JWT or a COSE message as they travel, or a decoded JSON
            object. White space around the whole is not part of it.
        memory: Of documents that were opened before.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: The bytes are of no format medid reads.
        MalformedValue: A member that its specification does not allow.
        MalformedProof: An envelope whose structure its specification forbids.
        WeakCryptography: An envelope with an algorithm that proves nothing.
    """
    if not isinstance(data, bytes | str):
        copy = strict_json.check(_plain(data))
        raw = strict_json.dumps(copy).encode()
        make = partial(_open_json, copy, _digest(raw), memory)
        return memory.read("document", raw, make)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > DOCUMENT.max_bytes:
        raise TooLarge(f"the document has more than {DOCUMENT.max_bytes} bytes")
    make = partial(_open_bytes, raw, memory)
    return memory.read("document", bytes(raw), make)


def _open_bytes(raw: bytes, memory: Memory) -> Secured:
    message = message_in(raw)
    if message is not None:
        return _open_cose(message)
    raw = raw.strip(b" \t\r\n")
    if raw[:1] in (b"{", b"[", b'"', b"\xef"):
        value = strict_json.loads(raw)
        return _open_json(value, _digest(raw), memory)
    return _open_token(_token(raw), _digest(raw))


def _plain(data: object) -> dict[object, object]:
    if not isinstance(data, Mapping):
        raise ParsingError("neither bytes nor text nor a JSON object", fix=ITSELF)
    return dict(data)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


# Neither white space nor control characters; what else it may hold its reader says.
_VISIBLE: Final = bytes(range(0x21, 0x80))


def _token(raw: bytes) -> str:
    if b"." in raw and not raw.translate(None, _VISIBLE):
        return raw.decode("ascii")
    message = "neither JSON nor a JWT nor an SD-JWT nor a COSE message"
    raise ParsingError(message, fix=ITSELF)


def _open_token(token: str, digest: str) -> Secured:
    return _open_sd_jwt(token, digest) if "~" in token else _open_jwt(token, digest)


def _open_sd_jwt(token: str, digest: str) -> Secured:
    parsed = sd_jwt.parse(token, profile="credential")
    if parsed.is_document:
        secured = _open_object(parsed.claims, digest, Securing.SD_JWT)
        is_presentation = parsed.jws.typ == sd_jwt.VP_SD_JWT
        _check_kind(secured, is_presentation=is_presentation)
        _check_version(secured)
        _check_status(secured, parsed.registered)
    else:
        secured = Secured(
            kind=Kind.SD_JWT,
            securing=Securing.SD_JWT,
            document=with_certified_issuer(parsed.claims, parsed.jws),
            digest=digest,
        )
    return replace(secured, jws=parsed.jws, registered=parsed.registered, sd_jwt=parsed)


def _open_jwt(token: str, digest: str) -> Secured:
    opened = read_document(token)
    is_older = jwt_vc_1_1.is_named(opened.jws.typ)
    secured = _open_payload(opened, digest, Securing.JOSE, older=is_older)
    return replace(secured, jws=opened.jws)


def _open_cose(message: bytes) -> Secured:
    opened = vc_cose.read(message)
    secured = _open_payload(opened, _digest(message), Securing.COSE)
    return replace(secured, cose=opened.sign1)


def _open_payload(
    opened: VcJwt | VcCose, digest: str, how: Securing, *, older: bool = False
) -> Secured:
    secured = _open_object(opened.document, digest, how, tokens=older)
    _check_kind(secured, is_presentation=opened.is_presentation)
    _check_version(secured, older=older)
    _check_status(secured, opened.registered)
    return replace(secured, registered=opened.registered)


def _check_version(secured: Secured, *, older: bool = False) -> None:
    """Return if the envelope is one of the version that its document is of.

    What ``vc+jwt`` and its like hold is ``application/vc``, a document of version 2.0.
    """
    version = "1.1" if older else "2.0"
    stated = secured.credential or secured.presentation
    if stated is not None and stated.version != version:
        place = "in a vc or vp claim" if older else "in such an envelope"
        message = f"only documents of version {version} are {place}"
        fix = "sign version 2.0 as vc+jwt or vp+jwt, and version 1.1 as JWT"
        raise MalformedValue(message, path="$.@context", fix=fix)


def _check_status(secured: Secured, claims: RegisteredClaims) -> None:
    # Whose word a list about a presentation would be, nothing says.
    if secured.presentation is not None and isinstance(claims.status, dict):
        raise MalformedValue("a presentation is on no status list", path="$.status")


def _check_kind(secured: Secured, *, is_presentation: bool) -> None:
    expected = Kind.PRESENTATION if is_presentation else Kind.CREDENTIAL
    if secured.kind is not expected:
        message = "the envelope's typ names another kind of document than it carries"
        raise MalformedValue(message, path="$.type")


def _open_json(value: JsonValue, digest: str, memory: Memory = FORGETFUL) -> Secured:
    if not isinstance(value, dict):
        raise ParsingError("the document must be a JSON object")
    if "payload" in value and ("signature" in value or "signatures" in value):
        return _open_sd_jwt(strict_json.dumps(value), digest)
    return _open_object(value, digest, None, memory=memory)


def _open_object(
    document: JsonObject,
    digest: str,
    securing: Securing | None,
    *,
    tokens: bool = False,
    memory: Memory = FORGETFUL,
) -> Secured:
    types = document.get("type", document.get("@type"))
    names = types if isinstance(types, list) else [types]
    # Inside an envelope another one would put its content under another's signature.
    if securing is None and ENVELOPED_CREDENTIAL in names:
        return _open_enveloped(parse_enveloped_credential(document), digest)
    if securing is None and ENVELOPED_PRESENTATION in names:
        return _open_enveloped(parse_enveloped_presentation(document), digest)
    how = securing or _securing_of(document)
    if PRESENTATION in names:
        children = _Children(memory)
        presentation = parse_presentation(
            document, tokens=tokens, strict=True, parse=children.parse
        )
        return _presentation(presentation, digest, how, children)
    if CREDENTIAL in names:
        return _credential(parse_credential(document, strict=True), digest, how)
    if types is None and _is_did_document(document):
        return Secured(
            kind=Kind.DID_DOCUMENT,
            securing=Securing.NONE,
            document=document,
            digest=digest,
        )
    message = f"the type names neither {CREDENTIAL} nor {PRESENTATION}"
    raise MalformedValue(message, path="$.type")


# A credential without its type must not pass for another kind of document.
_CREDENTIAL_MEMBERS: Final = frozenset(
    {"proof", "issuer", "credentialSubject", "holder", "verifiableCredential"}
)


def _is_did_document(document: JsonObject) -> bool:
    named = str(document.get("id", "")).startswith("did:")
    return named and _CREDENTIAL_MEMBERS.isdisjoint(document)


def _securing_of(document: JsonObject) -> Securing:
    return Securing.DATA_INTEGRITY if "proof" in document else Securing.NONE


def _credential(credential: Credential, digest: str, how: Securing) -> Secured:
    return Secured(
        kind=Kind.CREDENTIAL,
        securing=how,
        document=credential.document,
        digest=digest,
        credential=credential,
    )


class _Children:
    """Opens the credentials of one presentation, each unless it is remembered."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._opened: dict[int, Secured] = {}

    def parse(self, document: JsonObject) -> Credential:
        """The credential that ``document`` is, opened as well."""
        text = strict_json.dumps(document).encode()
        make = partial(_presented, document, text)
        credential, opened = self._memory.read("credential", text, make)
        self._opened[id(credential)] = opened
        return credential

    def open(self, entry: Credential | EnvelopedCredential, path: str) -> Secured:
        """What was parsed, or what is in the envelope."""
        if isinstance(entry, Credential):
            return replace(self._opened[id(entry)], path=path)
        with located(path):
            opened = _open_enveloped(entry, _digest(entry.content.encode()))
            if opened.presentation is not None:
                message = "a presentation is presented as if it were a credential"
                raise MalformedValue(message, path="$.id")
            return replace(opened, path=path)


def _presented(document: JsonObject, text: bytes) -> tuple[Credential, Secured]:
    credential = parse_credential(document, strict=True)
    how = _securing_of(document)
    opened = _credential(credential, _digest(text), how)
    known = Known(room=STATED_WEIGHT * len(text))
    return credential, replace(opened, known=known)


def _presentation(
    presentation: Presentation, digest: str, how: Securing, children: _Children
) -> Secured:
    presented = presentation.document.get("verifiableCredential")
    paths = [
        item_path(presented, "$.verifiableCredential", index)
        for index in range(len(presentation.entries))
    ]
    presentation = _sharing(presentation)
    return Secured(
        kind=Kind.PRESENTATION,
        securing=how,
        document=presentation.document,
        digest=digest,
        presentation=presentation,
        children=tuple(map(children.open, presentation.entries, paths)),
    )


def _sharing(presentation: Presentation) -> Presentation:
    """The presentation, around the very objects that its credentials were read from.

    They say the same, letter by letter, and what is known of them is known by identity.
    """
    if not presentation.entries:
        return presentation
    name = "verifiableCredential"
    presented = presentation.document[name]
    shared: list[JsonValue] = [
        entry.document if isinstance(entry, Credential) else item
        for entry, item in zip(presentation.entries, as_list(presented), strict=True)
    ]
    value = shared if isinstance(presented, list) else shared[0]
    return replace(presentation, document={**presentation.document, name: value})


# The typ that the token in an envelope of each media type has. A JWT that stands for
# itself in a presentation of version 1.1 is of either version.
_TYPES: Final[Mapping[str, frozenset[str | None]]] = MappingProxyType(
    {
        JWT_MEDIA: frozenset({None, "jwt", "vc+jwt"}),
        **{
            f"application/{typ}": frozenset({typ})
            for typ in (
                "vc+jwt",
                "vp+jwt",
                "vc+sd-jwt",
                "vp+sd-jwt",
                "dc+sd-jwt",
                "vc+cose",
                "vp+cose",
            )
        },
    }
)


def _open_enveloped(
    envelope: EnvelopedCredential | EnvelopedPresentation, digest: str
) -> Secured:
    path = "$" if envelope.media_type == JWT_MEDIA else "$.id"
    with located(path):
        if envelope.media_type.endswith("+cose"):
            opened = _open_cose(base64.decode(envelope.content))
        else:
            opened = _open_token(_token(envelope.content.encode()), digest)
    if _typ_of(opened) not in _TYPES[envelope.media_type]:
        message = "the envelope's media type is not that of its content"
        raise MalformedValue(message, path=path)
    return opened


def _typ_of(opened: Secured) -> str | None:
    if opened.jws is not None:
        return opened.jws.typ
    # A COSE message may say by its content type alone what it is.
    is_presentation = opened.kind is Kind.PRESENTATION
    return vc_cose.VP_COSE if is_presentation else vc_cose.VC_COSE
