"""A channel over one WebRTC data channel."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from chatter_tui.transport import aiortc_compat
from chatter_tui.transport.channel import LOST, ChannelClosed
from chatter_tui.transport.framing import WINDOW, FrameError, Framer

if TYPE_CHECKING:
    from aiortc import RTCPeerConnection

COALESCE = 0.003
"""Seconds between frames of small messages; a message after a pause is sent immediately."""

CLOSE_TIMEOUT = 1.0
"""Seconds to send what is queued, and again to wait for the peer's goodbye."""


class WebRTCChannel:
    """One data channel, opened by a `Negotiation`."""

    transport = "webrtc"
    address = ""  # ICE may change it at any time

    def __init__(self, connection: RTCPeerConnection, *, max_send: int, max_receive: int) -> None:
        self.binding = b""
        self._connection = connection
        self._framer = Framer(max_send=max_send, max_receive=max_receive)
        self._end: str | None = None
        self._parting: str | None = None  # why this end closes
        self._changed = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._data = connection.createDataChannel(
            "chatter", negotiated=True, id=aiortc_compat.CHANNEL_ID
        )
        # Synchronous listeners only: asynchronous ones would not run in order.
        self._data.on("open", self._changed.set)
        self._data.on("message", self._on_message)
        self._data.on("close", self._on_lost)
        self._data.on("error", self._on_error)
        connection.on("connectionstatechange", self._on_state)
        connection.on("error", self._on_error)

    @property
    def backlog(self) -> int:
        """Bytes accepted that the other end has not consumed; below 16 KiB when idle."""
        return self._framer.backlog

    @property
    def _open(self) -> bool:
        return self._data.readyState == "open"

    @property
    def _over(self) -> str | None:
        """Why nothing more is accepted; None while it is."""
        return self._end if self._end is not None else self._parting

    async def opened(self) -> None:
        """Wait until the channel is open.

        Raises:
            ChannelClosed: It ended before.
        """
        while not self._open:
            if self._end is not None:
                raise ChannelClosed(self._end)
            await self._change()

    def admitted(self) -> None:
        """Do nothing: it takes no place at the host's port."""

    def offer(self, message: bytes) -> bool:
        """Send a message if it fits the window; return whether it was accepted."""
        if self._over is not None or self._framer.backlog + len(message) > WINDOW:
            return False
        self._framer.send(message)
        self._schedule()
        return True

    async def send(self, message: bytes) -> None:
        """Send a message, and return once the backlog fits the send window."""
        if self._over is not None:
            raise ChannelClosed(self._over)
        self._framer.send(message)
        self._schedule()
        while self._framer.backlog > WINDOW:
            await self._change()
            if self._end is not None:
                raise ChannelClosed(self._end)

    async def receive(self) -> bytes:
        """Return the next message.

        Raises:
            ChannelClosed: The channel has ended and all messages have been returned.
        """
        while (message := self._framer.take()) is None:
            if self._end is not None:
                raise ChannelClosed(self._end)
            await self._change()
        self._schedule()
        return message

    async def close(self, reason: str = "") -> None:
        """Say goodbye after what is queued, wait briefly for the answer, and free everything."""
        if self._closing is None:
            self._parting = reason
            self._closing = asyncio.create_task(self._close(reason))
        # A caller cancelled while waiting must not leave this half done.
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        try:
            if self._open and self._end is None:
                await self._say_goodbye(reason)
        finally:
            self._finish(reason)
            if self._timer is not None:
                self._timer.cancel()
            await aiortc_compat.close(self._connection)
            self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until `close` has finished."""
        await self._closed.wait()

    async def _say_goodbye(self, reason: str) -> None:
        for impatient in (False, True):
            self._framer.close(reason, drop=impatient)
            self._flush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    while self._end is None:
                        await self._change()
                return

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _schedule(self) -> None:
        if self._framer.full:
            self._flush()
        elif self._framer.ready and self._timer is None:
            due = max(self._loop.time(), self._flushed_at + COALESCE)
            self._timer = self._loop.call_at(due, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._open and self._framer.ready:
            self._flushed_at = self._loop.time()
            for frame in self._framer.frames():
                self._data.send(frame)

    def _on_message(self, frame: bytes) -> None:
        if self._end is not None:
            return
        try:
            self._framer.receive(frame)
        except FrameError as error:
            self._part(f"protocol error: {error}")
        else:
            if self._framer.goodbye is not None:
                self._part(self._framer.goodbye)
        self._schedule()
        self._changed.set()

    def _part(self, reason: str) -> None:
        self._framer.close(reason, drop=True)
        self._flush()
        self._finish(reason)

    def _on_state(self) -> None:
        if self._connection.connectionState in {"failed", "closed"}:
            self._on_lost()

    def _on_lost(self) -> None:
        self._finish(LOST)

    def _on_error(self, error: Exception) -> None:
        self._finish(f"internal error: {error}")

    def _finish(self, reason: str) -> None:
        if self._end is None:
            self._end = reason
        self._changed.set()
