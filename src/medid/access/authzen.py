"""The AuthZEN Authorization API over medid's decision, apart from how it travels.

Takes a decoded request and an ``AccessVerifier``, and gives back the response. It
raises for what is no AuthZEN request, and for nothing else: whatever is wrong with an
evaluation is a denial, and a denial looks like any other.

Reasons are told where the caller asks for them (``options.reasons``) and is entitled to
know, which is for whoever calls these functions to say. The time is the verifier's;
``context.time`` of a request moves no decision.

Spec: https://openid.net/specs/authorization-api-1_0.html, and the AuthZEN obligations
profile, https://openid.github.io/authzen/authzen-obligations-profile-1_0.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.authzen_batch import Batch
from medid.access.authzen_request import (
    MAX_REQUEST,
    check_form,
    parts,
    read_evaluation,
    read_evaluations,
    read_options,
)
from medid.access.compiled import unjudged
from medid.access.decision import CUSTOM
from medid.access.request import read_document
from medid.core import json as strict_json
from medid.core.entropy import uuid_urn
from medid.core.records import replace
from medid.errors import MedidError, Misuse, located
from medid.securing.jose import sign_compact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from medid.access.decision import Decision
    from medid.access.verifier import AccessVerifier, Document
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.issuing import Controller

# The default paths of the HTTPS binding.
EVALUATION: Final = "/access/v1/evaluation"
EVALUATIONS: Final = "/access/v1/evaluations"
SEARCH_RESOURCE: Final = "/access/v1/search/resource"
SEARCH_ACTION: Final = "/access/v1/search/action"
METADATA: Final = "/.well-known/authzen-configuration"
PATHS: Final = frozenset(
    {EVALUATION, EVALUATIONS, SEARCH_RESOURCE, SEARCH_ACTION, METADATA}
)

_SEARCHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        SEARCH_RESOURCE: "search_resource_endpoint",
        SEARCH_ACTION: "search_action_endpoint",
    }
)


def evaluation(
    document: Mapping[str, JsonValue],
    verifier: AccessVerifier,
    *,
    at: Instant | None = None,
    presentation: Document | None = None,
    entitled: bool = False,
) -> JsonObject:
    """The response of the Access Evaluation API.

    Args:
        document: The decoded request.
        verifier: Who decides.
        at: The instant as of which to answer; the verifier's clock by default.
        presentation: What the subject presents, where it does not stand in the request.
        entitled: Whether the caller may be told the reasons, if it asks for them.

    Raises:
        ParsingError: What no JSON can spell.
        TooLarge: It is beyond ``MAX_REQUEST``.
        MalformedValue: No AuthZEN request, or an option that is not known.
    """
    asked = read_document(document, limits=MAX_REQUEST)
    check_form(asked, whole=True)
    reasons = read_options(asked).reasons and entitled
    at = at if at is not None else verifier.clock()
    decision = _decide(asked, verifier, at=at, presentation=presentation)
    return _written(decision, verifier, reasons=reasons)


def evaluations(
    document: Mapping[str, JsonValue],
    verifier: AccessVerifier,
    *,
    at: Instant | None = None,
    presentation: Document | None = None,
    entitled: bool = False,
) -> JsonObject:
    """The response of the Access Evaluations API.

    Without ``evaluations`` it is that of a single evaluation. Takes what ``evaluation``
    takes.

    Raises:
        ParsingError: What no JSON can spell.
        TooLarge: It is beyond ``MAX_REQUEST``, or has too many evaluations.
        MalformedValue: No AuthZEN request, or an option that is not known.
    """
    asked = read_document(document, limits=MAX_REQUEST)
    options, each = read_options(asked), read_evaluations(asked)
    check_form(asked, whole=not each)
    reasons = options.reasons and entitled
    at = at if at is not None else verifier.clock()
    if not each:
        decision = _decide(asked, verifier, at=at, presentation=presentation)
        return _written(decision, verifier, reasons=reasons)
    batch = Batch(verifier, at=at, presentation=presentation)
    decisions: list[Decision] = []
    for one in each:
        decisions.append(batch.decide(one))
        if options.semantic.ends_with(permitted=decisions[-1].permitted):
            break
    return {
        "evaluations": [
            _written(decision, verifier, reasons=reasons)
            for decision in batch.recorded(decisions)
        ]
    }


def metadata(
    policy_decision_point: str, *, searches: Collection[str] = ()
) -> JsonObject:
    """The Policy Decision Point metadata.

    Args:
        policy_decision_point: Its identifier: the URL, without a slash at its end, at
            which enforcement points reach it.
        searches: Which searches it answers: ``SEARCH_RESOURCE``, ``SEARCH_ACTION``.
    """
    found: JsonObject = {
        "policy_decision_point": policy_decision_point,
        "access_evaluation_endpoint": policy_decision_point + EVALUATION,
        "access_evaluations_endpoint": policy_decision_point + EVALUATIONS,
        "supported_obligations": [CUSTOM],
    }
    for path, name in _SEARCHES.items():
        if path in searches:
            found[name] = policy_decision_point + path
    return found


def signed_metadata(
    metadata: JsonObject, controller: Controller, *, at: Instant
) -> JsonObject:
    """``metadata`` with ``signed_metadata``: a JWT in which ``controller`` attests it.

    Its ``iss`` is the controller's DID, and its ``kid`` the verification method.

    Args:
        metadata: As ``metadata`` gives it.
        controller: The party that attests.
        at: When.

    Raises:
        ProofGenerationError: Its key signs no JWT.
        SignerError: The key store refused, or could not be reached.

    Spec: https://openid.net/specs/authorization-api-1_0.html#name-signature-parameter
    """
    claims: JsonObject = {
        "iss": controller.did,
        "iat": int(at.seconds),
        **metadata,
    }
    header: JsonObject = {"kid": controller.verification_method, "typ": "JWT"}
    payload = strict_json.dumps(claims).encode()
    return {
        **metadata,
        "signed_metadata": sign_compact(payload, controller.signer, header),
    }


def _decide(
    document: JsonObject,
    verifier: AccessVerifier,
    *,
    at: Instant,
    presentation: Document | None,
) -> Decision:
    try:
        with located("$.request"):
            asked = read_evaluation(document, presentation)
    except MedidError as error:
        return verifier.unread(error, presentation, parts(document), at=at)
    try:
        # The record says what the caller is told, so obligations come before it.
        case = verifier.prepare(asked.presentation, asked.request, at=at)
        return verifier.conclude(case, narrow=asked.concluded)
    except Misuse as error:
        # A package that is missing here, too: the caller can only be told no.
        return unjudged(error, at)
    except MedidError as error:
        presented, request = asked.presentation, asked.request
        return verifier.unread(error, presented, request, at=at)


def _written(
    decision: Decision, verifier: AccessVerifier, *, reasons: bool
) -> JsonObject:
    """``decision`` under the name that it is on record by, as the caller is told it."""
    named = decision
    if decision.id is None:
        named = replace(decision, id=uuid_urn(verifier.entropy))
    return named.as_json() if reasons else named.as_public_json()
