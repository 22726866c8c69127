"""Derive: show a part of a credential, and only that.

One call for each form that lets its holder choose: a base proof of ``ecdsa-sd-2023`` or
``bbs-2023``, or an SD-JWT. What comes out is a credential that says less; whoever needs
to know that its holder shows it wraps it in a presentation.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#add-derived-proof-ecdsa-sd-2023,
https://www.w3.org/TR/vc-di-bbs/#add-derived-proof-bbs-2023,
https://www.rfc-editor.org/rfc/rfc9901#section-7.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.core.entropy import Entropy, system_entropy
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.credentials import parse_credential
from medid.errors import ConfigurationError
from medid.health import contexts as health_contexts
from medid.issuing.controller import known_key
from medid.issuing.credential import ASSERTION, refused_as_unsigned
from medid.issuing.presentation import present_sd_jwt
from medid.securing import data_integrity, jose, sd_jwt
from medid.securing.data_integrity import Disclosure, read_proofs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.keys import Signer
    from medid.securing.data_integrity import HolderSecrets, Proof


@checked_arguments
def derive(  # noqa: PLR0913 - what a disclosure can be bound to, each by name
    credential: Mapping[str, JsonValue] | str | bytes,
    disclose: Sequence[str],
    *,
    nonce: str | None = None,
    audience: str | None = None,
    holder: Signer | None = None,
    secrets: HolderSecrets | None = None,
    proof: str | None = None,
    at: Instant | None = None,
    evidence: Evidence | None = None,
    contexts: ContextStore | None = None,
    entropy: Entropy = system_entropy,
) -> JsonObject | str:
    """A part of ``credential``: what is mandatory, and what ``disclose`` points to.

    The result is verified before it is returned; that the issuer made what it was
    derived from, as far as the issuer's key follows from its DID or from ``evidence``.

    Args:
        credential: As it was issued: a JSON object with a base proof of
            ``ecdsa-sd-2023`` or ``bbs-2023``, or the text of an SD-JWT. Never modified.
        disclose: JSON pointers, into the credential or into the claims of the SD-JWT.
            Each object on the way shows its ``id`` and ``type`` as well.
        nonce: What the verifier asked to be answered: of ``bbs-2023`` the presentation
            header, of an SD-JWT the key binding's. ``ecdsa-sd-2023`` answers none.
        audience: Of an SD-JWT: whom the key binding is made for.
        holder: Of an SD-JWT: signs the key binding.
        secrets: Of ``bbs-2023``: what the holder bound the credential to.
        proof: The ``id`` of the proof to derive from, where several would do.
        at: Of an SD-JWT: when the key binding is made; the present by default.
        evidence: Documents that are at hand, such as the issuer's DID document.
        contexts: The only JSON-LD contexts that may be used; by default the bundled
            ones and medid's own.
        entropy: Where the randomness of a proof comes from.

    Raises:
        ConfigurationError: There is not exactly one proof to derive from, or an
            argument does not belong to the form of the credential.
        ProofGenerationError: A pointer leads to nothing that can be disclosed, the
            result would be no credential, or medid would refuse it.
        SignerError: The holder's key store refused, or could not be reached.
    """
    if isinstance(credential, bytes):
        message = "a COSE message lets its holder choose nothing"
        raise ConfigurationError(message, fix="show it as it is")
    if isinstance(credential, str):
        if credential.lstrip().startswith("{") and '"payload"' not in credential:
            message = "a credential in JSON is derived from as an object"
            fix = "read its text first, with json.loads"
            raise ConfigurationError(message, path="$.credential", fix=fix)
        _only({"secrets": secrets, "proof": proof}, "an SD-JWT")
        with refused_as_unsigned():
            _check_token(credential, evidence or NO_EVIDENCE, at)
        return present_sd_jwt(
            credential, holder, disclose=disclose, nonce=nonce, audience=audience, at=at
        )
    _only({"holder": holder, "audience": audience}, "a Data Integrity proof")
    disclosure = Disclosure(
        pointers=tuple(disclose),
        presentation_header=(nonce or "").encode("utf-8", "surrogatepass"),
        entropy=entropy,
        secrets=secrets,
    )
    store = contexts if contexts is not None else health_contexts()
    with refused_as_unsigned():
        document = strict_json.check_object(credential)
        chosen = _chosen(document, proof)
        key = known_key(
            chosen.verification_method,
            ASSERTION,
            evidence=evidence or NO_EVIDENCE,
            at=at,
            path=f"{chosen.path}.verificationMethod",
        )
        derived = data_integrity.derive(
            document, chosen, disclosure, contexts=store, key=key
        )
        for made in read_proofs(parse_credential(derived).document):
            data_integrity.check_mandatory(made)
    return derived


def _only(arguments: Mapping[str, object], form: str) -> None:
    for name, value in arguments.items():
        if value is not None:
            message = f"this is of no use for {form}"
            raise ConfigurationError(message, path=f"$.{name}")


def _chosen(document: JsonObject, name: str | None) -> Proof:
    proofs = [
        one
        for one in read_proofs(document)
        if data_integrity.is_base(one) and name in {None, one.id}
    ]
    if len(proofs) != 1:
        message = "there is not exactly one proof from which others can be derived"
        fix = "take the credential as it was issued, and name one proof by its id"
        raise ConfigurationError(message, path="$.proof", fix=fix)
    return proofs[0]


def _check_token(token: str, evidence: Evidence, at: Instant | None) -> None:
    """Return if the issuer made ``token``, or the issuer's key cannot be had."""
    jws = sd_jwt.parse(token, profile=None).jws
    if jws.kid is not None and jws.kid.startswith("did:"):
        key = known_key(jws.kid, ASSERTION, evidence=evidence, at=at, path="$.kid")
        if key is not None:
            jose.verify(jws, key, allow_ml_dsa=True)
