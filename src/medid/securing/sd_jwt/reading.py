"""Read an SD-JWT: every structural rule, before a claim is given out.

1. Take the text apart (``serialization``).
2. Read the issuer's JWT; its signature is checked above, with the issuer's key.
3. Process the disclosures (``processing``, RFC 9901 section 7.1).
4. Check what an SD-JWT VC (``profile``), or a credential or presentation of the VC data
   model (``vc_document``), must say, on the claims after step 3.
5. Read the key binding's header; ``verify_key_binding`` checks the rest (section 7.3).

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-7
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.core import json as strict_json
from medid.core.fields import optional_str
from medid.errors import HolderBindingError, MalformedProof, located
from medid.securing.jose.claims import RegisteredClaims, check_replicated, read_claims
from medid.securing.jose.jws import Jws, media_type, parse_compact
from medid.securing.sd_jwt import profile as vc_profile
from medid.securing.sd_jwt import vc_document
from medid.securing.sd_jwt.processing import Processed, Trail, process
from medid.securing.sd_jwt.serialization import take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.keys import PublicKey
    from medid.securing.sd_jwt.disclosure import Disclosure

KB_JWT: Final = "kb+jwt"

# An SD-JWT VC; that or a document of the VC data model, as typ and content say; or
# (None) any SD-JWT whatever its typ.
Profile: TypeAlias = Literal["dc+sd-jwt", "credential"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """An SD-JWT whose structure is sound, and of which no signature was verified.

    Attributes:
        jws: The issuer's signature and what it covers.
        claims: The payload with its disclosures in their places.
        registered: The registered claims, read after the disclosures were processed.
        disclosures: What the holder disclosed.
        trails: Where each disclosure went, by its digest.
        withheld: Where something may have been kept back, as ``Processed`` has it.
        is_document: Whether the claims are a credential or presentation of the VC data
            model, and not those of an SD-JWT VC.
        presented: What a key binding covers.
        key_binding: The holder's signature, where there is one.
        kb_text: The same as it travels.
        hash_alg: ``_sd_alg``.
        holder_key: ``cnf.jwk``: whose key binding counts. Without a profile and without
            a key binding, ``cnf`` is not read.
        holder_kid: ``cnf.kid``: the name of that key.
    """

    jws: Jws
    claims: JsonObject
    registered: RegisteredClaims
    disclosures: tuple[Disclosure, ...]
    trails: Mapping[str, Trail]
    withheld: frozenset[Trail]
    is_document: bool
    presented: str
    key_binding: Jws | None
    kb_text: str | None
    hash_alg: str
    holder_key: PublicKey | None
    holder_kid: str | None

    @property
    def window(self) -> Window:
        """The time from ``nbf`` to ``exp``."""
        return self.registered.window


def parse(
    text: str | bytes,
    *,
    profile: Profile = vc_profile.SD_JWT_VC,
    path: str = "$",
) -> SdJwt:
    """The SD-JWT that ``text`` spells, compact or in JSON.

    Args:
        text: As it travels.
        profile: ``"dc+sd-jwt"`` reads an SD-JWT VC, ``"credential"`` also credentials
            and presentations of the VC data model; ``None`` any SD-JWT.
        path: Where it stands, for errors.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: Neither form, or not strict JSON.
        MalformedProof: Anything that RFC 9901 section 7.1, or the profile, refuses.
        MalformedValue: A claim or header member of another type, or the two in
            contradiction.
        WeakCryptography: An algorithm or hash that is not on its list.
        InvalidKey: ``cnf.jwk`` is not a public key that medid supports.
        InvalidVerificationMethod: A key in the header, and no ``kid``.
        HolderBindingError: A key binding, and no ``cnf`` to bind it to.
    """
    with located(path):
        parts = take_apart(text)
        payload = strict_json.load_object(parts.jws.payload)
        found = interpret(payload, parts.disclosures, parts.jws.header, profile)
        processed = found.processed
        bound = "cnf" in processed.claims
        holder: tuple[PublicKey | None, str | None] = (None, None)
        # Without either, nobody asks for the key, and cnf may be of any kind.
        if profile is not None or parts.key_binding is not None:
            holder = vc_profile.confirmation(processed.claims)
        return SdJwt(
            jws=parts.jws,
            claims=processed.claims,
            registered=found.registered,
            disclosures=processed.disclosures,
            trails=processed.trails,
            withheld=processed.withheld,
            is_document=found.is_document,
            presented=parts.presented,
            key_binding=_key_binding(parts.key_binding, bound=bound),
            kb_text=parts.key_binding,
            hash_alg=processed.hash_alg,
            holder_key=holder[0],
            holder_kid=holder[1],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """What steps 3 and 4 find out about a payload."""

    processed: Processed
    registered: RegisteredClaims
    is_document: bool


def interpret(
    payload: JsonObject,
    given: Sequence[str | Disclosure],
    header: JsonObject,
    profile: Profile,
) -> Interpreted:
    """Steps 3 and 4, for a payload that is to be signed as for one that was.

    Raises:
        MedidError: As ``parse`` does.
    """
    typ = optional_str(header, "typ", "$")
    kind = None if typ is None else media_type(typ)
    if profile == vc_profile.SD_JWT_VC or (profile and kind != vc_document.VP_SD_JWT):
        vc_profile.check_type(kind)
    processed = process(payload, given)
    claims = processed.claims
    is_document = profile == "credential" and vc_document.is_document(kind, claims)
    if is_document:
        processed = vc_document.without_empty(processed)
        registered = vc_document.check(payload, processed, header)
    else:
        check_replicated(header, claims)
        registered = read_claims(claims)
    if profile is not None and not is_document:
        disclosed = [trail[0] for trail in processed.trails.values() if len(trail) == 1]
        certified = "x5c" in header
        vc_profile.check_claims(payload, claims, disclosed, certified=certified)
    return Interpreted(
        processed=processed, registered=registered, is_document=is_document
    )


def _key_binding(text: str | None, *, bound: bool) -> Jws | None:
    if text is None:
        return None
    if not bound:
        message = "a key binding, and no cnf that says whose key counts"
        raise HolderBindingError(message, path="$.cnf")
    with located("$.kb_jwt"):
        jws = parse_compact(text)
        if "x5c" in jws.header:
            message = "the holder's key is the one that cnf names, and no other"
            raise MalformedProof(message, path="$.x5c")
        if jws.typ != KB_JWT:
            message = f"the typ of a key binding is {KB_JWT!r}"
            raise MalformedProof(message, path="$.typ")
    return jws
