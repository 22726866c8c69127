"""Run the application on a socket: uvicorn, TLS, signals, logs.

What may be reached from other machines is refused here unless somebody says that it
shall: the conformance profile because it asks nobody who they are, and plain http
because a bearer token would travel in the open.

Spec: https://www.rfc-editor.org/rfc/rfc6750#section-5.3
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp
    from uvicorn import Config, Server

    from medid.server.settings import Settings

KEEP_ALIVE: Final = 5  # seconds that a connection stays idle between two requests
STOP_SECONDS: Final = 30  # that running requests get to end when the server stops
# Threads that verify hand over this often, so that others are answered meanwhile.
SWITCH_SECONDS: Final = 0.0005
# uvicorn's own bound lies above ours, so that it is ours that answers, with 431.
MAX_HEAD: Final = 81_920  # bytes of request line and headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen.

    Attributes:
        host: A name or address of this machine.
        port: 0 takes any that is free.
        certificate: PEM file of the certificate chain; without one, plain http.
        key: PEM file of its private key.
        client_ca: PEM file of the authorities that certify clients: every client has
            to show a certificate of theirs.
        exposed: Other machines may reach what is refused to them otherwise.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: str | None = None
    key: str | None = None
    client_ca: str | None = None
    exposed: bool = False

    @property
    def scheme(self) -> str:
        """``https`` where there is a certificate."""
        return "https" if self.certificate is not None else "http"


def serve(
    settings: Callable[[str], Settings],
    address: Address,
    *,
    ready: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT; requests that run are answered first.

    Args:
        settings: Gives the settings for the base URL that was listened on.
        address: Where to listen.
        ready: Called with the base URL once requests are answered.

    Raises:
        MissingExtra: Starlette or uvicorn is not installed.
        ConfigurationError: The address cannot be used, or must not be without
            ``exposed``; a certificate cannot be read; settings that contradict.
    """

    def make(base_url: str, host: str) -> ASGIApp:
        from medid.server import app

        chosen = settings(base_url)
        _check_exposure(chosen, address, host)
        return app(chosen)

    listen(make, address, ready=ready)


def listen(
    make: Callable[[str, str], ASGIApp],
    address: Address,
    *,
    ready: Callable[[str], None],
) -> None:
    """Serve an application until SIGTERM or SIGINT.

    Args:
        make: Gives the application for the base URL and address that are listened on.
        address: Where to listen.
        ready: Called with the base URL once requests are answered.

    Raises:
        MissingExtra: Starlette or uvicorn is not installed.
        ConfigurationError: The address cannot be used, or a certificate not be read.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        message = "the server needs: pip install 'medid[server]'"
        raise MissingExtra(message) from error
    with _listening(address) as listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        base_url = f"{address.scheme}://{shown}:{port}"
        server = uvicorn.Server(_config(make(base_url, host), address))
        _run(server, listener, partial(ready, base_url))


def _listening(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, place = found[0]
        return socket.create_server(place[:2], family=family, backlog=512)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        message = f"cannot listen there: {reason}"
        raise ConfigurationError(message, path="--host") from None


def _check_exposure(settings: Settings, address: Address, host: str) -> None:
    if ip_address(host.partition("%")[0]).is_loopback or address.exposed:
        return
    if settings.measuring:
        message = "the conformance profile signs for everybody who can reach it"
        raise ConfigurationError(message, path="--host", fix=_FIX)
    if address.certificate is None:
        message = "bearer tokens would travel in the open"
        raise ConfigurationError(message, path="--tls-cert", fix=_FIX)


_FIX: Final = "listen on 127.0.0.1, behind a proxy that speaks TLS, or pass --i-know"


def _config(app: ASGIApp, address: Address) -> Config:
    import ssl

    import uvicorn

    from medid.server.certified import CertifiedProtocol
    from medid.server.patience import PatientProtocol

    asked = address.client_ca is not None
    try:
        config = uvicorn.Config(
            app,
            http=CertifiedProtocol if asked else PatientProtocol,
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=address.certificate,
            ssl_keyfile=address.key,
            ssl_ca_certs=address.client_ca,
            ssl_cert_reqs=ssl.CERT_REQUIRED if asked else ssl.CERT_NONE,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    except (OSError, ssl.SSLError):
        message = "the certificate or its key cannot be read"
        raise ConfigurationError(message, path="--tls-cert") from None
    return config


def _run(server: Server, listener: socket.socket, ready: Callable[[], None]) -> None:
    _set_up_logs()

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn takes both signals over while it runs, and raises what it got again at
    # the end. Ours stand before and after it, so that being told to stop is no error.
    asked = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in asked]
    try:
        sys.setswitchinterval(SWITCH_SECONDS)
        # The socket takes callers from here on; they wait for the few milliseconds.
        ready()
        server.run(sockets=[listener])
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)


def _set_up_logs() -> None:
    """Everything to standard error, one line each, and no traceback in any."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(_without_traceback)
    for name, level in (
        ("medid.access", logging.INFO),
        ("medid.server", logging.ERROR),
        ("uvicorn.error", logging.ERROR),
    ):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = record.stack_info = None
    return True
