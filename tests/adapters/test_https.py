"""The guarded fetcher against real TLS hosts on loopback, good and hostile."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
import ssl
import threading
import time
from http.client import HTTPResponse
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medid.adapters import https
from medid.adapters.exchange import MAX_HEADER_BYTES, Busy, Gone, NotFound
from medid.adapters.https import HttpsFetch, system_resolver
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest, Validators
from medid.core.instant import Instant
from medid.core.records import replace
from medid.dids import resolver as dids
from medid.dids.methods import web
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    FetchBlocked,
    FetchFailed,
    HistoryUnknown,
    InvalidDidDocument,
    MedidError,
    TooLarge,
)
from medid.keys import KeyKind, PrivateKey
from tests.adapters.fetchers import until
from tests.adapters.hosts import (
    HOST,
    Authority,
    Host,
    Script,
    answer,
    listening,
    saying,
)
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

pytestmark = pytest.mark.loopback

NOON = Instant.parse("2026-06-01T12:00:00Z")
KIB = 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.server(HOST, "localhost", "other.example")


class Names:
    """A resolver with a memory; everything leads to loopback unless told otherwise."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers) or [["127.0.0.1"]]
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


def fetcher(authority: Authority, names: https.Resolver | None = None) -> HttpsFetch:
    return HttpsFetch(
        allow_loopback=True,
        ca_file=authority.file,
        resolver=names or Names(),
        clock=lambda: NOON,
    )


def request(url: str, *, max_bytes: int = 64 * KIB) -> FetchRequest:
    return FetchRequest(url=url, accept="application/did", max_bytes=max_bytes)


def fetch(
    authority: Authority,
    url: str,
    *,
    names: https.Resolver | None = None,
    max_bytes: int = 64 * KIB,
    seconds: float = 5,
) -> Fetched | MedidError:
    asked = [request(url, max_bytes=max_bytes)]
    (got,) = fetcher(authority, names).fetch_all(asked, seconds=seconds)
    return got


def fetched(got: Fetched | MedidError) -> Fetched:
    assert isinstance(got, Fetched), got
    return got


def failed(got: Fetched | MedidError, kind: type[MedidError]) -> MedidError:
    assert type(got) is kind, got
    assert HOST not in str(got)
    return got


def fetching() -> int:
    """How many threads are fetching, or waiting to."""
    return sum(thread.name == https.THREAD_NAME for thread in threading.enumerate())


@pytest.fixture
def canary() -> Iterator[Host]:
    """A host that must never be spoken to."""
    with listening(saying(b""), None) as host:
        yield host
        assert host.connections == 0


# What is asked, and what comes back.


def test_a_document_is_fetched_as_it_is(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    body = b'{"id":"did:web:board.example"}'
    said = answer(body, fields=("Content-Type: Application/DID+JSON; charset=utf-8",))
    with listening(saying(said), tls) as host:
        got = fetched(fetch(authority, host.url("/a/did.json?x=%20y")))
    assert got.content == body
    assert got.media_type == "application/did+json"
    assert got.digest == hashlib.sha256(body).hexdigest()
    assert got.url == host.url("/a/did.json?x=%20y")
    assert got.fetched_at == NOON
    assert host.requests == [
        b"GET /a/did.json?x=%20y HTTP/1.1\r\n"
        b"Host: board.example:" + str(host.port).encode() + b"\r\n"
        b"Accept: application/did\r\n"
        b"Accept-Encoding: identity\r\n"
        b"User-Agent: medid\r\n"
        b"Connection: close\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("Content-Type: text/html; charset=utf-8", "text/html"),
        ("Content-Type:   application/json  ", "application/json"),
        ("Content-Type: nonsense", ""),
        ("Content-Type: a/b c", ""),
        ("Content-Type: \xfc/\xfc", ""),
        ("Content-Type:", ""),
        ("X-None: 1", ""),
    ],
)
def test_the_media_type_is_told_and_a_login_page_is_an_answer(
    authority: Authority, tls: ssl.SSLContext, stated: str, read: str
) -> None:
    page = b"<html>Please sign in</html>"
    with listening(saying(answer(page, fields=(stated,))), tls) as host:
        got = fetched(fetch(authority, host.url()))
    assert (got.content, got.media_type) == (page, read)


@pytest.mark.parametrize(
    "said",
    [
        answer(b""),
        b"HTTP/1.1 200 OK\r\n\r\n",
        CHUNKED + b"0\r\n\r\n",
    ],
)
def test_an_empty_answer_is_an_answer(
    authority: Authority, tls: ssl.SSLContext, said: bytes
) -> None:
    with listening(saying(said), tls) as host:
        assert fetched(fetch(authority, host.url())).content == b""


@pytest.mark.parametrize(
    "said",
    [
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"1;ext=1\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"{}"),
        answer(b"{}", fields=("Content-Encoding: identity",)),
        answer(b"{}") + b"and more than announced",
    ],
)
def test_every_sound_framing_is_read(
    authority: Authority, tls: ssl.SSLContext, said: bytes
) -> None:
    with listening(saying(said), tls) as host:
        assert fetched(fetch(authority, host.url())).content == b"{}"


# Redirects and statuses.


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_refused_and_not_followed(
    authority: Authority, tls: ssl.SSLContext, canary: Host, status: int
) -> None:
    place = f"https://127.0.0.1:{canary.port}/latest/meta-data"
    said = answer(b"", status=f"{status} Moved", fields=(f"Location: {place}",))
    with listening(saying(said), tls) as host:
        failed(fetch(authority, host.url()), FetchBlocked)
    assert host.connections == 1


@pytest.mark.parametrize("status", [101, 103, 201, 204, 206, 400, 401, 500, 503, 999])
def test_any_other_status_than_200_is_a_failure(
    authority: Authority, tls: ssl.SSLContext, status: int
) -> None:
    with listening(saying(answer(b"{}", status=f"{status} X")), tls) as host:
        error = failed(fetch(authority, host.url()), FetchFailed)
    assert str(status) in error.message


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (410, Gone)])
def test_a_missing_document_can_be_told_from_a_failure(
    authority: Authority,
    tls: ssl.SSLContext,
    status: int,
    kind: type[NotFound | Gone],
) -> None:
    with listening(saying(answer(b"{}", status=f"{status} X")), tls) as host:
        error = failed(fetch(authority, host.url()), kind)
    assert isinstance(error, FetchFailed)
    assert (error.code, kind.status) == ("FETCH_FAILED", status)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"{}", status="404 X"),
        answer(b"{}", fields=("Content-Encoding: gzip",)),
        answer(b"x" * 2 * KIB),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx",
        answer(b"{}"),
    ],
)
def test_an_answer_is_closed_whatever_became_of_it(
    authority: Authority,
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    said: bytes,
) -> None:
    """Else whoever collects it later closes it, and Python 3.13 complains."""
    read: list[HTTPResponse] = []

    def noted(*args: Any, **options: Any) -> HTTPResponse:
        read.append(HTTPResponse(*args, **options))
        return read[-1]

    monkeypatch.setattr("medid.adapters.exchange.HTTPResponse", noted)
    with listening(saying(said), tls) as host:
        fetch(authority, host.url(), max_bytes=KIB)
    assert [one.closed for one in read] == [True]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_missing_now_may_have_been_there_then(
    authority: Authority, tls: ssl.SSLContext, status: int
) -> None:
    with listening(saying(answer(b"{}", status=f"{status} X")), tls) as host:
        asked = request(host.url())
        for seconds, kind in ((-301, HistoryUnknown), (-300, FetchFailed)):
            then = replace(asked, at=NOON.plus(seconds))
            (got,) = fetcher(authority).fetch_all([then], seconds=5)
            assert isinstance(got, kind)
    # A failure tells of no time at all.
    with listening(saying(answer(b"{}", status="503 X")), tls) as host:
        then = replace(request(host.url()), at=NOON.plus(-86_400))
        (got,) = fetcher(authority).fetch_all([then], seconds=5)
        failed(got, FetchFailed)


# Only https.


def test_plain_http_is_refused_before_anything_is_opened(
    authority: Authority, canary: Host
) -> None:
    names = Names()
    url = f"http://{HOST}:{canary.port}/"
    failed(fetch(authority, url, names=names), FetchBlocked)
    assert names.asked == []


def test_a_host_without_tls_is_told_nothing(authority: Authority) -> None:
    with listening(saying(b""), None) as host:
        failed(fetch(authority, host.url("/secret-path")), FetchFailed)
    (first,) = host.first_bytes
    assert first[:1] == b"\x16"  # a TLS handshake record
    assert b"secret-path" not in first


@pytest.mark.parametrize(
    "make",
    [
        lambda ca: ca.server(HOST, self_signed=True),
        lambda ca: ca.server(HOST, days=(-30, -1)),
        lambda ca: ca.server(HOST, days=(1, 30)),
        lambda ca: ca.server("other.example"),
        lambda ca: ca.server("board.example.evil.example"),
        lambda ca: ca.server("example"),
        lambda ca: ca.server(subject=HOST),
        lambda ca: Authority.make(ca.folder / "other", "Test authority").server(HOST),
    ],
    ids=[
        "self-signed",
        "expired",
        "not-yet-valid",
        "another-name",
        "longer-name",
        "shorter-name",
        "common-name-only",
        "another-authority",
    ],
)
def test_a_certificate_that_is_not_valid_for_the_name_is_refused(
    authority: Authority, make: object
) -> None:
    assert callable(make)
    with listening(saying(answer()), make(authority)) as host:
        error = failed(fetch(authority, host.url()), FetchFailed)
    assert "certificate" in error.message
    assert host.requests in ([], [b""])


def test_tls_1_1_is_refused(authority: Authority) -> None:
    context = authority.server(HOST)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with listening(saying(answer()), context) as host:
        failed(fetch(authority, host.url()), FetchFailed)
    assert host.requests == []


def test_without_a_ca_file_the_systems_authorities_count(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    plain = HttpsFetch(allow_loopback=True, resolver=Names())
    with listening(saying(answer()), tls) as host:
        (got,) = plain.fetch_all([request(host.url())], seconds=5)
    assert "certificate" in failed(got, FetchFailed).message


@pytest.mark.parametrize("content", [None, b"", b"nothing"])
def test_a_ca_file_without_certificates_is_refused_at_once(
    authority: Authority, content: bytes | None
) -> None:
    file = authority.folder / "empty.pem"
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError):
        HttpsFetch(ca_file=file)
    with pytest.raises(ConfigurationError):
        HttpsFetch(ca_file="a\0b")


# Addresses.


def test_without_the_switch_loopback_is_refused(
    authority: Authority, canary: Host
) -> None:
    careful = HttpsFetch(ca_file=authority.file, resolver=Names())
    urls = [canary.url(), canary.url(name="localhost")]
    for got in careful.fetch_all([request(url) for url in urls], seconds=5):
        failed(got, FetchBlocked)


@pytest.mark.parametrize(
    "bad",
    [
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "not an address",
    ],
)
@pytest.mark.parametrize("bad_first", [True, False])
def test_one_bad_address_among_good_ones_refuses_the_name(
    authority: Authority, canary: Host, bad: str, bad_first: bool
) -> None:
    found = [bad, "127.0.0.1"] if bad_first else ["127.0.0.1", bad]
    failed(fetch(authority, canary.url(), names=Names(found)), FetchBlocked)


def test_bad_addresses_beyond_those_that_are_tried_count_too(
    authority: Authority, canary: Host
) -> None:
    found = ["127.0.0.1"] * (https.MAX_ADDRESSES * 2) + ["10.0.0.1"]
    failed(fetch(authority, canary.url(), names=Names(found)), FetchBlocked)


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with (
        listening(saying(answer()), tls) as host,
        listening(
            saying(answer()), tls, address="127.0.0.2", port=host.port
        ) as rebound,
    ):
        fetched(fetch(authority, host.url(), names=names))
    assert names.asked == [(HOST, host.port)]
    assert (host.connections, rebound.connections) == (1, 0)


def test_an_address_that_takes_no_connection_leaves_the_next(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with listening(saying(answer()), tls) as host:
        names = Names(["127.0.0.3", "::1", "127.0.0.1"])
        fetched(fetch(authority, host.url(), names=names))
        names = Names(["127.0.0.3"])
        failed(fetch(authority, host.url(), names=names), FetchFailed)
        names = Names(["127.0.0.3"] * https.MAX_ADDRESSES + ["127.0.0.1"])
        failed(fetch(authority, host.url(), names=names), FetchFailed)
    assert host.connections == 1


def test_a_machine_without_ipv6_uses_the_other_addresses(
    authority: Authority, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WithoutIpv6(socket.socket):
        def __init__(self, family: int = -1, *others: int, **named: int) -> None:
            if family == socket.AF_INET6:
                raise OSError
            super().__init__(family, *others, **named)

    with listening(saying(answer()), tls) as host:
        monkeypatch.setattr("medid.adapters.exchange.socket.socket", WithoutIpv6)
        names = Names(["::1", "127.0.0.1"])
        fetched(fetch(authority, host.url(), names=names))


def test_an_http_failure_is_not_tried_again_elsewhere(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with listening(saying(answer(status="500 Broken")), tls) as host:
        names = Names(["127.0.0.1", "127.0.0.1"])
        failed(fetch(authority, host.url(), names=names), FetchFailed)
    assert host.connections == 1


@pytest.mark.parametrize("problem", [OSError, socket.gaierror, UnicodeError])
def test_a_name_that_cannot_be_looked_up_is_a_failure(
    authority: Authority, problem: type[Exception]
) -> None:
    def names(host: str, port: int) -> Sequence[str]:
        raise problem

    failed(fetch(authority, f"https://{HOST}/", names=names), FetchFailed)


def test_a_name_that_leads_nowhere_is_a_failure(authority: Authority) -> None:
    failed(fetch(authority, f"https://{HOST}/", names=Names([])), FetchFailed)


def test_the_systems_look_up_knows_this_machine() -> None:
    found = system_resolver("localhost", 443)
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found
    assert len(set(found)) == len(found)


def test_localhost_by_name_works_with_the_switch(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    here = HttpsFetch(allow_loopback=True, ca_file=authority.file)
    with listening(saying(answer()), tls) as host:
        url = host.url(name="localhost")
        (got,) = here.fetch_all([request(url)], seconds=5)
    assert fetched(got).content == b"{}"


def test_proxies_of_the_environment_are_not_used(
    authority: Authority,
    tls: ssl.SSLContext,
    canary: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, f"http://127.0.0.1:{canary.port}")
    with listening(saying(answer()), tls) as host:
        fetched(fetch(authority, host.url()))


# Sizes.


def endless(head: bytes, piece: bytes) -> tuple[Script, list[int]]:
    sent: list[int] = []

    def script(connection: ssl.SSLSocket) -> None:
        connection.sendall(head)
        for _ in range(100_000):
            connection.sendall(piece)
            sent.append(len(piece))

    return script, sent


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        (CHUNKED, b"1\r\nx\r\n" * 100),
        (CHUNKED, b"1;" + b"x" * 1000 + b"\r\nx\r\n"),
        (CHUNKED + b"ffffffffffffffff\r\n", b"x" * 4096),
        (CHUNKED + b"-1\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\n", b"X-Many: " + b"x" * 4096 + b"\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        (b"", b"x" * 4096),
    ],
)
def test_an_answer_without_end_is_left_early(
    authority: Authority, tls: ssl.SSLContext, head: bytes, piece: bytes
) -> None:
    script, sent = endless(head, piece)
    with listening(script, tls) as host:
        start = time.monotonic()
        got = fetch(authority, host.url(), max_bytes=64 * KIB, seconds=30)
        assert time.monotonic() - start < 20
    failed(got, TooLarge)
    # What is on its way in the system's buffers comes on top of what was read.
    assert sum(sent) < 12_000 * KIB


def test_the_size_limit_is_exact(authority: Authority, tls: ssl.SSLContext) -> None:
    body = b"x" * 100_000
    unframed = b"HTTP/1.1 200 OK\r\n\r\n" + body
    chunked = CHUNKED + b"186a0\r\n" + body + b"\r\n0\r\n\r\n"
    for said in (answer(body), unframed, chunked):
        with listening(saying(said), tls) as host:
            got = fetch(authority, host.url(), max_bytes=100_000)
            assert fetched(got).content == body
            failed(fetch(authority, host.url(), max_bytes=99_999), TooLarge)


def test_fields_up_to_the_limit_are_read(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    fits = answer(fields=("X-Long: " + "x" * (MAX_HEADER_BYTES - 1000),))
    with listening(saying(fits), tls) as host:
        fetched(fetch(authority, host.url()))


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "identity, gzip"])
def test_a_compressed_answer_is_refused_unread(
    authority: Authority, tls: ssl.SSLContext, coding: str
) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    said = answer(bomb, fields=(f"Content-Encoding: {coding}",))
    with listening(saying(said), tls) as host:
        failed(fetch(authority, host.url()), FetchBlocked)


# Framing that lies.


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 -200 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        CHUNKED,
        CHUNKED + b"2\r\n{",
        CHUNKED + b"2\r\n{}\r\n",
        CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_short_or_no_http_is_a_failure(
    authority: Authority, tls: ssl.SSLContext, said: bytes
) -> None:
    with listening(saying(said), tls) as host:
        failed(fetch(authority, host.url()), FetchFailed)


def test_a_connection_that_is_cut_is_not_the_end_of_a_document(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    def cut(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")
        # Without the closing message of TLS, anybody on the way could have cut it.
        connection.shutdown(socket.SHUT_RDWR)

    with listening(cut, tls) as host:
        failed(fetch(authority, host.url()), FetchFailed)


def test_no_version_of_python_lets_a_cut_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it sets the option by itself, as 3.11.2 does, or not."""

    class Lenient(ssl.SSLContext):
        def __new__(cls, *given: Any) -> Self:
            made = super().__new__(cls, *given)
            made.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
            return made

    lenient = SimpleNamespace(**{**vars(ssl), "SSLContext": Lenient})
    monkeypatch.setattr(https, "ssl", lenient)
    made = https.tls_context(None)
    assert isinstance(made, Lenient)
    assert not made.options & ssl.OP_IGNORE_UNEXPECTED_EOF


@settings(
    max_examples=examples(50),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(said=st.data())
def test_whatever_a_host_says_an_answer_comes_back(
    authority: Authority, hostile: tuple[Host, list[bytes]], said: st.DataObject
) -> None:
    pieces = st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Content-Length: 3\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Encoding: \r\n",
            b"Content-Type: a/b\r\n",
            b"\r\n",
            b"\r\n\r\n",
            b"3\r\nabc\r\n",
            b"0\r\n\r\n",
            b"-3\r\n",
            b"0x3\r\n",
            b": \r\n",
            b" folded\r\n",
        ]
    )
    parts = said.draw(st.lists(pieces | st.binary(max_size=6), max_size=8))
    host, script = hostile
    script[0] = b"".join(parts)
    got = fetch(authority, host.url(), max_bytes=1000, seconds=3)
    assert isinstance(got, (Fetched, FetchFailed, FetchBlocked, TooLarge))


@pytest.fixture(scope="module")
def hostile(tls: ssl.SSLContext) -> Iterator[tuple[Host, list[bytes]]]:
    said = [b""]
    with listening(lambda connection: connection.sendall(said[0]), tls) as host:
        yield host, said


# Time.


def drip(head: bytes, piece: bytes) -> Script:
    def script(connection: ssl.SSLSocket) -> None:
        connection.sendall(head)
        for _ in range(400):
            time.sleep(0.05)
            connection.sendall(piece)

    return script


def silent(connection: ssl.SSLSocket) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    "script",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        drip(CHUNKED, b"1\r\nx\r\n"),
        silent,
    ],
)
def test_a_host_that_drips_is_left_when_time_is_up(
    authority: Authority, tls: ssl.SSLContext, script: Script
) -> None:
    with listening(script, tls) as host:
        start = time.monotonic()
        error = failed(fetch(authority, host.url(), seconds=0.4), FetchFailed)
        assert 0.3 < time.monotonic() - start < 10
        # Nobody is left behind who goes on listening to the host.
        until(lambda: not fetching())
    assert "in time" in error.message


def test_a_host_that_never_shakes_hands_is_left_when_time_is_up(
    authority: Authority,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://{HOST}:{listener.getsockname()[1]}/"
        start = time.monotonic()
        failed(fetch(authority, url, seconds=0.4), FetchFailed)
        assert time.monotonic() - start < 10


def test_a_look_up_that_hangs_is_left_when_time_is_up(authority: Authority) -> None:
    release = threading.Event()

    def names(host: str, port: int) -> Sequence[str]:
        release.wait(10)
        return []

    start = time.monotonic()
    failed(fetch(authority, f"https://{HOST}/", names=names, seconds=0.3), FetchFailed)
    assert time.monotonic() - start < 8
    release.set()


def test_look_ups_that_hang_cannot_pile_up(authority: Authority) -> None:
    release = threading.Event()

    def names(host: str, port: int) -> Sequence[str]:
        release.wait(10)
        return []

    shared = fetcher(authority, names)
    asked = [
        request(f"https://{HOST}/{index}") for index in range(https.MAX_CONCURRENT)
    ]
    for _ in range(https.MAX_THREADS):
        if fetching() < https.MAX_THREADS:
            shared.fetch_all(asked, seconds=0.1)
    assert fetching() == https.MAX_THREADS
    (got,) = shared.fetch_all(asked[:1], seconds=5)
    assert "too many" in failed(got, Busy).message
    release.set()
    until(lambda: not fetching())
    (got,) = shared.fetch_all(asked[:1], seconds=5)
    assert "too many" not in failed(got, FetchFailed).message


def test_a_machine_without_threads_fetches_nothing_and_later_again(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = fetcher(authority, lambda host, port: [])

    def none_left(self: threading.Thread) -> None:
        raise RuntimeError

    asked = [request(f"https://{HOST}/")]
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        for _ in range(https.MAX_THREADS + 1):
            (got,) = shared.fetch_all(asked, seconds=5)
            assert "too many" in failed(got, Busy).message
    (got,) = shared.fetch_all(asked, seconds=5)
    assert "too many" not in failed(got, FetchFailed).message


def test_without_time_nothing_is_fetched(authority: Authority, canary: Host) -> None:
    names = Names()
    for seconds in (0, -1):
        got = fetch(authority, canary.url(), names=names, seconds=seconds)
        failed(got, FetchFailed)
    while fetching():
        time.sleep(0.01)
    assert names.asked == []


# Batches.


def test_answers_come_in_the_order_of_the_requests(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    def echo(connection: ssl.SSLSocket) -> None:
        path = host.requests[-1].split()[1]
        time.sleep(0.2 if path.endswith(b"0") else 0)
        connection.sendall(answer(path))

    with listening(echo, tls) as host:
        asked = [request(host.url(f"/{index}")) for index in range(3)]
        asked.insert(1, request("http://board.example/"))
        asked.insert(3, request(host.url(name="wrong.example")))
        got = fetcher(authority).fetch_all(asked, seconds=5)
    assert fetched(got[0]).url == asked[0].url
    failed(got[1], FetchBlocked)
    assert fetched(got[2]).url == asked[2].url
    failed(got[3], FetchFailed)
    assert fetched(got[4]).url == asked[4].url


def test_no_requests_have_no_answers(authority: Authority) -> None:
    assert list(fetcher(authority).fetch_all([], seconds=5)) == []


def test_a_batch_runs_at_once_but_not_all_of_it(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    lock, waiting, counts = threading.Lock(), [0], [0]

    def slow(connection: ssl.SSLSocket) -> None:
        with lock:
            waiting[0] += 1
            counts.append(waiting[0])
        time.sleep(0.2)
        with lock:
            waiting[0] -= 1  # before the answer, after which another may be asked for
        connection.sendall(answer())

    with listening(slow, tls) as host:
        asked = [request(host.url(f"/{index}")) for index in range(20)]
        got = fetcher(authority).fetch_all(asked, seconds=20)
    assert all(isinstance(item, Fetched) for item in got)
    assert 1 < max(counts) <= https.MAX_CONCURRENT


def test_the_time_is_for_the_whole_batch(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    def script(connection: ssl.SSLSocket) -> None:
        if b"/quick" in host.requests[-1]:
            connection.sendall(answer())
        else:
            connection.recv(1)

    with listening(script, tls) as host:
        asked = [request(host.url("/quick"))]
        asked += [request(host.url(f"/{index}")) for index in range(30)]
        start = time.monotonic()
        got = fetcher(authority).fetch_all(asked, seconds=1)
        assert time.monotonic() - start < 3
    assert len(got) == 31
    fetched(got[0])
    for late in got[1:]:
        failed(late, FetchFailed)


def test_an_accept_field_cannot_smuggle_another(
    authority: Authority, canary: Host
) -> None:
    asked = FetchRequest(url=canary.url(), accept="a/b\r\nX-Evil: 1", max_bytes=KIB)
    (got,) = fetcher(authority).fetch_all([asked], seconds=5)
    failed(got, FetchBlocked)


QUESTION = b'{"entity_id":"did:web:board.example"}'


def test_a_question_is_sent_by_post_and_its_name_is_not(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    validators = Validators(etag='"1"', last_modified="Mon, 15 Jun 2026 12:00:00 GMT")
    with listening(saying(answer(b'{"authorized":true}')), tls) as host:
        asked = FetchRequest(
            url=host.url("/trqp/authorization") + "#0123",
            accept="application/json",
            max_bytes=KIB,
            known=validators,
            body=QUESTION,
        )
        (got,) = fetcher(authority).fetch_all([asked], seconds=5)
    assert fetched(got).content == b'{"authorized":true}'
    # It is known by the name that it was asked for under.
    assert fetched(got).url == asked.url
    (sent,) = host.requests
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    assert first == b"POST /trqp/authorization HTTP/1.1"
    assert body == QUESTION
    assert b"Content-Type: application/json" in fields
    assert f"Content-Length: {len(QUESTION)}".encode() in fields
    assert not [one for one in fields if one.startswith((b"If-", b"Authorization"))]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("404 Not Found", NotFound), ("503 Busy", FetchFailed), ("303 x", FetchBlocked)],
)
def test_a_question_is_held_to_the_rules_of_a_document(
    authority: Authority, tls: ssl.SSLContext, status: str, kind: type[MedidError]
) -> None:
    with listening(saying(answer(status=status)), tls) as host:
        for url in (host.url("/a"), host.url("/a").replace("https", "http")):
            asked = FetchRequest(url=url, accept="a/b", max_bytes=KIB, body=QUESTION)
            (got,) = fetcher(authority).fetch_all([asked], seconds=5)
            failed(got, kind if url.startswith("https") else FetchBlocked)


def test_the_name_of_a_document_has_no_fragment(
    authority: Authority, canary: Host
) -> None:
    (got,) = fetcher(authority).fetch_all([request(canary.url() + "#x")], seconds=5)
    failed(got, FetchBlocked)


def test_what_is_known_of_a_document_cannot_smuggle_a_field(
    authority: Authority, canary: Host
) -> None:
    asked = FetchRequest(
        url=canary.url(),
        accept="a/b",
        max_bytes=KIB,
        known=Validators(etag='"1"\r\nX-Evil: 1'),
    )
    (got,) = fetcher(authority).fetch_all([asked], seconds=5)
    failed(got, FetchBlocked)


def test_the_event_loop_is_not_blocked(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    def slow(connection: ssl.SSLSocket) -> None:
        time.sleep(0.3)
        connection.sendall(answer(b"[]"))

    async def both(url: str) -> tuple[Sequence[Fetched | MedidError], int]:
        task = asyncio.create_task(
            fetcher(authority).afetch_all([request(url)], seconds=5)
        )
        turns = 0
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        return await task, turns

    with listening(slow, tls) as host:
        (got,), turns = asyncio.run(both(host.url()))
    assert fetched(got).content == b"[]"
    assert turns > 5


# did:web from end to end.


def _resolve(authority: Authority, host: Host) -> object:
    did = web.create(HOST, "units", port=host.port)
    (need,) = dids.needs(did, Evidence())
    assert need is not None
    (got,) = fetcher(authority).fetch_all([need.request()], seconds=5)
    return dids.resolve(did, Evidence().with_answers([(need.url, got)])).raw


def _document(port: int) -> bytes:
    did = Did.parse(f"did:web:{HOST}%3A{port}:units")
    key = PrivateKey.generate(KeyKind.ED25519).public_key
    return json.dumps(web.document(did, [web.NamedKey(fragment="k", key=key)])).encode()


def _publishing(tls: ssl.SSLContext, **members: object) -> AbstractContextManager[Host]:
    def publish(connection: ssl.SSLSocket) -> None:
        port = int(connection.getsockname()[1])
        raw = {**json.loads(_document(port)), **members}
        connection.sendall(answer(json.dumps(raw).encode()))

    return listening(publish, tls)


def test_a_did_web_is_resolved_over_tls(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with _publishing(tls) as host:
        assert _resolve(authority, host)
    assert host.requests[0].startswith(b"GET /units/did.json HTTP/1.1\r\n")


def test_a_did_web_document_of_another_did_is_refused(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with (
        _publishing(tls, id="did:web:evil.example") as host,
        pytest.raises(InvalidDidDocument, match="another DID"),
    ):
        _resolve(authority, host)


def test_a_did_web_document_with_a_private_key_is_refused(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    leaked = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}
    with (
        _publishing(tls, note=leaked) as host,
        pytest.raises(InvalidDidDocument, match="publishes a private key"),
    ):
        _resolve(authority, host)


def test_a_did_web_that_is_not_there_is_not_found(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with (
        listening(saying(answer(status="404 Not Found")), tls) as host,
        pytest.raises(DidNotFound),
    ):
        _resolve(authority, host)
