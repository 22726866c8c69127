"""Who signs, with which mechanism; and what the conformance profile signs.

The default profile signs through ``medid.issuing`` and nothing else. The conformance
profile takes any well-formed draft, puts its own DID where the issuer stands, and signs
it without the rules that medid adds to the specifications, which the suites measure.

Spec: https://w3c-ccg.github.io/vc-api/#issue-credential
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object
from medid.credentials import parse_credential
from medid.errors import ConfigurationError
from medid.issuing import issue
from medid.issuing.credential import (
    ASSERTION,
    VC_COSE,
    VC_JWT,
    check_resources,
    refused_as_unsigned,
    secure,
)
from medid.issuing.mechanisms import check_mechanism
from medid.issuing.presentation import VP_COSE, VP_JWT
from medid.jsonld import check_compact
from medid.securing.catalogue import SUITES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.issuing import Controller
    from medid.issuing.credential import Issued
    from medid.jsonld import ContextStore
    from medid.keys import KeyKind

DATA_INTEGRITY_V2: Final = "https://w3id.org/security/data-integrity/v2"

# Each mechanism that makes a token of a credential, and its like for presentations.
_TOKENS: Final = {VC_JWT: VP_JWT, VC_COSE: VP_COSE}
# What each kind of key signs with when nobody names a mechanism, the best first.
_FAVOURITES: Final = ("eddsa-rdfc-2022", "ecdsa-rdfc-2019", VC_JWT, "bbs-2023")


def mechanisms() -> tuple[str, ...]:
    """Every mechanism that medid signs credentials with, in a fixed order."""
    return (*(name for name, suite in SUITES.items() if suite.can_sign), *_TOKENS)


def signer_for(
    controllers: Iterable[Controller], securing: str | None, kind: KeyKind | None
) -> tuple[Controller, str]:
    """The first of ``controllers`` that can sign as asked, and the mechanism.

    Args:
        controllers: Among whom to choose, in order of preference.
        securing: The mechanism; ``None`` takes the favourite of the key's kind.
        kind: The kind of key; ``None`` takes any that fits.

    Raises:
        ConfigurationError: None of them has a key that fits.
    """
    wanted = (securing,) if securing is not None else _FAVOURITES
    for controller in controllers:
        if kind is not None and controller.signer.public_key.kind is not kind:
            continue
        for name in wanted:
            if _fits(controller, name):
                return controller, name
    message = "no key of this server can sign in the way that was asked for"
    raise ConfigurationError(
        message, path="$.securing", fix="ask for another mechanism or kind of key"
    )


def presentation_mechanism(securing: str) -> str:
    """The mechanism for presentations that goes with one for credentials."""
    return _TOKENS.get(securing, securing)


def _fits(controller: Controller, securing: str) -> bool:
    try:
        check_mechanism(securing, controller, tokens=_TOKENS, purpose=ASSERTION)
    except ConfigurationError:
        return False
    return True


def sign(
    draft: JsonObject,
    controller: Controller,
    *,
    securing: str,
    mandatory: Sequence[str],
    at: Instant,
    contexts: ContextStore,
) -> Issued:
    """Sign a draft of the default profile: ``medid.issue``, without any addition.

    Raises:
        ProofGenerationError: medid would refuse the credential.
        ConfigurationError: The key does not fit the mechanism.
        SignerError: The key store refused, or could not be reached.
    """
    return issue(
        draft,
        controller,
        securing=securing,
        mandatory_pointers=mandatory,
        at=at,
        contexts=contexts,
    )


def sign_for_suites(
    draft: JsonObject,
    controller: Controller,
    *,
    securing: str,
    mandatory: Sequence[str],
    at: Instant,
    contexts: ContextStore,
) -> Issued:
    """Sign a draft of the conformance profile; exactly ``mandatory`` is mandatory.

    Raises:
        ProofGenerationError: The draft is not what the specifications ask for.
        SignerError: The key cannot be used.
    """
    with refused_as_unsigned():
        document = adopted(draft, controller.did, embedded=securing in SUITES)
        credential = parse_credential(document)
        check_resources(credential, contexts)
        check_compact(document, contexts)
        return secure(
            document,
            controller,
            securing=securing,
            at=at,
            contexts=contexts,
            options={},
            pointers=tuple(mandatory),
        )


def adopted(draft: JsonObject, issuer: str, *, embedded: bool) -> JsonObject:
    """``draft`` as a credential that ``issuer`` issues; ``draft`` is not modified.

    An issuer that is an object keeps its other members. A credential of version 1.1
    whose proof is ``embedded`` gets the context that defines Data Integrity proofs
    (https://www.w3.org/TR/vc-data-integrity/#context-injection).

    Raises:
        MalformedValue: The draft is no credential, or names its issuer wrongly.
    """
    document = as_object(strict_json.check(draft), "$")
    credential = parse_credential(document)
    named = document["issuer"]
    document["issuer"] = {**named, "id": issuer} if isinstance(named, dict) else issuer
    if (
        credential.version == "1.1"
        and embedded
        and not any(_defines_proofs(context) for context in credential.contexts)
    ):
        document["@context"] = [*credential.contexts, DATA_INTEGRITY_V2]
    return document


def _defines_proofs(context: object) -> bool:
    return isinstance(context, str) and "/data-integrity/" in context
