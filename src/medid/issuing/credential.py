"""Issue a credential: check the draft, then sign it.

The checks are those of the verifier, run before the key is used: the shape of the data
model, the shape of a license or consent, the safe JSON-LD transform, and that the
issuer is the one who signs. A draft that passes is one that medid will accept.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from medid import status
from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.core.entropy import Entropy, system_entropy
from medid.core.fields import required
from medid.core.instant import Instant, system_clock
from medid.credentials import check_digests, check_published, parse_credential
from medid.credentials.status_entry import token_entries
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    MedidError,
    Misuse,
    ProofGenerationError,
)
from medid.health import contexts as health_contexts
from medid.health.disclosure import always_shown
from medid.health.drafts import check_draft
from medid.issuing.mechanisms import check_mechanism, check_token_key
from medid.jsonld import check_compact
from medid.securing import data_integrity, sd_jwt
from medid.securing.catalogue import SELECTIVE, SUITES
from medid.securing.cose import vc_cose
from medid.securing.jose import jwt_vc_1_1, vc_jwt
from medid.status.check import check_distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential
    from medid.issuing.controller import Controller
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey
    from medid.securing.data_integrity import HolderCommitment

DEFAULT_SECURING: Final = "eddsa-rdfc-2022"
VC_JWT: Final = "vc+jwt"
VC_COSE: Final = vc_cose.VC_COSE
JWT: Final = jwt_vc_1_1.TYP
SD_JWT_VC: Final = "dc+sd-jwt"
TOKENS: Final = (VC_JWT, VC_COSE, JWT)
ASSERTION: Final = "assertionMethod"
# The envelopes whose content is a credential of version 2.0, by their specification.
_OF_2_0: Final = frozenset({VC_JWT, VC_COSE, sd_jwt.VC_SD_JWT})

# What a verifier decides by. A holder who could keep back when a credential ends, or
# its status entry, would outlive its expiry or its revocation. Types, id and contexts
# of a document are part of whatever is shown of it.
DECIDING: Final = (
    "issuer",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "credentialStatus",
    "credentialSchema",
    "relatedResource",
    "termsOfUse",
)

_OWN_DID: Final = "state the controller's own did, or sign as its controller"

# A document with its proof, the text of a JWT, or the bytes of a COSE message.
Issued: TypeAlias = "JsonObject | str | bytes"


@checked_arguments
def issue(  # noqa: PLR0913 - what a credential needs, each by name
    draft: Mapping[str, JsonValue],
    controller: Controller,
    *,
    securing: str = DEFAULT_SECURING,
    mandatory_pointers: Sequence[str] = (),
    commitment: HolderCommitment | None = None,
    at: Instant | None = None,
    contexts: ContextStore | None = None,
    allow_ml_dsa: bool = False,
) -> Issued:
    """Sign ``draft`` as a verifiable credential.

    Args:
        draft: The credential without a proof; not modified. Its ``issuer`` is the
            controller's DID.
        controller: Who signs.
        securing: A cryptosuite such as ``eddsa-rdfc-2022``, ``vc+jwt``, ``vc+cose``, or
            ``JWT`` for a credential of version 1.1 in a ``vc`` claim. ``issue_sd_jwt``
            issues credentials whose holder chooses what to show. What
            ``ecdsa-sd-2023`` and ``bbs-2023`` give is for the holder alone, who
            derives from it what is shown to others (``medid.derive``).
        mandatory_pointers: Of these two: JSON pointers to what the holder cannot keep
            back. Whatever is named here, ``issuing.credential.DECIDING`` and what
            restricts a license are part of it.
        commitment: Of ``bbs-2023``: from a holder who binds the credential to secrets.
        at: When the proof says it was made; the present by default.
        contexts: The only JSON-LD contexts that may be used; by default the bundled
            ones and medid's own.
        allow_ml_dsa: Whether an ML-DSA key may sign a JWT; verifiers refuse it unless
            they allow it too.

    Returns:
        The credential with its proof, the text of the JWT or the bytes of the message.

    Raises:
        ProofGenerationError: medid would refuse the credential; the message has the
            code of the reason, the path its place.
        ConfigurationError: There is no such securing mechanism, or the key does not
            fit it.
        SignerError: The key store refused, or could not be reached.
    """
    check_key(securing, controller, allow_ml_dsa=allow_ml_dsa)
    selective = securing in SELECTIVE
    if not selective and (mandatory_pointers or commitment is not None):
        message = "nothing of such a credential can be kept back, or bound to secrets"
        fix = f"use one of {', '.join(SELECTIVE)}"
        raise ConfigurationError(message, path="$.securing", fix=fix)
    store = contexts if contexts is not None else health_contexts()
    credential = checked(draft, controller.did, store)
    _check_version(securing, credential.version)
    created = at if at is not None else system_clock()
    with refused_as_unsigned():
        return secure(
            credential.document,
            controller,
            securing=securing,
            at=created,
            contexts=store,
            options={},
            pointers=_mandatory(credential, mandatory_pointers) if selective else (),
            commitment=commitment,
        )


def _check_version(securing: str, version: str) -> None:
    """Return if documents of ``version`` are signed with ``securing``.

    Raises:
        ProofGenerationError: It is an envelope of the other version.
    """
    message = fix = ""
    if securing == JWT and version != "1.1":
        message = "only credentials of version 1.1 are signed in a vc claim"
        fix = "sign a credential of version 2.0 as vc+jwt"
    elif securing in _OF_2_0 and version != "2.0":
        message = "only credentials of version 2.0 are signed in such an envelope"
        fix = "sign a credential of version 1.1 as JWT, or with a proof in it"
    if message:
        raise ProofGenerationError(message, path="$.@context", fix=fix)


def check_key(
    securing: str, controller: Controller, *, allow_ml_dsa: bool = False
) -> None:
    """Return if the controller can sign credentials with ``securing``.

    Raises:
        ConfigurationError: There is no such mechanism, or the key does not fit it.
    """
    check_mechanism(securing, controller, tokens=TOKENS, purpose=ASSERTION)
    check_token_key(securing, controller.signer, allow_ml_dsa=allow_ml_dsa)


def _mandatory(credential: Credential, asked: Sequence[str]) -> tuple[str, ...]:
    """``asked``, and what of ``credential`` is mandatory in any case."""
    deciding = [f"/{name}" for name in DECIDING if name in credential.document]
    shown = always_shown(credential)
    return tuple(dict.fromkeys([*asked, *deciding, *shown]))


def secure(  # noqa: PLR0913 - what securing needs, each by name
    document: JsonObject,
    controller: Controller,
    *,
    securing: str,
    at: Instant,
    contexts: ContextStore,
    options: JsonObject,
    pointers: tuple[str, ...] = (),
    commitment: HolderCommitment | None = None,
) -> Issued:
    """Secure a document that ``strict_json.check`` gave, and that is not modified.

    ``options`` go into its proof, or beside it. What is returned may share its parts.
    """
    if securing in {vc_cose.VC_COSE, vc_cose.VP_COSE}:
        return vc_cose.write(
            document,
            controller.signer,
            kid=controller.verification_method,
            typ=securing,
            claims={name: str(value) for name, value in options.items()},
            checked=True,
        )
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
        document,
        controller.signer,
        suite=securing,
        options=proof,
        contexts=contexts,
        mandatory_pointers=pointers,
        commitment=commitment,
        checked=True,
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
    # What a verifier asked to be answered may be anything.
    return vc_jwt.write(payload, signer, kid=kid, typ=typ, checked=not claims)


def checked(
    draft: Mapping[str, JsonValue], issuer: str, contexts: ContextStore
) -> Credential:
    """The credential that ``draft`` would be, if ``issuer`` may sign it as it is.

    Raises:
        ProofGenerationError: medid would refuse it.
    """
    with refused_as_unsigned():
        document = strict_json.check_object(draft)
        if "proof" in document:
            message = "the draft has a proof already"
            fix = "leave the proof out, or add another one with add_proof"
            raise ProofGenerationError(message, path="$.proof", fix=fix)
        credential = parse_credential(document)
        if not isinstance(document["@context"], list):
            # One reader takes a single context for a list of it, another refuses it.
            message = "the contexts are an ordered set, also where there is one"
            fix = "write an array around it"
            raise ProofGenerationError(message, path="$.@context", fix=fix)
        if credential.issuer.id != issuer:
            message = "the draft's issuer is not the one who signs"
            raise ProofGenerationError(message, path="$.issuer", fix=_OWN_DID)
        status.needs(credential)
        check_distinct(credential.status)
        check_draft(document)
        check_resources(credential, contexts)
        check_compact(document, contexts)
    return credential


def check_resources(credential: Credential, contexts: ContextStore) -> None:
    """Return if the digests that are stated of known contexts are theirs.

    What a digest is of may not be at hand; then nobody can tell here.

    Raises:
        MalformedValue: A digest differs.
    """
    for resource in credential.related_resources:
        published, path = contexts.published_sha256(resource.id), resource.path
        with suppress(EvidenceUnavailable):
            if published is not None:
                check_published(resource.digests, published, path=path)
            elif resource.id in contexts:
                content = contexts.content(resource.id)
                check_digests(resource.digests, content, path=path)


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


@checked_arguments
def issue_sd_jwt(  # noqa: PLR0913 - what such a credential needs, each by name
    claims: Mapping[str, JsonValue],
    controller: Controller,
    *,
    disclosable: Sequence[str],
    holder_key: PublicKey | None = None,
    at: Instant | None = None,
    contexts: ContextStore | None = None,
    entropy: Entropy = system_entropy,
    allow_ml_dsa: bool = False,
) -> str:
    """Issue a credential whose holder chooses what to show.

    Args:
        claims: With a ``vct``, the claims of an SD-JWT VC (``dc+sd-jwt``), to which
            ``iss`` and ``iat`` are added; its ``status`` names an entry of a token
            status list. With an ``@context``, a credential of the VC data model
            (``vc+sd-jwt``), to which ``iat`` is added. Never modified.
        controller: Who signs.
        disclosable: JSON pointers to what the holder may disclose or withhold; of a
            credential of the VC data model, in its subject and evidence only.
        holder_key: The key the credential is bound to; ``None`` binds it to nobody.
        at: ``iat``; the present by default.
        contexts: As for ``issue``.
        entropy: Where the salts come from.
        allow_ml_dsa: As for ``issue``.

    Raises:
        ProofGenerationError: medid would refuse the credential.
        ConfigurationError: The key cannot sign, or is not the controller's.
        SignerError: The key store refused, or could not be reached.
    """
    with refused_as_unsigned():
        payload = strict_json.check_object(claims)
    typ = sd_jwt.VC_SD_JWT if "@context" in payload else SD_JWT_VC
    check_mechanism(typ, controller, tokens=(typ,), purpose=ASSERTION)
    check_token_key(typ, controller.signer, allow_ml_dsa=allow_ml_dsa)
    issued = at if at is not None else system_clock()
    if typ == SD_JWT_VC:
        _check_claims(payload, controller.did)
        payload["iss"] = controller.did
    else:
        store = contexts if contexts is not None else health_contexts()
        _check_version(typ, checked(payload, controller.did, store).version)
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
        raise ProofGenerationError(message, path="$.iss", fix=_OWN_DID)
    if "status" not in claims:
        return
    with refused_as_unsigned():
        stated = required(claims, "status", dict, "$")
        if not token_entries(stated, path="$.status"):
            message = "medid cannot judge this status mechanism, and would refuse it"
            raise ProofGenerationError(message, path="$.status")
