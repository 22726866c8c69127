"""Fetched documents in a Redis that several machines share.

A Redis is reached over a network and by other programs, and whoever can write to it
could put keys of their own under a board's name. So every entry is signed with a key
that only those who share the cache have; there is no way to go without. What is not
signed so, or is too long, is not used and is counted, as is a server that cannot be
reached: then each process fetches for itself.

Documents are public, but which of them are kept says whose licenses are looked at:
names are digests of addresses, which hides them from a glance and not from a guess.

Needs the extra ``redis``.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from medid.adapters import cache_store
from medid.adapters.cache_store import MAX_ENTRY
from medid.core.instant import stopwatch
from medid.errors import ConfigurationError, MedidError, MissingExtra, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.fetch import Fetched

PREFIX: Final = "medid:cache:"
TIMEOUT: Final = 0.5  # seconds for a connection or an answer; a slower cache is no help
# After a failure nothing is asked for so long, so that each fetch is not held up anew.
RETRY_SECONDS: Final = 5.0
MAX_TIMEOUT: Final = 5.0  # seconds, as a whole verification has on the network

# Without a query: redis-py would take settings from it, such as none of certificates.
_URL: Final = re.compile(r"(?:rediss?|unix)://[^\s?#]+")
_PREFIX: Final = re.compile(r"[!-~]{1,64}")


class RedisStore:
    """A store in Redis 6 or later, or what speaks like it. Safe between threads."""

    def __init__(
        self,
        url: str,
        *,
        key: bytes,
        prefix: str = PREFIX,
        ca_file: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: ``rediss://`` for TLS, whose certificate is checked for the name;
                ``redis://`` and ``unix://`` for this machine or a closed network.
            key: Signs entries: 32 random bytes or more, the same for all who share.
            prefix: What the names in Redis begin with; visible ASCII.
            ca_file: Trust the certificates in this PEM file instead of the system's.
            timeout: Seconds for a connection, and for each answer.

        Raises:
            ConfigurationError: The URL, key, prefix or timeout cannot be used.
            MissingExtra: redis is not installed.
        """
        self._redis = _redis()
        self._key = cache_store.check_key(key)
        if _PREFIX.fullmatch(prefix) is None:
            message = "a prefix is 1 to 64 visible characters of ASCII"
            raise ConfigurationError(message, path="$.prefix")
        if not 0 < timeout <= MAX_TIMEOUT:
            message = "a timeout is a positive number of seconds, of a few"
            raise ConfigurationError(message, path="$.timeout")
        self._prefix = prefix
        self._client = self._connection(url, timeout, ca_file)
        self._lock = threading.Lock()
        self._rests_until = 0.0
        self.faults = 0

    def get(self, name: str) -> Fetched | None:
        """The document that was kept under ``name``; ``None`` where none is."""
        with self._counting() as usable:
            if usable:
                return self._read(name)
        return None

    def put(self, name: str, document: Fetched, *, seconds: float) -> None:
        """Keep ``document`` under ``name`` for so many seconds at most."""
        entry = cache_store.write(name, document, self._key)
        if len(entry) > MAX_ENTRY:
            return
        with self._counting() as usable:
            if usable:
                self._client.set(self._entry(name), entry, px=_milliseconds(seconds))

    def claim(self, name: str, *, seconds: float) -> bool:
        """Whether the caller is the one to fetch ``name``, for so many seconds."""
        with self._counting() as usable:
            if usable:
                place, life = self._claim(name), _milliseconds(seconds)
                return self._client.set(place, b"1", nx=True, px=life) is not None
        return True

    def release(self, name: str) -> None:
        """Let another fetch ``name``."""
        with self._counting() as usable:
            if usable:
                self._client.delete(self._claim(name))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _connection(self, url: str, timeout: float, ca_file: str | None) -> Any:
        if _URL.fullmatch(url) is None:
            message = "a Redis is named by a redis, rediss or unix URL"
            raise ConfigurationError(message, path="$.url")
        more: dict[str, Any] = {}
        if not url.startswith("unix:"):
            more["socket_connect_timeout"] = timeout
        if url.startswith("rediss:"):
            more |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
            more |= {} if ca_file is None else {"ssl_ca_certs": ca_file}
        once = self._redis.retry.Retry(self._redis.backoff.NoBackoff(), 0)
        try:
            return self._redis.Redis.from_url(
                url, socket_timeout=timeout, retry=once, **more
            )
        except (ValueError, TypeError):
            message = "the URL of the Redis cannot be used"
            raise ConfigurationError(message, path="$.url") from None

    def _read(self, name: str) -> Fetched | None:
        # One more byte than may be says that it is too long.
        entry = self._client.getrange(self._entry(name), 0, MAX_ENTRY)
        if len(entry) > MAX_ENTRY:
            raise TooLarge("the entry is too long")
        return cache_store.read(name, entry, self._key) if entry else None

    def _entry(self, name: str) -> str:
        return f"{self._prefix}entry:{cache_store.digest(name)}"

    def _claim(self, name: str) -> str:
        return f"{self._prefix}claim:{cache_store.digest(name)}"

    @contextmanager
    def _counting(self) -> Iterator[bool]:
        """Whether Redis is to be asked; what goes wrong inside is counted."""
        try:
            yield stopwatch() >= self._rests_until
        except MedidError:
            self._fault()
        except (self._redis.RedisError, OSError, ValueError):
            self._rests_until = stopwatch() + RETRY_SECONDS
            self._fault()

    def _fault(self) -> None:
        with self._lock:
            self.faults += 1


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1_000))


def _redis() -> Any:
    try:
        import redis
    except ImportError:
        message = "a cache in Redis needs redis-py"
        raise MissingExtra(message, fix="pip install 'medid[redis]'") from None
    return redis
