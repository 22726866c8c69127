"""The Trust Registry Query Protocol over HTTP: what the trust file says, to anybody.

It is served where an authority is named for which the trust file speaks. Queries about
another authority are not answered, and while the file is broken none is: nobody could
tell a board that was struck off from one that was never there.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#https-binding
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.json import JsonLimits
from medid.core.records import replace
from medid.errors import Unchecked
from medid.server.calls import Answer, Call
from medid.server.pool import RETRY_AFTER
from medid.server.problems import http_problem
from medid.trust import standing
from medid.trust.answering import answer
from medid.trust.trqp import ISSUE, MAX_CONTEXT, Question, read_query, response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.server.service import Service
    from medid.trust import Standing, TrustRegistry, TrustSource

PATHS: Final[Mapping[Question, str]] = MappingProxyType(
    {question: f"/trqp/{question.value}" for question in Question}
)
# A board that was struck off is told of no longer than a trust file is used.
MAX_AGE: Final = 30  # seconds
QUERY: Final = JsonLimits(
    max_bytes=65_536,  # identifiers and conditions of 2,048 characters each
    max_depth=2,
    max_members=2 * MAX_CONTEXT,
)
_LATER: Final[Mapping[str, str]] = MappingProxyType({"Retry-After": RETRY_AFTER})


def authorization(service: Service, call: Call) -> Answer:
    """``POST /trqp/authorization``: may this entity issue that?"""
    return _answered(service, call, Question.AUTHORIZATION)


def recognition(service: Service, call: Call) -> Answer:
    """``POST /trqp/recognition``: does this authority's recognition count?"""
    return _answered(service, call, Question.RECOGNITION)


def _answered(service: Service, call: Call, question: Question) -> Answer:
    settings = service.settings
    at = settings.clock()
    asked = read_query(strict_json.load_object(call.body, limits=QUERY))
    if settings.trust is None or asked.authority_id != settings.trqp_authority:
        message = "this registry does not speak for that authority"
        raise http_problem("NOT_FOUND", message, path="$.authority_id")
    if asked.action != ISSUE:
        message = f"the only action that is defined here is {ISSUE}"
        raise http_problem("NOT_FOUND", message, path="$.action")
    trusted = _standing(settings.trust)
    found = answer(asked, question, trusted.registry, at=at)
    body = response(asked, question, answer=found.answer, message=found.message, at=at)
    ends = [one for one in (trusted.until, found.until) if one is not None]
    headers = {"Cache-Control": _kept(at, ends)}
    return replace(Answer.json(200, body), headers=headers)


def _standing(trust: TrustRegistry | TrustSource) -> Standing:
    try:
        return standing(trust)
    except Unchecked:
        message = "whom to believe is not known here at present"
        raise http_problem("BUSY", message, headers=_LATER) from None


def _kept(at: Instant, ends: list[Instant]) -> str:
    """For how long the answer may be used again: whole seconds, or not at all."""
    seconds = int(min([MAX_AGE, *(one.since(at) for one in ends)]))
    return f"max-age={seconds}" if seconds > 0 else "no-store"
