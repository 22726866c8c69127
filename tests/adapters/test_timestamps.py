"""Time-stamps over https: from openssl's own authority, and from hosts that lie."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from medid.adapters.timestamps import REPLY, TimestampAuthority
from medid.core import der
from medid.core.instant import Instant, system_clock
from medid.errors import (
    ConfigurationError,
    FetchBlocked,
    FetchFailed,
    InvalidChallenge,
    InvalidSignature,
    InvalidVerificationMethod,
    MedidError,
    NotYetValid,
    ParsingError,
    TooLarge,
)
from medid.keys.timestamps import MAX_TOKEN_BYTES, verify_timestamp
from tests.adapters.hosts import HOST, Authority, answer, listening
from tests.keys.authorities import NOW, Holder, authority
from tests.keys.strategies import rsa_private
from tests.keys.tsa import DIGEST, ROOT, drafted, sequence, tsa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.adapters.hosts import Host

YEAR: Final = timedelta(days=365)
NONCE: Final = 2**64 - 1
OPENSSL: Final = shutil.which("openssl")
# The clock of openssl is the system's, so what it signs with is valid for decades.
AGES: Final[Any] = {"start": NOW - 20 * YEAR, "end": NOW + 20 * YEAR}
CONFIGURATION: Final = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/chain.pem
signer_key = {folder}/tsa.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("web"))


@contextmanager
def serving(web: Authority, reply: Callable[[bytes], bytes]) -> Iterator[Host]:
    """A host that answers each query with what ``reply`` makes of it."""
    hosts: list[Host] = []

    def script(connection: Any) -> None:
        query = hosts[0].requests[-1].partition(b"\r\n\r\n")[2]
        connection.sendall(reply(query))

    with listening(script, web.server(HOST)) as host:
        hosts.append(host)
        yield host


def client(web: Authority, host: Host, *anchors: Holder, **options: Any) -> Any:
    given = {
        "allow_loopback": True,
        "ca_file": web.file,
        "resolver": lambda _name, _port: [host.address],
        **options,
    }
    ders = [one.der for one in anchors]
    return TimestampAuthority(host.url("/tsa"), anchors=ders, **given)


# openssl's authority


def openssl_authority(folder: Path, by: Holder, *others: Holder, digest: str) -> Path:
    """The folder from which ``openssl ts`` signs as ``by``."""
    key = by.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(key)
    (folder / "tsa.pem").write_text(by.pem)
    (folder / "chain.pem").write_text("".join(one.pem for one in others))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder, digest=digest))
    return folder


def openssl_reply(folder: Path, query: bytes) -> bytes:
    """What ``openssl ts -reply`` answers."""
    (folder / "query.tsq").write_bytes(query)
    out = folder / "reply.tsr"
    assert OPENSSL is not None
    command: list[str | Path] = [OPENSSL, "ts", "-reply", "-config", folder / "tsa.cnf"]
    command += ["-section", "ours", "-queryfile", folder / "query.tsq", "-out", out]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    return out.read_bytes()


@pytest.mark.skipif(OPENSSL is None, reason="there is no openssl on this machine")
@pytest.mark.parametrize(
    ("native", "digest"),
    [
        (None, "sha256"),
        (None, "sha512"),
        (rsa_private(), "sha256"),
        (rsa_private(), "sha384"),
    ],
)
def test_tokens_of_openssl(
    web: Authority, tmp_path: Path, native: Any, digest: str
) -> None:
    root = authority("tsa root", **AGES)
    middle = authority("tsa middle", root, **AGES)
    by = tsa(middle, native=native, **AGES)
    folder = openssl_authority(tmp_path, by, middle, root, digest=digest)
    stamped = sha256(b"an evidence bundle").digest()
    started = system_clock()

    def reply(query: bytes) -> bytes:
        fields = (f"Content-Type: {REPLY}",)
        return answer(openssl_reply(folder, query), fields=fields)

    with serving(web, reply) as host:
        token = client(web, host, root).stamp(stamped)
        (request,) = host.requests
    head = request.lower()
    assert head.startswith(b"post /tsa http/1.1\r\n")
    assert b"content-type: application/timestamp-query\r\n" in head
    # What is kept is verified again years later, when nobody can be asked any more.
    later = Instant.parse("2090-01-01T00:00:00Z")
    when = verify_timestamp(token, stamped, anchors=[root.der], at=later)
    assert started.plus(-2) <= when <= system_clock()
    with pytest.raises(InvalidSignature):
        verify_timestamp(token, DIGEST, anchors=[root.der], at=later)
    with pytest.raises(InvalidVerificationMethod):
        verify_timestamp(token, stamped, anchors=[authority("x").der], at=later)


# Hosts that are not what they should be


AT: Final = Instant.parse("2026-06-15T12:00:10Z")


def stamped(
    web: Authority, body: bytes, *, status: str = "200 OK", media_type: str = REPLY
) -> bytes:
    """What a client makes of this answer."""
    said = answer(body, status=status, fields=(f"Content-Type: {media_type}",))
    with serving(web, lambda _query: said) as host:
        asking = client(
            web, host, ROOT, entropy=lambda size: b"\xff" * size, clock=lambda: AT
        )
        token = asyncio.run(asking.astamp(DIGEST))
        assert isinstance(token, bytes)
        return token


def response(status: int = 0, **changes: Any) -> bytes:
    token = drafted(**{"nonce": NONCE, **changes}).token()
    return sequence(sequence(der.integer(status)), token)


def test_a_sound_answer_is_the_token(web: Authority) -> None:
    found = stamped(web, response())
    assert verify_timestamp(found, DIGEST, anchors=[ROOT.der], at=AT) == AT.plus(-10)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (response(nonce=1), InvalidChallenge),
        (response(nonce=None), InvalidChallenge),
        (response(imprint=bytes(32)), InvalidSignature),
        (response(signature=b"x"), InvalidSignature),
        (response(status=2), FetchFailed),
        (response(time=b"20260615120200Z"), NotYetValid),
        (b"", ParsingError),
        (bytes(MAX_TOKEN_BYTES + 1), TooLarge),
    ],
)
def test_an_answer_that_is_no_proof(
    web: Authority, body: bytes, kind: type[MedidError]
) -> None:
    with pytest.raises(kind):
        stamped(web, body)


def test_a_host_that_answers_otherwise(web: Authority) -> None:
    with pytest.raises(FetchFailed):
        stamped(web, response(), media_type="text/html")
    with pytest.raises(FetchFailed):
        stamped(web, response(), status="503 Busy")
    with pytest.raises(FetchBlocked):
        stamped(web, response(), status="302 Found")


def test_an_address_that_is_not_public_is_not_asked(web: Authority) -> None:
    with serving(web, lambda _query: b"") as host:
        asking = client(web, host, ROOT, allow_loopback=False)
        with pytest.raises(FetchBlocked):
            asking.stamp(DIGEST)
        assert host.connections == 0


def test_a_name_that_cannot_be_looked_up() -> None:
    def nowhere(_name: str, _port: int) -> list[str]:
        raise OSError

    asking = TimestampAuthority(
        "https://tsa.example/", anchors=[ROOT.der], resolver=nowhere
    )
    with pytest.raises(FetchFailed):
        asking.stamp(DIGEST)


def test_settings_that_could_not_work() -> None:
    with pytest.raises(ConfigurationError):
        TimestampAuthority("https://tsa.example/", anchors=[])
    for url in ("http://tsa.example/", "https://user@tsa.example/", "https://10.0.0.1"):
        with pytest.raises(ConfigurationError):
            TimestampAuthority(url, anchors=[ROOT.der])
    asking = TimestampAuthority("https://tsa.example/", anchors=[ROOT.der])
    with pytest.raises(ConfigurationError):
        asking.stamp(b"short")
