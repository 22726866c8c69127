"""Envoy's checks: 200 with what is told upstream, or no."""

from __future__ import annotations

from typing import Any

import pytest

from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.guards.envoy import ExtAuthz
from medid.errors import ConfigurationError
from tests.adapters.guards.support import (
    BLOOD_PATH,
    HIV_PATH,
    NOTE_PATH,
    aasgi,
    asgi,
    gateway,
    guard,
    mapper,
    runner,
    scope_of,
    shows,
    starts_stops_and_refuses,
)


def test_a_permit_lets_envoy_pass_the_request_on() -> None:
    at = guard()
    reply = asgi(ExtAuthz(at), "GET", BLOOD_PATH, shows(at))
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["x-medid-decision"] == "permit"
    assert reply.headers["x-medid-decision-id"].startswith("urn:uuid:")
    assert reply.headers["x-medid-expires"] == "2026-06-15T12:06:00Z"
    removed = reply.headers["x-envoy-auth-headers-to-remove"].split(",")
    assert removed == ["authorization", "x-medid-obligations"]


def test_obligations_are_told_upstream() -> None:
    at = guard(fulfils=frozenset({"AUDIT", "NOTIFY"}))
    reply = asgi(ExtAuthz(at), "GET", f"{HIV_PATH}?purpose=BTG", shows(at))
    assert reply.headers["x-medid-obligations"] == "AUDIT,NOTIFY"
    assert reply.headers["x-envoy-auth-headers-to-remove"] == "authorization"


def test_an_obligation_of_another_system_is_told_with_it() -> None:
    theirs = Obligation("AUDIT", "urn:example:ward,2")
    policy = RulePolicy(lambda _: Narrowing(obligations=(theirs,)), version="1")
    known = frozenset({"urn:example:ward,2|AUDIT"})
    at = guard(gateway(policy=policy), fulfils=known)
    reply = asgi(ExtAuthz(at), "GET", BLOOD_PATH, shows(at))
    assert reply.headers["x-medid-obligations"] == "urn:example:ward%2C2|AUDIT"


def test_every_name_of_ours_is_set_or_removed() -> None:
    at = guard()
    ours = {
        *("x-medid-decision", "x-medid-decision-id"),
        *("x-medid-expires", "x-medid-obligations"),
    }
    for target, headers in ((BLOOD_PATH, shows(at)), ("/health", [])):
        reply = asgi(ExtAuthz(at), "GET", target, headers)
        assert reply.status == 200
        removed = set(reply.headers["x-envoy-auth-headers-to-remove"].split(","))
        told = {name for name in reply.headers if name.startswith("x-medid-")}
        assert told | removed >= ours
        # Envoy removes last: what is set must not be removed as well.
        assert told & removed == set()
    assert reply.headers["x-medid-decision"] == "unguarded"


def test_what_is_not_guarded_keeps_its_own_authorization() -> None:
    token = [("Authorization", "Bearer of-the-application")]
    reply = asgi(ExtAuthz(guard()), "GET", "/health", token)
    removed = reply.headers["x-envoy-auth-headers-to-remove"].split(",")
    assert "authorization" not in removed


def test_headers_that_a_client_gave_our_names_are_dropped() -> None:
    seen: list[Any] = []

    def noting(*asked: Any) -> Any:
        seen.append(asked[3])
        return mapper(*asked)

    at = guard(mapper=noting)
    forged = [("X-Medid-Decision", "permit"), ("X-Medid-Obligations", ""), ("X-A", "1")]
    assert asgi(ExtAuthz(at), "GET", NOTE_PATH, forged).status == 401
    assert asgi(ExtAuthz(at), "GET", NOTE_PATH, [*forged, *shows(at)]).status == 403
    assert seen == [{"x-a": "1"}]


def test_could_not_check_is_never_a_failure_that_envoy_may_let_through() -> None:
    at = guard()
    unsure = asgi(ExtAuthz(at), "GET", "/unsure", shows(at))
    denied = asgi(ExtAuthz(at), "GET", NOTE_PATH, shows(at))
    assert unsure.status == denied.status == 403
    assert unsure.body == denied.body


def test_who_presents_nothing_is_sent_back_with_a_challenge() -> None:
    reply = asgi(ExtAuthz(guard()), "GET", BLOOD_PATH)
    assert reply.status == 401
    assert "challenge=" in reply.headers["www-authenticate"]


def test_the_prefix_is_taken_off() -> None:
    at = guard()
    app = ExtAuthz(at, prefix="/check")
    headers = shows(at)
    for path in (BLOOD_PATH, "/check", f"/checked{BLOOD_PATH}", f"/check/{BLOOD_PATH}"):
        assert asgi(app, "GET", path, headers).status == 403
    assert asgi(app, "GET", f"/check{BLOOD_PATH}", headers).status == 200
    encoded = f"/%63heck{BLOOD_PATH}"
    assert asgi(app, "GET", encoded, shows(at)).status == 403
    scope = scope_of("GET", f"/check{BLOOD_PATH}")
    del scope["raw_path"]
    assert runner().run(aasgi(app, scope)).status == 401
    # What was sent and what was read of it are two paths.
    scope = scope_of("GET", "/check/health")
    assert runner().run(aasgi(app, scope)).status == 200
    scope["raw_path"] = b"/other/health"
    assert runner().run(aasgi(app, scope)).status == 403


def test_a_path_is_checked_as_envoy_sent_it_and_as_it_was_read() -> None:
    at = guard()
    app = ExtAuthz(at, prefix="/check")
    assert asgi(app, "GET", "/check/health").status == 200
    assert asgi(app, "GET", "/check/%68ealth").status == 403
    # A server that does not tell what was sent.
    scope = scope_of("GET", BLOOD_PATH, shows(at))
    del scope["raw_path"]
    assert runner().run(aasgi(app, scope)).status == 403


@pytest.mark.parametrize("prefix", ["check", "/check/", "/"])
def test_a_prefix_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigurationError):
        ExtAuthz(guard(), prefix=prefix)


def test_it_starts_stops_and_answers_nothing_but_http() -> None:
    app = ExtAuthz(guard())
    starts_stops_and_refuses(app, "websocket")
