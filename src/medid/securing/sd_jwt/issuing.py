"""Issue an SD-JWT: claims into disclosures, digests into the payload.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-4.2
"""

from __future__ import annotations

import re
from bisect import insort
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.entropy import drawn, system_entropy
from medid.core.fields import as_list, as_object, optional_str
from medid.errors import MedidError, Misuse, ProofGenerationError
from medid.securing.jose.jws import media_type, sign_compact
from medid.securing.sd_jwt import profile as vc_profile
from medid.securing.sd_jwt.disclosure import (
    ALGORITHM,
    DEFAULT_HASH,
    DIGESTS,
    ELEMENT,
    RESERVED,
    SALT_SIZE,
    Disclosure,
    make_disclosure,
)
from medid.securing.sd_jwt.pointers import parse_pointer
from medid.securing.sd_jwt.reading import Profile, interpret
from medid.securing.sd_jwt.serialization import put_together
from medid.securing.sd_jwt.vc_document import VP_SD_JWT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.entropy import Entropy
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey, Signer

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")


def issue(
    claims: Mapping[str, JsonValue],
    signer: Signer,
    *,
    disclosable: Sequence[str],
    header: Mapping[str, JsonValue],
    holder_key: PublicKey | None = None,
    entropy: Entropy = system_entropy,
) -> str:
    """Issue an SD-JWT with all of its disclosures, for its holder.

    Args:
        claims: The payload. Never modified.
        signer: The issuer.
        disclosable: JSON pointers to claims and array elements that the holder may
            withhold. A part of another disclosable part is hidden inside of it.
        header: The protected header; ``typ`` is ``dc+sd-jwt`` where it has none.
        holder_key: Becomes ``cnf.jwk``; ``None`` binds the credential to nobody.
        entropy: Where the salts come from.

    Raises:
        ProofGenerationError: A pointer leads nowhere, or medid would refuse the result.
        TooLarge: medid would refuse a result of this size.
        SignerError: The key store refused, or could not be reached.
    """
    typed: JsonObject = {"typ": vc_profile.SD_JWT_VC, **header}
    try:
        payload = _payload(claims, holder_key)
        disclosures = _hide(payload, disclosable, entropy)
        _check(payload, disclosures, typed)
        text = strict_json.dumps(payload).encode()
    except (ProofGenerationError, Misuse):
        raise
    except MedidError as error:
        message = f"medid would refuse it: {error.code}: {error.message}"
        raise ProofGenerationError(message, path=error.path) from error
    shown = tuple(one.text for one in disclosures)
    beside = len(put_together("", shown))
    return put_together(sign_compact(text, signer, typed, beside=beside), shown)


def _payload(
    claims: Mapping[str, JsonValue], holder_key: PublicKey | None
) -> JsonObject:
    payload = strict_json.check_object(claims)
    _check_plain(payload)
    if holder_key is None:
        return payload
    if "cnf" in payload:
        message = "the claims have a cnf already"
        raise ProofGenerationError(message, path="$.cnf")
    return {**payload, "cnf": {"jwk": holder_key.to_jwk()}}


def _check_plain(value: JsonValue) -> None:
    if isinstance(value, dict):
        if not RESERVED.isdisjoint(value):
            message = "the claims use a name that carries digests"
            raise ProofGenerationError(message)
        for member in value.values():
            _check_plain(member)
    elif isinstance(value, list):
        for element in value:
            _check_plain(element)


def _hide(
    payload: JsonObject, disclosable: Sequence[str], entropy: Entropy
) -> list[Disclosure]:
    pointers = [parse_pointer(text) for text in disclosable]
    if len(set(pointers)) != len(pointers):
        raise ProofGenerationError("a claim is named twice")
    # The innermost first: what is hidden later takes their digests along.
    pointers.sort(key=len, reverse=True)
    disclosures = [_hide_one(payload, pointer, entropy) for pointer in pointers]
    if disclosures:
        payload[ALGORITHM] = DEFAULT_HASH
    return disclosures


def _hide_one(
    payload: JsonObject, pointer: tuple[str, ...], entropy: Entropy
) -> Disclosure:
    container: JsonValue = payload
    for token in pointer[:-1]:
        container = _step(container, token)
    value, last = _step(container, pointer[-1]), pointer[-1]
    salt = drawn(SALT_SIZE, entropy)
    if isinstance(container, list):
        hidden = make_disclosure(salt, None, value, DEFAULT_HASH)
        container[int(last)] = {ELEMENT: hidden.digest}
        return hidden
    hidden = make_disclosure(salt, last, value, DEFAULT_HASH)
    members = as_object(container, "$")
    del members[last]
    # Sorted, so that their order says nothing about the claims (section 4.2.4.1).
    insort(as_list(members.setdefault(DIGESTS, [])), hidden.digest, key=str)
    return hidden


def _step(container: JsonValue, token: str) -> JsonValue:
    if isinstance(container, dict) and token in container and token != DIGESTS:
        return container[token]
    if isinstance(container, list) and _INDEX.fullmatch(token):
        index = int(token)
        if index < len(container):
            return container[index]
    raise ProofGenerationError(
        "a pointer leads to no claim", fix="point at claims that are there"
    )


def _check(
    payload: JsonObject, disclosures: Sequence[Disclosure], header: JsonObject
) -> None:
    typ = optional_str(header, "typ", "$")
    kind = None if typ is None else media_type(typ)
    is_credential = kind in vc_profile.MEDIA_TYPES or kind == VP_SD_JWT
    profile: Profile = "credential" if is_credential else None
    found = interpret(payload, disclosures, header, profile)
    vc_profile.confirmation(found.processed.claims)
