"""How a site fetches, in one JSON file: its nodes, its resolver, its cache, its feeds.

For example::

    {
        "evm": {"networks": {"eip155:1": "https://node.hospital.example/rpc"}},
        "universalResolver": {
            "base": "https://resolver.hospital.example",
            "methods": ["ebsi"],
        },
        "cache": {"sqlite": {"path": "fetched.db"}},
        "feeds": [{"board": "did:web:board.example", "site": "https://board.example"}],
    }

Whoever can change it decides whom the site believes, and the URL of a node often holds
a secret, so its owner alone may use it. What is left out is not used: nothing is taken
from the environment. Files that it names are found from the folder that it stands in.

Spec: https://chainagnostic.org/CAIPs/caip-2
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.adapters.cache import CachedFetch
from medid.adapters.cache_memory import MAX_KEPT_BYTES
from medid.adapters.cache_redis import PREFIX, TIMEOUT, RedisStore
from medid.adapters.cache_sqlite import MAX_FILE_BYTES, SqliteStore
from medid.adapters.cache_store import check_key
from medid.adapters.evm import MAX_LAG, EvmFetch, Network
from medid.adapters.feed_settings import MAX_AGE, Feed
from medid.adapters.https import HttpsFetch
from medid.adapters.private_files import open_private
from medid.adapters.routes import MAX_ROUTES, RoutedFetch
from medid.adapters.universal_resolver import UniversalResolverFetch, checked_methods
from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    item_path,
    no_others,
    object_list,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    Misuse,
    child,
    located,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from medid.adapters.cache_store import Store
    from medid.core.fetch import Fetch
    from medid.core.json import JsonObject, JsonValue

MAX_FILE: Final = 65_536  # bytes; a site has a handful of chains and methods
MAX_KEY_FILE: Final = 4_096  # bytes, of the key of a shared cache; it has 32 and more

_OPTION: Final = "--fetch-with"
_MEMBERS: Final = frozenset({"caFile", "evm", "universalResolver", "cache", "feeds"})
_CHAIN: Final = re.compile(r"eip155:([1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmSettings:
    """The nodes of EVM chains, as ``EvmFetch`` takes them."""

    networks: Mapping[int, Network]
    ca_file: Path | None = None
    allow_loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSettings:
    """A Universal Resolver, as ``UniversalResolverFetch`` takes it."""

    base: str
    methods: tuple[str, ...]
    ca_file: Path | None = None
    allow_loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteSettings:
    """A cache that the processes of one machine share."""

    path: Path
    max_bytes: int = MAX_FILE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """A cache that several machines share. The URL may hold a password."""

    url: str = field(repr=False)
    key: bytes = field(repr=False)
    prefix: str = PREFIX
    ca_file: Path | None = None
    timeout: float = TIMEOUT


StoreSettings: TypeAlias = SqliteSettings | RedisSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """What a site fetches with.

    Attributes:
        ca_file: Whose certificates are trusted for documents, instead of the system's.
        evm: The nodes of EVM chains; ``None``: there are none.
        resolver: Who resolves DIDs of other methods; ``None``: nobody does.
        store: What a cache shares with other processes; ``None``: nothing.
        cache_bytes: Bytes of answers that a cache holds in this process.
        feeds: The change feeds of boards that are followed.
    """

    ca_file: Path | None = None
    evm: EvmSettings | None = None
    resolver: ResolverSettings | None = None
    store: StoreSettings | None = None
    cache_bytes: int = MAX_KEPT_BYTES
    feeds: tuple[Feed, ...] = ()

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> FetchSettings:
        """The settings in a JSON file that its owner alone may read.

        Raises:
            ConfigurationError: It cannot be read, others may read it, or it is not of
                the form that docs/how-to/fetching.md describes.
        """
        what = "the fetch settings"
        with open_private(path, what=what, setting=_OPTION) as file:
            content = file.read(MAX_FILE + 1)
        try:
            if len(content) > MAX_FILE:
                raise MalformedValue(f"there are more than {MAX_FILE} bytes")
            return cls.from_json(
                strict_json.load_object(content), folder=Path(path).parent
            )
        except Misuse:
            raise
        except MedidError as error:
            message = f"{what}: {error.message} ({error.code})"
            raise ConfigurationError(message, path=error.path, fix=error.fix) from None

    @classmethod
    def from_json(cls, obj: JsonObject, *, folder: Path) -> FetchSettings:
        """The settings in ``obj``; files are found from ``folder``.

        Raises:
            MalformedValue: A member that is missing, unknown or of another form.
            ConfigurationError: What the members say cannot be used.
        """
        no_others(obj, _MEMBERS, "$")
        evm = _section(obj, "evm")
        resolver = _section(obj, "universalResolver")
        cache = _section(obj, "cache")
        size = MAX_KEPT_BYTES
        if cache is not None:
            no_others(cache, {"sqlite", "redis", "memoryBytes"}, "$.cache")
            size = _bytes(cache, "memoryBytes", "$.cache", MAX_KEPT_BYTES)
        return cls(
            ca_file=_file(obj, "caFile", "$", folder),
            evm=None if evm is None else _evm(evm, "$.evm", folder),
            resolver=None
            if resolver is None
            else _resolver(resolver, "$.universalResolver", folder),
            store=None if cache is None else _store(cache, "$.cache", folder),
            cache_bytes=size,
            feeds=_feeds(obj),
        )

    def fetch(self) -> Fetch:
        """A fetcher of all that is set, without a cache.

        Raises:
            ConfigurationError: A node or the resolver cannot be used.
        """
        with located("$.caFile"):
            web = HttpsFetch(ca_file=self.ca_file)
        routes: dict[str, Fetch] = {}
        if self.evm is not None:
            with located("$.evm"):
                routes["eip155"] = EvmFetch(
                    self.evm.networks,
                    allow_loopback=self.evm.allow_loopback,
                    ca_file=self.evm.ca_file,
                )
        if self.resolver is not None:
            with located("$.universalResolver"):
                helper = UniversalResolverFetch(
                    self.resolver.base,
                    self.resolver.methods,
                    allow_loopback=self.resolver.allow_loopback,
                    ca_file=self.resolver.ca_file,
                )
            routes |= {f"did:{name}": helper for name in self.resolver.methods}
        return RoutedFetch(routes, otherwise=web) if routes else web

    def cached(self) -> CachedFetch:
        """The same behind a cache, which shares what the settings say.

        Raises:
            ConfigurationError: As ``fetch`` says, or the store cannot be used.
            EvidenceUnavailable: The file of the store cannot be made.
            MissingExtra: It is in Redis, and redis is not installed.
        """
        return CachedFetch(
            self.fetch(), store=self._opened_store(), max_bytes=self.cache_bytes
        )

    def followed(self, fetch: Fetch) -> Fetch:
        """``fetch`` behind the feeds; itself where none is followed.

        Raises:
            ConfigurationError: The feeds cannot be followed together.
        """
        if not self.feeds:
            return fetch
        # Asked for here: most sites follow none, and a feed takes much to load.
        from medid.adapters.feeds import FollowedFetch

        return FollowedFetch(fetch, self.feeds)

    def _opened_store(self) -> Store | None:
        store = self.store
        if isinstance(store, SqliteSettings):
            with located("$.cache.sqlite"):
                return SqliteStore(store.path, max_bytes=store.max_bytes)
        if isinstance(store, RedisSettings):
            with located("$.cache.redis"):
                return RedisStore(
                    store.url,
                    key=store.key,
                    prefix=store.prefix,
                    ca_file=None if store.ca_file is None else str(store.ca_file),
                    timeout=store.timeout,
                )
        return None


def _evm(obj: JsonObject, path: str, folder: Path) -> EvmSettings:
    no_others(obj, {"networks", "caFile", "allowLoopback"}, path)
    networks = required(obj, "networks", dict, path)
    place = child(path, "networks")
    if not networks:
        raise MalformedValue("there is no chain", path=place)
    found = {}
    for name, value in networks.items():
        chain = _CHAIN.fullmatch(name)
        if chain is None:
            message = "a chain is eip155: and its number"
            raise MalformedValue(message, path=child(place, name), fix="see CAIP-2")
        found[int(chain[1])] = _network(value, child(place, name))
    return EvmSettings(
        networks=found,
        ca_file=_file(obj, "caFile", path, folder),
        allow_loopback=_loopback(obj, path),
    )


def _network(value: JsonValue, path: str) -> Network:
    if not isinstance(value, dict):
        url, *others = strings(value, path)
        return Network(url=url, others=others)
    no_others(value, {"urls", "registry", "maxLag"}, path)
    url, *others = strings(value.get("urls"), child(path, "urls"))
    return Network(
        url=url,
        others=others,
        registry=optional_str(value, "registry", path),
        # Only null says that a node may be as late as it likes.
        max_lag=None
        if "maxLag" in value and value["maxLag"] is None
        else _seconds(value, "maxLag", path, MAX_LAG),
    )


def _resolver(obj: JsonObject, path: str, folder: Path) -> ResolverSettings:
    no_others(obj, {"base", "methods", "caFile", "allowLoopback"}, path)
    place = child(path, "methods")
    methods = tuple(strings(obj.get("methods"), place))
    if len(methods) >= MAX_ROUTES:
        message = f"a resolver serves fewer than {MAX_ROUTES} methods"
        raise MalformedValue(message, path=place)
    with located(path):
        checked_methods(methods)
    return ResolverSettings(
        base=required_str(obj, "base", path),
        methods=methods,
        ca_file=_file(obj, "caFile", path, folder),
        allow_loopback=_loopback(obj, path),
    )


def _store(obj: JsonObject, path: str, folder: Path) -> StoreSettings | None:
    if "sqlite" in obj and "redis" in obj:
        message = "a cache is shared in a file or in Redis, one of the two"
        raise MalformedValue(message, path=path)
    if "sqlite" in obj:
        return _sqlite(as_object(obj["sqlite"], f"{path}.sqlite"), path, folder)
    if "redis" in obj:
        return _redis(as_object(obj["redis"], f"{path}.redis"), path, folder)
    return None


def _sqlite(obj: JsonObject, above: str, folder: Path) -> SqliteSettings:
    path = child(above, "sqlite")
    no_others(obj, {"path", "maxBytes"}, path)
    return SqliteSettings(
        path=folder / required_str(obj, "path", path),
        max_bytes=_bytes(obj, "maxBytes", path, MAX_FILE_BYTES),
    )


def _redis(obj: JsonObject, above: str, folder: Path) -> RedisSettings:
    path = child(above, "redis")
    no_others(obj, {"url", "keyFile", "prefix", "caFile", "timeout"}, path)
    place = child(path, "keyFile")
    return RedisSettings(
        url=required_str(obj, "url", path),
        key=_key(folder / required_str(obj, "keyFile", path), place),
        prefix=optional_str(obj, "prefix", path) or PREFIX,
        ca_file=_file(obj, "caFile", path, folder),
        timeout=_seconds(obj, "timeout", path, TIMEOUT),
    )


def _feeds(obj: JsonObject) -> tuple[Feed, ...]:
    if "feeds" not in obj:
        return ()
    found = []
    for index, one in enumerate(object_list(obj["feeds"], "$.feeds")):
        path = item_path(obj["feeds"], "$.feeds", index)
        no_others(one, {"board", "site", "maxAge"}, path)
        board = required_str(one, "board", path)
        site = required_str(one, "site", path)
        age = _seconds(one, "maxAge", path, MAX_AGE)
        with located(path):
            found.append(Feed(board=board, site=site, max_age=age))
    return tuple(found)


def _key(name: Path, path: str) -> bytes:
    """The key in a file: its bytes, without the line feed at their end."""
    with open_private(name, what="the key of the cache", setting=path) as file:
        found = file.read(MAX_KEY_FILE + 1)
    if len(found) > MAX_KEY_FILE:
        message = f"the file of a key has more than {MAX_KEY_FILE} bytes"
        raise ConfigurationError(message, path=path)
    try:
        return check_key(found.rstrip(b"\r\n"))
    except ConfigurationError as error:
        raise ConfigurationError(error.message, path=path) from None


def _section(obj: JsonObject, name: str) -> JsonObject | None:
    return optional(obj, name, dict, "$")


def _file(obj: JsonObject, name: str, path: str, folder: Path) -> Path | None:
    found = optional_str(obj, name, path)
    return None if found is None else folder / found


def _loopback(obj: JsonObject, path: str) -> bool:
    return optional(obj, "allowLoopback", bool, path) or False


def _bytes(obj: JsonObject, name: str, path: str, default: int) -> int:
    found = optional(obj, name, int, path)
    if found is not None and found <= 0:
        raise MalformedValue("not a number of bytes above 0", path=child(path, name))
    return default if found is None else found


def _seconds(obj: JsonObject, name: str, path: str, default: float) -> float:
    found = obj.get(name, default)
    if type(found) not in {int, float}:
        raise MalformedValue("not a number of seconds", path=child(path, name))
    return float(found)  # type: ignore[arg-type]
