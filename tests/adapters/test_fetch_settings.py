"""How a site fetches, as a file says it: strictly read, and used as it is written."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import medid
from medid.adapters.cache import CachedFetch
from medid.adapters.cache_memory import MAX_KEPT_BYTES
from medid.adapters.cache_redis import PREFIX, TIMEOUT, RedisStore
from medid.adapters.cache_sqlite import MAX_FILE_BYTES, SqliteStore
from medid.adapters.evm import MAX_LAG, Network
from medid.adapters.feed_settings import Feed
from medid.adapters.fetch_settings import (
    MAX_FILE,
    MAX_KEY_FILE,
    EvmSettings,
    FetchSettings,
    RedisSettings,
    ResolverSettings,
    SqliteSettings,
)
from medid.adapters.https import HttpsFetch
from medid.adapters.routes import MAX_ROUTES, RoutedFetch
from medid.core.fetch import Fetched, FetchRequest
from medid.errors import ConfigurationError, FetchBlocked, MedidError, MissingExtra
from tests.adapters.evm_nodes import telling
from tests.adapters.hosts import Authority, answer, listening, saying
from tests.adapters.test_universal_resolver import DID as EBSI
from tests.adapters.test_universal_resolver import RESULT, result
from tests.dids.builders import ED25519
from tests.dids.ethr.builders import LIFE

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTRY = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
KEY = "k" * 32
WHOLE: dict[str, Any] = {
    "caFile": "authority.pem",
    "evm": {
        "networks": {
            "eip155:1": ["https://one.example/rpc", "https://two.example/rpc"],
            "eip155:31337": {
                "urls": "https://besu.example/rpc",
                "registry": REGISTRY,
                "maxLag": None,
            },
            "eip155:100": {"urls": ["https://x.example/"], "maxLag": 60},
        },
        "caFile": "/etc/node.pem",
    },
    "universalResolver": {
        "base": "https://resolver.example",
        "methods": ["ebsi", "indy"],
        "allowLoopback": True,
    },
    "cache": {
        "redis": {
            "url": "rediss://user:secret@cache.example:6380/0",
            "keyFile": "cache.key",
            "prefix": "site:",
            "caFile": "redis.pem",
            "timeout": 1,
        },
        "memoryBytes": 1_000_000,
    },
    "feeds": [
        {"board": "did:web:a.example", "site": "https://a.example", "maxAge": 30},
        {"board": "did:web:b.example", "site": "https://b.example/board"},
    ],
}
FOLLOWED = {"board": "did:web:a.example", "site": "https://a.example"}
SQLITE: dict[str, Any] = {"sqlite": {"path": "fetched.db", "maxBytes": 4_096}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = tmp_path / "cache.key"
    key.touch(mode=0o600)
    key.write_text(KEY + "\n")
    return tmp_path


def written(folder: Path, settings: Any, mode: int = 0o600) -> Path:
    file = folder / "fetch.json"
    file.touch(mode=0o600)
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    file.chmod(mode)
    return file


def refused(folder: Path, settings: Any) -> ConfigurationError:
    """What is said of settings that cannot be read or used."""
    with pytest.raises(ConfigurationError) as caught:
        FetchSettings.from_file(written(folder, settings)).cached()
    assert "secret" not in str(caught.value)
    return caught.value


def test_every_member_is_read(folder: Path) -> None:
    found = FetchSettings.from_file(str(written(folder, WHOLE)))
    assert found == FetchSettings(
        ca_file=folder / "authority.pem",
        evm=EvmSettings(
            networks={
                1: Network(
                    url="https://one.example/rpc", others=["https://two.example/rpc"]
                ),
                31337: Network(
                    url="https://besu.example/rpc",
                    others=[],
                    registry=REGISTRY,
                    max_lag=None,
                ),
                100: Network(url="https://x.example/", others=[], max_lag=60.0),
            },
            ca_file=Path("/etc/node.pem"),
        ),
        resolver=ResolverSettings(
            base="https://resolver.example",
            methods=("ebsi", "indy"),
            allow_loopback=True,
        ),
        store=RedisSettings(
            url="rediss://user:secret@cache.example:6380/0",
            key=KEY.encode(),
            prefix="site:",
            ca_file=folder / "redis.pem",
            timeout=1.0,
        ),
        cache_bytes=1_000_000,
        feeds=(
            Feed(board="did:web:a.example", site="https://a.example", max_age=30),
            Feed(board="did:web:b.example", site="https://b.example/board"),
        ),
    )
    assert found.evm is not None
    assert found.evm.networks[1].max_lag == MAX_LAG
    assert "secret" not in repr(found)
    assert KEY not in repr(found)


def test_what_is_left_out_is_not_used(folder: Path) -> None:
    found = FetchSettings.from_file(written(folder, {}))
    assert found == FetchSettings()
    assert type(found.fetch()) is HttpsFetch
    cache = found.cached()
    assert cache._store is None
    defaults = FetchSettings.from_file(
        written(
            folder,
            {"cache": {"redis": {"url": "unix:///run/x", "keyFile": "cache.key"}}},
        )
    )
    assert defaults.store == RedisSettings(url="unix:///run/x", key=KEY.encode())
    assert (defaults.store.prefix, defaults.store.timeout) == (PREFIX, TIMEOUT)
    assert defaults.cache_bytes == MAX_KEPT_BYTES
    # A cache that shares nothing is one of this process.
    alone: dict[str, Any] = {"cache": {"memoryBytes": 1_000}}
    assert FetchSettings.from_json(alone, folder=folder) == FetchSettings(
        cache_bytes=1_000
    )
    sqlite = FetchSettings.from_json(
        {"cache": {"sqlite": {"path": "/a"}}}, folder=folder
    )
    assert sqlite.store == SqliteSettings(path=Path("/a"), max_bytes=MAX_FILE_BYTES)


def test_the_environment_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "REDIS_URL", "MEDID_FETCH_WITH"):
        monkeypatch.setenv(name, "https://evil.example")
    assert FetchSettings.from_file(written(folder, {})) == FetchSettings()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"nodes": {}}, "$.nodes"),
        ({"evm": None}, "$.evm"),
        ({"evm": []}, "$.evm"),
        ({"evm": {}}, "$.evm.networks"),
        ({"evm": {"networks": {}}}, "$.evm.networks"),
        ({"evm": {"networks": [], "x": 1}}, "$.evm.x"),
        ({"universalResolver": {}}, "$.universalResolver.methods"),
        ({"universalResolver": {"methods": ["ebsi"]}}, "$.universalResolver.base"),
        ({"cache": {"sqlite": {"path": "a"}, "redis": {}}}, "$.cache"),
        ({"cache": {"memcached": {}}}, "$.cache.memcached"),
        ({"cache": {"sqlite": "a"}}, "$.cache.sqlite"),
        ({"cache": {"sqlite": {}}}, "$.cache.sqlite.path"),
        ({"cache": {"sqlite": {"path": "a", "key": "b"}}}, "$.cache.sqlite.key"),
        ({"cache": {"sqlite": {"path": ""}}}, "$.cache.sqlite.path"),
        (
            {"cache": {"sqlite": {"path": "a", "maxBytes": 0}}},
            "$.cache.sqlite.maxBytes",
        ),
        ({"cache": {"redis": {"url": "redis://a"}}}, "$.cache.redis.keyFile"),
        (
            {"cache": {"redis": {"url": "redis://a", "keyFile": "no"}}},
            "$.cache.redis.keyFile",
        ),
        ({"cache": {"redis": {"key": "k" * 32}}}, "$.cache.redis.key"),
        ({"cache": {"memoryBytes": 0}}, "$.cache.memoryBytes"),
        ({"cache": {"memoryBytes": True}}, "$.cache.memoryBytes"),
        ({"cache": {"memoryBytes": 1.5}}, "$.cache.memoryBytes"),
        ({"feeds": []}, "$.feeds"),
        ({"feeds": [1]}, "$.feeds[0]"),
        ({"feeds": {"site": "https://a.example"}}, "$.feeds.board"),
        ({"feeds": [{"board": "did:web:a.example"}]}, "$.feeds[0].site"),
        ({"feeds": [{**FOLLOWED, "every": 1}]}, "$.feeds[0].every"),
        ({"feeds": [FOLLOWED, {**FOLLOWED, "board": "a"}]}, "$.feeds[1].board"),
        ({"feeds": [{**FOLLOWED, "maxAge": 1}]}, "$.feeds[0].maxAge"),
        ({"feeds": [{**FOLLOWED, "maxAge": "9"}]}, "$.feeds[0].maxAge"),
        ({"caFile": ""}, "$.caFile"),
        ({"caFile": "absent.pem"}, "$.caFile"),
    ],
)
def test_a_section_of_another_form_is_refused(
    folder: Path, change: dict[str, Any], path: str
) -> None:
    assert refused(folder, change).path == path


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("eip155:1", [], "$.evm.networks[?]"),
        ("eip155:1", "", "$.evm.networks[?]"),
        ("eip155:1", 1, "$.evm.networks[?]"),
        ("eip155:1", ["https://a.example", 1], "$.evm.networks[?][1]"),
        ("eip155:1", ["https://a.example"] * 5, "$.evm.networks[?]"),
        ("eip155:1", "http://a.example", "$.evm.networks[?]"),
        ("eip155:1", "http://localhost:8545", "$.evm.networks[?]"),
        ("eip155:1", {"url": "https://a.example"}, "$.evm.networks[?].url"),
        ("eip155:1", {}, "$.evm.networks[?].urls"),
        ("eip155:1", {"urls": "https://a.example", "lag": 1}, "$.evm.networks[?].lag"),
        ("eip155:1", {"urls": "https://a.example", "registry": "0x1"}, "$.evm.net"),
        ("eip155:1", {"urls": "https://a.example", "maxLag": "1"}, "$.evm.net"),
        ("eip155:1", {"urls": "https://a.example", "maxLag": -1}, "$.evm.networks[?]"),
        ("eip155:1", {"urls": "https://a.example", "maxLag": False}, "$.evm.networks"),
        ("eip155:01", "https://a.example", "$.evm.networks[?]"),
        ("eip155:0", "https://a.example", "$.evm.networks[?]"),
        ("eip155:", "https://a.example", "$.evm.networks"),
        ("1", "https://a.example", "$.evm.networks"),
        ("mainnet", "https://a.example", "$.evm.networks.mainnet"),
        ("solana:1", "https://a.example", "$.evm.networks[?]"),
        ("eip155:9999999999999999", "https://a.example", "$.evm.networks[?]"),
        ("eip155:31338", "https://a.example", "$.evm.networks[?]"),
    ],
)
def test_a_chain_of_another_form_is_refused(
    folder: Path, name: str, value: Any, path: str
) -> None:
    found = refused(folder, {"evm": {"networks": {name: value}}})
    assert found.path.startswith(path)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"base": "http://resolver.example"}, "base"),
        ({"base": "https://localhost"}, "base"),
        ({"base": "https://10.0.0.1"}, "base"),
        ({"base": ""}, "base"),
        ({"methods": []}, "methods"),
        ({"methods": "web"}, "methods"),
        ({"methods": ["ebsi", "key"]}, "methods"),
        ({"methods": ["EBSI"]}, "methods"),
        ({"methods": [f"m{n}" for n in range(MAX_ROUTES)]}, "methods"),
        ({"allowLoopback": 1}, "allowLoopback"),
        ({"allowLoopback": "false"}, "allowLoopback"),
        ({"caFile": 1}, "caFile"),
        ({"timeout": 1}, "timeout"),
    ],
)
def test_a_resolver_of_another_form_is_refused(
    folder: Path, change: dict[str, Any], path: str
) -> None:
    sound = {"base": "https://resolver.example", "methods": ["ebsi"]}
    found = refused(folder, {"universalResolver": {**sound, **change}})
    assert found.path.startswith(f"$.universalResolver.{path}")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "http://cache.example"}, "url"),
        ({"url": "rediss://cache.example?ssl_cert_reqs=none"}, "url"),
        ({"url": None}, "url"),
        ({"prefix": "a b"}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 60}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"keyFile": "\0"}, "keyFile"),
    ],
)
def test_a_redis_of_another_form_is_refused(
    folder: Path, change: dict[str, Any], path: str
) -> None:
    pytest.importorskip("redis")
    sound = {"url": "redis://user:secret@a.example", "keyFile": "cache.key"}
    found = refused(folder, {"cache": {"redis": {**sound, **change}}})
    assert found.path == f"$.cache.redis.{path}"


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"k" * 31, 0o600),
        (b"k" * 31 + b"\n", 0o600),
        (b"", 0o600),
        (b"k" * (MAX_KEY_FILE + 1), 0o600),
        (b"k" * 32, 0o640),
        (b"k" * 32, 0o604),
    ],
)
def test_a_key_that_is_short_long_or_open_is_refused(
    folder: Path, content: bytes, mode: int
) -> None:
    key = folder / "cache.key"
    key.write_bytes(content)
    key.chmod(mode)
    found = refused(
        folder, {"cache": {"redis": {"url": "redis://a", "keyFile": "cache.key"}}}
    )
    assert found.path == "$.cache.redis.keyFile"
    assert "kkk" not in str(found)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_others_may_use_is_refused(folder: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError, match="others than its owner") as caught:
        FetchSettings.from_file(written(folder, {}, mode))
    assert (caught.value.path, caught.value.fix) == ("--fetch-with", "chmod 600 it")


@pytest.mark.parametrize("name", ["absent", "", "\0"])
def test_a_file_that_is_not_there_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot read the fetch settings"):
        FetchSettings.from_file(f"{folder}/{name}")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"evm": {}, "evm": {}}', "{'a': 1}", "{}" * 2]
)
def test_a_file_that_is_no_strict_json_object_is_refused(
    folder: Path, text: str
) -> None:
    assert "the fetch settings" in refused(folder, text).message


def test_a_file_that_is_too_long_is_refused(folder: Path) -> None:
    assert refused(folder, "{}".ljust(MAX_FILE + 1)).path == "$"
    FetchSettings.from_file(written(folder, "{}".ljust(MAX_FILE)))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else ()
    for name, member in inner:
        yield (*path, name)
        yield from _places(member, (*path, name))


@given(
    place=st.sampled_from(list(_places(WHOLE))),
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
        st.lists(st.text(max_size=3), max_size=2),
        st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    ),
)
def test_a_value_of_another_kind_escapes_as_nothing_but_a_refusal(
    place: tuple[Any, ...], value: Any
) -> None:
    changed = copy.deepcopy(WHOLE)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    # The key is a file, which is another test's affair.
    if place != ("cache",):
        changed["cache"] = {**SQLITE, **changed["cache"]} if value is None else SQLITE
    # Whatever else escaped would fail the test.
    with suppress(MedidError):
        found = FetchSettings.from_json(changed, folder=Path("/nowhere"))
        replace(found, ca_file=None, store=None).cached()


# What is made of them.


def test_each_request_goes_to_whoever_serves_it(folder: Path) -> None:
    settings = {name: WHOLE[name] for name in ("evm", "universalResolver")}
    settings["evm"] = {"networks": WHOLE["evm"]["networks"]}
    found = FetchSettings.from_file(written(folder, settings)).fetch()
    assert isinstance(found, RoutedFetch)
    assert set(found._routes) == {"eip155", "did:ebsi", "did:indy"}
    assert found._routes["did:ebsi"] is found._routes["did:indy"]
    only = FetchSettings.from_json({"evm": settings["evm"]}, folder=folder).fetch()
    assert isinstance(only, RoutedFetch)
    assert set(only._routes) == {"eip155"}


def test_a_method_that_medid_reads_itself_is_refused_before_anything_is_made(
    folder: Path,
) -> None:
    resolver = {"base": "https://a.example", "methods": ["ebsi", "web"]}
    with pytest.raises(ConfigurationError) as caught:
        FetchSettings.from_json({"universalResolver": resolver}, folder=folder)  # type: ignore[dict-item]
    assert caught.value.path == "$.universalResolver.methods"


def test_the_store_is_opened_when_a_cache_is_made(folder: Path) -> None:
    found = FetchSettings.from_file(written(folder, {"cache": SQLITE}))
    assert not (folder / "fetched.db").exists()
    cache = found.cached()
    assert isinstance(cache, CachedFetch)
    assert isinstance(cache._store, SqliteStore)
    assert (folder / "fetched.db").stat().st_mode & 0o777 == 0o600
    (folder / "fetched.db").write_text("another program's")
    with pytest.raises(MedidError) as caught:
        found.cached()
    assert caught.value.path == "$.cache.sqlite"


def test_a_redis_is_prepared_and_not_connected_to(folder: Path) -> None:
    pytest.importorskip("redis")
    settings = {"cache": copy.deepcopy(WHOLE["cache"])}
    del settings["cache"]["redis"]["caFile"]
    cache = FetchSettings.from_file(written(folder, settings)).cached()
    assert isinstance(cache._store, RedisStore)


def test_without_the_extra_redis_is_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    settings = {"cache": {"redis": {"url": "redis://a", "keyFile": "cache.key"}}}
    found = FetchSettings.from_file(written(folder, settings))
    with pytest.raises(MissingExtra) as caught:
        found.cached()
    assert caught.value.path.startswith("$.cache.redis")


def test_an_authority_that_is_none_is_named(folder: Path) -> None:
    (folder / "none.pem").write_text("no certificate")
    for section, more in (
        ("evm", {"networks": {"eip155:1": "https://a.example"}}),
        ("universalResolver", {"base": "https://a.example", "methods": ["ebsi"]}),
    ):
        settings = {section: {**more, "caFile": "none.pem"}}
        assert refused(folder, settings).path.startswith(f"$.{section}")


@pytest.mark.loopback
def test_nodes_and_the_resolver_answer_through_the_cache(folder: Path) -> None:
    authority = Authority.make(folder / "ca")
    sound = saying(answer(result(), fields=(RESULT,)))
    with telling() as node, listening(sound, authority.server("localhost")) as host:
        settings = {
            "evm": {
                "networks": {
                    "eip155:31337": {
                        "urls": [node.url],
                        "registry": LIFE["history"]["registry"],
                        "maxLag": None,
                    }
                },
                "allowLoopback": True,
            },
            "universalResolver": {
                "base": host.url("", name="localhost"),
                "methods": ["ebsi"],
                "caFile": "ca/ca.pem",
                "allowLoopback": True,
            },
            "cache": {"sqlite": {"path": "fetched.db"}},
        }
        file = written(folder, settings)
        for _ in range(2):
            # Another process: nothing is shared but the file.
            fetch = FetchSettings.from_file(file).cached()
            document = medid.resolve(EBSI, fetch=fetch)
            assert document.method_for(f"{EBSI}#k", "assertionMethod").key == ED25519
            with pytest.raises(MedidError, match="DID_DEACTIVATED"):
                medid.resolve(LIFE["did"], fetch=fetch)
        assert len(host.requests) == 1
        assert node.asked.count("eth_chainId") == 1
        # What leave one party has, no other one gets by it.
        asked = FetchRequest(
            url=host.url(name="localhost"), accept="*/*", max_bytes=1_000
        )
        (found,) = fetch.fetch_all([asked], seconds=5)
        assert isinstance(found, FetchBlocked)
        assert len(host.requests) == 1


@pytest.mark.loopback
def test_documents_take_the_authority_of_their_own(folder: Path) -> None:
    Authority.make(folder / "ca")
    fetch = FetchSettings.from_file(written(folder, {"caFile": "ca/ca.pem"})).fetch()
    asked = FetchRequest(url="https://localhost/", accept="*/*", max_bytes=1_000)
    (found,) = fetch.fetch_all([asked], seconds=5)
    assert not isinstance(found, Fetched)
