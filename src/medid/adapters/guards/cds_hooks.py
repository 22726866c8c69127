"""The CDS Hooks service ``patient-consent-consult``, as an ASGI application.

An enforcement point of the custodian asks with the hook's context, and with the
presentation of whoever wants the data in the guard's header. The card says
``CONSENT_PERMIT`` or ``CONSENT_DENY``. Each label of ``labels`` is asked for beside
those of the request, by the same rules, and those that are permitted once more
together: what a permit does not cover it names as REDACT, and what it obliges to only
for data with a label stands there with that label.

A permit's REDACT tells what the patient restricts. The service is for the custodian's
own systems; nobody else may reach it.

Spec: https://cds-hooks.hl7.org/2.0/
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access.consent_types import Obligation
from medid.adapters.guards.answer import FORBIDDEN, NO_STORE, Answer, Stopped
from medid.adapters.guards.asgi import incoming, lifespan, refuse
from medid.adapters.guards.granted import called
from medid.adapters.guards.guard import check_function
from medid.core import json as strict_json
from medid.core.fields import (
    as_list,
    as_object,
    no_others,
    object_list,
    optional,
    required,
    required_str,
    strings,
)
from medid.core.json import JsonLimits
from medid.core.records import replace
from medid.errors import ConfigurationError, MalformedValue, MedidError, TooLarge, child
from medid.health.codes import (
    ACT_CODE,
    CONFIDENTIALITY,
    CONFIDENTIALITY_ORDER,
    SENSITIVITY,
    Coding,
    below,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.access.decision import Decision
    from medid.adapters.guards.asgi import Receive, Scope, Send
    from medid.adapters.guards.granted import Granted
    from medid.adapters.guards.guard import Guard
    from medid.core.json import JsonObject, JsonValue

HOOK: Final = "patient-consent-consult"
DISCOVERY: Final = "/cds-services"
MAX_BODY: Final = 65_536  # bytes; a context takes some hundred
MAX_ENTRIES: Final = 32  # of each list of a context
BODY_SECONDS: Final = 10.0  # in which a body has to arrive
REDACT: Final = "REDACT"
_REDACT: Final = Obligation(REDACT)
# Each is asked for beside the request's own labels. What stands below a label may be
# restricted without it, and so may a level of confidentiality.
LABELS: Final = (
    *(
        Coding(ACT_CODE, code)
        for code in sorted(below(ACT_CODE, SENSITIVITY))
        if not code.startswith("_")  # a heading, which no data bear
    ),
    *(Coding(CONFIDENTIALITY, level) for level in CONFIDENTIALITY_ORDER),
)

_LIMITS: Final = JsonLimits(max_bytes=MAX_BODY, max_depth=16, max_members=1_000)
_JSON: Final = "application/json"
_REQUEST: Final = frozenset(
    {
        *("hook", "hookInstance", "context", "extension"),
        *("fhirServer", "fhirAuthorization", "prefetch"),
    }
)
_CONTEXT: Final = frozenset(
    {"actor", "patientId", "purposeOfUse", "category", "class", "scope"}
)

# A system, where one was named, and a value.
Identifier: TypeAlias = "tuple[str | None, str]"
# What is to be done, and with data of which labels; with all of it where none is named.
_Duty: TypeAlias = tuple[Obligation, tuple[Coding, ...]]
# Says which AuthZEN request a context is; None where it is none.
ConsultMapper: TypeAlias = "Callable[[Consult], Mapping[str, JsonValue] | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """The context of the hook: who wants which data of whom, and what for.

    Attributes:
        patients: The patient's identifiers.
        actors: The identifiers of who wants the data; the custodian's word, no proof.
        purposes: v3-ActReason codes; an AuthZEN request has to name all of them.
        categories: Of the consents that are looked for.
        classes: Of the data that is wanted.
        scope: Of the consents that are looked for.
    """

    patients: tuple[Identifier, ...] = field(repr=False)
    actors: tuple[Identifier, ...] = field(repr=False)
    purposes: tuple[str, ...] = field(repr=False)
    categories: tuple[Coding, ...] = field(repr=False, default=())
    classes: tuple[Coding, ...] = field(repr=False, default=())
    scope: str | None = field(repr=False, default=None)

    @classmethod
    def from_json(cls, data: bytes) -> Consult:
        """Read a request of the hook.

        Raises:
            ParsingError: Not strict JSON, or too much of it.
            MalformedValue: A member is unknown, missing or of another form.
        """
        document = strict_json.load_object(data, limits=_LIMITS)
        no_others(document, _REQUEST, "$")
        required_str(document, "hookInstance", "$")
        if required_str(document, "hook", "$") != HOOK:
            raise MalformedValue("another hook", path="$.hook")
        context, path = required(document, "context", dict, "$"), "$.context"
        no_others(context, _CONTEXT, path)
        purposes = strings(context.get("purposeOfUse"), child(path, "purposeOfUse"))
        return cls(
            patients=_identifiers(context, "patientId"),
            actors=_identifiers(context, "actor"),
            purposes=tuple(purposes),
            categories=_codings(context, "category"),
            classes=_codings(context, "class"),
            scope=optional(context, "scope", str, path),
        )


def _entries(context: JsonObject, name: str) -> list[JsonObject]:
    path = child("$.context", name)
    found = object_list(context.get(name), path)
    if len(found) > MAX_ENTRIES:
        raise TooLarge(f"more than {MAX_ENTRIES} entries", path=path)
    return found


def _identifiers(context: JsonObject, name: str) -> tuple[Identifier, ...]:
    path = child("$.context", name)
    found: list[Identifier] = []
    for number, entry in enumerate(_entries(context, name)):
        place = child(path, number)
        no_others(entry, {"system", "value"}, place)
        system = optional(entry, "system", str, place)
        found.append((system, required_str(entry, "value", place)))
    return tuple(found)


def _codings(context: JsonObject, name: str) -> tuple[Coding, ...]:
    if name not in context:
        return ()
    path = child("$.context", name)
    found = []
    for number, entry in enumerate(_entries(context, name)):
        place = child(path, number)
        no_others(entry, {"system", "code", "display", "version"}, place)
        system = required_str(entry, "system", place)
        found.append(Coding(system, required_str(entry, "code", place)))
    return tuple(found)


class ConsentConsult:
    """Answers the discovery of CDS Hooks, and the one hook."""

    def __init__(
        self,
        guard: Guard,
        mapper: ConsultMapper,
        *,
        labels: tuple[Coding, ...] = LABELS,
        source: str = "medid",
    ) -> None:
        """Decide by ``guard``, whose own mapper is not asked.

        Args:
            guard: What decides; it fulfils what its callers carry out.
            mapper: Says which AuthZEN request a context is.
            labels: What is asked for beside the labels of the request.
            source: Whom the cards name as their source.
        """
        check_function(mapper, "$.mapper")
        self._guard = guard
        self._mapper = mapper
        self._labels = labels
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ConfigurationError: Another kind of connection than a client of CDS Hooks
                makes.
        """
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        if scope["type"] != "http":
            message = "CDS Hooks are asked over HTTP"
            raise ConfigurationError(message, path="$.type")
        # Where it is mounted is no part of what is asked.
        root = scope.get("root_path", "").rstrip("/")
        match scope["method"], scope["path"].removeprefix(root):
            case "GET" | "HEAD", path if path == DISCOVERY:
                answer = _json(self._discovery())
            case "POST", path if path == f"{DISCOVERY}/{HOOK}":
                answer = await self._consult(scope, receive)
            case _:
                answer = self._guard.refusal(FORBIDDEN)
        await refuse(answer, scope, receive, send)

    def _discovery(self) -> JsonObject:
        service: JsonObject = {
            "hook": HOOK,
            "id": HOOK,
            "title": "Patient consent consult",
            "description": "Whether license, consent and purpose permit an access.",
        }
        return {"services": [service]}

    async def _consult(self, scope: Scope, receive: Receive) -> Answer:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                consult = Consult.from_json(await _body(receive))
        except (MedidError, TimeoutError):
            return self._guard.refusal(400)
        own = replace(
            self._guard,
            mapper=lambda *_: self._mapper(consult),
            unguarded=frozenset(),
        )
        try:
            granted = await own.aadmit(incoming(scope))
        except Stopped as stopped:
            if stopped.answer.status != FORBIDDEN:
                return stopped.answer
            return _json(self._card(None, ()))
        # Never None: nothing of this guard is unguarded.
        # In a thread, as the policy of a site may wait for somebody else.
        duties = () if not granted else await asyncio.to_thread(self._duties, granted)
        if not own.fulfils.issuperset(called(one) for one, _ in duties):
            return _json(self._card(None, ()))
        return _json(self._card(granted, duties))

    def _duties(self, granted: Granted) -> tuple[_Duty, ...]:
        """What a permit obliges to, and for data with which labels where not for all.

        REDACT has the labels with which the data would not be permitted, be it alone or
        beside those that are not redacted: data with several of them is released, too.
        """
        resource = as_object(granted.request["resource"], "$.resource")
        properties = as_object(resource["properties"], "$.resource.properties")
        own = as_list(properties.get("securityLabel", []))

        def asked(*labels: Coding) -> Decision:
            stated: list[JsonValue] = [*own]
            stated += [{"system": it.system, "code": it.code} for it in labels]
            beside: JsonObject = {**properties, "securityLabel": stated}
            return granted.check({**resource, "properties": beside})

        alone = {label: asked(label) for label in self._labels}
        released = [label for label, decision in alone.items() if decision]
        # Where all of them are permitted together, fewer of them are.
        if not asked(*released):
            released = _together(released, lambda labels: bool(asked(*labels)))
        labelled: dict[Obligation, list[Coding]] = {}
        for label, decision in alone.items():
            for duty in decision.obligations if label in released else (_REDACT,):
                labelled.setdefault(duty, []).append(label)
        always = granted.decision.obligations
        return (
            *((duty, ()) for duty in always),
            *(
                (duty, tuple(labels))
                for duty, labels in labelled.items()
                if duty == _REDACT or duty not in always
            ),
        )

    def _card(self, granted: Granted | None, duties: tuple[_Duty, ...]) -> JsonObject:
        decision = "CONSENT_DENY" if granted is None else "CONSENT_PERMIT"
        extension: JsonObject = {"decision": decision, "obligations": []}
        if granted is not None:
            extension = {
                "decision": decision,
                "id": granted.decision.id,
                "expires": str(granted.compiled.expires),
                "obligations": [_obligation(*duty) for duty in duties],
            }
        card: JsonObject = {
            "summary": decision,
            "detail": "The access is "
            + ("permitted." if granted else "not permitted."),
            "indicator": "info" if granted else "critical",
            "source": {"label": self._source},
            "extension": extension,
        }
        return {"cards": [card]}


def _together(
    labels: Sequence[Coding], permitted: Callable[[Sequence[Coding]], bool]
) -> list[Coding]:
    """Those of ``labels`` that are permitted with all of them before."""
    found: list[Coding] = []
    for label in labels:
        if permitted([*found, label]):
            found.append(label)
    return found


def _obligation(duty: Obligation, labels: tuple[Coding, ...]) -> JsonObject:
    codes: list[JsonValue] = [
        {"system": label.system, "code": label.code} for label in labels
    ]
    return {
        "id": {"system": duty.system, "code": duty.code},
        "parameters": {"codes": codes} if codes else {},
    }


def _json(body: JsonObject) -> Answer:
    return Answer(
        status=200,
        body=strict_json.dumps(body).encode(),
        headers=(("content-type", _JSON), NO_STORE),
    )


async def _body(receive: Receive) -> bytes:
    """The request's body.

    Raises:
        TooLarge: It has more than ``MAX_BODY`` bytes.
        MalformedValue: It ended before its end.
    """
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise MalformedValue("the body ended before its end")
        piece = message.get("body", b"")
        size, more = size + len(piece), message.get("more_body", False)
        if size > MAX_BODY:
            raise TooLarge(f"the body has more than {MAX_BODY} bytes")
        pieces.append(piece)
    return b"".join(pieces)
