"""Access decisions over HTTP: the AuthZEN operations, and the challenges before them.

They are served where there is a trust registry. A caller needs a token that allows to
``decide``; the reasons are for one that allows to ``explain``, and that asks for them.
Neither the log nor the metrics tell what was decided: who sees whose record is the
patient's affair as much as the record is.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-transport
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access import authzen, authzen_search
from medid.access.authzen_request import MAX_REQUEST
from medid.access.verifier import AccessVerifier
from medid.adapters.challenges import MemoryChallenges
from medid.core import json as strict_json
from medid.core.fields import no_others
from medid.core.records import replace
from medid.errors import EvidenceUnavailable, Unchecked
from medid.server import negotiation
from medid.server.calls import JSON, Answer, Call
from medid.server.own_lists import OwnLists
from medid.server.pool import RETRY_AFTER
from medid.server.problems import http_problem
from medid.server.tokens import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.server.service import Service
    from medid.server.settings import Settings

# It changes when the server starts anew.
_KEPT: Final = "public, max-age=300"
_LATER: Final[Mapping[str, str]] = MappingProxyType({"Retry-After": RETRY_AFTER})


def access_verifier(settings: Settings) -> AccessVerifier | None:
    """Who decides under ``settings``; ``None`` where nobody does.

    It always asks for whom a presentation was made, and whether its challenge was
    answered before.
    """
    if settings.trust is None or not settings.deciding:
        return None
    challenges = settings.challenges
    if challenges is None:
        challenges = MemoryChallenges(entropy=settings.entropy)
    return AccessVerifier(
        trust=settings.trust,
        audience=settings.audience or settings.base_url,
        challenges=challenges,
        fetch=settings.fetch,
        consents=settings.consents,
        policy=settings.policy,
        audit=settings.audit,
        contexts=settings.contexts,
        accepted_statuses=settings.expect.accepted_statuses,
        ml_dsa_tokens=settings.expect.ml_dsa_tokens,
        hybrid_proofs=settings.expect.hybrid_proofs,
        clock=settings.clock,
        entropy=settings.entropy,
    )


def challenge(service: Service, call: Call) -> Answer:
    """``POST /challenges``: a new challenge for one presentation."""
    if call.body:
        no_others(strict_json.load_object(call.body), (), "$")
    verifier = _decider(service, service.settings.clock())
    try:
        return Answer.json(200, {"challenge": verifier.challenge()})
    except EvidenceUnavailable:
        message = "no challenge can be given out at present"
        raise http_problem("BUSY", message, headers=_LATER) from None


def evaluation(service: Service, call: Call) -> Answer:
    """``POST /access/v1/evaluation``."""
    at = service.settings.clock()
    answer = authzen.evaluation(
        _document(call), _decider(service, at), at=at, entitled=_entitled(call)
    )
    return Answer.json(200, answer)


def evaluations(service: Service, call: Call) -> Answer:
    """``POST /access/v1/evaluations``."""
    at = service.settings.clock()
    answer = authzen.evaluations(
        _document(call), _decider(service, at), at=at, entitled=_entitled(call)
    )
    return Answer.json(200, answer)


def resource_search(service: Service, call: Call) -> Answer:
    """``POST /access/v1/search/resource``."""
    at, settings = service.settings.clock(), service.settings
    verifier = _decider(service, at)
    if settings.catalogue is None:
        raise http_problem("NOT_FOUND", "there is no catalogue to search here")
    # Tokens go with who asks: another caller's are as good as none.
    caller = "" if call.token is None else call.token.name
    try:
        answer = authzen_search.resource_search(
            _document(call),
            verifier,
            catalogue=settings.catalogue,
            pages=replace(service.pages, caller=caller),
            at=at,
        )
    except Unchecked:
        message = "the catalogue cannot be read at present"
        raise http_problem("BUSY", message, headers=_LATER) from None
    return Answer.json(200, answer)


def action_search(service: Service, call: Call) -> Answer:
    """``POST /access/v1/search/action``."""
    at, actions = service.settings.clock(), service.settings.actions
    verifier = _decider(service, at)
    if actions is None:
        raise http_problem("NOT_FOUND", "there are no actions to search here")
    answer = authzen_search.action_search(
        _document(call), verifier, actions=actions, at=at
    )
    return Answer.json(200, answer)


def metadata(service: Service, call: Call) -> Answer:
    """``GET /.well-known/authzen-configuration``."""
    if negotiation.choose(call.accept, (JSON,)) is None:
        raise http_problem("NOT_ACCEPTABLE", "the metadata is application/json")
    answer = Answer.json(200, service.metadata)
    return replace(answer, headers={"Cache-Control": _KEPT})


def described(settings: Settings) -> JsonObject:
    """The metadata of a server under ``settings``; signed where somebody attests it.

    Raises:
        MedidError: The key that attests it cannot be used.
    """
    searched = {
        authzen.SEARCH_RESOURCE: settings.catalogue,
        authzen.SEARCH_ACTION: settings.actions,
    }
    found = authzen.metadata(
        settings.base_url,
        searches=[path for path, given in searched.items() if given is not None],
    )
    controller = settings.metadata_controller
    if controller is None:
        return found
    return authzen.signed_metadata(found, controller, at=settings.clock())


def _document(call: Call) -> JsonObject:
    # The limits on bytes are the server's own.
    limits = replace(MAX_REQUEST, max_bytes=len(call.body))
    return strict_json.load_object(call.body, limits=limits)


def _decider(service: Service, at: Instant) -> AccessVerifier:
    """The verifier of ``service``, which knows the status lists that it hosts."""
    if service.access is None:
        raise http_problem("NOT_FOUND", "no access is decided here")
    fetch = OwnLists(service.lists, service.settings.fetch, at)
    return replace(service.access, fetch=fetch)


def _entitled(call: Call) -> bool:
    return call.token is not None and Operation.EXPLAIN in call.token.operations
