"""AuthZEN searches and metadata by HTTP: where they are, and what they tell."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import authzen
from medid.access.catalogue import Actions, MemoryCatalogue
from medid.adapters.challenges import CHALLENGE_BYTES, MemoryChallenges
from medid.cli.demo_world import data
from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.instant import stopwatch
from medid.core.json import dumps
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, EvidenceUnavailable
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import parse_compact, verify
from medid.server import Limits, Settings
from medid.server.calls import Call
from medid.server.deciding import action_search, resource_search
from medid.server.operations import offered
from medid.server.problems import HttpProblem
from medid.server.service import Service
from tests.access.test_authzen import denials, formless
from tests.access.world import AT, BLOOD, NOTE, World
from tests.server.support import READER, bearer
from tests.server.test_deciding import (
    ABOUT,
    AUDITOR,
    GATEWAY,
    ask,
    client,
    deciding,
    new_challenge,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

RESOURCES, ACTIONS = authzen.SEARCH_RESOURCE, authzen.SEARCH_ACTION
SUBJECTS = "/access/v1/search/subject"
PATIENT = "Patient/p-9"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
QUICK = Limits(search_step=0.001)


def catalogue(letters: str = "YNY") -> MemoryCatalogue:
    """A resource for each letter, in their order: Y is permitted, N withheld."""
    known: Any = data("observations")
    likes = {"Y": known[BLOOD], "N": known[NOTE]}
    return MemoryCatalogue(
        {
            "type": "Observation",
            "id": f"Observation/{number}",
            "properties": {"patient": PATIENT, **likes[letter]},
        }
        for number, letter in enumerate(letters)
    )


def action(code: str) -> Any:
    purposes = [{"system": REASON, "code": code}]
    return {"name": "access", "properties": {"purposeOfUse": purposes}}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def searching(world: World, **changes: Any) -> Settings:
    """A server of the hospital that has something to search."""
    standing: dict[str, Any] = {
        "catalogue": catalogue(),
        "actions": Actions((action("TREAT"), action("HRESCH"))),
        "limits": QUICK,
    }
    return deciding(world, **{**standing, **changes})


@pytest.fixture(scope="module")
def hospital(world: World) -> TestClient:
    return client(searching(world))


def asks(world: World, caller: TestClient, **members: Any) -> Any:
    request = world.asks()
    request["resource"] = {"type": "Observation", "properties": {"patient": PATIENT}}
    shown = world.shown(challenge=new_challenge(caller))
    request["subject"]["properties"]["presentation"] = shown
    return {**request, **members}


def may(world: World, caller: TestClient) -> Any:
    request = asks(world, caller, resource=world.asks()["resource"])
    del request["action"]
    return request


# What is found.


def test_a_gateway_searches_page_by_page(world: World, hospital: TestClient) -> None:
    request = asks(world, hospital, page={"limit": 1})
    found = []
    for _ in range(2):
        answer = ask(hospital, request, RESOURCES)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        found += [one["id"] for one in answer.json()["results"]]
        request["page"]["token"] = answer.json()["page"]["next_token"]
    assert found == ["Observation/0", "Observation/2"]
    assert request["page"]["token"] == ""
    # The whole request again is a replay, which finds nothing.
    del request["page"]
    assert ask(hospital, request, RESOURCES).json()["results"] == []


def test_a_gateway_asks_what_may_be_done(world: World, hospital: TestClient) -> None:
    answer = ask(hospital, may(world, hospital), ACTIONS)
    assert answer.status_code == 200
    assert answer.json()["results"] == [action("TREAT")]


def test_a_token_of_a_page_is_for_its_caller_and_its_server(world: World) -> None:
    challenges = MemoryChallenges()
    one = client(searching(world, challenges=challenges))
    other = client(searching(world, challenges=challenges))
    request = asks(world, one, page={"limit": 1})
    request["page"]["token"] = ask(one, request, RESOURCES).json()["page"]["next_token"]
    for caller, token in ((one, AUDITOR), (other, GATEWAY)):
        refused = ask(caller, request, RESOURCES, token)
        assert refused.status_code == 400
        assert refused.json()["path"] == "$.page.token"
    assert ask(one, request, RESOURCES).status_code == 200


def test_servers_may_take_each_other_s_tokens(world: World) -> None:
    shared: Any = {"challenges": MemoryChallenges(), "page_key": b"k" * 32}
    one, other = (client(searching(world, **shared)) for _ in range(2))
    request = asks(world, one, page={"limit": 1})
    request["page"]["token"] = ask(one, request, RESOURCES).json()["page"]["next_token"]
    found = ask(other, request, RESOURCES).json()["results"]
    assert [item["id"] for item in found] == ["Observation/2"]
    with pytest.raises(ConfigurationError) as refused:
        searching(world, page_key=b"short")
    assert refused.value.path.startswith("$.page_key")


# Where it is served, and for whom.


@pytest.mark.parametrize(
    ("path", "setting"), [(RESOURCES, "catalogue"), (ACTIONS, "actions")]
)
def test_a_search_is_where_something_can_be_searched(
    world: World, path: str, setting: str
) -> None:
    chosen = searching(world, **{setting: None})
    absent = client(chosen)
    assert ask(absent, formless({}), path).status_code == 404
    assert path not in absent.get("/openapi.json").json()["paths"]
    name = f"search_{path.rpartition('/')[2]}_endpoint"
    assert name not in absent.get(ABOUT).json()
    other = ({RESOURCES, ACTIONS} - {path}).pop()
    assert ask(absent, {}, other).status_code == 400
    call = Call(body=dumps(formless({})).encode())
    with pytest.raises(HttpProblem) as refused:
        (resource_search if path == RESOURCES else action_search)(Service(chosen), call)
    assert refused.value.problem.status == 404


def test_without_a_registry_nothing_can_be_searched(world: World) -> None:
    chosen = searching(world, trust=None)
    assert not {"resourceSearch", "actionSearch"} & {
        one.name for one in offered(chosen)
    }
    assert ask(client(chosen), {}, RESOURCES).status_code == 404


def test_who_may_see_a_patient_cannot_be_searched(hospital: TestClient) -> None:
    assert ask(hospital, formless({}), SUBJECTS).status_code == 404
    assert "search_subject_endpoint" not in hospital.get(ABOUT).json()
    assert SUBJECTS not in hospital.get("/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", [RESOURCES, ACTIONS])
def test_searching_takes_a_token_that_decides(hospital: TestClient, path: str) -> None:
    statuses = {
        token: hospital.post(
            path, json=formless({}), headers={} if token is None else bearer(token)
        ).status_code
        for token in (None, READER, "x" * 40, GATEWAY, AUDITOR)
    }
    assert statuses == {
        None: 401,
        READER: 403,
        "x" * 40: 403,
        GATEWAY: 200,
        AUDITOR: 200,
    }


@pytest.mark.parametrize("path", [RESOURCES, ACTIONS])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"1", b'{"a":1,"a":2}'])
def test_what_is_no_json_object_is_400(
    hospital: TestClient, path: str, content: bytes
) -> None:
    headers = {**bearer(GATEWAY), "content-type": "application/json"}
    answer = hospital.post(path, content=content, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("path", [RESOURCES, ACTIONS])
def test_a_search_has_a_name_of_its_caller_s(hospital: TestClient, path: str) -> None:
    named = {"x-request-id": "bfe9eb29-ab87"}
    for body, headers in (
        (formless({}), bearer(GATEWAY)),
        ({}, bearer(GATEWAY)),
        ({}, {}),
    ):
        answer = hospital.post(path, json=body, headers={**headers, **named})
        assert answer.headers["x-request-id"] == "bfe9eb29-ab87"


class Down:
    """A catalogue that cannot be read."""

    def resources(self, patient: str, kind: str, *, after: str | None) -> Any:
        raise EvidenceUnavailable(f"{patient} {kind} {after}")


def test_a_catalogue_that_is_down_is_told_apart_from_a_denial(world: World) -> None:
    caller = client(searching(world, catalogue=Down()))
    for request in (asks(world, caller), formless({})):
        request["resource"]["properties"] = {"patient": PATIENT}
        answer = ask(caller, request, RESOURCES)
        assert (answer.status_code, answer.json()["code"]) == (503, "BUSY")
        assert answer.headers["retry-after"] == "1"
        assert PATIENT not in answer.text


# What nobody learns.


def test_nothing_to_see_looks_the_same(world: World) -> None:
    known = base64url.encode(b"c" * CHALLENGE_BYTES)
    seen = set()
    for name, (shown, request, members) in denials(world, challenge=known).items():
        changes = dict(members)
        served = changes.pop("world", world)
        store = MemoryChallenges(entropy=lambda size: b"c" * size)
        letters = "N" if "withheld" in name else "YN"
        chosen = searching(
            served, challenges=store, catalogue=catalogue(letters), **changes
        )
        caller = client(chosen)
        patient = request["resource"]["properties"]["patient"]
        sought = {"type": "Observation", "properties": {"patient": patient}}
        request["subject"]["properties"]["presentation"] = shown
        for path in (RESOURCES, ACTIONS):
            body = {**request, "resource": sought} if path == RESOURCES else request
            assert store.issue(at=AT) == known
            answer = ask(caller, body, path)
            found = answer.json()
            del found["context"]["id"]
            headers = dumps(dict(answer.headers))
            seen.add((path, answer.status_code, dumps(found), headers))
    assert len(seen) == 2


def test_nothing_of_a_patient_is_in_the_log_or_in_a_metric(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caller = client(searching(world))
    with caplog.at_level(logging.DEBUG):
        assert ask(caller, asks(world, caller), RESOURCES).json()["results"]
        wrong = {**asks(world, caller), "page": {"token": PATIENT}}
        assert ask(caller, wrong, RESOURCES).status_code == 400
        assert ask(caller, may(world, caller), ACTIONS).json()["results"]
    written = caplog.text + caller.get("/metrics").text
    for canary in (PATIENT, "did:", "Observation", "TREAT"):
        assert canary not in written
    assert "code=OK by=gateway" in written


def test_a_search_takes_a_whole_number_of_steps(world: World) -> None:
    step = 0.6
    caller = client(searching(world, limits=Limits(search_step=step)))
    asked = [
        ({**asks(world, caller), "page": {"limit": 1}}, RESOURCES),
        (formless({}), RESOURCES),
        (formless({}), ACTIONS),
    ]
    for request, path in asked:
        begun = stopwatch()
        assert ask(caller, request, path).status_code == 200
        assert stopwatch() - begun >= step
    begun = stopwatch()
    assert ask(caller, formless({}), authzen.EVALUATION).status_code == 200
    assert stopwatch() - begun < step


def test_a_page_that_is_refused_takes_as_long_as_one_that_is_not(world: World) -> None:
    """How long was looked for what is withheld told how much of that there is."""
    step, shown = 0.2, catalogue("YNY")

    class Changing:
        def resources(self, *args: Any, **named: Any) -> Any:
            return shown.resources(*args, **named)

    limits = Limits(search_step=step)
    caller = client(searching(world, catalogue=Changing(), limits=limits))
    request = asks(world, caller, page={"limit": 1})
    answer = ask(caller, request, RESOURCES)
    request["page"]["token"] = answer.json()["page"]["next_token"]
    shown = catalogue("YNN")
    begun = stopwatch()
    assert ask(caller, request, RESOURCES).status_code == 400
    assert stopwatch() - begun >= step


@pytest.mark.parametrize("setting", ["catalogue", "actions"])
def test_a_step_that_no_request_may_take_is_refused(world: World, setting: str) -> None:
    limits = Limits(search_step=2, seconds=2)
    other = {"catalogue": "actions", "actions": "catalogue"}[setting]
    with pytest.raises(ConfigurationError) as refused:
        searching(world, limits=limits, **{other: None})
    assert refused.value.path == "$.limits.search_step"
    # Where nothing is searched, it does not matter.
    searching(world, limits=limits, catalogue=None, actions=None)
    for wrong in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ConfigurationError):
            Limits(search_step=wrong)


# The metadata.


def test_the_metadata_names_what_can_be_searched(hospital: TestClient) -> None:
    answer = hospital.get(ABOUT)
    base = answer.json()["policy_decision_point"]
    assert answer.json() == authzen.metadata(base, searches=[RESOURCES, ACTIONS])
    assert answer.json()["search_resource_endpoint"] == base + RESOURCES
    assert answer.json()["search_action_endpoint"] == base + ACTIONS
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256])
def test_signed_metadata_is_what_its_issuer_attests(
    world: World, kind: KeyKind
) -> None:
    board = Controller.did_key(PrivateKey.generate(kind))
    others = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    chosen = searching(world, controllers=(others, board), metadata_did=board.did)
    told = client(chosen.at("https://pdp.hospital.example")).get(ABOUT).json()
    jws = parse_compact(told.pop("signed_metadata"))
    document = resolver.resolve(Did.parse(board.did), Evidence())
    assert jws.kid == board.verification_method
    method = document.method_for(jws.kid, "assertionMethod", path="$")
    assert method.key is not None
    verify(jws, method.key)
    claims = json.loads(jws.payload)
    assert claims == {"iss": board.did, "iat": int(AT.seconds), **told}
    assert claims["policy_decision_point"] == "https://pdp.hospital.example"


def test_metadata_is_signed_only_where_somebody_attests_it(
    world: World, hospital: TestClient
) -> None:
    assert "signed_metadata" not in hospital.get(ABOUT).json()
    board = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    quiet = Controller.did_key(PrivateKey.generate(KeyKind.ML_DSA_44))
    for controllers, did in (
        ((), board.did),
        ((board,), "did:key:z6Mkother"),
        # Few who receive a token could check it.
        ((board, quiet), quiet.did),
    ):
        with pytest.raises(ConfigurationError) as refused:
            searching(world, controllers=controllers, metadata_did=did)
        assert refused.value.path == "$.metadata_did"
