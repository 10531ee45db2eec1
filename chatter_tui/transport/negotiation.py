"""The offer and answer that establish a WebRTC channel."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from chatter_tui.transport import aiortc_compat, ice
from chatter_tui.transport.channel import ChannelClosed, ConnectError
from chatter_tui.transport.webrtc import WebRTCChannel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiortc import RTCIceServer

OPEN_TIMEOUT = 12.0
"""Seconds from both descriptions to an open channel; packet loss was measured to cost up to ten."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one side connects: addresses to gather on, ICE servers, largest messages."""

    addresses: Sequence[str]
    max_send: int
    max_receive: int
    ice_servers: Sequence[RTCIceServer] = field(default=())


class Negotiation:
    """One attempt at a connection, created by `offer` or `answer`; `sdp` is for the other side.

    Its creator calls `open`, which closes it unless it succeeds, or `close`.
    """

    def __init__(self, settings: Settings, role: Literal["offer", "answer"]) -> None:
        # Without a configuration, aiortc would ask a public STUN server.
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
        """Create an offer.

        Raises:
            ConnectError: There is no address to offer.
        """
        self = cls(settings, "offer")
        await self._describe()
        return self

    @classmethod
    async def answer(cls, settings: Settings, sdp: str) -> Self:
        """Create the answer to an offer.

        Raises:
            ConnectError: The offer cannot be answered.
        """
        self = cls(settings, "answer")
        await self._hear(sdp, "offer")
        await self._describe()
        return self

    @property
    def sdp(self) -> str:
        """This side's complete description, including candidates."""
        return self._connection.localDescription.sdp

    async def open(self, answer: str | None = None) -> WebRTCChannel:
        """Return the open channel; an offer needs its `answer`.

        Raises:
            ConnectError: It did not open in bounded time.
        """
        try:
            if answer is not None:
                await self._hear(answer, "answer")
            async with asyncio.timeout(OPEN_TIMEOUT):
                await self._channel.opened()
            own, peer = aiortc_compat.fingerprints(self._connection)
        except TimeoutError:
            await self.close()
            raise ConnectError("WebRTC found no path to the other side") from None
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
        if not ice.candidates(self.sdp):
            await self.close()
            raise ConnectError("WebRTC found no local network address")

    async def _hear(self, sdp: str, kind: Literal["offer", "answer"]) -> None:
        try:
            usable = ice.usable_description(sdp, self._settings.addresses)
            await self._connection.setRemoteDescription(RTCSessionDescription(usable, kind))
            if ice.candidates(usable):
                await self._connection.addIceCandidate(None)
        except ValueError as error:
            await self.close()
            raise ConnectError(f"WebRTC cannot use the other side's description: {error}") from None
        except BaseException:
            await self.close()
            raise
