"""Present an SD-JWT: choose disclosures, and bind them to nonce and audience.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-7.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import ProofGenerationError
from medid.securing.sd_jwt.key_binding import sign_key_binding
from medid.securing.sd_jwt.pointers import parse_pointer, tokens_of
from medid.securing.sd_jwt.profile import confirmation
from medid.securing.sd_jwt.reading import SdJwt, parse
from medid.securing.sd_jwt.serialization import put_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.keys import Signer


_DISCLOSABLE: Final = "point at claims that the issuer let the holder disclose"


def present(
    text: str,
    *,
    disclose: Sequence[str],
    holder: Signer | None = None,
    nonce: str | None = None,
    audience: str | None = None,
    at: Instant | None = None,
) -> str:
    """Present ``text`` with the chosen disclosures only.

    Args:
        text: The SD-JWT as it was issued. Its issuer's signature is not checked.
        disclose: JSON pointers to what is shown. What contains it is shown as well;
            what can be disclosed separately inside of it is not.
        holder: Signs the key binding; ``None`` presents without one.
        nonce: What the verifier asked to be answered; needed with ``holder``.
        audience: Whom it is made for; needed with ``holder``.
        at: When the key binding is made; needed with ``holder``.

    Raises:
        ProofGenerationError: A pointer leads to nothing that can be disclosed, or the
            key binding lacks something.
        MedidError: ``text`` is not a sound SD-JWT, as ``parse`` says.
        SignerError: The key store refused, or could not be reached.
    """
    issued = parse(text, profile=None)
    if issued.key_binding is not None:
        raise ProofGenerationError("it is bound to a presentation already")
    token = issued.presented.split("~", 1)[0]
    presented = put_together(token, _chosen(issued, disclose))
    if holder is None:
        if (nonce, audience) != (None, None):
            message = "without a holder's key, no nonce or audience can be answered"
            fix = "pass the holder's key, or neither nonce nor audience"
            raise ProofGenerationError(message, fix=fix)
        return presented
    claims = _binding_claims(nonce, audience, at)
    _check_holder(issued, holder)
    hash_alg = issued.hash_alg
    return presented + sign_key_binding(
        presented, holder, claims=claims, hash_alg=hash_alg
    )


def _chosen(issued: SdJwt, disclose: Sequence[str]) -> tuple[str, ...]:
    places = {tokens_of(trail): digest for digest, trail in issued.trails.items()}
    chosen: set[str] = set()
    for pointer in map(parse_pointer, disclose):
        if pointer not in places:
            message = "a pointer leads to nothing to disclose"
            raise ProofGenerationError(message, fix=_DISCLOSABLE)
        around = (pointer[:size] for size in range(1, len(pointer) + 1))
        chosen.update(places[place] for place in around if place in places)
    return tuple(d.text for d in issued.disclosures if d.digest in chosen)


def _binding_claims(
    nonce: str | None, audience: str | None, at: Instant | None
) -> JsonObject:
    if not nonce or not audience or at is None:
        message = "a key binding needs nonce, audience and time"
        fix = "pass those that the verifier asked with, or no holder"
        raise ProofGenerationError(message, fix=fix)
    whole_seconds = at.nanoseconds // 1_000_000_000
    return {"nonce": nonce, "aud": audience, "iat": whole_seconds}


def _check_holder(issued: SdJwt, holder: Signer) -> None:
    if "cnf" not in issued.claims:
        message, fix = "the SD-JWT is bound to no key", "present it without a holder"
        raise ProofGenerationError(message, path="$.cnf", fix=fix)
    key, _kid = confirmation(issued.claims)
    # A key that cnf only names (kid) cannot be compared here.
    if key not in {None, holder.public_key}:
        message = "the SD-JWT is bound to another key than the holder's"
        fix = "sign with the key that the issuer was given as holder_key"
        raise ProofGenerationError(message, path="$.cnf", fix=fix)
