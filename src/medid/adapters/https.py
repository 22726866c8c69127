"""The guarded fetcher: public https documents, and nothing else.

A document may be the answer to a question in JSON, which is then sent by POST. For each
document, in this order:

1. The URL is https, names its host by a DNS name, and hides nothing.
2. The name is looked up once. Every address it leads to must be public unicast.
3. The connection goes to an address that was checked, so that a second look-up cannot
   lead elsewhere. The certificate must be valid for the name, by TLS 1.2 or newer.
4. The answer must be 200, unencoded, within the size asked for and within the time.
   Redirects are refused, not followed. That a document is not there tells of now alone.

No proxy, cookie, credential or other setting is taken from the environment; only where
the system keeps its trusted certificates is OpenSSL's own affair. Whether a certificate
was revoked is not asked. What a document says is not looked at here: a login page with
status 200 is an answer, and whoever asked refuses it.

``allow_loopback`` and ``ca_file`` exist for tests and closed networks. There is no
switch that turns certificate checks off.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-4.2.2
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.adapters import addresses, freshness, urls
from medid.adapters.exchange import (
    Answer,
    Deadline,
    Gone,
    NotFound,
    Request,
    busy,
    dial,
    exchange,
)
from medid.core.arguments import checked_arguments
from medid.core.evidence import SEEN_LATER
from medid.core.fetch import NO_VALIDATORS, Fetched
from medid.core.instant import stopwatch, system_clock
from medid.errors import (
    ConfigurationError,
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    HistoryUnknown,
    MedidError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from medid.adapters.addresses import Address
    from medid.core.fetch import FetchRequest
    from medid.core.instant import Clock

MAX_CONCURRENT: Final = 8  # fetches of one batch that run at once
MAX_THREADS: Final = 64  # of one fetcher, look-ups that hang included
THREAD_NAME: Final = "medid-fetch"
MAX_ADDRESSES: Final = 4  # of one name that are tried; all of them are checked

_ACCEPT: Final = re.compile(r"[ -~]{0,512}")
_ON_A_CHAIN: Final = "eip155:"  # histories of did:ethr
# By which whoever was asked says that something is not there, or not any more.
_NOT_THERE: Final = (NotFound, Gone, DidNotFound, DidDeactivated)

# From a host name and a port to IP addresses in text, in the order to try them.
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of ``host`` by the system's own look-up.

    Raises:
        OSError: There are none, or the look-up failed.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class HttpsFetch:
    """Fetches public https documents. Safe to share between threads."""

    @checked_arguments
    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        ca_file: str | Path | None = None,
        resolver: Resolver = system_resolver,
        clock: Clock = system_clock,
    ) -> None:
        """Prepare a fetcher; nothing is opened yet.

        Args:
            allow_loopback: Accept this machine's own addresses too. For tests.
            ca_file: Trust the certificates in this PEM file instead of the system's.
            resolver: Looks names up.
            clock: Says when a document was fetched.

        Raises:
            ConfigurationError: ``ca_file`` cannot be read.
        """
        self._allow_loopback = allow_loopback
        self._resolver = resolver
        self._clock = clock
        self._tls = tls_context(ca_file)
        self._slots = threading.BoundedSemaphore(MAX_THREADS)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order, within ``seconds`` in all."""
        batch = _Batch(requests, Deadline.after(seconds))
        wanted = min(MAX_CONCURRENT, len(requests))
        # A thread whose look-up hangs keeps its slot until the system gives up.
        started = [slot for slot in range(wanted) if self._start_worker(batch)]
        if not started:
            return [busy() for _ in requests]
        return batch.answers()

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, which it runs in a thread of the event loop's pool."""
        return await asyncio.to_thread(self.fetch_all, requests, seconds=seconds)

    def _start_worker(self, batch: _Batch) -> bool:
        if not self._slots.acquire(blocking=False):
            return False
        worker = threading.Thread(
            target=self._work, args=(batch,), name=THREAD_NAME, daemon=True
        )
        try:
            worker.start()
        except RuntimeError:  # the system has no thread left
            self._slots.release()
            return False
        return True

    def _work(self, batch: _Batch) -> None:
        try:
            for index, request in batch.rest():
                batch.put(index, self._answer(request, batch.deadline))
        finally:
            self._slots.release()

    def _answer(
        self, request: FetchRequest, deadline: Deadline
    ) -> Fetched | MedidError:
        try:
            answer = self._fetch(request, deadline)
        except _NOT_THERE as error:
            return self._about_then(request, error)
        except MedidError as error:
            return error
        return Fetched.of(
            request.url,
            answer.content,
            fetched_at=self._clock(),
            media_type=answer.media_type,
            freshness=answer.freshness,
        )

    def _about_then(self, request: FetchRequest, error: MedidError) -> MedidError:
        """What it says about the time asked about that something is not there now."""
        at = request.at
        if at is None or at >= self._clock().plus(-SEEN_LATER):
            return error
        message = "that it is not published now says nothing about the time asked about"
        return HistoryUnknown(message)

    def _fetch(self, request: FetchRequest, deadline: Deadline) -> Answer:
        if request.url.startswith(_ON_A_CHAIN):
            # Not refused, only not to be had here: nothing is wrong with the document.
            message = "this fetcher speaks to no node of a chain"
            raise EvidenceUnavailable(message, fix="fetch with EvmFetch")
        url, known = request.url, request.known
        if request.body is not None:
            # What tells questions apart is not sent, and no answer stands for another.
            url, known = url.partition("#")[0], NO_VALIDATORS
        place = urls.parse(url, allow_localhost=self._allow_loopback)
        if _ACCEPT.fullmatch(request.accept) is None:
            raise FetchBlocked("the media types to accept are not plain text")
        asked = Request(
            place=place,
            accept=request.accept,
            max_bytes=request.max_bytes,
            known=freshness.checked(known),
            body=request.body,
        )
        deadline.seconds_left()
        connection = dial(self._look_up(place), place.port, deadline)
        return exchange(asked, connection, self._tls, deadline)

    def _look_up(self, place: urls.Place) -> list[Address]:
        try:
            found = self._resolver(place.host, place.port)
        except (OSError, UnicodeError):
            raise FetchFailed("the host's name cannot be looked up") from None
        checked = [
            addresses.check(text, allow_loopback=self._allow_loopback) for text in found
        ]
        return checked[:MAX_ADDRESSES]


class _Batch:
    """Requests that are handed out to workers, and their answers as they come in."""

    def __init__(self, requests: Sequence[FetchRequest], deadline: Deadline) -> None:
        self.deadline = deadline
        self._size = len(requests)
        self._requests: SimpleQueue[tuple[int, FetchRequest]] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, Fetched | MedidError]] = SimpleQueue()
        for entry in enumerate(requests):
            self._requests.put(entry)

    def rest(self) -> Iterator[tuple[int, FetchRequest]]:
        """The requests that no other worker has taken, each with its index."""
        with suppress(Empty):
            while True:
                yield self._requests.get_nowait()

    def put(self, index: int, answer: Fetched | MedidError) -> None:
        """Hand in the answer to the request ``index``."""
        self._done.put((index, answer))

    def answers(self) -> list[Fetched | MedidError]:
        """All answers, once they are in or time is up."""
        answers: list[Fetched | MedidError] = [
            FetchFailed("the host did not answer in time") for _ in range(self._size)
        ]
        # Whoever is still waiting for a host then gives up by the same deadline.
        with suppress(Empty):
            for _ in range(self._size):
                remaining = max(0.0, self.deadline.moment - stopwatch())
                index, answer = self._done.get(timeout=remaining)
                answers[index] = answer
        return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """As whom a connection is made, where the host asks for it.

    Attributes:
        certificate: PEM file of the certificate chain.
        key: PEM file of its private key, without a password.
    """

    certificate: str | Path
    key: str | Path


def tls_context(
    ca_file: str | Path | None, client: ClientCertificate | None = None
) -> ssl.SSLContext:
    """Which certificates and versions a connection accepts, and as whom it is made.

    Raises:
        ConfigurationError: ``ca_file`` or the client's certificate cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Some versions of Python set it: then a connection that somebody has cut looks like
    # the end of a document, and a log without its last entries like a whole one.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    if client is not None:
        _load(context, client)
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ValueError):  # of a name that no file can have
        raise ConfigurationError("the ca_file holds no certificates") from None
    return context


def _load(context: ssl.SSLContext, client: ClientCertificate) -> None:
    try:
        # A key with a password would make OpenSSL ask for it on the terminal.
        context.load_cert_chain(client.certificate, client.key, password=bytes)
    except (OSError, ValueError):
        message = "the client's certificate or its key cannot be read"
        fix = "give PEM files that belong together; the key has no password"
        raise ConfigurationError(message, path="$.client", fix=fix) from None
