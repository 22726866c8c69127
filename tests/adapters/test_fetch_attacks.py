"""Every attack on fetching that the threat table names, from the DID to the refusal.

Each row is a host, or a look-up of its name, that turns on whoever fetches a did:web
from it. None may give a document, reach the canary, or take long; a cache before the
fetcher changes nothing, and makes no document of the refusal.
"""

from __future__ import annotations

import gzip
import ssl
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from medid import resolve
from medid.adapters.cache import CachedFetch
from medid.adapters.https import HttpsFetch
from medid.core import json as strict_json
from medid.dids.methods import web
from medid.errors import MedidError
from medid.keys import KeyKind, PrivateKey
from tests.adapters.hosts import HOST, Authority, Host, Script, answer, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.fetch import Fetched, FetchRequest

pytestmark = pytest.mark.loopback

OK: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HASTE: Final = 0.3  # seconds that a host gets which would take longer than a test may

# From the canary's port to what a host does.
Turning: TypeAlias = Callable[[int], Script]
Context: TypeAlias = Callable[[Authority], ssl.SSLContext]


@cache
def honest(authority: Authority) -> ssl.SSLContext:
    return authority.server(HOST, "other.example")


def old_tls(authority: Authority) -> ssl.SSLContext:
    context = authority.server(HOST)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One row: where it stands in the threat table, what happens, what is answered."""

    id: str
    name: str
    code: str
    does: Turning | None = None
    leads: Sequence[Sequence[str]] = (("127.0.0.1",),)
    tls: Context = honest
    slow: bool = False


def says(said: bytes) -> Turning:
    return lambda _: lambda connection: connection.sendall(said)


def document(connection: ssl.SSLSocket, **members: object) -> bytes:
    port = int(connection.getsockname()[1])
    did = web.create(HOST, port=port)
    key = PrivateKey.generate(KeyKind.ED25519).public_key
    made = web.document(did, [web.NamedKey(fragment="k", key=key)])
    return strict_json.dumps({**made, **members}).encode()  # type: ignore[dict-item]


def publishes(*fields: str, status: str = "200 OK", **members: object) -> Turning:
    def script(connection: ssl.SSLSocket) -> None:
        body = document(connection, **members)
        connection.sendall(answer(body, status=status, fields=fields))

    return lambda _: script


def redirects(status: int, *more: str) -> Turning:
    def to(port: int) -> Script:
        there = f"https://127.0.0.1:{port}/did.json"
        fields = (f"Location: {there}", f"Refresh: 0; url={there}", *more)
        return publishes(*fields, status=f"{status} Elsewhere")(port)

    return to


def login(port: int) -> Script:
    there = f"https://127.0.0.1:{port}/"
    page = f'<meta http-equiv="refresh" content="0; url={there}"><p>Sign in'.encode()
    fields = ("Content-Type: text/html", f"Refresh: 0; url={there}")
    return says(answer(page, fields=fields))(port)


def endless(head: bytes, piece: bytes, pause: float = 0) -> Turning:
    def script(connection: ssl.SSLSocket) -> None:
        connection.sendall(head)
        for _ in range(200 if pause else 5_000):
            time.sleep(pause)
            connection.sendall(piece)

    return lambda _: script


def silent(connection: ssl.SSLSocket) -> None:
    connection.recv(1)


REDIRECTS: Final = [
    Attack(
        id="N-web-redirect",
        name=str(status),
        code="FETCH_BLOCKED",
        does=redirects(status),
    )
    for status in (301, 302, 303, 307, 308)
]
ADDRESSES: Final = [
    Attack(id=id_, name=bad, code="FETCH_BLOCKED", leads=[["127.0.0.1", bad]])
    for id_, bad in (
        ("N-web-multi-a", "10.0.0.1"),
        ("N-web-multi-a", "169.254.169.254"),
        ("N-web-mapped", "::ffff:127.0.0.1"),
        ("N-web-mapped", "::ffff:10.0.0.1"),
        ("N-web-mapped", "::127.0.0.1"),
        ("N-web-nat64", "64:ff9b::127.0.0.1"),
        ("N-web-nat64", "64:ff9b::a9fe:a9fe"),
        ("N-web-nat64", "64:ff9b:1::127.0.0.1"),
        ("N-web-6to4", "2002:7f00:1::"),
        ("N-web-teredo", "2001:0:7f00:1::1"),
        ("N-web-zone", "fe80::1%lo"),
        ("N-web-zone", "2606:4700:4700::1111%lo"),
        ("N-web-spelling", "0177.0.0.1"),
        ("N-web-spelling", "2130706433"),
        ("N-web-spelling", "127.1"),
        ("N-web-spelling", ""),
    )
]
CERTIFICATES: Final = [
    Attack(id="N-web-tls", name=name, code="FETCH_FAILED", tls=tls, does=publishes())
    for name, tls in (
        ("self-signed", lambda ca: ca.server(HOST, self_signed=True)),
        ("expired", lambda ca: ca.server(HOST, days=(-30, -1))),
        ("not yet valid", lambda ca: ca.server(HOST, days=(1, 30))),
        ("wrong name", lambda ca: ca.server("other.example")),
        ("TLS 1.1", old_tls),
    )
]
SIZES: Final = [
    Attack(id="N-web-10GB", name=name, code=code, does=does)
    for name, code, does in (
        ("chunked", "TOO_LARGE", endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n")),
        (
            "length",
            "TOO_LARGE",
            endless(OK + b"Content-Length: 9999999999\r\n\r\n", b"x" * 4096),
        ),
        ("no length", "TOO_LARGE", endless(OK + b"\r\n", b"x" * 4096)),
        (
            "extensions",
            "TOO_LARGE",
            endless(CHUNKED, b"1;a=" + b"x" * 4000 + b"\r\nx\r\n"),
        ),
        ("fields", "TOO_LARGE", endless(OK, b"X-Many: " + b"x" * 4000 + b"\r\n")),
        (
            "interim answers",
            "TOO_LARGE",
            endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        ),
        (
            "gzip",
            "FETCH_BLOCKED",
            says(
                answer(
                    gzip.compress(b"0" * 10_000_000),
                    fields=("Content-Encoding: gzip",),
                )
            ),
        ),
    )
]
DRIPS: Final = [
    Attack(id="N-web-10GB", name=name, code="FETCH_FAILED", does=does, slow=True)
    for name, does in (
        ("drip of the status line", endless(b"", b"H", 0.02)),
        ("drip of fields", endless(OK, b"X: 1\r\n", 0.02)),
        ("drip of a body", endless(OK + b"Content-Length: 900\r\n\r\n", b"{", 0.02)),
        ("drip of chunks", endless(CHUNKED, b"1\r\n{\r\n", 0.02)),
        ("silence", lambda _: silent),
    )
]
FRAMES: Final = [
    Attack(id="N-http-smuggle", name=name, code="FETCH_FAILED", does=says(said))
    for name, said in (
        ("two lengths", OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
        ("one length twice", OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("a list of lengths", OK + b"Content-Length: 2, 2\r\n\r\n{}"),
        ("a length with a sign", OK + b"Content-Length: +2\r\n\r\n{}"),
        ("a negative length", OK + b"Content-Length: -2\r\n\r\n{}"),
        ("a length of Python", OK + b"Content-Length: 0_2\r\n\r\n{}"),
        ("a length in hexadecimal", OK + b"Content-Length: 0x2\r\n\r\n{}"),
        (
            "length and chunks",
            OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\n{}\r\n0\r\n\r\n",
        ),
        ("another coding", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n{}"),
        ("no coding", OK + b"Transfer-Encoding: identity\r\n\r\n{}"),
        (
            "chunked twice",
            OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "fields behind what is none",
            OK + b"nonsense\r\nContent-Encoding: gzip\r\n\r\n{}",
        ),
        ("a body cut short", OK + b"Content-Length: 9\r\n\r\n{}"),
    )
]
DOCUMENTS: Final = [
    Attack(id=id_, name=name, code=code, does=does)
    for id_, name, code, does in (
        ("N-web-html", "login page", "INVALID_DID_DOCUMENT", login),
        (
            "N-web-html",
            "login page called JSON",
            "INVALID_DID_DOCUMENT",
            says(answer(b"<p>Sign in")),
        ),
        (
            "N-web-id-mismatch",
            "of another DID",
            "INVALID_DID_DOCUMENT",
            publishes(id="did:web:evil.example"),
        ),
        (
            "N-web-private-key",
            "with a private key",
            "INVALID_DID_DOCUMENT",
            publishes(note={"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}),
        ),
        ("N-st-500", "500", "FETCH_FAILED", publishes(status="500 Broken")),
        ("N-st-500", "404", "DID_NOT_FOUND", publishes(status="404 Not Found")),
        ("N-st-500", "empty", "INVALID_DID_DOCUMENT", says(answer(b""))),
        ("N-st-500", "nothing", "FETCH_FAILED", says(b"")),
        ("N-st-500", "304 unasked", "FETCH_BLOCKED", publishes(status="304 Same")),
        ("N-st-500", "206", "FETCH_FAILED", publishes(status="206 Partial")),
    )
]
ATTACKS: Final = [
    *REDIRECTS,
    *ADDRESSES,
    *CERTIFICATES,
    *SIZES,
    *DRIPS,
    *FRAMES,
    *DOCUMENTS,
]


class Names:
    """A resolver that gives its answers in turn, the last one for ever."""

    def __init__(self, leads: Sequence[Sequence[str]]) -> None:
        self.leads = leads
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.leads[min(self.asked, len(self.leads)) - 1]


class Hasty:
    """The fetcher behind it, with little time."""

    def __init__(self, fetch: HttpsFetch, seconds: float) -> None:
        self._fetch = fetch
        self._seconds = seconds

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return self._fetch.fetch_all(requests, seconds=min(seconds, self._seconds))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def perched() -> Iterator[Host]:
    with listening(lambda connection: None, None, address="0.0.0.0") as host:
        yield host


@pytest.fixture
def canary(perched: Host) -> Iterator[Host]:
    """A host that must never be spoken to, under every address of loopback."""
    yield perched
    assert perched.connections == 0


def guarded(authority: Authority, names: Names, *, slow: bool = False) -> Hasty:
    fetch = HttpsFetch(allow_loopback=True, ca_file=authority.file, resolver=names)
    return Hasty(fetch, HASTE if slow else 5)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda it: f"{it.id}: {it.name}")
def test_an_attack_on_fetching_gives_no_document(
    authority: Authority, canary: Host, attack: Attack
) -> None:
    names = Names(attack.leads)
    does = attack.does or publishes()
    with listening(does(canary.port), attack.tls(authority)) as host:
        did = f"did:web:{HOST}%3A{host.port}"
        cached = CachedFetch(guarded(authority, names, slow=attack.slow))
        start = time.monotonic()
        for _ in range(2):
            with pytest.raises(MedidError) as caught:
                resolve(did, fetch=cached)
            assert caught.value.code == attack.code
            assert HOST not in str(caught.value)
        assert time.monotonic() - start < 6
        # Addresses are judged before anybody is spoken to.
        assert host.connections == 0 or attack not in ADDRESSES


def test_without_an_attack_there_is_a_document(
    authority: Authority, canary: Host
) -> None:
    names = Names([["127.0.0.1"]])
    with listening(publishes()(0), honest(authority)) as host:
        did = f"did:web:{HOST}%3A{host.port}"
        assert str(resolve(did, fetch=guarded(authority, names)).id) == did


def test_n_web_rebind_a_lying_resolver_is_asked_once(
    authority: Authority, canary: Host
) -> None:
    names = Names([["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]])
    with (
        listening(publishes()(0), honest(authority)) as host,
        listening(
            publishes()(0), honest(authority), address="127.0.0.2", port=host.port
        ) as rebound,
    ):
        did = f"did:web:{HOST}%3A{host.port}"
        assert str(resolve(did, fetch=guarded(authority, names)).id) == did
        assert (names.asked, host.connections, rebound.connections) == (1, 1, 0)


def test_n_web_env_proxy_proxies_of_the_environment_are_not_used(
    authority: Authority, canary: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, f"http://127.0.0.1:{canary.port}")
    with listening(publishes()(0), honest(authority)) as host:
        did = f"did:web:{HOST}%3A{host.port}"
        cached = CachedFetch(guarded(authority, Names([["127.0.0.1"]])))
        assert str(resolve(did, fetch=cached).id) == did


def test_n_web_http_nothing_is_asked_without_tls(
    authority: Authority, canary: Host
) -> None:
    with listening(lambda connection: None, None) as host:
        names = Names([["127.0.0.1"]])
        with pytest.raises(MedidError) as caught:
            resolve(f"did:web:{HOST}%3A{host.port}", fetch=guarded(authority, names))
    assert caught.value.code == "FETCH_FAILED"
    assert all(first[:1] == b"\x16" for first in host.first_bytes)


def test_n_st_privacy_a_request_tells_of_no_other_and_takes_no_cookie_along(
    authority: Authority,
) -> None:
    with listening(publishes("Set-Cookie: id=1")(0), honest(authority)) as host:
        did = f"did:web:{HOST}%3A{host.port}"
        fetch = guarded(authority, Names([["127.0.0.1"]]))
        for _ in range(2):
            resolve(did, fetch=fetch)
    first, second = host.requests
    assert first == second
    told = {line.partition(b":")[0] for line in first.splitlines()[1:] if line}
    expected = {b"Host", b"Accept", b"Accept-Encoding", b"User-Agent", b"Connection"}
    assert told == expected


def test_n_web_10gb_little_is_held_of_what_has_no_end(authority: Authority) -> None:
    with listening(endless(OK + b"\r\n", b"x" * 65_536)(0), honest(authority)) as host:
        fetch = guarded(authority, Names([["127.0.0.1"]]))
        tracemalloc.start()
        with pytest.raises(MedidError, match="TOO_LARGE"):
            resolve(f"did:web:{HOST}%3A{host.port}", fetch=fetch)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 64 * 1024 * 1024


def test_n_web_cache_poison_a_first_answer_of_another_name_is_not_the_next_ones(
    authority: Authority,
) -> None:
    """The same server under two names: what it says under one is not kept for both."""
    with listening(publishes()(0), honest(authority)) as host:
        cached = CachedFetch(guarded(authority, Names([["127.0.0.1"]])))
        with pytest.raises(MedidError, match="INVALID_DID_DOCUMENT"):
            resolve(f"did:web:other.example%3A{host.port}", fetch=cached)
        did = f"did:web:{HOST}%3A{host.port}"
        assert str(resolve(did, fetch=cached).id) == did
        assert host.connections == 2
