"""Issue a credential: check the draft, then sign it.

The checks are those of the verifier, run before the key is used: the shape of the data
model, the shape of a license or consent, the safe JSON-LD transform, and that the
issuer is the one who signs. A draft that passes is one that medid will accept.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from medid import status
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy
from medid.core.fields import as_object
from medid.core.instant import Instant, system_clock
from medid.credentials import parse_credential
from medid.errors import (
    ConfigurationError,
    MedidError,
    Misuse,
    ProofGenerationError,
)
from medid.health import contexts as health_contexts
from medid.health.drafts import check_draft
from medid.jsonld import expand
from medid.keys import KeyKind
from medid.securing import data_integrity, sd_jwt
from medid.securing.catalogue import SUITES
from medid.securing.jose import jwt_vc_1_1, vc_jwt
from medid.status.check import check_distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential
    from medid.issuing.controller import Controller
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey

DEFAULT_SECURING: Final = "eddsa-rdfc-2022"
VC_JWT: Final = "vc+jwt"
JWT: Final = jwt_vc_1_1.TYP
SD_JWT_VC: Final = "dc+sd-jwt"
ASSERTION: Final = "assertionMethod"


def issue(
    draft: Mapping[str, JsonValue],
    controller: Controller,
    *,
    securing: str = DEFAULT_SECURING,
    at: Instant | None = None,
    contexts: ContextStore | None = None,
) -> JsonObject | str:
    """Sign ``draft`` as a verifiable credential.

    Args:
        draft: The credential without a proof; not modified. Its ``issuer`` is the
            controller's DID.
        controller: Who signs.
        securing: ``eddsa-rdfc-2022``, ``eddsa-jcs-2022``, ``vc+jwt``, or ``JWT`` for
            a credential of version 1.1 in a ``vc`` claim. ``issue_sd_jwt`` issues
            credentials whose holder chooses what to show.
        at: When the proof says it was made; the present by default.
        contexts: The only JSON-LD contexts that may be used; by default the bundled
            ones and medid's own.

    Returns:
        The credential with its proof, or the text of the JWT.

    Raises:
        ProofGenerationError: medid would refuse the credential; the message has the
            code of the reason, the path its place.
        ConfigurationError: There is no such securing mechanism, or the key does not
            fit it.
        SignerError: The key store refused, or could not be reached.
    """
    check_mechanism(securing, controller, tokens=(VC_JWT, JWT), purpose=ASSERTION)
    store = contexts if contexts is not None else health_contexts()
    credential = _checked(draft, controller.did, store)
    if securing == JWT and credential.version != "1.1":
        message = "only credentials of version 1.1 are signed in a vc claim"
        fix = "sign a credential of version 2.0 as vc+jwt"
        raise ProofGenerationError(message, path="$.@context", fix=fix)
    created = at if at is not None else system_clock()
    with refused_as_unsigned():
        return secure(
            credential.document,
            controller,
            securing=securing,
            at=created,
            contexts=store,
            options={},
        )


def secure(
    document: JsonObject,
    controller: Controller,
    *,
    securing: str,
    at: Instant,
    contexts: ContextStore,
    options: JsonObject,
) -> JsonObject | str:
    """Secure a checked document. ``options`` go into its proof, or beside it."""
    if securing not in SUITES:
        return _token(document, controller, typ=securing, claims=options)
    whole_seconds = Instant.from_seconds(at.nanoseconds // 1_000_000_000)
    proof: JsonObject = {
        "created": str(whole_seconds),
        "verificationMethod": controller.verification_method,
        "proofPurpose": ASSERTION,
        **options,
    }
    return data_integrity.sign(
        document, controller.signer, suite=securing, options=proof, contexts=contexts
    )


def _token(
    document: JsonObject, controller: Controller, *, typ: str, claims: JsonObject
) -> str:
    kid, signer = controller.verification_method, controller.signer
    if typ == JWT:
        return jwt_vc_1_1.write(document, signer, kid=kid, claims=claims)
    payload = {**document, **claims}
    if typ == sd_jwt.VP_SD_JWT:
        header: JsonObject = {"kid": kid, "typ": typ}
        return sd_jwt.issue(payload, signer, disclosable=(), header=header)
    return vc_jwt.write(payload, signer, kid=kid, typ=typ)


def check_mechanism(
    securing: str, controller: Controller, *, tokens: Sequence[str], purpose: str
) -> None:
    """Return if ``securing`` exists and the controller's key can sign with it.

    Args:
        securing: A cryptosuite's name, or one of ``tokens``.
        controller: Who is to sign.
        tokens: The ``typ`` of each token that could be signed instead.
        purpose: What the controller's DID has to allow the key for.

    Raises:
        ConfigurationError: There is no such mechanism, or the key does not fit it or
            is not the controller's.
    """
    kind = controller.signer.public_key.kind
    if securing in SUITES:
        fits = kind is SUITES[securing].KEY_KIND and SUITES[securing].CAN_SIGN
    else:
        fits = securing in tokens and kind is not KeyKind.X25519
    if not fits:
        known = [*(name for name, suite in SUITES.items() if suite.CAN_SIGN), *tokens]
        message = f"a {kind.value} key cannot sign with the mechanism that was named"
        raise ConfigurationError(
            message, path="$.securing", fix=f"use one of {', '.join(known)}"
        )
    controller.check_key(purpose)


def _checked(
    draft: Mapping[str, JsonValue], issuer: str, contexts: ContextStore
) -> Credential:
    with refused_as_unsigned():
        document = as_object(strict_json.check(dict(draft)), "$")
        if "proof" in document:
            message = "the draft has a proof already"
            raise ProofGenerationError(message, path="$.proof")
        credential = parse_credential(document)
        if credential.issuer.id != issuer:
            message = "the draft's issuer is not the one who signs"
            raise ProofGenerationError(message, path="$.issuer")
        status.needs(credential)
        check_distinct(credential.status)
        check_draft(document)
        expand(document, contexts)
    return credential


@contextmanager
def refused_as_unsigned() -> Iterator[None]:
    """Whatever medid refuses inside becomes a ``ProofGenerationError``."""
    try:
        yield
    except (ProofGenerationError, Misuse):
        raise
    except MedidError as error:
        message = f"medid would refuse it: {error.code}: {error.message}"
        raise ProofGenerationError(message, path=error.path, fix=error.fix) from error


def issue_sd_jwt(  # noqa: PLR0913 - what such a credential needs, each by name
    claims: Mapping[str, JsonValue],
    controller: Controller,
    *,
    disclosable: Sequence[str],
    holder_key: PublicKey | None = None,
    at: Instant | None = None,
    contexts: ContextStore | None = None,
    entropy: Entropy = system_entropy,
) -> str:
    """Issue a credential whose holder chooses what to show.

    Args:
        claims: With a ``vct``, the claims of an SD-JWT VC (``dc+sd-jwt``), to which
            ``iss`` and ``iat`` are added. With an ``@context``, a credential of the VC
            data model (``vc+sd-jwt``), to which ``iat`` is added. Never modified.
        controller: Who signs.
        disclosable: JSON pointers to what the holder may disclose or withhold; of a
            credential of the VC data model, in its subject and evidence only.
        holder_key: The key the credential is bound to; ``None`` binds it to nobody.
        at: ``iat``; the present by default.
        contexts: As for ``issue``.
        entropy: Where the salts come from.

    Raises:
        ProofGenerationError: medid would refuse the credential.
        ConfigurationError: The key cannot sign, or is not the controller's.
        SignerError: The key store refused, or could not be reached.
    """
    typ = sd_jwt.VC_SD_JWT if "@context" in claims else SD_JWT_VC
    check_mechanism(typ, controller, tokens=(typ,), purpose=ASSERTION)
    issued = at if at is not None else system_clock()
    payload: JsonObject = dict(claims)
    if typ == SD_JWT_VC:
        _check_claims(claims, controller.did)
        payload["iss"] = controller.did
    else:
        store = contexts if contexts is not None else health_contexts()
        _checked(claims, controller.did, store)
    payload["iat"] = issued.nanoseconds // 1_000_000_000
    with refused_as_unsigned():
        return sd_jwt.issue(
            payload,
            controller.signer,
            disclosable=disclosable,
            header={"kid": controller.verification_method, "typ": typ},
            holder_key=holder_key,
            entropy=entropy,
        )


def _check_claims(claims: Mapping[str, JsonValue], issuer: str) -> None:
    if claims.get("iss", issuer) != issuer:
        message = "the claims' issuer is not the one who signs"
        raise ProofGenerationError(message, path="$.iss")
    if "status" in claims:
        message = "medid cannot judge the status of an SD-JWT VC, and would refuse it"
        raise ProofGenerationError(message, path="$.status")
