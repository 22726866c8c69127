"""The gateway: a reverse proxy that lets through what license and consent permit.

::

    1  the guard     401 with a challenge, or a permit for what was asked
    2  upstream      the resource; of a search, all of its pages
    3  the sieve     each resource, what it contains and what it names
    4  the answer    built anew: no total, no link or header of the server's

Everything that is refused or not there gets the same 404, byte for byte.
"""

from dataclasses import dataclass

from describing import described, name_of, patient_of
from operator_feed import Event, Feed
from questions import INCLUDES, asked_first, request_for
from searchset import found_in, page_of
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from upstream import Upstream
from withholding import DIRECTORY, Sieve

import medid
from medid.access.decision import Decision
from medid.adapters.guards.answer import FORBIDDEN, UNAUTHENTICATED, Stopped
from medid.adapters.guards.asgi import incoming
from medid.adapters.guards.granted import Granted
from medid.adapters.guards.guard import Guard
from medid.adapters.guards.request import Headers, Query
from medid.core import json as strict_json
from medid.core.json import JsonObject
from medid.errors import MedidError

PURPOSE = "purpose-of-use"  # the header that says what for
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
ISSUE: JsonObject = {"severity": "error", "code": "not-found"}
NOTHING = strict_json.dumps({"resourceType": "OperationOutcome", "issue": [ISSUE]})


@dataclass(frozen=True)
class Gateway:
    """What decides, the server behind it, and who is told."""

    verifier: medid.AccessVerifier
    upstream: tuple[str, int]
    feed: Feed

    def app(self) -> Starlette:
        """The proxy. It has one route, so that nothing goes round the guard."""
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=METHODS)])

    async def answer(self, request: Request) -> Response:
        """The answer to one request; the operator is told of it first."""
        visit = Visit(self, request)
        response = await run_in_threadpool(visit.answer)
        self.feed.add(visit.event(response.status_code))
        return response


class Visit:
    """One request on its way through the gateway."""

    def __init__(self, gateway: Gateway, request: Request) -> None:
        self.request = request
        self.upstream = Upstream(*gateway.upstream)
        self.first: JsonObject | None = None  # what was asked for first
        self.codes: tuple[str, ...] = ()  # of the decision about it
        self.obliged: tuple[str, ...] = ()
        self.why: set[str] = set()  # something was withheld
        self.given = self.withheld = 0
        self.guard = Guard(
            verifier=gateway.verifier,
            mapper=self._mapped,
            fulfils=frozenset({"AUDIT"}),  # in the verifier's audit log, before release
            record=self._decided,
        )

    def answer(self) -> Response:
        """The resource, the Bundle, or one of the refusals."""
        refused, body = None, None
        try:
            granted = self.guard.admit(incoming(self.request.scope))
            body = None if granted is None else self._released(granted)
        except Stopped as stopped:
            refused = stopped.answer
        except MedidError as error:
            self.why.add(error.code)
            refused = self.guard.refusal(503)
        if refused is not None and refused.status != FORBIDDEN:
            return Response(refused.body, refused.status, dict(refused.headers))
        text = NOTHING if body is None else strict_json.dumps(body)
        status = 404 if body is None else 200
        return Response(text, status, HEADERS, media_type="application/fhir+json")

    def _mapped(
        self, method: str, path: str, query: Query, headers: Headers
    ) -> JsonObject | None:
        self.first = asked_first(method, path, query, self.upstream.resource)
        return request_for(self.first, headers.get(PURPOSE))

    def _decided(self, decision: Decision, _request: JsonObject) -> None:
        self.codes = decision.codes
        self.obliged = tuple(one.code for one in decision.obligations)

    def _released(self, granted: Granted) -> JsonObject | None:
        """What leaves, once that is on record; None for nothing."""
        first = self.first or {}
        patient = patient_of(first) or ""
        sieve = Sieve(granted, patient, self.upstream.resource)
        kind, asked = self.request.url.path[1:], dict(self.request.query_params)
        if kind == name_of(first):
            found = {kind: first}
        else:
            passed = {name: asked[name] for name in INCLUDES if name in asked}
            passed["patient"] = patient.removeprefix("Patient/")
            matches, included = found_in(self.upstream.search(kind, passed))
            found = {**included, **matches}
        permitted = sieve.permitted([*found.values()])
        self.why, self.withheld = sieve.codes, len(found) - len(permitted)
        if kind == name_of(first):
            body, names = (first if permitted else None), [*permitted]
        else:
            at = str(self.request.url.replace(query=""))
            matches = {name: matches[name] for name in matches if name in permitted}
            included = {name: included[name] for name in included if name in permitted}
            body, names = page_of(matches, included, at=at, asked=asked)
        patients = [one for one in names if one.partition("/")[0] not in DIRECTORY]
        granted.record([described(found[one], patient) for one in patients])
        self.given = len(names)
        return body

    def event(self, status: int) -> Event:
        """What the operator sees of it."""
        url = self.request.url
        return Event(
            request=f"{self.request.method} {url.path}?{url.query}".rstrip("?")[:300],
            purpose=self.request.headers.get(PURPOSE, "")[:30],
            outcome={200: "permit", UNAUTHENTICATED: "challenge"}.get(status, "deny"),
            status=status,
            codes=self.codes,
            obligations=self.obliged,
            given=self.given,
            withheld=self.withheld,
            why=tuple(sorted(self.why)),
        )
