"""Present credentials: to one verifier, in answer to one challenge.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from medid.core import base64
from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.fields import as_str
from medid.core.instant import Instant, system_clock
from medid.credentials import (
    CONTEXT_V1,
    CONTEXT_V2,
    Credential,
    parse_presentation,
)
from medid.errors import ConfigurationError, ProofGenerationError, located
from medid.health import contexts as health_contexts
from medid.issuing.credential import (
    DEFAULT_SECURING,
    JWT,
    refused_as_unsigned,
    secure,
)
from medid.issuing.mechanisms import check_mechanism, check_token_key, check_whole
from medid.jsonld import check_context_form
from medid.securing import data_integrity, sd_jwt
from medid.securing.catalogue import SUITES
from medid.securing.cose import vc_cose
from medid.securing.data_integrity import read_proofs
from medid.securing.jose import jwt_vc_1_1, read_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.issuing.controller import Controller
    from medid.issuing.credential import Issued
    from medid.jsonld import ContextStore
    from medid.keys import Signer
    from medid.securing.data_integrity import Proof

VP_JWT: Final = "vp+jwt"
KB_JWT: Final = "kb+jwt"
VP_COSE: Final = vc_cose.VP_COSE
TOKENS: Final = (VP_JWT, VP_COSE, sd_jwt.VP_SD_JWT, JWT)
AUTHENTICATION: Final = "authentication"


@checked_arguments
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
        securing: ``eddsa-rdfc-2022``, ``eddsa-jcs-2022``, ``vp+jwt``, ``vp+cose``,
            ``vp+sd-jwt``, or ``JWT`` for a presentation of version 1.1 in a ``vp``
            claim.
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
    check_mechanism(securing, controller, tokens=TOKENS, purpose=AUTHENTICATION)
    check_whole(securing)
    check_token_key(securing, controller.signer, allow_ml_dsa=allow_ml_dsa)
    if not credentials:
        message = "there is no credential to present"
        raise ConfigurationError(message, path="$.verifiableCredential")
    store = contexts if contexts is not None else health_contexts()
    created = at if at is not None else system_clock()
    if securing in SUITES:
        options = _given(
            proofPurpose=AUTHENTICATION, challenge=challenge, domain=domain
        )
    else:
        options = _given(nonce=challenge, aud=domain)
    with refused_as_unsigned():
        identifier, older = uuid_urn(entropy), securing == JWT
        document = _presentation(credentials, controller.did, identifier, older=older)
        check_context_form(document, store)
        return secure(
            strict_json.check_object(document),
            controller,
            securing=securing,
            at=created,
            contexts=store,
            options=options,
        )


def _given(**members: str | None) -> JsonObject:
    for name, value in members.items():
        if value == "":
            fix = "pass what the verifier asked with, or None to answer nothing"
            raise ProofGenerationError(
                f"the {name} is empty", path=f"$.{name}", fix=fix
            )
    return {name: value for name, value in members.items() if value is not None}


def _presentation(
    credentials: Sequence[Mapping[str, JsonValue] | str | bytes],
    holder: str,
    identifier: str,
    *,
    older: bool,
) -> JsonObject:
    entries: list[JsonValue] = []
    for index, credential in enumerate(credentials):
        if isinstance(credential, Mapping):
            entries.append(strict_json.check_object(credential))
            continue
        with located(f"$.verifiableCredential[{index}]"):
            entries.append(_entry(credential, older=older))
    document: JsonObject = {
        "@context": [CONTEXT_V1 if older else CONTEXT_V2],
        "id": identifier,
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": entries,
    }
    for index, entry in enumerate(parse_presentation(document, tokens=older).entries):
        if isinstance(entry, Credential):
            with located(f"$.verifiableCredential[{index}]"):
                check_shown_to_others(read_proofs(entry.document))
    return document


def check_shown_to_others(proofs: Sequence[Proof]) -> None:
    """Return if the proofs are for others to see; whether they hold, they will say.

    Raises:
        ProofGenerationError: One of them is a base proof.
    """
    for proof in proofs:
        if data_integrity.is_base(proof):
            message = "this proof is for its holder alone: it shows everything"
            fix = "derive from it first: medid.derive"
            raise ProofGenerationError(message, path=proof.path, fix=fix)


def _entry(token: str | bytes, *, older: bool) -> JsonValue:
    """A token as it stands in a presentation.

    In version 2.0 in an envelope that says what it is, in version 1.1 as its text.
    """
    if isinstance(token, bytes):
        return _enveloped(vc_cose.VC_COSE, _message(token, older=older))
    text = as_str(token, "$").strip()
    if text.startswith("{"):
        message = "a credential in JSON is presented as an object, and not as its text"
        raise ProofGenerationError(message, fix="read it first, with json.loads")
    # Where it will stand: in the envelope's id, or by itself.
    typ = _typ(text, "$" if older else "$.id")
    if older and "~" in text:
        message = "an SD-JWT has no place in a presentation of version 1.1"
        raise ProofGenerationError(message, fix="present it as vp+jwt")
    if older:
        return text
    if jwt_vc_1_1.is_named(typ):
        message = "a JWT of version 1.1 has no place in a presentation of version 2.0"
        raise ProofGenerationError(message, fix=f"present it as {JWT}")
    return _enveloped(str(typ), f",{text}")


def _enveloped(media: str, content: str) -> JsonObject:
    return {
        "@context": CONTEXT_V2,
        "id": f"data:application/{media}{content}",
        "type": "EnvelopedVerifiableCredential",
    }


def _message(message: bytes, *, older: bool) -> str:
    """A COSE message that holds a credential, as it stands in a ``data:`` URL."""
    if older:
        refusal = "a COSE message has no place in a presentation of version 1.1"
        raise ProofGenerationError(refusal, fix="present it as vp+jwt")
    if vc_cose.read(message, path="$.id").is_presentation:
        _refuse_presentation("$.id")
    return f";base64,{base64.encode(message)}"


def _typ(text: str, path: str) -> str | None:
    """The ``typ`` of a token that holds a credential."""
    if "~" in text:
        token = sd_jwt.parse(text, profile="credential", path=path)
        is_presentation, typ = token.jws.typ == sd_jwt.VP_SD_JWT, token.jws.typ
    else:
        opened = read_document(text, path=path)
        is_presentation, typ = opened.is_presentation, opened.jws.typ
    if is_presentation:
        _refuse_presentation(path)
    return typ


def _refuse_presentation(path: str) -> NoReturn:
    message = "a presentation is presented as if it were a credential"
    raise ProofGenerationError(message, path=path)


@checked_arguments
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
    """Present an SD-JWT alone, disclosing only what ``disclose`` points to.

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
            ``credential`` is no sound SD-JWT.
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
