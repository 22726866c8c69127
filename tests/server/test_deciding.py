"""Access decisions by HTTP: AuthZEN, its callers, and what nobody else learns."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.testclient import TestClient

from medid.access import authzen
from medid.access.decision import Outcome
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.audit import MemoryAuditLog
from medid.adapters.challenges import CHALLENGE_BYTES, MemoryChallenges
from medid.cli.demo_world import AUDIENCE, BOARD_HOST, REVOCATIONS, SUSPENSIONS
from medid.core import base64url
from medid.core.json import dumps
from medid.errors import ConfigurationError
from medid.health import contexts
from medid.server import Limits, Profile, Settings, Token, Tokens, app
from medid.server.calls import Call
from medid.server.deciding import access_verifier, evaluation
from medid.server.operations import SERVED, offered
from medid.server.problems import HttpProblem
from medid.server.service import Service
from medid.server.tokens import Operation
from medid.trust import TrustRegistry
from medid.verifying.challenges import CHALLENGE_LIFETIME
from medid.verifying.judging import Expectations
from tests.access.test_authzen import FORMLESS, denials, formless
from tests.access.test_verifier_secrecy import (
    CANARIES,
    canary_consent,
    canary_license,
    canary_request,
)
from tests.access.world import AT, BLOOD, NOTE, World, fhir_consent, on_file
from tests.server.support import BASE, READER, TOKENS, bearer

if TYPE_CHECKING:
    from pathlib import Path

ONE, MANY, ABOUT = authzen.EVALUATION, authzen.EVALUATIONS, authzen.METADATA
CHALLENGES: Final = "/challenges"
GATEWAY: Final = "the-token-of-the-gateway-3333333333333333333"
AUDITOR: Final = "the-token-of-an-auditor-44444444444444444444"
ACCESS: Final = Tokens(
    (
        *TOKENS.entries,
        Token.of("gateway", GATEWAY, frozenset({Operation.DECIDE})),
        Token.of("auditor", AUDITOR, frozenset({Operation.DECIDE, Operation.EXPLAIN})),
        Token.of("curious", "x" * 40, frozenset({Operation.EXPLAIN})),
    )
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def deciding(world: World, **changes: Any) -> Settings:
    """A server of the hospital, with a clock that stands still."""
    standing = Settings(
        tokens=ACCESS,
        trust=TrustRegistry.from_json(world.trust()),
        audience=AUDIENCE,
        fetch=world.net,
        base_url=BASE,
        clock=lambda: AT,
    )
    return replace(standing, **changes)


def client(chosen: Settings) -> TestClient:
    return TestClient(app(chosen), base_url=BASE)


@pytest.fixture(scope="module")
def hospital(world: World) -> TestClient:
    """Calls a server of the hospital."""
    return client(deciding(world))


def new_challenge(caller: TestClient) -> str:
    answer = caller.post(CHALLENGES, headers=bearer(GATEWAY))
    assert answer.status_code == 200
    found: str = answer.json()["challenge"]
    return found


def asks(
    world: World, caller: TestClient, purpose: str = "TREAT", resource: str = BLOOD
) -> dict[str, Any]:
    """A whole request, whose presentation answers a challenge of the server."""
    request = world.asks(purpose, resource)
    shown = world.shown(challenge=new_challenge(caller))
    request["subject"]["properties"]["presentation"] = shown
    return request


def ask(caller: TestClient, body: Any, path: str = ONE, token: str = GATEWAY) -> Any:
    return caller.post(path, json=body, headers=bearer(token))


# From the challenge to the answer.


def test_a_gateway_asks_and_is_answered(world: World, hospital: TestClient) -> None:
    request = asks(world, hospital)
    answer = ask(hospital, request)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["decision"] is True
    assert set(answer.json()["context"]) == {"id", "expires"}
    again = ask(hospital, request)
    assert (again.status_code, again.json()["decision"]) == (200, False)


def test_a_search_is_answered_in_one_call(world: World, hospital: TestClient) -> None:
    request = asks(world, hospital)
    del request["resource"]
    request["evaluations"] = [
        {"resource": world.asks("TREAT", name)["resource"]}
        for name in (BLOOD, NOTE, BLOOD)
    ]
    answer = ask(hospital, request, MANY)
    assert answer.status_code == 200
    found = [one["decision"] for one in answer.json()["evaluations"]]
    assert found == [True, False, True]


def test_a_presentation_has_to_be_for_this_server(world: World) -> None:
    caller = client(deciding(world, audience=None))
    for domain, permitted in ((AUDIENCE, False), (BASE, True)):
        request = world.asks()
        request["subject"]["properties"]["presentation"] = world.shown(
            challenge=new_challenge(caller), domain=domain
        )
        assert ask(caller, request).json()["decision"] is permitted
    with pytest.raises(ConfigurationError):
        deciding(world, audience="")


def test_a_challenge_that_nobody_gave_out_permits_nothing(
    world: World, hospital: TestClient
) -> None:
    request = world.asks()
    request["subject"]["properties"]["presentation"] = world.shown()
    assert ask(hospital, request).json()["decision"] is False


def test_a_challenge_ends(world: World) -> None:
    times = [AT]
    caller = client(deciding(world, clock=lambda: times[-1]))
    request = asks(world, caller)
    times.append(AT.plus(CHALLENGE_LIFETIME))
    assert ask(caller, request).json()["decision"] is False


def test_decisions_are_under_the_policy_of_the_server(world: World) -> None:
    expect = Expectations(
        hybrid_proofs=True, ml_dsa_tokens=True, accepted_statuses=frozenset({3})
    )
    own = contexts().with_inline_contexts()
    chosen = deciding(world, expect=expect, contexts=own, entropy=lambda n: b"e" * n)
    verifier = access_verifier(chosen)
    assert verifier is not None
    assert verifier.hybrid_proofs
    assert verifier.ml_dsa_tokens
    assert verifier.accepted_statuses == {3}
    assert verifier.contexts is own
    assert verifier.entropy is chosen.entropy
    caller = client(chosen)
    assert ask(caller, asks(world, caller)).json()["decision"] is False


def test_servers_may_share_their_challenges(world: World) -> None:
    shared = MemoryChallenges()
    one, other = (client(deciding(world, challenges=shared)) for _ in range(2))
    request = asks(world, one)
    assert ask(other, request).json()["decision"] is True
    assert ask(one, request).json()["decision"] is False


def test_consents_that_the_custodian_keeps_are_read(world: World) -> None:
    caller = client(deciding(world, consents=on_file(fhir_consent("deny"))))
    assert ask(caller, asks(world, caller)).json()["decision"] is False


def test_each_decision_is_recorded_before_it_is_given(world: World) -> None:
    log = MemoryAuditLog(max_records=2)
    caller = client(deciding(world, audit=log))
    request = asks(world, caller)
    assert ask(caller, request).json()["decision"] is True
    assert ask(caller, request).json()["decision"] is False
    assert [one.outcome for one in log.records] == [Outcome.PERMIT, Outcome.DENY]
    # The log is full, and what cannot be recorded is not permitted.
    answer = ask(caller, asks(world, caller))
    assert (answer.status_code, answer.json()["decision"]) == (200, False)
    assert len(log.records) == 2


def test_the_sites_own_policy_is_asked(world: World) -> None:
    never = RulePolicy(lambda _: Narrowing(denied=True), version="1")
    caller = client(deciding(world, policy=never))
    assert ask(caller, asks(world, caller)).json()["decision"] is False


def test_the_server_knows_the_status_lists_that_it_hosts(tmp_path: Path) -> None:
    own = World()
    for url in (REVOCATIONS, SUSPENSIONS):
        name = url.rpartition("/")[2] + ".json"
        (tmp_path / name).write_text(dumps(own.web.documents.pop(url)))
    board = Token.of(
        "board", "b" * 40, frozenset({Operation.STATUS}), frozenset({own.board.did})
    )
    chosen = deciding(
        own,
        base_url=f"https://{BOARD_HOST}",
        controllers=(own.board,),
        status_lists=tmp_path,
        tokens=Tokens((*ACCESS.entries, board)),
    )
    caller = client(chosen)
    assert ask(caller, asks(own, caller)).json()["decision"] is True
    entries: Any = own.license["credentialStatus"]
    (entry,) = [one for one in entries if one["statusListCredential"] == SUSPENSIONS]
    suspended = ask(
        caller,
        {"credentialStatus": entry, "status": True},
        "/credentials/status",
        "b" * 40,
    )
    assert suspended.status_code == 200
    assert ask(caller, asks(own, caller)).json()["decision"] is False


def test_the_policy_of_the_server_wins_over_the_caller(
    world: World, hospital: TestClient
) -> None:
    for member, value in (
        ("time", "2000-01-01T00:00:00Z"),
        ("now", "2000-01-01T00:00:00Z"),
        ("trustedIssuers", ["*"]),
        ("skipStatus", True),
    ):
        request = asks(world, hospital)
        request["context"][member] = value
        decided = ask(hospital, request).json()["decision"]
        assert decided is (member == "time"), member
    for option in ("checks", "skipStatus", "now", "trustedIssuers"):
        answer = ask(hospital, {**asks(world, hospital), "options": {option: []}})
        assert (answer.status_code, answer.json()["path"]) == (
            400,
            f"$.options.{option}",
        )


# Where it is served, and for whom.


def test_without_a_registry_nothing_of_it_is_there(world: World) -> None:
    absent = client(deciding(world, trust=None))
    for path in (ONE, MANY, CHALLENGES):
        assert ask(absent, {}, path).status_code == 404
    assert absent.get(ABOUT).status_code == 404
    paths = absent.get("/openapi.json").json()["paths"]
    assert not {ONE, MANY, ABOUT, CHALLENGES} & set(paths)
    assert "/credentials/verify" in paths


def test_the_conformance_profile_decides_nothing(world: World) -> None:
    measuring = deciding(world, profile=Profile.CONFORMANCE)
    assert not measuring.deciding
    assert ask(client(measuring), {}).status_code == 404
    with pytest.raises(HttpProblem) as refused:
        evaluation(Service(measuring), Call(body=b"{}"))
    assert refused.value.problem.status == 404


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, 401),
        ("unknown-token-0000000000000000000000000000", 401),
        (READER, 403),
        ("x" * 40, 403),
        (GATEWAY, 200),
        (AUDITOR, 200),
    ],
)
@pytest.mark.parametrize("path", [ONE, MANY, CHALLENGES])
def test_deciding_takes_a_token_of_its_own(
    world: World, hospital: TestClient, token: str | None, status: int, path: str
) -> None:
    headers = {} if token is None else bearer(token)
    content = "" if path == CHALLENGES else dumps(world.asks())
    answer = hospital.post(
        path, content=content, headers={**headers, "content-type": "application/json"}
    )
    assert answer.status_code == status
    assert ("decision" in answer.text) is (status == 200 and path != CHALLENGES)


@pytest.mark.parametrize("token", [GATEWAY, AUDITOR])
@pytest.mark.parametrize("asked", [True, False])
def test_reasons_are_for_who_asks_and_may_know(
    world: World, hospital: TestClient, token: str, asked: bool
) -> None:
    request = {**asks(world, hospital, "HRESCH"), "options": {"reasons": asked}}
    told = ask(hospital, request, token=token).json()
    assert told["decision"] is False
    assert ("reasons" in told["context"]) is (asked and token == AUDITOR)


def test_the_metadata_is_for_everybody(world: World) -> None:
    caller = client(deciding(world, base_url="https://pdp.hospital.example"))
    answer = caller.get(ABOUT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "policy_decision_point": "https://pdp.hospital.example",
        "access_evaluation_endpoint": f"https://pdp.hospital.example{ONE}",
        "access_evaluations_endpoint": f"https://pdp.hospital.example{MANY}",
        "supported_obligations": ["custom"],
    }
    assert caller.get(ABOUT, headers={"accept": "text/html"}).status_code == 406


def test_what_is_offered_depends_on_the_registry(world: World) -> None:
    names = {one.name for one in SERVED if one.decides}
    assert names == {
        "createChallenge",
        "accessEvaluation",
        "accessEvaluations",
        "resourceSearch",
        "actionSearch",
        "decisionPointMetadata",
    }
    found = {one.name for one in offered(deciding(world))}
    assert found == {one.name for one in SERVED if one.setting is None}
    without = {one.name for one in offered(deciding(world, trust=None))}
    trusting = {one.name for one in SERVED if one.setting == "trqp_authority"}
    assert without == {one.name for one in SERVED} - names - trusting


# Challenges.


@pytest.mark.parametrize(
    ("content", "status"),
    [("", 200), ("{}", 200), ('{"a":1}', 400), ("[]", 400), ("x", 400)],
)
def test_a_challenge_is_asked_for_with_nothing(
    world: World, hospital: TestClient, content: str, status: int
) -> None:
    answer = hospital.post(CHALLENGES, content=content, headers=bearer(GATEWAY))
    assert answer.status_code == status


def test_challenges_are_json_and_never_the_same(
    world: World, hospital: TestClient
) -> None:
    assert new_challenge(hospital) != new_challenge(hospital)
    headers = {**bearer(GATEWAY), "accept": "text/html"}
    assert hospital.post(CHALLENGES, headers=headers).status_code == 406


def test_when_too_many_challenges_are_open_the_caller_comes_back(world: World) -> None:
    caller = client(deciding(world, challenges=MemoryChallenges(max_open=1)))
    new_challenge(caller)
    answer = caller.post(CHALLENGES, headers=bearer(GATEWAY))
    assert (answer.status_code, answer.json()["code"]) == (503, "BUSY")
    assert answer.headers["retry-after"] == "1"


# What is no AuthZEN, and what is.


@pytest.mark.parametrize(
    ("changes", "path"), [one[1:] for one in FORMLESS], ids=[one[0] for one in FORMLESS]
)
def test_what_has_not_the_form_of_authzen_is_400(
    world: World, hospital: TestClient, changes: dict[str, Any], path: str
) -> None:
    for place in (ONE, MANY):
        answer = ask(hospital, formless(changes), place)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        found = answer.json()
        assert (found["code"], found["path"]) == ("MALFORMED_VALUE_ERROR", path)
        assert "decision" not in found


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'"x"', b"null", b'{"subject":1,"subject":1}', b"\xff", b"NaN"],
)
@pytest.mark.parametrize("path", [ONE, MANY])
def test_what_is_no_json_object_is_400(
    world: World, hospital: TestClient, content: bytes, path: str
) -> None:
    headers = {**bearer(GATEWAY), "content-type": "application/json"}
    answer = hospital.post(path, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARSING_ERROR")


def test_a_body_of_the_servers_own_limit_is_read(world: World) -> None:
    limits = Limits(body_bytes=2_000_000)
    caller = client(deciding(world, limits=limits))
    request = {**asks(world, caller), "options": {}}
    padded = " " * 1_500_000 + dumps(request)
    headers = {**bearer(GATEWAY), "content-type": "application/json"}
    answer = caller.post(ONE, content=padded, headers=headers)
    assert answer.json()["decision"] is True


def test_a_batch_is_bounded(world: World, hospital: TestClient) -> None:
    request = {**formless({}), "evaluations": [{}] * 1001}
    answer = ask(hospital, request, MANY)
    assert (answer.status_code, answer.json()["code"]) == (400, "TOO_LARGE")
    request["evaluations"].pop()
    answer = ask(hospital, request, MANY)
    found = answer.json()["evaluations"]
    assert [one["decision"] for one in found] == [False] * 1000


# The name of a request.


def test_the_request_id_comes_back_with_every_answer(world: World) -> None:
    caller = client(deciding(world, limits=Limits(body_bytes=20_000)))
    named = {"x-request-id": "bfe9eb29-ab87 / !~"}
    good = {**bearer(GATEWAY), **named}
    told = {
        200: caller.post(ONE, json=formless({}), headers=good),
        400: caller.post(ONE, json={}, headers=good),
        401: caller.post(MANY, json={}, headers=named),
        403: caller.post(MANY, json={}, headers={**bearer(READER), **named}),
        405: caller.put(ONE, headers=good),
        413: caller.post(ONE, json={"x": "x" * 30_000}, headers=good),
        431: caller.post(ONE, json={}, headers={**good, "x-long": "x" * 70_000}),
    }
    assert {status: one.status_code for status, one in told.items()} == {
        status: status for status in told
    }
    for answer in (*told.values(), caller.get(ABOUT, headers=named)):
        assert answer.headers["x-request-id"] == named["x-request-id"]


def test_another_content_type_is_400_as_authzen_has_it(hospital: TestClient) -> None:
    for headers in (
        {"content-type": "text/plain"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ):
        for path in (ONE, MANY):
            named = {**bearer(GATEWAY), **headers, "x-request-id": "x"}
            answer = hospital.post(path, content=b"{}", headers=named)
            assert answer.status_code == 400
            told = answer.json()
            assert (told["status"], told["code"]) == (400, "UNSUPPORTED_MEDIA_TYPE")
            assert answer.headers["x-request-id"] == "x"


def test_without_a_request_id_none_is_made_up(
    world: World, hospital: TestClient
) -> None:
    assert "x-request-id" not in ask(hospital, formless({})).headers


def test_only_authzen_requests_are_named(world: World, hospital: TestClient) -> None:
    named = {"x-request-id": "x"}
    for path in ("/health", "/openapi.json", "/nowhere"):
        assert "x-request-id" not in hospital.get(path, headers=named).headers


# What nobody learns.


def test_every_denial_looks_the_same(world: World) -> None:
    # Each presentation answers a challenge that was given out just before.
    known = base64url.encode(b"c" * CHALLENGE_BYTES)
    seen, reasons = set(), set()
    for shown, request, members in denials(world, challenge=known).values():
        changes = dict(members)
        served = changes.pop("world", world)
        store = MemoryChallenges(entropy=lambda size: b"c" * size)
        caller = client(deciding(served, challenges=store, **changes))
        request["subject"]["properties"]["presentation"] = shown
        for path in (ONE, MANY):
            body = {**request, "evaluations": [{}]} if path == MANY else request
            assert store.issue(at=AT) == known
            answer = ask(caller, body, path)
            found = answer.json()
            (one,) = found.get("evaluations", [found])
            del one["context"]["id"]
            headers = dumps(dict(answer.headers))
            seen.add((path, answer.status_code, dumps(found), headers))
        assert store.issue(at=AT) == known
        told = {**request, "options": {"reasons": True}}
        why = ask(caller, told, token=AUDITOR).json()["context"]["reasons"]
        reasons.add(tuple(reason["code"] for reason in why))
    assert len(seen) == 2
    assert len(reasons) >= 9
    assert not any("REPLAYED" in found for found in reasons)


def canary_calls(world: World, caller: TestClient) -> list[tuple[str, Any]]:
    license_, consent = canary_license(world), canary_consent(world)

    def shown(**members: Any) -> Any:
        return world.shown(
            license_, consent, challenge=new_challenge(caller), **members
        )

    def with_shown(request: dict[str, Any], presentation: Any) -> dict[str, Any]:
        request["subject"]["properties"]["presentation"] = presentation
        return request

    misspelt = with_shown(canary_request(world), shown())
    misspelt["resource"]["properties"][CANARIES["label"]] = CANARIES["label"]
    nameless = with_shown(canary_request(world), shown())
    nameless["resource"]["id"] = [CANARIES["resource"]]
    optional = with_shown(canary_request(world), shown())
    optional["options"] = {CANARIES["text"] + " ": True}
    semantic = {**optional, "options": {"evaluations_semantic": CANARIES["text"]}}
    strange = with_shown(canary_request(world), CANARIES["text"])
    unfit = with_shown(canary_request(world), shown())
    unfit["context"]["supported_obligations"] = [[CANARIES["label"]]]
    good = with_shown(canary_request(world), shown())
    many = {**good, "evaluations": [{}, nameless, misspelt, strange, unfit]}
    permitted = with_shown(
        world.asks(),
        world.shown(license_, world.consent, challenge=new_challenge(caller)),
    )
    permitted["action"]["properties"]["practice"] = CANARIES["practice"]
    singles = [good, misspelt, nameless, optional, semantic, strange, unfit, permitted]
    return [
        *((ONE, one) for one in singles),
        *((MANY, one) for one in (*singles, many)),
    ]


def test_nothing_of_a_patient_is_in_any_answer_log_or_metric(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = deciding(world)
    caller = client(chosen)
    statuses = set()
    with caplog.at_level(logging.DEBUG):
        for path, body in canary_calls(world, caller):
            answer = ask(caller, body, path)
            statuses.add(answer.status_code)
            for text in (answer.text, dumps(dict(answer.headers))):
                for canary in (*CANARIES.values(), "did:key", "Patient/"):
                    assert canary not in text, (path, canary)
    assert statuses == {200, 400}
    written = caplog.text + caller.get("/metrics").text
    for canary in (*CANARIES.values(), "did:", "Patient", "Observation"):
        assert canary not in written
    # Nor whether anything was permitted, nor why not.
    lines = [record.getMessage() for record in caplog.records]
    decided = [line for line in lines if "status=200" in line and "/access/" in line]
    assert decided
    for line in decided:
        assert " code=OK by=gateway " in line
    told = {line.split("code=")[1].split()[0] for line in lines if "code=" in line}
    assert told == {"OK", "MALFORMED_VALUE_ERROR"}


def test_a_presentation_that_breaks_the_reader_breaks_nothing(
    world: World, hospital: TestClient
) -> None:
    values: tuple[Any, ...] = (
        *("x" * 900_000, "[" * 2_000, "a.b.c", "\u0000"),
        {"proof": [{}] * 100},
    )
    for value in values:
        request = world.asks()
        request["subject"]["properties"]["presentation"] = value
        answer = ask(hospital, request)
        assert (answer.status_code, answer.json()["decision"]) == (200, False)
    assert json.loads(hospital.get("/health").text) == {"status": "ok"}
