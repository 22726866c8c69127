"""Read an SD-JWT: every structural rule, before a claim is given out.

1. Take the text apart (``serialization``).
2. Read the issuer's JWT; its signature is checked above, with the issuer's key.
3. Process the disclosures (``processing``, RFC 9901 section 7.1).
4. Check what an SD-JWT VC must say (``profile``), on the claims after step 3.
5. Read the key binding's header; ``verify_key_binding`` checks the rest (section 7.3).

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-7
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.core import json as strict_json
from medid.errors import HolderBindingError, MalformedProof, located
from medid.securing.jose.claims import RegisteredClaims, check_replicated, read_claims
from medid.securing.jose.jws import Jws, parse_compact
from medid.securing.sd_jwt import profile as vc_profile
from medid.securing.sd_jwt.processing import Processed, Trail, process
from medid.securing.sd_jwt.serialization import take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.keys import PublicKey
    from medid.securing.sd_jwt.disclosure import Disclosure

KB_JWT: Final = "kb+jwt"

# An SD-JWT VC, or (None) any SD-JWT whatever its typ.
Profile: TypeAlias = Literal["dc+sd-jwt"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """An SD-JWT whose structure is sound, and of which no signature was verified.

    Attributes:
        jws: The issuer's signature and what it covers.
        claims: The payload with its disclosures in their places.
        registered: The registered claims, read after the disclosures were processed.
        disclosures: What the holder disclosed.
        trails: Where each disclosure went, by its digest.
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
        profile: ``"dc+sd-jwt"`` reads an SD-JWT VC; ``None`` any SD-JWT.
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
        processed = interpret(payload, parts.disclosures, parts.jws.typ, profile)
        check_replicated(parts.jws.header, processed.claims)
        bound = "cnf" in processed.claims
        holder: tuple[PublicKey | None, str | None] = (None, None)
        # Without either, nobody asks for the key, and cnf may be of any kind.
        if profile is not None or parts.key_binding is not None:
            holder = vc_profile.confirmation(processed.claims)
        return SdJwt(
            jws=parts.jws,
            claims=processed.claims,
            registered=read_claims(processed.claims),
            disclosures=processed.disclosures,
            trails=processed.trails,
            presented=parts.presented,
            key_binding=_key_binding(parts.key_binding, bound=bound),
            kb_text=parts.key_binding,
            hash_alg=processed.hash_alg,
            holder_key=holder[0],
            holder_kid=holder[1],
        )


def interpret(
    payload: JsonObject, texts: Sequence[str], typ: str | None, profile: Profile
) -> Processed:
    """Steps 3 and 4, for a payload that is to be signed as for one that was.

    Raises:
        MedidError: As ``parse`` does.
    """
    if profile is None:
        return process(payload, texts)
    vc_profile.check_type(typ)
    processed = process(payload, texts)
    disclosed = [trail[0] for trail in processed.trails.values() if len(trail) == 1]
    vc_profile.check_claims(payload, processed.claims, disclosed)
    return processed


def _key_binding(text: str | None, *, bound: bool) -> Jws | None:
    if text is None:
        return None
    if not bound:
        message = "a key binding, and no cnf that says whose key counts"
        raise HolderBindingError(message, path="$.cnf")
    with located("$.kb_jwt"):
        jws = parse_compact(text)
        if jws.typ != KB_JWT:
            message = f"the typ of a key binding is {KB_JWT!r}"
            raise MalformedProof(message, path="$.typ")
    return jws
