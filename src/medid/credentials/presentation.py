"""Presentations of the Verifiable Credentials Data Model 2.0 and 1.1, read strictly.

Embedded credentials are read by the same rules as any other; enveloped ones stay
text until ``medid.securing`` opens them. Who presents, and whether a proof holds, is
for ``medid.verifying`` to say.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core import base64
from medid.core.fields import (
    as_list,
    as_object,
    item_path,
    no_others,
    required_str,
)
from medid.credentials.common import (
    agent_id,
    base_types,
    check_proof,
    checked_document,
    contexts_of,
)
from medid.credentials.credential import parse_credential
from medid.credentials.model import (
    Credential,
    EnvelopedCredential,
    EnvelopedPresentation,
    Presentation,
)
from medid.credentials.values import (
    optional_url,
    typed_objects,
    types_of,
)
from medid.errors import (
    HolderBindingError,
    MalformedValue,
    MethodNotSupported,
    TooLarge,
    child,
    located,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject, JsonValue

MAX_CREDENTIALS: Final = 32  # per presentation, docs/limits.md

ENVELOPED_CREDENTIAL: Final = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION: Final = "EnvelopedVerifiablePresentation"

# What a JWT is that stands for itself, as text, in a presentation of version 1.1.
JWT_MEDIA: Final = "application/jwt"

# Media types that can be opened, and the names their drafts gave them.
_CREDENTIAL_MEDIA: Final = {
    "application/vc+jwt": "application/vc+jwt",
    "application/vc-ld+jwt": "application/vc+jwt",
    "application/vc+sd-jwt": "application/vc+sd-jwt",
    "application/vc-ld+sd-jwt": "application/vc+sd-jwt",
    "application/dc+sd-jwt": "application/dc+sd-jwt",
    "application/vc+cose": "application/vc+cose",
}
_PRESENTATION_MEDIA: Final = {
    "application/vp+jwt": "application/vp+jwt",
    "application/vp-ld+jwt": "application/vp+jwt",
    "application/vp+sd-jwt": "application/vp+sd-jwt",
    "application/vp-ld+sd-jwt": "application/vp+sd-jwt",
    "application/vp+cose": "application/vp+cose",
}
_DATA_URL: Final = re.compile(
    r"data:([a-z]+/[a-z0-9.+\-]+)((?:;[a-z0-9=\-]+)*),(.+)", re.DOTALL
)
# A draft wrote ";base64url": how a JWT is written anyway, so nothing is decoded.
_PARAMETERS: Final = ("", ";base64url")
_COMPACT: Final = re.compile(r"[A-Za-z0-9_.~\-]+")
# base64 as RFC 2397 has it: of COSE, which is binary, and where a JWT is written so.
_BASE64_PARAMETERS: Final = ";base64"
# The working group's own test suite ends it with a line feed.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}\n?")


def parse_presentation(
    document: JsonObject,
    *,
    path: str = "$",
    tokens: bool = False,
    strict: bool = False,
    parse: Callable[[JsonObject], Credential] = parse_credential,
) -> Presentation:
    """The presentation that ``document`` is, with every credential in it read.

    Args:
        document: The decoded JSON; kept as it is, never modified.
        path: Where it stands in the document it was found in.
        tokens: Whether credentials may be the text of JWTs: in a JWT of version 1.1.
        strict: Whether ``core.json`` has read it: its values are not looked at again.
        parse: Reads each credential that is in no envelope.

    Raises:
        MalformedValue: A member is missing, or not as its specification requires.
        TooLarge: Too deep, too many members, or too many credentials.
        StatusRangeError: A status index beyond any list.
        MethodNotSupported: A credential in an envelope that medid cannot open.
    """
    document = checked_document(document, path, strict=strict)
    version, contexts = contexts_of(document, path)
    presentation = Presentation(
        version=version,
        contexts=contexts,
        types=base_types(document, "VerifiablePresentation", path),
        id=optional_url(document, "id", path),
        holder=agent_id(document, "holder", path) if "holder" in document else None,
        entries=_entries(document, path, parse, tokens=tokens),
        terms_of_use=typed_objects(document, "termsOfUse", path),
        refresh_service=typed_objects(document, "refreshService", path),
        path=path,
        document=document,
    )
    check_proof(document, path)
    return presentation


def _entries(
    document: JsonObject,
    path: str,
    parse: Callable[[JsonObject], Credential],
    *,
    tokens: bool,
) -> tuple[Credential | EnvelopedCredential, ...]:
    if "verifiableCredential" not in document:
        return ()
    place = child(path, "verifiableCredential")
    presented = document["verifiableCredential"]
    items = as_list(presented)
    if not items:
        raise MalformedValue("the array is empty", path=place)
    if len(items) > MAX_CREDENTIALS:
        raise TooLarge(f"more than {MAX_CREDENTIALS} credentials", path=place)
    return tuple(
        _entry(item, item_path(presented, place, index), parse, tokens=tokens)
        for index, item in enumerate(items)
    )


def _entry(
    item: JsonValue,
    place: str,
    parse: Callable[[JsonObject], Credential],
    *,
    tokens: bool,
) -> Credential | EnvelopedCredential:
    # A credential stands by itself: its typed paths begin at its own root.
    with located(place):
        if tokens and isinstance(item, str):
            return _token(item)
        obj = as_object(item, "$")
        if ENVELOPED_CREDENTIAL in types_of(obj, "$"):
            return parse_enveloped_credential(obj)
        return parse(obj)


def _token(text: str) -> EnvelopedCredential:
    if not _COMPACT.fullmatch(text):
        raise MalformedValue("not a JWT")
    return EnvelopedCredential(media_type=JWT_MEDIA, content=text, path="$")


def parse_enveloped_credential(
    document: JsonObject, *, path: str = "$"
) -> EnvelopedCredential:
    """The credential inside an ``EnvelopedVerifiableCredential``, still closed.

    Raises:
        MalformedValue: Not such an object, or it has claims outside its envelope.
        TooLarge: The document is too deep, or has too many members.
        MethodNotSupported: An envelope that medid cannot open.
    """
    known, content = _open(document, ENVELOPED_CREDENTIAL, _CREDENTIAL_MEDIA, path)
    return EnvelopedCredential(media_type=known, content=content, path=path)


def parse_enveloped_presentation(
    document: JsonObject, *, path: str = "$"
) -> EnvelopedPresentation:
    """The presentation inside an ``EnvelopedVerifiablePresentation``, still closed.

    Raises:
        MalformedValue: Not such an object, or it has claims outside its envelope.
        TooLarge: The document is too deep, or has too many members.
        MethodNotSupported: An envelope that medid cannot open.
    """
    known, content = _open(document, ENVELOPED_PRESENTATION, _PRESENTATION_MEDIA, path)
    return EnvelopedPresentation(media_type=known, content=content, path=path)


def _open(
    document: JsonObject, kind: str, media: dict[str, str], path: str
) -> tuple[str, str]:
    document = checked_document(document, path)
    version, _ = contexts_of(document, path)
    if version != "2.0" or types_of(document, path) != (kind,):
        raise MalformedValue(f"not an {kind} of VCDM 2.0", path=path)
    # Only what is inside the envelope is signed by its issuer.
    no_others(document, ("@context", "id", "type"), path)
    match = _DATA_URL.fullmatch(required_str(document, "id", path))
    if not match:
        raise MalformedValue("not a data: URL", path=child(path, "id"))
    media_type, parameters, content = match.groups()
    if media_type not in media:
        message = "medid cannot open an envelope of this media type"
        fix = f"use one of {', '.join(sorted(set(media.values())))}"
        raise MethodNotSupported(message, path=child(path, "id"), fix=fix)
    known = media[media_type]
    if known.endswith("+cose"):
        fits = parameters == _BASE64_PARAMETERS and _BASE64.fullmatch(content)
    else:
        parameters, content = _without_base64(parameters, content, child(path, "id"))
        fits = parameters in _PARAMETERS and _COMPACT.fullmatch(content)
    if not fits:
        message = "not a JWT, an SD-JWT or the base64 of a COSE message"
        raise MalformedValue(message, path=child(path, "id"))
    return known, content.rstrip("\n")


def _without_base64(parameters: str, content: str, path: str) -> tuple[str, str]:
    """The text of a token, which is written as it is or in base64."""
    if parameters != _BASE64_PARAMETERS:
        return parameters, content
    return "", base64.decode(content, path=path).decode("latin-1")


def check_self_asserted(presentation: Presentation) -> None:
    """Return if each credential without a proof is issued by the holder itself.

    The presentation's proof is then the only one that speaks for it. Whether the
    holder made that proof is for the caller to verify.

    Raises:
        HolderBindingError: It names another issuer, or there is no holder.
    """
    stated = presentation.document.get("verifiableCredential")
    for index, entry in enumerate(presentation.entries):
        if isinstance(entry, EnvelopedCredential) or entry.has_proof:
            continue
        if entry.issuer.id == presentation.holder:
            continue
        place = child(presentation.path, "verifiableCredential")
        raise HolderBindingError(
            "a credential without a proof must be issued by the holder itself",
            path=child(item_path(stated, place, index), "issuer"),
            fix="present the credential with its issuer's proof",
        )
