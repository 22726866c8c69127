"""What reaches a guard: a request's line and headers, and the context of a hook."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import unquote

from medid.adapters.guards.cds_hooks import HOOK, MAX_ENTRIES, Consult
from medid.adapters.guards.request import (
    AUTHORIZATION,
    MAX_PRESENTATION,
    Incoming,
    Source,
    carried,
)
from tests.fuzz.forms import json_text, lines
from tests.fuzz.target import Target, check_growth

_SOURCES: Final = (Source(), Source(header="Medid-Presentation", scheme=None))


def _request(data: bytes) -> None:
    """As a server hands it over: a line with method and target, and the headers."""
    first, *rest = data.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    raw, _, query = target.partition("?")
    pairs = (line.partition(": ") for line in rest)
    asked = Incoming(
        method=method,
        path=unquote(raw, "latin-1"),
        query=query,
        headers=tuple((name.lower(), value) for name, _, value in pairs),
        raw_path=raw,
    )
    asked.check()
    assert asked.path == raw == unquote(raw), "two spellings of one path"
    parts = asked.path.split("/")
    assert parts[0] == "", "not the path of an origin"
    assert "" not in parts[1:-1], "a part that some readers leave out"
    assert not any(part.endswith(".") for part in parts), "a part that leads elsewhere"
    asked.parameters()
    for source in _SOURCES:
        assert source.name not in asked.shown(without=source.name)
        text = source.read(asked)
        if text is not None:
            assert len(text) <= MAX_PRESENTATION
            assert len(asked.values(source.name)) == 1
            check_growth(carried(text), data)
    assert len(asked.values(AUTHORIZATION)) <= 1


def _request_seeds() -> list[bytes]:
    token, own = b"authorization: Presentation", b"medid-presentation"
    return [
        b"GET /Patient/p-9/Observation/x?a=1&b=%C3%A4&a=\n" + token + b" e30",
        b"POST /Patient/_search\nx: 1\n" + token + b" a.b.c~d~\naccept: */*",
        b"WEBSOCKET /\n" + own + b": eyJhIjoxfQ\nauthorization: Bearer t",
        b"DELETE /Binary/1/$validate/\nx: 1\nx: 2",
    ]


def _hook(data: bytes) -> None:
    consult = Consult.from_json(data)
    assert consult.patients, "an empty list of patients"
    assert consult.actors, "an empty list of actors"
    assert consult.purposes, "an empty list of purposes"
    assert all(consult.purposes)
    assert all(value for _, value in (*consult.patients, *consult.actors))
    assert len(consult.patients) <= MAX_ENTRIES
    assert len(consult.classes) <= MAX_ENTRIES
    assert repr(consult) == "Consult()", "a representation shows whose it is"


def _hook_seeds() -> list[bytes]:
    identifier = {"system": "urn:example:mrn", "value": "9"}
    coding = {"system": "http://loinc.org", "code": "59284-0"}
    context = {
        "actor": [identifier],
        "patientId": [identifier, {"value": "p-9"}],
        "purposeOfUse": "TREAT",
    }
    whole = {
        **context,
        "purposeOfUse": ["TREAT", "HPAYMT"],
        "category": [coding],
        "class": [{**coding, "display": "consent"}],
        "scope": "patient-privacy",
    }
    hook = {"hook": HOOK, "hookInstance": "1"}
    return [
        json.dumps({**hook, "context": found}).encode() for found in (context, whole)
    ]


TARGETS: Final = (
    Target(name="guard-request", read=_request, seeds=_request_seeds, change=lines),
    Target(name="cds-hooks", read=_hook, seeds=_hook_seeds, change=json_text),
)
