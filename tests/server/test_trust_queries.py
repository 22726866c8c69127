"""TRQP by HTTP: who is answered what, for how long, and when nobody is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.adapters.trust_file import TrustFile
from medid.errors import ConfigurationError
from medid.server.calls import Call
from medid.server.operations import SERVED, offered
from medid.server.problems import HttpProblem
from medid.server.service import Service
from medid.server.trust_queries import MAX_AGE, PATHS, QUERY, authorization
from medid.trust import TrustRegistry
from medid.trust.trqp import MAX_TEXT, Question
from tests.server.support import SECRET, bearer, client, settings
from tests.verifying.world import BOARD, NOW, registry_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from medid.core.instant import Instant

US: Final = "did:web:hospital.example"
TYPE: Final = "PractitionerLicenseCredential"
CODE: Final = "urn:taxonomy|208D00000X"
ASK: Final = PATHS[Question.AUTHORIZATION]
KNOWN: Final = PATHS[Question.RECOGNITION]
ENTRY: Final[dict[str, Any]] = {
    "did": BOARD.did,
    "jurisdictions": ["US-OH"],
    "professions": [CODE],
    "validFrom": "2020-01-01T00:00:00Z",
}
STATE: Final = "did:web:state.example"
AUTHORITY: Final[dict[str, Any]] = {
    "did": STATE,
    "mayRecognize": {"jurisdictions": ["US-OH"], "professions": [CODE]},
}


def trust(*boards: Any) -> TrustRegistry:
    listed: Any = {"acceptedBoards": [*boards], "authorities": [AUTHORITY]}
    return TrustRegistry.from_json(listed)


def answering(**changes: Any) -> TestClient:
    return client(**{"trust": trust(ENTRY), "trqp_authority": US, **changes})


def body(entity: str = BOARD.did, **changes: Any) -> dict[str, Any]:
    asked = {
        "entity_id": entity,
        "authority_id": US,
        "action": "issue",
        "resource": TYPE,
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def test_an_accepted_board_is_authorized_and_a_stranger_is_not() -> None:
    caller = answering()
    context = {"jurisdiction": "US-OH", "profession": CODE}
    answer = caller.post(ASK, json=body(context=context))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        **body(context=context),
        "authorized": True,
        "time_evaluated": str(NOW),
        "message": "an entry in force covers this",
    }
    stranger = caller.post(ASK, json=body("did:web:stranger.example"))
    assert (stranger.status_code, stranger.json()["authorized"]) == (200, False)


def test_the_time_asked_about_counts() -> None:
    for time, yes in (("2019-12-31T00:00:00Z", False), ("2020-01-01T00:00:00Z", True)):
        answer = answering().post(ASK, json=body(context={"time": time}))
        assert answer.json()["authorized"] is yes
        assert answer.json()["time_requested"] == time
        assert answer.json()["time_evaluated"] == str(NOW)


def test_an_authority_is_recognized() -> None:
    answer = answering().post(KNOWN, json=body(STATE))
    assert (answer.status_code, answer.json()["recognized"]) == (200, True)
    assert "authorized" not in answer.json()
    assert answering().post(KNOWN, json=body()).json()["recognized"] is False


@pytest.mark.parametrize(
    ("changes", "status", "code", "path"),
    [
        ({"authority_id": STATE}, 404, "NOT_FOUND", "$.authority_id"),
        ({"authority_id": US + "/"}, 404, "NOT_FOUND", "$.authority_id"),
        ({"action": "revoke"}, 404, "NOT_FOUND", "$.action"),
        ({"entity_id": None}, 400, "MALFORMED_VALUE_ERROR", "$.entity_id"),
        ({"entity_id": 1}, 400, "MALFORMED_VALUE_ERROR", "$.entity_id"),
        ({"entity_id": "a b"}, 400, "MALFORMED_VALUE_ERROR", "$.entity_id"),
        ({"contxt": {}}, 400, "MALFORMED_VALUE_ERROR", "$.contxt"),
        ({"context": {"x": "y"}}, 400, "MALFORMED_VALUE_ERROR", "$.context.x"),
        ({"context": {"time": "now"}}, 400, "MALFORMED_VALUE_ERROR", "$.context.time"),
        (
            {"context": {"time": "2999-01-01T00:00:00Z"}},
            400,
            "MALFORMED_VALUE_ERROR",
            "$.context.time",
        ),
    ],
)
@pytest.mark.parametrize("where", PATHS.values())
def test_what_cannot_be_answered_is_a_problem(
    where: str, changes: Any, status: int, code: str, path: str
) -> None:
    answer = answering().post(where, json=body(**changes))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["code"], answer.json()["path"]) == (code, path)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"{",
        b'{"entity_id":"a","entity_id":"b"}',
        json.dumps(body(context={"a": {"b": {}}})).encode(),
        json.dumps(body("x" * (MAX_TEXT + 1))).encode(),
    ],
)
def test_what_is_no_query_is_refused(sent: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = answering().post(ASK, content=sent, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_query_is_no_document() -> None:
    """What is wrapped around it is not read either."""
    headers = {"content-type": "application/json"}
    sent = json.dumps(body()).encode() + b" " * QUERY.max_bytes
    answer = answering().post(ASK, content=sent, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "TOO_LARGE")


def test_it_is_served_only_where_an_authority_is_named() -> None:
    names = {one.name for one in offered(settings(trust=trust(ENTRY)))}
    assert not {name for name in names if name.startswith("trqp")}
    assert client(trust=trust(ENTRY)).post(ASK, json=body()).status_code == 404
    assert {"trqpAuthorization", "trqpRecognition"} <= {one.name for one in SERVED}
    unserved = Service(settings())
    with pytest.raises(HttpProblem):
        authorization(unserved, Call(body=json.dumps(body()).encode()))


@pytest.mark.parametrize(
    "changes",
    [
        {"trust": None},
        {"trqp_authority": ""},
        {"trqp_authority": "hospital"},
        {"trqp_authority": ":hospital"},
        {"trqp_authority": "did:web:a b"},
    ],
)
def test_who_speaks_for_nobody_does_not_start(changes: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        answering(**changes)
    assert refused.value.path == "$.trqp_authority"


def test_anybody_may_ask_and_a_wrong_token_is_refused() -> None:
    caller = answering()
    assert caller.post(ASK, json=body(), headers=bearer()).status_code == 200
    wrong = caller.post(ASK, json=body(), headers=bearer("x" * 40))
    assert wrong.status_code == 401
    assert SECRET not in wrong.text


def test_the_name_of_a_request_is_told_back() -> None:
    headers = {"X-Request-ID": "d4f34c12"}
    answer = answering().post(ASK, json=body(), headers=headers)
    assert answer.headers["x-request-id"] == "d4f34c12"


def test_a_refusal_repeats_nothing_of_the_query() -> None:
    canary = "did:web:canary.example"
    sent = body(canary, context={"x": canary})
    answer = answering().post(ASK, json=sent)
    assert answer.status_code == 400
    assert "canary" not in answer.text


def kept(**changes: Any) -> str:
    answer = answering(**changes).post(ASK, json=body())
    found: str = answer.headers["cache-control"]
    return found


def test_an_answer_is_kept_no_longer_than_it_holds() -> None:
    assert kept() == f"max-age={MAX_AGE}"
    soon = {**ENTRY, "validUntil": str(NOW.plus(7.5))}
    assert kept(trust=trust(soon)) == "max-age=7"
    assert kept(trust=trust({**ENTRY, "validFrom": str(NOW.plus(0.5))})) == "no-store"
    past = body(context={"time": "2021-01-01T00:00:00Z"})
    caller = answering(trust=trust(soon))
    answer = caller.post(ASK, json=past)
    assert answer.headers["cache-control"] == f"max-age={MAX_AGE}"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Instant:
        return self.now


def write(path: Path, text: str) -> None:
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


def test_the_trust_file_is_followed_and_a_broken_one_answers_nothing(
    tmp_path: Path,
) -> None:
    path, clock = tmp_path / "trust.json", Clock()
    with_board = json.dumps({"acceptedBoards": [ENTRY], "authorities": [AUTHORITY]})
    write(path, with_board)
    file = TrustFile(path, seconds=10, clock=clock)
    caller = answering(trust=file, clock=clock)
    answer = caller.post(ASK, json=body())
    assert answer.json()["authorized"] is True
    assert answer.headers["cache-control"] == "max-age=10"
    write(path, json.dumps({"authorities": [AUTHORITY]}))
    clock.now = NOW.plus(4)
    assert caller.post(ASK, json=body()).headers["cache-control"] == "max-age=6"
    clock.now = NOW.plus(10)
    assert caller.post(ASK, json=body()).json()["authorized"] is False
    write(path, "{")
    clock.now = NOW.plus(20)
    for where in PATHS.values():
        broken = caller.post(where, json=body())
        assert broken.status_code == 503
        assert broken.headers["content-type"] == "application/problem+json"
        assert not {"authorized", "recognized"} & set(broken.json())
    write(path, with_board)
    clock.now = NOW.plus(30)
    assert caller.post(ASK, json=body()).json()["authorized"] is True


def test_requests_are_counted_by_route() -> None:
    caller = answering()
    caller.post(ASK, json=body())
    caller.post(ASK, json=body(authority_id=STATE))
    text = caller.get("/metrics").text
    for status, code in ((200, "OK"), (404, "NOT_FOUND")):
        labels = f'route="{ASK}",status="{status}",code="{code}"'
        assert re.search(rf"^medid_requests_total\{{{labels}\}} 1$", text, re.MULTILINE)


def test_a_registry_of_the_caller_keeps_its_own_scope() -> None:
    narrow = registry_of({"did": BOARD.did, "credentialTypes": ["Other"]})
    caller = answering(trust=narrow)
    assert caller.post(ASK, json=body()).json()["authorized"] is False
    assert caller.post(ASK, json=body(resource="Other")).json()["authorized"] is True
