"""Limits, one log line for each request, and no exception that gets out."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.cache import CachedFetch
from medid.core.instant import system_clock
from medid.errors import ConfigurationError
from medid.server import Limits, app, conformance
from medid.server.guard import Guard
from medid.server.metrics import Metrics
from medid.server.pool import Pool
from medid.server.service import Service
from medid.server.settings import MAX_HEADER_BYTES, MAX_HEADERS
from tests.server.support import (
    BASE,
    READER,
    SECRET,
    Pages,
    bearer,
    client,
    settings,
)
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    STRANGER,
    WEB,
    WEB_URL,
    plain,
    presented,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

VERIFY, ISSUE = "/credentials/verify", "/credentials/issue"
JSON = {"content-type": "application/json"}


def told(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"].endswith(body["code"])
    return answer.status_code, body["code"]


# The body.


def test_a_body_beyond_the_limit_is_too_large() -> None:
    limits = Limits(body_bytes=1000)
    fits = b'{"verifiableCredential":"' + b"a" * 973 + b'"}'
    assert len(fits) == 1000
    caller = client(limits=limits)
    assert told(caller.post(VERIFY, content=fits + b" ", headers=JSON)) == (
        413,
        "TOO_LARGE",
    )
    assert caller.post(VERIFY, content=fits, headers=JSON).status_code == 400


def test_a_body_of_unknown_length_is_counted() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 100

    answer = client(limits=Limits(body_bytes=1000)).post(
        VERIFY, content=pieces(), headers=JSON
    )
    assert told(answer) == (413, "TOO_LARGE")
    assert answer.headers["connection"] == "close"
    assert answer.json()["verified"] is False


def test_a_body_that_says_it_is_huge_is_not_read() -> None:
    class Unread:
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("the body was read")

    answer = client(limits=Limits(body_bytes=10)).post(
        VERIFY, content=Unread(), headers={**JSON, "content-length": "1000000"}
    )
    assert told(answer) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/xml",
    ],
)
def test_a_body_that_is_not_called_json_is_not_read(content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type is not None else {}
    answer = client().post(VERIFY, content=b"{}", headers=headers)
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/ld+json",
    ],
)
def test_json_may_be_called_by_its_names(content_type: str) -> None:
    headers = {"content-type": content_type}
    answer = client().post(VERIFY, content=b"{}", headers=headers)
    assert answer.json()["code"] == "MALFORMED_VALUE_ERROR"


def test_two_authorizations_are_none() -> None:
    # A proxy may have looked at the other one.
    for values in (("Bearer a", "Bearer b"), ("Bearer a", "Bearer a")):
        headers = [*JSON.items(), *(("authorization", value) for value in values)]
        answer = client().post(VERIFY, content=b"{}", headers=headers)
        assert told(answer) == (400, "BAD_REQUEST")


def test_two_content_types_are_none() -> None:
    headers = [("content-type", "application/json"), ("content-type", "text/plain")]
    answer = client().post(VERIFY, content=b"{}", headers=headers)
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "x"])
def test_an_encoded_body_is_not_decoded(encoding: str) -> None:
    headers = {**JSON, "content-encoding": encoding}
    answer = client().post(VERIFY, content=b"{}", headers=headers)
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_identity_is_no_encoding() -> None:
    headers = {**JSON, "content-encoding": "identity"}
    assert client().post(VERIFY, content=b"{}", headers=headers).status_code == 400


def test_whoever_accepts_no_json_gets_none() -> None:
    headers = {**JSON, "accept": "text/html"}
    answer = client().post(VERIFY, content=b"{}", headers=headers)
    assert told(answer) == (406, "NOT_ACCEPTABLE")


def test_a_list_may_come_in_several_lines() -> None:
    json_too = [*JSON.items(), ("accept", "text/html"), ("accept", "application/json")]
    answer = client().post(VERIFY, content=b"{}", headers=json_too)
    assert told(answer) == (400, "MALFORMED_VALUE_ERROR")
    coded = ("content-encoding", "identity"), ("content-encoding", "gzip")
    answer = client().post(VERIFY, content=b"{}", headers=[*JSON.items(), *coded])
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


# Headers and origins.


def test_too_many_headers_are_refused() -> None:
    headers = [(f"x-{number}", "1") for number in range(MAX_HEADERS)]
    assert told(client().get("/health", headers=headers)) == (431, "HEADERS_TOO_LARGE")


def test_headers_that_are_too_long_are_refused() -> None:
    answer = client().get("/health", headers={"x-long": "a" * MAX_HEADER_BYTES})
    assert told(answer) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", BASE.replace("https", "http"), BASE + "/"],
)
def test_pages_of_other_origins_are_not_answered(origin: str) -> None:
    answer = client().post(VERIFY, json={}, headers={"origin": origin})
    assert told(answer) == (403, "FORBIDDEN")
    assert "access-control-allow-origin" not in answer.headers


def test_pages_of_its_own_origin_are() -> None:
    answer = client().post(VERIFY, json={}, headers={"origin": BASE})
    assert answer.status_code == 400


def test_a_preflight_gets_no_leave() -> None:
    headers = {
        "origin": "https://evil.example",
        "access-control-request-method": "POST",
    }
    answer = client().options(VERIFY, headers=headers)
    assert answer.status_code == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_answers_are_not_kept_and_not_guessed_at() -> None:
    for answer in (client().get("/health"), client().post(VERIFY, json={})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers


# Addresses.


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/credentials",
        "/credentials/verify/",
        "//credentials/verify",
        "/credentials/../health",
        "/credentials/%2e%2e/health",
        "/CREDENTIALS/VERIFY",
        "/a/b/c/credentials/verify",
        "/1.0/identifiers/",
    ],
)
def test_an_address_is_taken_as_it_is_written(path: str) -> None:
    answer = client().post(path, json={}, follow_redirects=False)
    assert answer.status_code in {404, 405}
    told(answer)


def test_no_answer_is_a_redirect() -> None:
    answer = client().get("/health/", follow_redirects=False)
    assert told(answer) == (404, "NOT_FOUND")


# Time and places.


async def call(
    served: Any, path: str, pieces: list[bytes | None], **scope: Any
) -> list[Any]:
    """One request by ASGI itself; ``None`` among the pieces waits for ever."""
    sent: list[Any] = []
    left = list(pieces)

    async def receive() -> Any:
        piece = left.pop(0) if left else None
        if piece is None:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    await served({**scope_of(path, served), **scope}, receive, send)
    return sent


def scope_of(path: str, served: Any) -> dict[str, Any]:
    """A POST of JSON, as ASGI describes it."""
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "https",
        "server": ("server.example", 443),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "app": served,
    }


def outcome(sent: list[Any]) -> tuple[int, str]:
    body = json.loads(b"".join(message.get("body", b"") for message in sent))
    first = (body.get("errors") or [body])[0]
    return sent[0]["status"], body.get("code", first.get("code"))


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    served = app(settings(limits=Limits(body_seconds=0.05)))
    sent = asyncio.run(call(served, VERIFY, [b"{", None]))
    assert outcome(sent) == (408, "REQUEST_TIMEOUT")
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_body_without_an_end_is_read_to_a_multiple_of_the_limit() -> None:
    served = app(settings(limits=Limits(body_bytes=1000)))
    pieces: list[bytes | None] = [b" " * 1000] * 100
    left = sum(map(len, asyncio.run(unread(served, pieces))))
    assert left > 80_000


async def unread(served: Any, pieces: list[bytes | None]) -> list[Any]:
    """What of ``pieces`` nobody asked for before the answer was too large."""
    left = [*pieces]

    async def receive() -> Any:
        return {"type": "http.request", "body": left.pop(), "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await served(scope_of(VERIFY, served), receive, send)
    assert outcome(sent) == (413, "TOO_LARGE")
    return left


def test_requests_whose_bodies_are_on_the_way_hold_their_places() -> None:
    served = app(settings(limits=Limits(concurrent=2, body_seconds=0.5)))

    async def crowd() -> list[Any]:
        waiting = [
            asyncio.create_task(call(served, VERIFY, [b"{", None])) for _ in range(2)
        ]
        await asyncio.sleep(0)
        refused = await call(served, VERIFY, [*BODY])
        return [refused, *await asyncio.gather(*waiting)]

    found = [outcome(sent)[1] for sent in asyncio.run(crowd())]
    assert found == ["BUSY", "REQUEST_TIMEOUT", "REQUEST_TIMEOUT"]


def test_a_caller_who_hangs_up_is_not_answered_about_half_a_body() -> None:
    served = app(settings())

    async def hang_up() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await served(scope_of(VERIFY, served), receive, send)
        return sent

    assert outcome(asyncio.run(hang_up())) == (408, "REQUEST_TIMEOUT")


class Stuck:
    """Work that does not end until it is let go."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.let_go = threading.Event()

    def __call__(self, *_: Any) -> Any:
        self.started.release()
        self.let_go.wait(10)
        raise ValueError("nobody waits for this any more")


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stuck]:
    work = Stuck()
    monkeypatch.setattr(Service, "_verify", work)
    yield work
    work.let_go.set()


BODY = [b'{"verifiableCredential":{}}']


def test_an_answer_that_takes_too_long_is_not_waited_for(stuck: Stuck) -> None:
    served = app(settings(limits=Limits(seconds=0.05)))
    assert outcome(asyncio.run(call(served, VERIFY, [*BODY]))) == (503, "TIMEOUT")


def test_work_that_nobody_waits_for_still_holds_its_place(stuck: Stuck) -> None:
    served = app(settings(limits=Limits(seconds=0.05, concurrent=2, workers=2)))

    async def several() -> list[tuple[int, str]]:
        return [outcome(await call(served, VERIFY, [*BODY])) for _ in range(3)]

    assert asyncio.run(several()) == [(503, "TIMEOUT")] * 2 + [(503, "BUSY")]


def test_more_requests_than_places_are_sent_away_and_health_is_not(
    stuck: Stuck,
) -> None:
    served = app(settings(limits=Limits(concurrent=3, workers=1)))

    async def crowd() -> list[Any]:
        waiting = [asyncio.create_task(call(served, VERIFY, [*BODY])) for _ in range(3)]
        await asyncio.to_thread(stuck.started.acquire)
        refused = await call(served, VERIFY, [*BODY])
        health = await call(served, "/health", [b""], method="GET")
        metrics = await call(served, "/metrics", [b""], method="GET")
        stuck.let_go.set()
        await asyncio.gather(*waiting)
        return [refused, health, metrics]

    refused, health, metrics = asyncio.run(crowd())
    assert outcome(refused) == (503, "BUSY")
    assert (b"retry-after", b"1") in refused[0]["headers"]
    assert (health[0]["status"], metrics[0]["status"]) == (200, 200)
    assert b"medid_requests_in_progress 4" in metrics[1]["body"]


def test_a_place_is_free_again_when_its_job_is_done() -> None:
    pool = Pool(workers=1, places=1)

    async def one_after_the_other() -> list[int]:
        return [await pool.run(lambda: 7) for _ in range(3)]

    assert asyncio.run(one_after_the_other()) == [7, 7, 7]
    pool.close()


def test_slow_hosts_hold_up_no_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Stuck()
    monkeypatch.setattr("medid.server.service.resolve", work)
    served = app(settings(limits=Limits(workers=1, seconds=2)))

    async def several() -> list[Any]:
        path = "/1.0/identifiers/did:web:slow.example"
        waiting = asyncio.create_task(call(served, path, [b""], method="GET"))
        await asyncio.to_thread(work.started.acquire)
        answer = await call(served, VERIFY, [*BODY])
        work.let_go.set()
        await waiting
        return answer

    assert outcome(asyncio.run(several())) == (400, "MALFORMED_VALUE_ERROR")


def test_whoever_stops_reading_is_cut_off() -> None:
    served = app(settings(limits=Limits(seconds=0.05)))

    async def deaf() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)
            await asyncio.sleep(3600)

        scope = {**scope_of("/health", served), "method": "GET"}
        await served(scope, receive, send)
        return sent

    assert [message["type"] for message in asyncio.run(deaf())] == [
        "http.response.start"
    ]


def test_an_answer_that_has_begun_is_cut_off_and_not_followed_by_another() -> None:
    begun = {"type": "http.response.start", "status": 200, "headers": []}

    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        await send(begun)
        raise ValueError

    metrics = Metrics()
    sent = asyncio.run(call(Guard(breaks, settings(), metrics), "/health", [b""]))
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert metrics.in_progress == 0
    assert 'status="200",code="INTERNAL_ERROR"} 1' in metrics.text()


def test_what_is_no_request_of_http_is_handed_on_and_not_counted() -> None:
    seen: list[Any] = []

    async def takes(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    metrics = Metrics()
    guard = Guard(takes, settings(), metrics)
    sent = asyncio.run(call(guard, "/health", [b""], type="lifespan"))
    assert [scope["type"] for scope in seen] == ["lifespan"]
    assert sent == []
    assert "medid_requests_total{" not in metrics.text()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_says_its_length_once_and_in_http_1(version: str) -> None:
    lengths = [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")]
    served = app(settings())
    headers = scope_of(VERIFY, served)["headers"]
    for length in lengths:
        scope = {"headers": [*headers, length], "http_version": version}
        sent = asyncio.run(call(served, VERIFY, [*BODY], **scope))
        assert outcome(sent) == (400, "MALFORMED_VALUE_ERROR")
    for scope in (
        {"headers": [*headers, *lengths], "http_version": version},
        {"headers": headers, "http_version": "2"},
    ):
        sent = asyncio.run(call(served, VERIFY, [*BODY], **scope))
        assert outcome(sent) == (400, "BAD_REQUEST")
        assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("length", [b"\xb2", b"\xb9\xb2", b"x", b"", b"-1", b"1_0"])
def test_a_length_that_is_no_number_is_not_counted_with(length: bytes) -> None:
    served = app(settings())
    headers = [*scope_of(VERIFY, served)["headers"], (b"content-length", length)]
    sent = asyncio.run(call(served, VERIFY, [*BODY], headers=headers))
    assert outcome(sent) == (400, "MALFORMED_VALUE_ERROR")


def test_headers_are_answered_up_to_their_limits() -> None:
    served = app(settings())
    few = [(b"a", b"1")] * (MAX_HEADERS - 1)
    long = [(b"a", b"1" * (MAX_HEADER_BYTES - 1 - len("content-typeapplication/json")))]
    for headers in (few, long):
        fits = [*scope_of(VERIFY, served)["headers"], *headers]
        sent = asyncio.run(call(served, VERIFY, [*BODY], headers=fits))
        assert outcome(sent) == (400, "MALFORMED_VALUE_ERROR")
        more = [*fits, (b"", b"")] if headers is few else [(b"b", b""), *fits]
        sent = asyncio.run(call(served, VERIFY, [*BODY], headers=more))
        assert outcome(sent) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize("name", ["body_bytes", "seconds", "concurrent", "workers"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_limit_is_a_limit(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError) as told_why:
        Limits(**{name: value})  # type: ignore[arg-type]
    assert told_why.value.path == f"$.{name}"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "server.example",
        "ftp://a",
        "https://",
        "http:///",
        "https:///",
        "http:// ",
        "https://a/",
        "https://a/b",
        "https://a?b",
        "https://a#b",
        "https://a b",
    ],
)
def test_a_base_url_is_a_scheme_and_a_host(base_url: str) -> None:
    with pytest.raises(ConfigurationError) as told_why:
        conformance(base_url=base_url)
    assert told_why.value.path == "$.base_url"


# What nobody foresaw.


def test_a_bug_is_a_generic_answer_and_a_short_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError(f"while reading {DOCTOR.did}")

    monkeypatch.setattr(Service, "_verify", broken)
    answer = client().post(VERIFY, json={"verifiableCredential": {}})
    assert told(answer) == (500, "INTERNAL_ERROR")
    assert DOCTOR.did not in answer.text
    assert answer.json()["verified"] is False
    assert "RuntimeError" in caplog.text
    assert DOCTOR.did not in caplog.text
    assert "Traceback" not in caplog.text


# The log and the metrics.


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="medid.access")
    return caplog


def lines(logged: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in logged.records if one.name == "medid.access"]


CODE = "PROOF_VERIFICATION_ERROR"


def test_each_request_is_one_line(logged: pytest.LogCaptureFixture) -> None:
    caller = client()
    body = {"verifiableCredential": {**signed(plain()), "id": "urn:uuid:other"}}
    caller.post(VERIFY, json=body, headers=bearer(READER))
    caller.post(ISSUE, json={}, headers=bearer())
    caller.post("/nothing", json={})
    caller.request("BREW", "/health")
    found = [line.rpartition(" ms=")[0] for line in lines(logged)]
    assert found == [
        f"method=POST route={VERIFY} status=400 code={CODE} by=reader",
        f"method=POST route={ISSUE} status=400 code=MALFORMED_VALUE_ERROR by=registrar",
        "method=POST route=- status=404 code=NOT_FOUND by=-",
        "method=OTHER route=- status=405 code=METHOD_NOT_ALLOWED by=-",
    ]


def test_outsiders_are_told_less_than_the_log(logged: pytest.LogCaptureFixture) -> None:
    body = {"verifiableCredential": {**signed(plain()), "id": "urn:uuid:other"}}
    answer = client().post(VERIFY, json=body)
    assert answer.json()["errors"][0]["code"] == "REFUSED"
    assert "code=PROOF_VERIFICATION_ERROR" in lines(logged)[0]


CANARY = "Amelia-Canaryfeather"


def test_nothing_that_a_caller_sends_is_in_log_or_metrics(
    logged: pytest.LogCaptureFixture,
) -> None:
    caller = client()
    evil = f"{CANARY}\r\nmethod=GET route=/forged \x1b[31m\u202e"
    draft = plain(credentialSubject={"id": DOCTOR.did, "alumniOf": evil})
    credential = signed(draft)
    caller.post(VERIFY, json={"verifiableCredential": credential})
    caller.post(ISSUE, json={"credential": draft}, headers=bearer())
    caller.post(ISSUE, json={"credential": {**draft, "issuer": STRANGER.did}})
    caller.post("/presentations/verify", json={"verifiablePresentation": presented()})
    caller.post(VERIFY, json={CANARY: 1, "verifiableCredential": evil})
    caller.get(f"/1.0/identifiers/{BOARD.did}")
    caller.get(f"/1.0/identifiers/did:example:{CANARY}?{CANARY}=1")
    caller.get(f"/status/{CANARY}")
    caller.get(f"/{CANARY}%0d%0aforged")
    caller.post(f"/{CANARY}{ISSUE}", json={}, headers=bearer())
    caller.post(ISSUE, json={}, headers={"Authorization": f"Bearer {CANARY}"})
    caller.get("/health", headers={"user-agent": CANARY, "x-forwarded-for": CANARY})
    written = logged.text + caller.get("/metrics").text
    assert len(lines(logged)) >= 12
    for secret in (CANARY, "forged", DOCTOR.did, BOARD.did, SECRET, "did:", "\x1b"):
        assert secret not in written
    assert all(line.isprintable() for line in lines(logged))


def test_no_refusal_repeats_what_was_sent() -> None:
    caller = client()
    for path, body in (
        (VERIFY, {CANARY: 1}),
        (VERIFY, {"verifiableCredential": CANARY}),
        (VERIFY, {"verifiableCredential": {"type": CANARY, "id": CANARY}}),
        (ISSUE, {"credential": plain(validFrom=CANARY)}),
        (ISSUE, {"credential": {**plain(), "issuer": CANARY}}),
        ("/credentials/status", {"credentialStatus": {"type": CANARY}, "status": True}),
    ):
        answer = caller.post(path, json=body, headers=bearer())
        assert answer.status_code in {400, 403}
        shown = answer.text.replace(f"$.{CANARY}", "")
        assert CANARY not in shown


def test_metrics_count_by_route_and_outcome() -> None:
    caller = client()
    for _ in range(2):
        caller.post(VERIFY, json={"verifiableCredential": signed(plain())})
    caller.post(VERIFY, json={})
    answer = caller.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    counted = f'medid_requests_total{{route="{VERIFY}",status="200",code="OK"}} 2'
    refused = (
        f'medid_requests_total{{route="{VERIFY}",status="400",'
        'code="MALFORMED_VALUE_ERROR"} 1'
    )
    assert counted in answer.text
    assert refused in answer.text
    assert f'medid_request_seconds_total{{route="{VERIFY}"}}' in answer.text


def test_health_says_that_it_is_there() -> None:
    assert client().get("/health").json() == {"status": "ok"}


def test_lifespan_ends_the_threads() -> None:
    with client() as caller:
        assert caller.get("/health").status_code == 200
    answer = caller.post(VERIFY, json={"verifiableCredential": {}})
    assert told(answer) == (503, "BUSY")


def test_metrics_tell_what_the_cache_has_counted() -> None:
    cache = CachedFetch(Pages({WEB_URL: b"{}"}, system_clock()))
    caller = client(fetch=cache, cache=cache)
    for did in (WEB.did, WEB.did, "did:web:other.example"):
        caller.get(f"/1.0/identifiers/{did}")
    told = caller.get("/metrics").text
    counts = cache.counts()
    assert counts.misses == 2
    for field in fields(counts):
        metric = f"medid_cache_{field.name}_total"
        assert f"\n{metric} {getattr(counts, field.name)}\n" in told
        assert f"# HELP {metric} " in told
    assert "example" not in told
    assert "medid_cache" not in client(fetch=cache).get("/metrics").text
