"""A real signing server on the loopback interface, and clients that it knows or not."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

from medid.adapters.https import ClientCertificate
from medid.adapters.signers.remote import RemoteSigner
from medid.errors import AuditUnavailable, SignerError
from medid.keys import KeyKind, PrivateKey
from medid.server import running, signer_app
from medid.server.running import Address
from medid.server.signer_clients import Client, Clients
from medid.server.signer_settings import SignerSettings
from tests.adapters.hosts import Authority
from tests.verifying.world import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from medid.adapters.signing_log import Use

SECONDS = 20.0  # that a server may take to start or stop


class MemoryUses:
    """A log of uses in memory, which can be told to fail."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.broken = False

    def record(self, use: Use) -> None:
        if self.broken:
            raise AuditUnavailable("the disk is full")
        self.uses.append(use)


class Failing:
    """Signs with a key, and fails at the uses that are named."""

    def __init__(self, key: PrivateKey, *fails: int) -> None:
        self._key = key
        self._fails = fails
        self.uses = 0

    @property
    def public_key(self) -> Any:
        return self._key.public_key

    def sign(self, message: bytes) -> bytes:
        self.uses += 1
        if self.uses in self._fails:
            raise SignerError("the token was pulled out: canary")
        return self._key.sign(message)


def fingerprint(file: Path) -> str:
    """SHA-256 of the certificate in ``file``, in DER."""
    text = file.read_text()
    begin = text.index("-----BEGIN CERTIFICATE-----")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:])).hexdigest()


@dataclass
class Office:
    """Authorities, certificates and keys of one signing server."""

    authority: Authority
    host: Path
    board: Path
    clinic: Path
    license: PrivateKey = field(
        default_factory=lambda: PrivateKey.generate(KeyKind.ED25519)
    )
    audit: PrivateKey = field(default_factory=lambda: PrivateKey.generate(KeyKind.P256))

    @classmethod
    def make(cls, folder: Path) -> Office:
        authority = Authority.make(folder / "ca")
        return cls(
            authority,
            host=authority.pem("localhost"),
            board=authority.pem(subject="board"),
            clinic=authority.pem(subject="clinic"),
        )

    def clients(self) -> Clients:
        both = frozenset({"license", "audit"})
        return Clients(
            (
                Client(name="board", sha256=fingerprint(self.board), keys=both),
                Client(
                    name="clinic",
                    sha256=fingerprint(self.clinic),
                    keys=frozenset({"audit"}),
                ),
            )
        )

    def settings(self, **changes: Any) -> SignerSettings:
        chosen: dict[str, Any] = {
            "keys": {"license": self.license, "audit": self.audit},
            "clients": self.clients(),
            "log": MemoryUses(),
            "base_url": "https://localhost",
            "clock": lambda: NOW,
            **changes,
        }
        return SignerSettings(**chosen)

    def address(self) -> Address:
        return Address(
            port=0,
            certificate=str(self.host),
            key=str(self.host),
            client_ca=str(self.authority.file),
        )

    def context(self, client: Path | None) -> ssl.SSLContext:
        """How a client without medid connects."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        if client is not None:
            context.load_cert_chain(client)
        return context

    def signer(
        self, url: str, client: Path, name: str = "license", **options: Any
    ) -> RemoteSigner:
        return RemoteSigner(
            f"{url}/keys/{name}",
            client=ClientCertificate(certificate=client, key=client),
            ca_file=options.pop("ca_file", self.authority.file),
            **options,
        )


@contextmanager
def serving(office: Office, settings: SignerSettings) -> Iterator[str]:
    """The server of ``settings``; gives its base URL, and stops with the block."""
    address = office.address()
    with running._listening(address) as listener:
        port = listener.getsockname()[1]
        config = running._config(signer_app(settings), address)
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        thread.start()
        end = time.monotonic() + SECONDS
        while not server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        try:
            yield f"https://localhost:{port}"
        finally:
            server.should_exit = True
            thread.join(SECONDS)
