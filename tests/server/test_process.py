"""The real server on the loopback interface: TLS, signals, odd bytes, slow callers."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest
import uvicorn

from medid.errors import ConfigurationError
from medid.keys import keyfile
from medid.keys.keyfile import Protection
from medid.server import Limits, Settings, app, conformance, patience, running
from medid.server.metrics import Metrics
from medid.server.running import Address
from tests.adapters.hosts import Authority
from tests.server.support import SECRET, bearer, settings
from tests.verifying.world import BOARD, plain, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.loopback

SECONDS = 20  # after which a test gives up on the process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a board serves with: a key, its password, and a token."""
    key = BOARD.signer
    keyfile.save(
        tmp_path / "board.key",
        key,  # type: ignore[arg-type]
        password=b"password",
        protection=Protection(cost=keyfile.MIN_COST),
    )
    (tmp_path / "board.password").write_text("password\n")
    tokens = {
        "tokens": [
            {
                "name": "registrar",
                "token": SECRET,
                "operations": ["issue"],
                "dids": [BOARD.did],
            }
        ]
    }
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps(tokens))
    file.chmod(0o600)
    return tmp_path


@contextmanager
def process(folder: Path, *flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``medid serve`` with ``flags``; gives where it serves."""
    command = [sys.executable, "-m", "medid.cli.main", "serve", "--port=0", "--offline"]
    with subprocess.Popen(
        [*command, *flags],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            assert started.stdout is not None
            line = started.stdout.readline()
            assert line.startswith("medid serves at "), started.communicate()
            yield line.split()[-1], started
        finally:
            started.terminate()
            started.communicate(timeout=SECONDS)


BOARD_FLAGS = (
    "--key=board.key",
    "--password-file=board.password",
    "--tokens=tokens.json",
)


def test_a_board_serves_over_tls_and_stops_when_told(folder: Path) -> None:
    authority = Authority.make(folder / "ca")
    authority.server("localhost")
    (pem,) = [one for one in authority.folder.glob("*.pem") if one != authority.file]
    trusted = ssl.create_default_context(cafile=str(authority.file))
    flags = (*BOARD_FLAGS, f"--tls-cert={pem}", f"--tls-key={pem}")
    with process(folder, *flags) as (url, started):
        assert url.startswith("https://127.0.0.1:")
        port = url.rpartition(":")[2]
        with httpx2.Client(
            verify=trusted, base_url=f"https://localhost:{port}"
        ) as caller:
            assert caller.get("/health").json() == {"status": "ok"}
            refused = caller.post("/credentials/issue", json={"credential": plain()})
            answer = caller.post(
                "/credentials/issue", json={"credential": plain()}, headers=bearer()
            )
        assert refused.status_code == 401
        assert answer.status_code == 201
        issued = answer.json()["verifiableCredential"]
        assert issued["issuer"] == BOARD.did
        assert "server" not in answer.headers
        started.send_signal(signal.SIGTERM)
        _, errors = started.communicate(timeout=SECONDS)
    assert started.returncode == 0
    lines = errors.splitlines()
    assert len(lines) == 3
    assert "route=/credentials/issue status=201 code=OK by=registrar" in lines[2]
    assert SECRET not in errors
    assert "did:" not in errors


def test_a_request_that_runs_is_answered_before_the_end(folder: Path) -> None:
    body = json.dumps({"verifiableCredential": signed(plain())}).encode()
    with process(folder) as (url, started):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), SECONDS) as caller:
            caller.sendall(head("POST /credentials/verify", len(body)) + body[:10])
            # The health of another caller shows that the first one has been heard.
            assert httpx2.get(f"{url}/health").status_code == 200
            started.send_signal(signal.SIGINT)
            caller.sendall(body[10:])
            answer = read_all(caller)
        started.communicate(timeout=SECONDS)
    assert answer.startswith(b"HTTP/1.1 ")
    assert b'"verified":' in answer
    assert started.returncode == 0


def test_the_conformance_profile_warns(folder: Path) -> None:
    with process(folder, "--profile=conformance", "--seed=x") as (url, started):
        draft = {**plain(), "issuer": "https://board.example/1"}
        answer = httpx2.post(f"{url}/credentials/issue", json={"credential": draft})
        assert answer.status_code == 201
        started.terminate()
        _, errors = started.communicate(timeout=SECONDS)
    assert errors.startswith("warning: the conformance profile")


# A server in this process, so that its patience can be short.


@contextmanager
def serving(chosen: Settings) -> Iterator[int]:
    """The server of ``chosen`` in a thread of its own; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = uvicorn.Server(running._config(app(chosen), Address()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server for whoever does not mind its usual patience."""
    with serving(settings(limits=Limits(body_bytes=100_000))) as found:
        yield found


def head(line: str, length: int | None = None, *more: str) -> bytes:
    fields = ["Host: localhost", "Content-Type: application/json", *more]
    if length is not None:
        fields.append(f"Content-Length: {length}")
    return "\r\n".join([f"{line} HTTP/1.1", *fields, "", ""]).encode("latin-1")


def read_all(caller: socket.socket) -> bytes:
    """Everything until the other side closes, or says nothing for a second."""
    caller.settimeout(1)
    found = b""
    with suppress(TimeoutError, ConnectionError):
        while piece := caller.recv(65_536):
            found += piece
    return found


def asked(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), SECONDS) as caller:
        # It may be cut off before it has said everything.
        with suppress(ConnectionError):
            caller.sendall(data)
        return read_all(caller)


def healthy(port: int) -> bool:
    answer = httpx2.get(f"http://127.0.0.1:{port}/health", timeout=SECONDS)
    return answer.content == b'{"status":"ok"}'


VERIFY = "POST /credentials/verify"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        head(VERIFY, 2, "Content-Length: 5") + b"{}" + SMUGGLED,
        head(VERIFY, None, "Content-Length: 2, 5") + b"{}" + SMUGGLED,
        head(VERIFY, None, "Content-Length: +2") + b"{}" + SMUGGLED,
        head(VERIFY, None, "Content-Length: -1") + SMUGGLED,
        head(VERIFY, None, "Content-Length: 2_0") + SMUGGLED,
        head(VERIFY, 5, "Transfer-Encoding: chunked") + b"0\r\n\r\n" + SMUGGLED,
        head(VERIFY, None, "Transfer-Encoding: chunked, identity") + SMUGGLED,
        head(VERIFY, None, "Transfer-Encoding: xchunked") + SMUGGLED,
        head(VERIFY, None, "Transfer-Encoding : chunked") + b"0\r\n\r\n" + SMUGGLED,
        head(VERIFY, None, "Transfer-Encoding: chunked") + b"zz\r\n" + SMUGGLED,
        head(VERIFY, None, "Transfer-Encoding: chunked")
        + b"fffffffffffffffff\r\n"
        + SMUGGLED,
        b"POST /credentials/verify HTTP/1.1\r\n\r\n",
        head("GET /health", None, "Host: other"),
        b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n" + SMUGGLED,
        b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /he\x00alth HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        head("GET /health", None, "X: " + "a" * 200_000),
        head("GET /health", None, *(f"X-{n}: 1" for n in range(10_000))),
    ],
)
def test_a_request_that_two_readers_could_read_differently_ends_the_connection(
    port: int, data: bytes
) -> None:
    answer = asked(port, data)
    assert len(re.findall(rb"HTTP/1\.1 \d\d\d", answer)) <= 1
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    assert b"smuggled" not in answer
    assert healthy(port)


@pytest.mark.parametrize("target", ["http://other.example/health", "*", "/%00"])
def test_an_odd_target_is_an_address_like_any_other(port: int, target: str) -> None:
    answer = asked(port, head(f"GET {target}", None, "Connection: close"))
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))


def test_headers_up_to_the_limit_are_told_that_they_are_too_many(port: int) -> None:
    fields = [f"X-{number}: 1" for number in range(200)]
    answer = asked(port, head("GET /health", None, "Connection: close", *fields))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"HEADERS_TOO_LARGE" in answer


def test_a_chunked_body_is_read_and_counted(port: int) -> None:
    chunked = head(VERIFY, None, "Transfer-Encoding: chunked", "Connection: close")
    answer = asked(port, chunked + b"2;ext=1\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    endless = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = asked(port, chunked + endless * 4 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_caller_hears_that_his_body_is_too_large(port: int) -> None:
    answer = httpx2.post(
        f"http://127.0.0.1:{port}/credentials/verify",
        content=b" " * 300_000,
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


def test_requests_that_come_together_are_answered_in_their_order(port: int) -> None:
    close = head("GET /metrics", None, "Connection: close")
    answer = asked(port, head("GET /health") * 3 + close)
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert answer.rindex(b'"status":"ok"') < answer.index(b"medid_requests_total")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(patience, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(patience, "STALL_SECONDS", 0.3)
    monkeypatch.setattr(patience, "MAX_CONNECTIONS", 20)
    with serving(settings(limits=Limits(body_seconds=0.3))) as found:
        yield found


@pytest.mark.parametrize(
    "begun",
    [b"", b"G", b"GET /health HTTP/1.1\r\nHost: a\r\nX: ", head("GET /health")[:-2]],
)
def test_whoever_does_not_finish_asking_is_cut_off(
    impatient: int, begun: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", impatient), SECONDS) as caller:
        caller.sendall(begun)
        caller.settimeout(SECONDS)
        assert caller.recv(1) == b""


def test_a_byte_now_and_then_buys_no_time(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), SECONDS) as caller:
        caller.settimeout(0.05)
        sent = 0
        for byte in head("GET /health", None, "X: " + "a" * 10_000):
            try:
                caller.sendall(bytes([byte]))
                sent += 1
                if caller.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert sent < 100


def test_a_second_request_has_to_come_in_time_too(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), SECONDS) as caller:
        caller.sendall(head("GET /health") + b"GET /health HT")
        caller.settimeout(SECONDS)
        found = b""
        while piece := caller.recv(65_536):
            found += piece
    assert found.count(b"HTTP/1.1 200 OK") == 1


def test_a_body_that_stops_is_answered_and_cut_off(impatient: int) -> None:
    answer = asked(impatient, head(VERIFY, 100) + b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_what_is_left_of_a_body_after_its_answer_has_to_come_in_time(
    impatient: int,
) -> None:
    with socket.create_connection(("127.0.0.1", impatient), SECONDS) as caller:
        # No token: the answer goes out before the body has arrived.
        caller.sendall(head("POST /credentials/issue", 1000) + b"{")
        caller.settimeout(SECONDS)
        found = b""
        while piece := caller.recv(65_536):
            found += piece
    assert found.startswith(b"HTTP/1.1 401 ")


def test_health_answers_while_many_hold_connections_open(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), SECONDS) for _ in range(200)]
    try:
        for caller in held:
            caller.sendall(b"POST /credentials/verify HTTP/1.1\r\nX: ")
        assert healthy(port)
    finally:
        for caller in held:
            caller.close()


def test_there_are_only_so_many_connections(
    monkeypatch: pytest.MonkeyPatch, impatient: int
) -> None:
    monkeypatch.setattr(patience, "HEADER_SECONDS", 3600)
    held = [
        socket.create_connection(("127.0.0.1", impatient), SECONDS) for _ in range(30)
    ]
    try:
        assert [closed(caller) for caller in held] == [False] * 20 + [True] * 10
    finally:
        for caller in held:
            caller.close()
    assert healthy(impatient)


def closed(caller: socket.socket) -> bool:
    """Whether the other side has hung up."""
    caller.settimeout(0.1)
    try:
        return caller.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


PAGE = 1_000_000  # bytes, more than the buffers of both ends take


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, impatient: int) -> Iterator[socket.socket]:
    """A caller with small buffers who has asked for a large page."""
    monkeypatch.setattr(Metrics, "text", lambda self, **_with: "a" * PAGE)
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        caller.settimeout(SECONDS)
        caller.connect(("127.0.0.1", impatient))
        caller.sendall(head("GET /metrics"))
        yield caller


def test_whoever_reads_nothing_is_cut_off(reader: socket.socket) -> None:
    threading.Event().wait(1)
    assert len(read_all(reader)) < PAGE


def test_whoever_reads_slowly_gets_everything(reader: socket.socket) -> None:
    found = b""
    pause = threading.Event()
    while len(found) < PAGE:
        piece = reader.recv(200_000)
        assert piece, len(found)
        found += piece
        pause.wait(0.02)
    assert found.endswith(b"a" * 1000)


# What is refused before it starts.


def refused(address: Address, chosen: Settings | None = None) -> ConfigurationError:
    def unready(_url: str) -> None:
        raise AssertionError("it started")

    with pytest.raises(ConfigurationError) as told:
        running.serve(lambda _url: chosen or settings(), address, ready=unready)
    return told.value


def test_an_address_that_others_reach_needs_tls_and_never_measures() -> None:
    everywhere = Address(host="0.0.0.0", port=0)
    assert refused(everywhere).path == "--tls-cert"
    measuring = conformance(base_url="https://server.example")
    error = refused(replace(everywhere, certificate="absent.pem"), measuring)
    assert "signs for everybody" in error.message
    assert "--i-know" in error.fix


def test_whoever_knows_may_expose_it(tmp_path: Path) -> None:
    known = Address(host="0.0.0.0", port=0, certificate="absent.pem", exposed=True)
    # It gets as far as the certificate, which is not there.
    for chosen in (None, conformance(base_url="https://server.example")):
        error = refused(known, chosen)
        assert error.message == "the certificate or its key cannot be read"


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_a_certificate_that_is_none_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "server.pem"
    file.write_text(text)
    for certificate, key in ((str(file), str(file)), (str(file), None)):
        address = Address(port=0, certificate=certificate, key=key)
        assert refused(address).path == "--tls-cert"


@pytest.mark.parametrize("host", ["no such host", "a" * 300, "256.0.0.1", "\0"])
def test_an_address_that_is_none_stops_the_start(host: str) -> None:
    assert refused(Address(host=host, port=0)).path == "--host"


def test_a_port_that_is_taken_stops_the_start(port: int) -> None:
    assert "cannot listen there" in refused(Address(port=port)).message
