"""A channel over one WebRTC data channel, and the offer and answer that bring it about."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from chatter_tui.transport import aiortc_compat
from chatter_tui.transport.channel import LOST, ChannelClosed, ConnectError
from chatter_tui.transport.framing import WINDOW, FrameError, Framer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiortc import RTCIceServer

COALESCE = 0.003
"""Seconds between frames of small messages; a message after a pause goes out at once."""

CLOSE_TIMEOUT = 1.0
"""Seconds for what is queued to leave, and again for the other end to answer the goodbye."""

OPEN_TIMEOUT = 12.0
"""Seconds from both descriptions to an open channel; loss was measured to cost up to ten."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one side connects: the addresses to gather on, ICE servers, largest messages."""

    addresses: Sequence[str]
    max_send: int
    max_receive: int
    ice_servers: Sequence[RTCIceServer] = field(default=())


class WebRTCChannel:
    """One data channel; `Negotiation` opens it."""

    transport = "webrtc"

    def __init__(self, connection: RTCPeerConnection, *, max_send: int, max_receive: int) -> None:
        self.binding = b""
        self._connection = connection
        self._framer = Framer(max_send=max_send, max_receive=max_receive)
        self._end: str | None = None
        self._changed = asyncio.Event()
        self._closing = False
        self._closed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._data = connection.createDataChannel(
            "chatter", negotiated=True, id=aiortc_compat.CHANNEL_ID
        )
        # Synchronous listeners only: they run in order, and asynchronous ones would not.
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

    async def opened(self) -> None:
        """Wait until the channel is open; raises `ChannelClosed` if it ends before."""
        while not self._open:
            if self._end is not None:
                raise ChannelClosed(self._end)
            await self._change()

    async def send(self, message: bytes) -> None:
        """Take a message, returning once the backlog fits the send window."""
        if self._end is not None:
            raise ChannelClosed(self._end)
        self._framer.send(message)
        self._schedule()
        while self._framer.backlog > WINDOW:
            await self._change()
            if self._end is not None:
                raise ChannelClosed(self._end)

    async def receive(self) -> bytes:
        """Return the next message, or raise `ChannelClosed` after the last."""
        while (message := self._framer.take()) is None:
            if self._end is not None:
                raise ChannelClosed(self._end)
            await self._change()
        self._schedule()
        return message

    async def close(self, reason: str = "") -> None:
        """Say goodbye after what is queued, wait a moment for the answer, and let go."""
        if self._closing:
            await self._closed.wait()
            return
        self._closing = True
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
        """Wait until `close` is through."""
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


class Negotiation:
    """One attempt at a connection, made by `offer` or `answer`; `sdp` is for the other side.

    Whoever makes one calls `open`, which closes it unless it succeeds, or `close`.
    """

    def __init__(self, settings: Settings, role: Literal["offer", "answer"]) -> None:
        # Without a configuration aiortc would ask a public STUN server.
        configuration = RTCConfiguration(iceServers=list(settings.ice_servers))
        self._connection = RTCPeerConnection(configuration)
        self._channel = WebRTCChannel(
            self._connection, max_send=settings.max_send, max_receive=settings.max_receive
        )
        self._settings = settings
        self._role = role
        aiortc_compat.harden(self._connection, settings.addresses)

    @classmethod
    async def offer(cls, settings: Settings) -> Self:
        """Make an offer; raises `ConnectError` when there is no address to offer."""
        self = cls(settings, "offer")
        await self._describe()
        return self

    @classmethod
    async def answer(cls, settings: Settings, sdp: str) -> Self:
        """Answer an offer; raises `ConnectError` when that is impossible."""
        self = cls(settings, "answer")
        await self._hear(sdp, "offer")
        await self._describe()
        return self

    @property
    def sdp(self) -> str:
        """The complete description of this side, candidates included."""
        return self._connection.localDescription.sdp

    async def open(self, answer: str | None = None) -> WebRTCChannel:
        """Return the open channel, for an offer once its answer is given.

        Raises `ConnectError`, after a bounded time at the latest.
        """
        try:
            if answer is not None:
                await self._hear(answer, "answer")
            async with asyncio.timeout(OPEN_TIMEOUT):
                await self._channel.opened()
            own, peer = aiortc_compat.fingerprints(self._connection)
        except TimeoutError:
            await self.close()
            raise ConnectError("WebRTC found no way to the other side") from None
        except ChannelClosed as error:
            await self.close()
            raise ConnectError(f"WebRTC failed: {error.reason}") from None
        except BaseException:
            await self.close()
            raise
        first, second = (own, peer) if self._role == "offer" else (peer, own)
        self._channel.binding = hashlib.sha256(first + second).digest()
        return self._channel

    async def close(self) -> None:
        """Give up."""
        await self._channel.close()

    async def _describe(self) -> None:
        try:
            await self._connection.setLocalDescription()
        except BaseException:
            await self.close()
            raise
        if not aiortc_compat.candidates(self.sdp):
            await self.close()
            raise ConnectError("WebRTC found no local network address")

    async def _hear(self, sdp: str, kind: Literal["offer", "answer"]) -> None:
        try:
            usable = aiortc_compat.usable_description(sdp, self._settings.addresses)
            await self._connection.setRemoteDescription(RTCSessionDescription(usable, kind))
            if aiortc_compat.candidates(usable):
                await self._connection.addIceCandidate(None)
        except ValueError as error:
            await self.close()
            raise ConnectError(f"WebRTC cannot use the other side's description: {error}") from None
        except BaseException:
            await self.close()
            raise
