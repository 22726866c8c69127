"""One question, three faces: library, command line and HTTP give one answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.testclient import TestClient

from medid.access.verifier import AccessVerifier
from medid.adapters.challenges import MemoryChallenges
from medid.cli.demo_world import AUDIENCE
from medid.cli.main import run
from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.core.json import dumps
from medid.server import Settings, Token, Tokens, app
from medid.server.tokens import Operation
from medid.trust import TrustRegistry
from tests.server.support import BASE, bearer
from tests.support import one_command_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from medid.core.fetch import Fetched, FetchRequest
    from medid.errors import MedidError

AUDITOR: Final = "the-token-of-an-auditor-44444444444444444444"
TOKENS: Final = Tokens(
    (Token.of("auditor", AUDITOR, frozenset({Operation.DECIDE, Operation.EXPLAIN})),)
)
CASES: Final = {
    "treatment": True,
    "treatment-psychotherapy": False,
    "treatment-restricted": False,
    "break-glass": True,
    "payment": True,
    "research": False,
    "treatment-after-withdrawal": False,
    "treatment-after-suspension": False,
}


class Sealed:
    """A ``Fetch`` that answers from sealed evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return [self._evidence.answers[request.url] for request in requests]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``medid demo`` leaves behind."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    with one_command_tree():
        assert run(["demo", "--json", "--out", str(folder)]) == 0
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def by_library(folder: Path, request: Any, shown: str) -> Any:
    verifier = AccessVerifier(
        trust=TrustRegistry.from_file(folder.parent / "trust.json"), audience=AUDIENCE
    )
    return verifier.decide(
        shown,
        request,
        at=Instant.parse(request["context"]["time"]),
        evidence=Evidence.from_json(read(folder / "evidence.json")),
        challenge=challenge_of(shown),
    ).as_json()


def challenge_of(shown: str) -> str:
    """Which challenge a presentation answers."""
    return str(json.loads(shown)["proof"]["challenge"])


def by_command(
    folder: Path, request: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, Any]:
    asked = tmp_path / "request.json"
    asked.write_text(dumps(request))
    capsys.readouterr()
    code = run(
        [
            *("decide", "--json", "--offline", "--domain", AUDIENCE),
            *("--presentation", str(folder / "presentation.json")),
            *("--challenge", challenge_of((folder / "presentation.json").read_text())),
            *("--request", str(asked)),
            *("--trust", str(folder.parent / "trust.json")),
            *("--evidence", str(folder / "evidence.json")),
        ]
    )
    return code, json.loads(capsys.readouterr().out)


def by_http(folder: Path, request: Any, shown: str) -> Any:
    """The answers to a single evaluation and to a batch of just that one."""
    at = Instant.parse(request["context"]["time"])
    # A store of this server that gave out the challenge of the demo.
    challenge = challenge_of(shown)
    raw = base64url.decode(challenge)
    store = MemoryChallenges(entropy=lambda size: raw)
    chosen = Settings(
        tokens=TOKENS,
        trust=TrustRegistry.from_file(folder.parent / "trust.json"),
        audience=AUDIENCE,
        challenges=store,
        fetch=Sealed(Evidence.from_json(read(folder / "evidence.json"))),
        base_url=BASE,
        clock=lambda: at,
    )
    caller = TestClient(app(chosen), base_url=BASE)
    subject = {**request["subject"]}
    subject["properties"] = {**subject["properties"], "presentation": shown}
    body = {**request, "subject": subject, "options": {"reasons": True}}
    found = []
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("evaluation", {}),
        ("evaluations", {"evaluations": [{}]}),
    )
    for path, members in calls:
        assert store.issue(at=at) == challenge
        answer = caller.post(
            f"/access/v1/{path}", json={**body, **members}, headers=bearer(AUDITOR)
        )
        assert answer.status_code == 200
        found.append(answer.json())
    return found[0], found[1]["evaluations"][0]


def plain(answer: Any) -> Any:
    """An answer without its name, and without whether its challenge was used before."""
    context = {**answer["context"]}
    context.pop("id", None)
    context["checks"] = [
        {**one, "checks": [leaf for leaf in one["checks"] if leaf["check"] != "replay"]}
        if one["check"] == "presentation"
        else one
        for one in context["checks"]
    ]
    return {**answer, "context": context}


@pytest.mark.parametrize("name", CASES)
def test_the_demo_is_answered_alike(
    name: str, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo / name
    request = read(folder / "request.json")
    shown = (folder / "presentation.json").read_text()
    with one_command_tree():
        code, commanded = by_command(folder, request, tmp_path, capsys)
    expected = plain(by_library(folder, request, shown))
    assert expected["decision"] is CASES[name]
    assert code == (0 if CASES[name] else 1)
    assert plain(commanded) == expected
    for answer in by_http(folder, request, shown):
        assert plain(answer) == expected


@pytest.mark.parametrize("supported", [["custom"], ["step-up"]])
def test_what_the_caller_supports_is_asked_alike(
    supported: list[str],
    demo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = demo / "break-glass"
    request = read(folder / "request.json")
    shown = (folder / "presentation.json").read_text()
    request["context"]["supported_obligations"] = supported
    with one_command_tree():
        code, commanded = by_command(folder, request, tmp_path, capsys)
    assert commanded["decision"] is (supported == ["custom"])
    assert code == (0 if commanded["decision"] else 1)
    for answer in by_http(folder, request, shown):
        assert plain(answer) == plain(commanded)
