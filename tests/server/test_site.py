"""A board's folder on the loopback interface: what is served, and what never is."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
import uvicorn

from medid.core import json as strict_json
from medid.core.instant import Instant
from medid.errors import ConfigurationError, MissingExtra
from medid.issuing import Controller, issue, new_list
from medid.issuing.status_token import sign_token
from medid.keys import KeyKind, PrivateKey
from medid.server import Limits, running, site, site_app
from medid.server.running import Address
from medid.status.token_list import TokenStatusList
from tests.adapters.hosts import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.loopback

SECONDS = 20.0
AT = Instant.parse("2026-03-02T12:00:00Z")
BOARD = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
DEEP = "/a/b/c/d/e/f/g/h/i"
LIST = "https://board.example/status/1/revocation"


def contents() -> dict[str, tuple[bytes, str]]:
    """What a board publishes: each file, and as what it has to be served."""
    as_json = new_list(LIST, "revocation", BOARD, at=AT, securing="eddsa-jcs-2022")
    assert isinstance(as_json, dict)
    draft = {name: one for name, one in as_json.items() if name != "proof"}
    statuses = TokenStatusList.create(131_072, bits=2)
    url = "https://board.example/status/1/token"
    token = sign_token(statuses, url, BOARD, at=AT, securing="statuslist+jwt")
    jwt = issue(draft, BOARD, securing="vc+jwt", at=AT)
    cose = issue(draft, BOARD, securing="vc+cose", at=AT)
    assert isinstance(jwt, str)
    assert isinstance(cose, bytes)
    assert isinstance(token, str)
    return {
        "index.html": (b"<!doctype html>", "text/html; charset=utf-8"),
        "index.json": (b"{}", "application/json"),
        "did.jsonl": (b"{}\n", "text/jsonl; charset=utf-8"),
        ".well-known/did.json": (b'{"id":"did"}', "application/json"),
        "contexts/one-v2.jsonld": (b"{}", "application/ld+json"),
        "schemas/A.json": (b"{}", "application/json"),
        "status/1/revocation": (
            strict_json.dumps(as_json).encode(),
            "application/vc",
        ),
        "status/2/revocation": (jwt.encode(), "application/vc+jwt"),
        "status/3/revocation": (cose, "application/vc+cose"),
        "status/1/token": (token.encode(), "application/statuslist+jwt"),
        "register/head": (b"damaged", "application/octet-stream"),
        "card.bin": (b"\0", "application/octet-stream"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder with what does not belong there beside it, and in it."""
    place = tmp_path_factory.mktemp("board") / "site"
    for name, (content, _) in contents().items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o644)
    (place.parent / "secret.json").write_text("secret")
    private = {"board.key": 0o600, "register.db": 0o600, ".index.json.tmp": 0o644}
    for name, mode in private.items():
        (place / name).write_text("secret")
        (place / name).chmod(mode)
    (place / "link.json").symlink_to(place.parent / "secret.json")
    (place / "above").symlink_to(place.parent)
    (place / "inside.json").symlink_to(place / "index.json")
    os.mkfifo(place / "pipe", 0o644)
    (place / ".well-known/.hidden").write_text("secret")
    own = place / "keys/old"
    own.mkdir(parents=True)
    for one in (own, own.parent):
        (one / "secret.json").write_text("secret")
        (one / "secret.json").chmod(0o644)
    own.chmod(0o755)
    own.parent.chmod(0o700)
    deep = place / DEEP[1:]
    deep.parent.mkdir(parents=True)
    deep.write_text("secret")
    deep.chmod(0o644)
    return place


@contextmanager
def serving(folder: Path, limits: Limits | None = None) -> Iterator[int]:
    """The server of ``folder`` in a thread of its own; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = site_app(folder, base_url="https://board.example", limits=limits)
    server = uvicorn.Server(running._config(served, Address()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def caller(folder: Path) -> Iterator[httpx2.Client]:
    with (
        serving(folder) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as found,
    ):
        yield found


def raw(caller: httpx2.Client, target: str, method: str = "GET") -> bytes:
    """The answer to a request target that no client would send as it is."""
    port = caller.base_url.port
    assert port is not None
    request = f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    found = b""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(request.encode("latin-1"))
        connection.settimeout(SECONDS)
        with suppress(ConnectionError):
            while piece := connection.recv(65_536):
                found += piece
    return found


def test_each_file_is_served_whole_as_what_it_is(caller: httpx2.Client) -> None:
    for name, (content, media_type) in contents().items():
        answer = caller.get(f"/{name}")
        assert (answer.status_code, answer.content) == (200, content), name
        assert answer.headers["content-type"] == media_type, name
        kept = name.startswith(("contexts/", "schemas/"))
        expected = "public, max-age=86400" if kept else "no-cache"
        assert answer.headers["cache-control"] == expected
        assert answer.headers["x-content-type-options"] == "nosniff"
        head = caller.head(f"/{name}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == answer.headers["etag"]
        assert head.headers["content-length"] == str(len(content))
    assert caller.get("/").content == b"<!doctype html>"


def test_what_the_caller_has_is_not_sent_again(
    caller: httpx2.Client, folder: Path
) -> None:
    file = folder / "status/9"
    file.write_bytes(b"{}")
    file.chmod(0o644)
    etag = caller.get("/status/9").headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = caller.get("/status/9", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    # A file is replaced while the server runs.
    file.write_bytes(b'{"a":1}')
    answer = caller.get("/status/9", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (200, b'{"a":1}')


NOTHING = [
    DEEP,
    *("/status", "/status/", "/status/1", "/status/1/", "/.well-known", "//index.json"),
    *("/none.json", "/index.json/", "/index.json/x", "/board.key", "/register.db"),
    *("/.index.json.tmp", "/.well-known/.hidden", "/link.json", "/above/secret.json"),
    *(
        "/inside.json",
        "/keys/secret.json",
        "/keys/old/secret.json",
        "/pipe",
        "/../secret.json",
        "/./index.json",
        "/status/../index.json",
    ),
    *("/%2e%2e/secret.json", "/..%2fsecret.json", "/%2e%2e%2fsecret.json", "/%00"),
    *("/index.json%00", "/index.json%20", "/.%2e/secret.json", "/\\..\\secret.json"),
    *(
        "/..;/secret.json",
        "/%c0%ae%c0%ae/secret.json",
        "/%ff",
        "/~",
        "/*",
        "http://a/index.json",
    ),
    *("/a" * 9, "/" + "a" * 129, "/" + "a/" * 200, "/etc/passwd", "/proc/self/environ"),
]


def test_nothing_else_is_there(caller: httpx2.Client) -> None:
    for target in NOTHING:
        for method in ("GET", "HEAD"):
            answer = raw(caller, target, method)
            assert answer.startswith(b"HTTP/1.1 404 "), (method, target, answer)
            assert b"secret" not in answer.replace(b"secret.json", b""), target
    asked = raw(caller, "/index.json?x=/../secret.json")
    assert asked.startswith(b"HTTP/1.1 200 ")


def test_nothing_is_changed_and_nobody_is_told_what_failed(
    caller: httpx2.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = caller.request(method, "/index.json")
        assert answer.status_code == 405, method
        assert answer.json()["type"].endswith("METHOD_NOT_ALLOWED")
    assert (folder / "index.json").read_bytes() == b"{}"
    monkeypatch.setattr(site, "MAX_FILE", 1)
    assert caller.get("/index.json").status_code == 404
    monkeypatch.undo()

    # A disk that fails is not a file that is not there.
    def broken(*_: object) -> bytes:
        raise OSError("canary")

    monkeypatch.setattr(site, "_read", broken)
    answer = caller.get("/index.json")
    assert (answer.status_code, "canary" in answer.text) == (500, False)


def test_no_file_stays_open(caller: httpx2.Client) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        caller.get("/index.json")
        caller.get("/status")
        caller.get("/none/at/all")
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


def test_only_so_many_are_served_at_once(folder: Path) -> None:
    with serving(folder, Limits(concurrent=1, workers=1)) as port:
        held = threading.Barrier(2)
        first = site._read

        def slow(*given: object) -> bytes:
            held.wait(SECONDS)
            held.wait(SECONDS)
            return first(*given)  # type: ignore[arg-type]

        url = f"http://127.0.0.1:{port}/index.json"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(site, "_read", slow)
            found: list[int] = []
            asking = threading.Thread(
                target=lambda: found.append(
                    httpx2.get(url, timeout=SECONDS).status_code
                )
            )
            asking.start()
            held.wait(SECONDS)
            assert httpx2.get(url, timeout=SECONDS).status_code == 503
            held.wait(SECONDS)
            asking.join(SECONDS)
        assert found == [200]


def test_what_nobody_could_be_served_from_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    for wrong in (file, tmp_path / "none", Path("a\0b"), Path("9" * 400)):
        with pytest.raises(ConfigurationError):
            site_app(wrong, base_url="https://board.example")
    monkeypatch.setitem(sys.modules, "medid.server.site", None)
    with pytest.raises(MissingExtra, match=r"medid\[server\]"):
        site_app(tmp_path, base_url="https://board.example")


def test_a_board_serves_its_site_over_tls_until_it_is_told_to_stop(
    folder: Path, tmp_path: Path
) -> None:
    authority = Authority.make(tmp_path / "ca")
    pem = authority.pem("localhost")
    trusted = ssl.create_default_context(cafile=str(authority.file))
    command = [sys.executable, "-m", "medid.cli.main", "board", "serve", str(folder)]
    flags = ["--port=0", f"--tls-cert={pem}", f"--tls-key={pem}"]
    with subprocess.Popen(
        [*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            assert started.stdout is not None
            url = started.stdout.readline().split()[-1]
            assert url.startswith("https://127.0.0.1:")
            named = url.replace("127.0.0.1", "localhost")
            with httpx2.Client(verify=trusted, timeout=SECONDS) as caller:
                assert caller.get(f"{named}/status/1/token").status_code == 200
                assert caller.get(f"{named}/board.key").status_code == 404
        finally:
            started.send_signal(signal.SIGTERM)
            _, errors = started.communicate(timeout=SECONDS)
    assert started.returncode == 0
    assert [line.split()[1:4] for line in errors.splitlines()] == [
        ["route=/{path}", "status=200", "code=OK"],
        ["route=/{path}", "status=404", "code=NOT_FOUND"],
    ]
    assert "board.key" not in errors
