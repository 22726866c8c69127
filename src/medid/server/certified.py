"""The HTTP protocol for clients that show a certificate, and tell who they are by it.

TLS has checked that the certificate leads to an authority that was named, and is in
force. Which client it is, and what that one may do, the application asks: it is given
the SHA-256 of the certificate, or nothing where there is none.

Spec: https://www.rfc-editor.org/rfc/rfc8705#section-2
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.server.patience import PatientProtocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Receive, Scope, Send

CLIENT: Final = "medid.client"  # where a scope holds the fingerprint


class CertifiedProtocol(PatientProtocol):
    """One connection of a client that TLS knows."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note whose connection it is, for every request on it."""
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        shown = None if secured is None else secured.getpeercert(binary_form=True)
        client = None if shown is None else hashlib.sha256(shown).hexdigest()
        application = self.app

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CLIENT] = client
            await application(scope, receive, send)

        self.app = known
