"""Real TLS hosts on the loopback interface, well-behaved and otherwise.

Every host has its own certificate from an authority made for the run, answers with
whatever bytes the test says, remembers what it was asked, and stops by itself.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "board.example"
LIFETIME = 10.0  # seconds after which a connection gives up, whatever happens

_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
MAX_CONNECTIONS = 400

Script: TypeAlias = "Callable[[ssl.SSLSocket], None] | Pages"


@dataclass(frozen=True)
class Pages:
    """What hosts publish at present, by URL: a test changes it as time goes on."""

    content: dict[str, bytes] = field(default_factory=dict)

    def answer(self, head: bytes) -> bytes:
        """The page that the request ``head`` asks for, or 404."""
        first, *fields = head.decode("latin-1").split("\r\n")
        stated = dict(one.lower().partition(": ")[::2] for one in fields if one)
        found = self.content.get(f"https://{stated['host']}{first.split(' ')[1]}")
        if found is None:
            return answer(b"", status="404 Not Found")
        return answer(found)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Authority:
    """A certificate authority that lives as long as the tests do."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path, name: str = "Test authority") -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(name, name, key, days=(-1, 30), signer=key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
            .sign(key, hashes.SHA256())
        )
        folder.mkdir(exist_ok=True)
        (folder / "ca.pem").write_bytes(_pem(certificate))
        return cls(folder, key, certificate)

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def server(
        self,
        *names: str,
        days: tuple[int, int] = (-1, 30),
        self_signed: bool = False,
        subject: str = "host",
    ) -> ssl.SSLContext:
        """What a server needs to be ``names``, valid from and to ``days`` from now."""
        file = self.pem(*names, days=days, self_signed=self_signed, subject=subject)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def pem(
        self,
        *names: str,
        days: tuple[int, int] = (-1, 30),
        self_signed: bool = False,
        subject: str = "host",
    ) -> Path:
        """A file with a key and its certificate, for a server or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = subject if self_signed else "Test authority"
        signer = key if self_signed else self.key
        builder = _builder(subject, issuer, key, days=days, signer=signer)
        if names:
            alternatives = [x509.DNSName(name) for name in names]
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        certificate = builder.sign(signer, hashes.SHA256())
        file = self.folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + _pem(certificate)
        )
        return file


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    days: tuple[int, int],
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    # From Python 3.13 on, clients ask for the key identifiers of RFC 5280 by default.
    of_subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(of_subject, critical=False)
        .add_extension(of_issuer, critical=False)
    )


@dataclass
class Host:
    """A listening host: what it was asked, and how much it sent."""

    port: int
    address: str = "127.0.0.1"
    connections: int = 0
    handshakes: int = 0
    requests: list[bytes] = field(default_factory=list)
    first_bytes: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/document", name: str = HOST) -> str:
        return f"https://{name}:{self.port}{path}"


@contextmanager
def listening(
    script: Script,
    tls: ssl.SSLContext | None,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Host]:
    """A host that runs ``script`` on each connection, once it has read a request.

    Without ``tls`` it does not speak TLS: it keeps the first bytes it is sent.
    """
    listener = socket.create_server((address, port))
    listener.settimeout(0.05)
    host = Host(listener.getsockname()[1], address)
    stop = threading.Event()
    workers: list[threading.Thread] = []

    def accept() -> None:
        while not stop.is_set() and host.connections < MAX_CONNECTIONS:
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                host.connections += 1
                worker = threading.Thread(
                    target=_serve, args=(host, connection, tls, script), daemon=True
                )
                worker.start()
                workers.append(worker)

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield host
    finally:
        stop.set()
        acceptor.join(LIFETIME)
        listener.close()
        for worker in workers:
            worker.join(LIFETIME)


def _serve(
    host: Host, plain: socket.socket, tls: ssl.SSLContext | None, script: Script
) -> None:
    plain.settimeout(LIFETIME)
    # The ssl module reports a connection that the script has cut with a ValueError.
    with plain, suppress(OSError, ValueError):
        if tls is None:
            host.first_bytes.append(plain.recv(1024))
            plain.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            return
        with tls.wrap_socket(plain, server_side=True) as connection:
            host.handshakes += 1
            head = _head(connection)
            host.requests.append(head)
            if isinstance(script, Pages):
                connection.sendall(script.answer(head))
            else:
                script(connection)
            # A peer that has gone away already is no failure of the host.
            connection.settimeout(0.2)
            connection.unwrap()


def _head(connection: ssl.SSLSocket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head


def saying(answer: bytes) -> Script:
    """The script that answers with these bytes and closes."""
    return lambda connection: connection.sendall(answer)


def answer(
    body: bytes = b"{}",
    *,
    status: str = "200 OK",
    fields: tuple[str, ...] = ("Content-Type: application/json",),
) -> bytes:
    """A sound answer of ``body``."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", "")
    return "\r\n".join(lines).encode("latin-1") + body
