"""The HTTP protocol with an end to its patience.

uvicorn closes a connection that stays idle between two requests. It waits without end
for the first byte, for the rest of a request's headers, for what is left of a body
whose answer was sent, and for a caller that does not read. Here each of these has a
time, and connections have a number. The TLS handshake has asyncio's own minute.

Knows connections and bytes, nothing of requests.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

MAX_CONNECTIONS: Final = 512  # at once; file descriptors often end at 1,024
HEADER_SECONDS: Final = 10.0  # until a request's headers have arrived
STALL_SECONDS: Final = 10.0  # in which a caller reads too little of its answer
SEND_BUFFER: Final = 65_536  # bytes of an answer that the system takes ahead
STALL_BYTES: Final = 16_384  # that it reads in that time, or it is cut off


class PatientProtocol(H11Protocol):
    """One connection, which is cut off when its caller keeps it waiting."""

    _waiting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _unread: int = 0  # bytes that waited when the last of these clocks was set

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a request, if there is room for one more caller."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
            return
        # What the system keeps of an answer is unread too; there it could not be seen.
        kept: socket.socket = transport.get_extra_info("socket")
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in ``data``; it buys no time unless it completes a request's head."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one whose last answer nobody reads."""
        super().timeout_keep_alive_handler()
        self._stall()

    def pause_writing(self) -> None:
        """The caller does not read as fast as it is answered."""
        super().pause_writing()
        self._stall()

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        self._stalled = _off(self._stalled)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, and so is every wait."""
        self._waiting = _off(self._waiting)
        self._stalled = _off(self._stalled)
        super().connection_lost(exc)

    def _watch(self) -> None:
        """One clock runs from the moment a request is awaited until it is there."""
        cycle: RequestResponseCycle | None = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering:
            self._waiting = _off(self._waiting)
        elif self._waiting is None and not self.transport.is_closing():
            self._waiting = self.loop.call_later(HEADER_SECONDS, self._waited)

    def _waited(self) -> None:
        """No request came; unless the last answer is still being read, it is over."""
        self._waiting = None
        if self.transport.get_write_buffer_size() == 0:
            self.transport.abort()
            return
        self._stall()
        self._watch()

    def _stall(self) -> None:
        """Another clock runs while something of an answer waits to be read."""
        if self._stalled is None:
            self._unread = self.transport.get_write_buffer_size()
            self._stalled = self.loop.call_later(STALL_SECONDS, self._unmoved)

    def _unmoved(self) -> None:
        """Cut off who reads nothing, or next to nothing."""
        self._stalled = None
        left = self.transport.get_write_buffer_size()
        if left == 0:
            return
        if left > self._unread - STALL_BYTES:
            self.transport.abort()
        else:
            self._stall()


def _off(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """No timer, in place of ``timer``."""
    if timer is not None:
        timer.cancel()
    return None
