"""Present credentials: to one verifier, in answer to one challenge.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import base64
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.instant import Instant, system_clock
from medid.credentials import CONTEXT_V2, Credential, parse_presentation
from medid.errors import ConfigurationError, ProofGenerationError, located
from medid.health import contexts as health_contexts
from medid.issuing.credential import (
    DEFAULT_SECURING,
    check_mechanism,
    check_token_key,
    check_whole,
    refused_as_unsigned,
    secure,
)
from medid.jsonld import check_context_form
from medid.securing import data_integrity, sd_jwt
from medid.securing.catalogue import SUITES
from medid.securing.cose import vc_cose
from medid.securing.data_integrity import read_proofs
from medid.securing.jose import vc_jwt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import EnvelopedCredential
    from medid.issuing.controller import Controller
    from medid.issuing.credential import Issued
    from medid.jsonld import ContextStore
    from medid.keys import Signer
    from medid.securing.cose.vc_cose import VcCose
    from medid.securing.jose.vc_jwt import VcJwt

VP_JWT: Final = "vp+jwt"
KB_JWT: Final = "kb+jwt"
VP_COSE: Final = vc_cose.VP_COSE
AUTHENTICATION: Final = "authentication"


def present(  # noqa: PLR0913 - what a presentation needs, each by name
    credentials: Sequence[Mapping[str, JsonValue] | str | bytes],
    controller: Controller,
    *,
    challenge: str | None,
    domain: str | None,
    securing: str = DEFAULT_SECURING,
    at: Instant | None = None,
    contexts: ContextStore | None = None,
    entropy: Entropy = system_entropy,
    allow_ml_dsa: bool = False,
) -> Issued:
    """Sign a presentation of ``credentials`` by their holder.

    Args:
        credentials: Secured credentials as they are: JSON objects with a proof, or
            the text of JWTs and SD-JWTs and the bytes of COSE messages, which travel in
            an envelope.
        controller: The holder.
        challenge: What the verifier asked to be answered; ``None`` answers nothing,
            and a verifier that checks for replays will refuse it.
        domain: Whom it is made for; ``None`` makes it for nobody in particular.
        securing: ``eddsa-rdfc-2022``, ``eddsa-jcs-2022``, ``vp+jwt`` or ``vp+cose``.
        at: When the proof says it was made; the present by default.
        contexts: The only JSON-LD contexts that may be used.
        entropy: Where the presentation's id comes from.
        allow_ml_dsa: As for ``issue``.

    Raises:
        ProofGenerationError: medid would refuse the presentation, or a credential is
            for its holder alone: derive from it first.
        ConfigurationError: There is nothing to present, or no such mechanism.
        SignerError: The key store refused, or could not be reached.
    """
    tokens = (VP_JWT, VP_COSE)
    check_mechanism(securing, controller, tokens=tokens, purpose=AUTHENTICATION)
    check_whole(securing)
    check_token_key(securing, controller.signer, allow_ml_dsa=allow_ml_dsa)
    if not credentials:
        message = "there is no credential to present"
        raise ConfigurationError(message, path="$.verifiableCredential")
    store = contexts if contexts is not None else health_contexts()
    created = at if at is not None else system_clock()
    options: JsonObject = {"proofPurpose": AUTHENTICATION}
    with refused_as_unsigned():
        document = _presentation(credentials, controller.did, uuid_urn(entropy))
        if securing in SUITES:
            options |= _given(challenge=challenge, domain=domain)
        elif securing == VP_COSE:
            options = _given(nonce=challenge, aud=domain)
        else:
            document |= _given(nonce=challenge, aud=domain)
        check_context_form(document, store)
        return secure(
            document,
            controller,
            securing=securing,
            at=created,
            contexts=store,
            options=options,
        )


def _given(**members: str | None) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _presentation(
    credentials: Sequence[Mapping[str, JsonValue] | str | bytes],
    holder: str,
    identifier: str,
) -> JsonObject:
    entries: list[JsonValue] = []
    for credential in credentials:
        if isinstance(credential, str | bytes):
            entries.append(_envelope(credential))
        else:
            entries.append(strict_json.check(dict(credential)))
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "id": identifier,
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": entries,
    }
    for index, entry in enumerate(parse_presentation(document).entries):
        with located(f"$.verifiableCredential[{index}]"):
            _check_secured(entry)
    return document


def _check_secured(entry: Credential | EnvelopedCredential) -> None:
    """Return if ``entry`` has a proof, or an envelope that can be opened.

    Whether the proof holds is for the verifier to see.
    """
    if isinstance(entry, Credential):
        for proof in read_proofs(entry.document):
            if data_integrity.is_base(proof):
                message = "this proof is for its holder alone: it shows everything"
                fix = "derive from it first: medid.derive"
                raise ProofGenerationError(message, path=proof.path, fix=fix)
    elif "~" in entry.content:
        sd_jwt.parse(entry.content, path="$.id")
    elif _opened(entry).is_presentation:
        message = "a presentation is presented as if it were a credential"
        raise ProofGenerationError(message, path="$.id")


def _opened(entry: EnvelopedCredential) -> VcJwt | VcCose:
    if entry.media_type == f"application/{vc_cose.VC_COSE}":
        return vc_cose.read(base64.decode(entry.content, path="$.id"), path="$.id")
    return vc_jwt.read(entry.content, path="$.id")


def _envelope(token: str | bytes) -> JsonObject:
    if isinstance(token, bytes):
        content = f"application/{vc_cose.VC_COSE};base64,{base64.encode(token)}"
    elif "~" in token:
        content = f"application/dc+sd-jwt,{token.strip()}"
    else:
        content = f"application/vc+jwt,{token.strip()}"
    return {
        "@context": CONTEXT_V2,
        "id": f"data:{content}",
        "type": "EnvelopedVerifiableCredential",
    }


def present_sd_jwt(  # noqa: PLR0913 - what a presentation needs, each by name
    credential: str,
    holder: Signer | None,
    *,
    disclose: Sequence[str],
    nonce: str | None,
    audience: str | None,
    at: Instant | None = None,
    allow_ml_dsa: bool = False,
) -> str:
    """Present an SD-JWT VC, disclosing only what ``disclose`` points to.

    Args:
        credential: The SD-JWT as it was issued.
        holder: Signs the key binding; ``None`` presents without one.
        disclose: JSON pointers into the credential's claims.
        nonce: What the verifier asked to be answered.
        audience: Whom it is made for.
        at: When the key binding says it was made; the present by default.
        allow_ml_dsa: As for ``issue``; about the key binding.

    Raises:
        ConfigurationError: An ML-DSA key, which verifiers refuse by default.
        ProofGenerationError: A pointer leads to nothing that can be disclosed, or
            ``credential`` is no sound SD-JWT VC.
        SignerError: The key store refused, or could not be reached.
    """
    if holder is not None:
        check_token_key(KB_JWT, holder, allow_ml_dsa=allow_ml_dsa)
    with refused_as_unsigned():
        return sd_jwt.present(
            credential,
            disclose=disclose,
            holder=holder,
            nonce=nonce,
            audience=audience,
            at=at if at is not None else system_clock(),
        )
