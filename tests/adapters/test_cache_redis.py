"""A real Redis as a shared cache: believed only where an entry is signed."""

from __future__ import annotations

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters import cache_redis, cache_store
from medid.adapters.cache import CachedFetch, name_of
from medid.adapters.cache_redis import RedisStore
from medid.core.fetch import Fetched
from medid.core.instant import system_clock
from medid.errors import ConfigurationError, MissingExtra
from tests.adapters import redis_server
from tests.adapters.fetchers import NOON, URL, Clock, Hosts, request, until
from tests.adapters.hosts import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adapters.redis_server import Server

redis = pytest.importorskip("redis")

KEY = b"k" * 32
DOCUMENT = Fetched.of(URL, b"{}", fetched_at=NOON)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Server]:
    with redis_server.running(tmp_path_factory.mktemp("redis"), authority) as server:
        yield server


@pytest.fixture
def raw(server: Server) -> Iterator[Any]:
    """Somebody else who can write to it."""
    client = redis.Redis.from_url(server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def store(server: Server, raw: Any) -> Iterator[RedisStore]:
    store = RedisStore(server.url, key=KEY, timeout=5)
    yield store
    store.close()


pytestmark = pytest.mark.loopback


def test_what_is_put_is_there_until_its_time_is_up(store: RedisStore) -> None:
    assert store.get("n") is None
    store.put("n", DOCUMENT, seconds=100)
    assert store.get("n") == DOCUMENT
    assert store.get("other") is None
    store.put("n", DOCUMENT, seconds=0.05)
    until(lambda: store.get("n") is None)
    store.put("n", DOCUMENT, seconds=0)
    until(lambda: store.get("n") is None)
    assert store.faults == 0


def test_one_at_a_time_is_to_fetch(server: Server, store: RedisStore) -> None:
    def claims(_: int) -> bool:
        return store.claim("n", seconds=100)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claims, range(8))) == 1
    assert store.claim("other", seconds=0.05)
    until(lambda: store.claim("other", seconds=100))
    store.release("n")
    assert store.claim("n", seconds=100)


def test_names_have_a_prefix_and_show_no_address(
    server: Server, store: RedisStore, raw: Any
) -> None:
    other = RedisStore(server.url, key=KEY, prefix="other:")
    store.put(URL, DOCUMENT, seconds=100)
    store.claim(URL, seconds=100)
    assert other.get(URL) is None
    other.close()
    names = sorted(raw.keys())
    assert [name.rpartition(b":")[0] for name in names] == [
        b"medid:cache:claim",
        b"medid:cache:entry",
    ]
    assert not any(b"board" in name for name in names)


def test_what_is_not_signed_with_the_key_is_not_used(
    server: Server, store: RedisStore, raw: Any
) -> None:
    place = store._entry("n")
    for planted in (
        cache_store.write("n", DOCUMENT),
        cache_store.write("n", DOCUMENT, b"x" * 32),
        cache_store.write("other", DOCUMENT, KEY),
        b"nonsense",
    ):
        raw.set(place, planted)
        assert store.get("n") is None
    assert store.faults == 4
    raw.set(place, cache_store.write("n", DOCUMENT, KEY))
    assert store.get("n") == DOCUMENT


def test_what_is_too_long_is_neither_read_nor_put(
    store: RedisStore, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = cache_store.write("n", DOCUMENT, KEY)
    monkeypatch.setattr(cache_redis, "MAX_ENTRY", len(entry))
    store.put("n", DOCUMENT, seconds=100)
    assert store.get("n") == DOCUMENT
    monkeypatch.setattr(cache_redis, "MAX_ENTRY", len(entry) - 1)
    assert store.get("n") is None
    assert store.faults == 1
    store.put("m", DOCUMENT, seconds=100)
    assert raw.get(store._entry("m")) is None


def test_something_else_under_a_name_is_a_fault_and_no_entry(
    store: RedisStore, raw: Any
) -> None:
    raw.lpush(store._entry("n"), b"1")
    assert store.get("n") is None
    assert store.faults == 1


def test_two_caches_share_what_one_of_them_fetched(store: RedisStore) -> None:
    hosts = Hosts(Clock(system_clock()))
    one, other = (CachedFetch(hosts, store=store) for _ in range(2))
    (first,) = one.fetch_all([request()], seconds=5)
    (second,) = other.fetch_all([request()], seconds=5)
    assert first == second
    assert len(hosts.asked) == 1
    assert other.counts().shared_hits == 1


def test_a_planted_document_does_not_reach_a_verifier(
    store: RedisStore, raw: Any
) -> None:
    hosts = Hosts(Clock(system_clock()))
    evil = Fetched.of(URL, b"of evil", fetched_at=system_clock())
    name = name_of(request())
    raw.set(store._entry(name), cache_store.write(name, evil))
    cache = CachedFetch(hosts, store=store)
    (got,) = cache.fetch_all([request()], seconds=5)
    assert isinstance(got, Fetched)
    assert got.content == b"{}"
    assert cache.counts().store_faults == 2  # looked at before the claim, and after


def test_over_tls_the_certificate_is_checked_for_the_name(
    server: Server, authority: Authority, raw: Any
) -> None:
    ca_file = str(authority.file)
    good = RedisStore(server.tls_url(), key=KEY, ca_file=ca_file, timeout=5)
    good.put("n", DOCUMENT, seconds=100)
    assert good.get("n") == DOCUMENT
    assert good.faults == 0
    good.close()
    for bad in (
        RedisStore(server.tls_url("127.0.0.1"), key=KEY, ca_file=ca_file, timeout=5),
        RedisStore(server.tls_url(), key=KEY, timeout=5),
    ):
        assert bad.get("n") is None
        assert bad.faults == 1
        bad.close()


def test_a_server_that_is_down_is_no_cache_and_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"redis://127.0.0.1:{redis_server.free_port()}"
    store = RedisStore(url, key=KEY)
    hosts = Hosts(Clock(system_clock()))
    cache = CachedFetch(hosts, store=store)
    (got,) = cache.fetch_all([request()], seconds=5)
    assert isinstance(got, Fetched)
    assert cache.counts().store_faults == 1
    assert store.get("n") is None
    assert store.claim("n", seconds=1)
    assert store.faults == 1
    monkeypatch.setattr(cache_redis, "RETRY_SECONDS", 0.0)
    store._rests_until = 0.0
    for times in (2, 3):
        store.put("n", DOCUMENT, seconds=1)
        assert store.faults == times


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        store = RedisStore(url, key=KEY, timeout=0.1)
        start = time.monotonic()
        assert store.get("n") is None
        assert time.monotonic() - start < 10
        assert store.faults == 1
        store.close()


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"key": b"short"}, "$.key"),
        ({"prefix": ""}, "$.prefix"),
        ({"prefix": "a b"}, "$.prefix"),
        ({"timeout": 0}, "$.timeout"),
        ({"timeout": float("inf")}, "$.timeout"),
        ({"url": "http://127.0.0.1"}, "$.url"),
        ({"url": "rediss://127.0.0.1?ssl_cert_reqs=none"}, "$.url"),
        ({"url": "redis://127.0.0.1:port"}, "$.url"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    settings: dict[str, Any], path: str
) -> None:
    told: dict[str, Any] = {"url": "redis://127.0.0.1", "key": KEY, **settings}
    with pytest.raises(ConfigurationError) as caught:
        RedisStore(told.pop("url"), **told)
    assert caught.value.path == path


def test_without_redis_py_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingExtra, match=r"redis"):
        RedisStore("redis://127.0.0.1", key=KEY)
