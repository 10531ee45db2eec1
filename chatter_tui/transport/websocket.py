"""A channel over one WebSocket: one message per binary frame, flow control by TCP."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from chatter_tui.transport.channel import LOST, ChannelClosed, check_size, clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.connection import Connection

# What is written just as a connection breaks is lost, like everything in transit; asyncio would log
# a warning to the terminal for each write.
_UNSENT = {"socket.send() raised exception.", "SSL connection is closed"}
logging.getLogger("asyncio").addFilter(lambda record: record.msg not in _UNSENT)

WRITE_LIMIT = 64 * 1024
"""Bytes waiting to be written beyond which `send` waits, as on a data channel."""

MAX_QUEUE = 4
"""Messages read ahead; each may have the largest size."""

CLOSE_TIMEOUT = 2.0
"""Seconds to send what is queued and wait for the peer's closing frame."""


class WebSocketChannel:
    """One end of an open WebSocket."""

    transport = "websocket"

    def __init__(
        self,
        connection: Connection,
        binding: bytes,
        *,
        max_send: int,
        on_admitted: Callable[[], None] = lambda: None,
    ) -> None:
        self.binding = binding
        self._on_admitted = on_admitted
        peer = connection.remote_address
        self.address = str(peer[0]) if peer else ""
        self._connection = connection
        self._max_send = max_send

    @property
    def backlog(self) -> int:
        """Bytes accepted that the operating system has not taken yet."""
        return self._connection.transport.get_write_buffer_size()

    def admitted(self) -> None:
        """Vouch for the connection at the gate."""
        self._on_admitted()

    def offer(self, message: bytes) -> bool:
        """Send a message if it fits the write buffer; return whether it was accepted."""
        connection = self._connection
        if connection.state is not State.OPEN or self.backlog + len(message) > WRITE_LIMIT:
            return False
        broadcast((connection,), message)
        return True

    async def send(self, message: bytes) -> None:
        """Send a message, and return once the write buffer is below its limit."""
        check_size(message, self._max_send)
        try:
            await self._connection.send(message)
        except ConnectionClosed as error:
            raise ChannelClosed(_reason(error)) from None

    async def receive(self) -> bytes:
        """Return the next message, text as UTF-8.

        Raises:
            ChannelClosed: The channel has ended and all messages have been returned.
        """
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise ChannelClosed(_reason(error)) from None

    async def close(self, reason: str = "") -> None:
        """Close with a reason, without waiting long for a peer that does not read."""
        await close(self._connection, reason)

    async def wait_closed(self) -> None:
        """Wait until the connection is gone."""
        await self._connection.wait_closed()


async def close(connection: Connection, reason: str, code: int = 1000) -> None:
    """Close a WebSocket in any state, in bounded time."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await connection.close(code, clip(reason).decode())
    except TimeoutError:
        connection.transport.abort()
        await connection.wait_closed()


def _reason(error: ConnectionClosed) -> str:
    """Return why the connection ended, in the words of the side that ended it."""
    theirs_first = error.rcvd is not None and error.rcvd_then_sent is not False
    frame = error.rcvd if theirs_first else error.sent
    if frame is None:
        return LOST
    if frame.code in {1000, 1001}:
        return frame.reason
    return f"protocol error: {frame.reason or frame.code}"
