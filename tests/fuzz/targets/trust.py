"""Targets of what trust registries are asked, and of what they answer."""

from __future__ import annotations

from typing import Any, Final

from medid.core import json as strict_json
from medid.server.trust_queries import QUERY
from medid.trust.answering import answer
from medid.trust.trqp import Question, query, read_query, read_response, response
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text
from tests.fuzz.target import CANARY, Target
from tests.trust.test_answering import AT, BOARD, SYSTEM, TRUST, TYPE, US

_CONDITIONS: Final = {"jurisdiction": "US-OH", "profession": f"{SYSTEM}|RN"}
_ASKED: Final = query(BOARD, US, TYPE, conditions=_CONDITIONS, time=AT)
_PRESENT: Final = query(BOARD, US, TYPE)


def _query(data: bytes) -> None:
    asked = read_query(strict_json.load_object(data, limits=QUERY))
    # What was read is what is sent, and is read alike.
    assert read_query(asked.as_json()) == asked
    for question in Question:
        found = answer(asked, question, TRUST, at=AT)
        assert CANARY not in found.message
        body = response(
            asked, question, answer=found.answer, message=found.message, at=AT
        )
        assert read_response(body, asked, question).answer is found.answer


def _query_seeds() -> list[bytes]:
    named: Any = _ASKED.as_json()
    named["context"]["locator"] = CANARY
    return [compact(named), compact(dict(_PRESENT.as_json()))]


def _response(data: bytes) -> None:
    body = strict_json.load_object(data)
    asked = _ASKED if "time_requested" in body else _PRESENT
    reply = read_response(body, asked, Question.AUTHORIZATION)
    assert reply.answer is body["authorized"]
    assert asked.time in (None, reply.as_of)


def _response_seeds() -> list[bytes]:
    return [
        compact(
            dict(
                response(
                    asked,
                    Question.AUTHORIZATION,
                    answer=True,
                    message=CANARY,
                    at=AT,
                )
            )
        )
        for asked in (_ASKED, _PRESENT)
    ]


TARGETS: Final = (
    Target(name="trqp-query", read=_query, seeds=_query_seeds, change=json_text),
    Target(
        name="trqp-response", read=_response, seeds=_response_seeds, change=json_text
    ),
)
