"""Keep a client linked to its master: use the first link, then a better one; retry forever."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from chatter_tui.transport import ConnectError, SessionGoneError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from chatter_tui.transport import Channel, Transport

FIRST_CONNECT: Final = 20.0  # seconds for the first connection, all attempts together
BACKOFF: Final = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # seconds; the last value repeats
SUSPICIOUS: Final = 5.0  # seconds of silence, in which a ping should have been answered
# Seconds on a WebSocket before WebRTC is tried again.
UPGRADES: Final = (15.0, 30.0, 60.0, 120.0, 300.0)
STABLE: Final = 60.0  # seconds after which the end of a link no longer counts as a failure


class Linking:
    """The links of one client. There are two while one replaces the other.

    Args:
        transport: The transports that may be used.
        dial: Opens channels, each within the given seconds: the first that works, then a better
            one.
        serve: Runs a channel as a link until it closes; returns why.
        lost: Called when no link is left, with the reason and the seconds to the next attempt.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        dial: Callable[[Transport, float], AsyncGenerator[Channel, None]],
        serve: Callable[[Channel], Awaitable[str]],
        lost: Callable[[str, float | None], None],
    ) -> None:
        self._transport: Transport = transport
        self._dial = dial
        self._serve = serve
        self._lost = lost
        self._links: set[Channel] = set()
        self._dialing: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._wanted = True
        # When the host itself is slow, its peers must not all dial it at the same moment.
        self._patience = SUSPICIOUS * random.uniform(1.0, 1.2)  # noqa: S311
        self._joined = False
        self._reason = "the connection was lost"
        self._failures = 0  # since a link was stable
        self._upgrades = 0  # failed attempts since WebRTC was stable
        self._upgrade_at = 0.0

    async def run(self) -> ConnectError | SessionGoneError:
        """Stay linked forever; return why if the first connection fails."""
        self._clock = asyncio.get_running_loop().time
        self._given_up: asyncio.Future[ConnectError | SessionGoneError]
        self._given_up = asyncio.get_running_loop().create_future()
        self._deadline = self._clock() + FIRST_CONNECT
        async with asyncio.TaskGroup() as self._group:
            try:
                self._start(self._transport)
                return await self._given_up
            finally:
                self._wanted = False  # start nothing new while the rest shuts down
                self._forget_retry()

    def joined(self) -> None:
        """Note that the master admitted this client: from now on, retry forever."""
        self._joined = True

    def leave(self) -> None:
        """Stay offline; the caller has closed the links."""
        self._wanted = False
        self._forget_retry()
        if self._dialing:
            self._dialing.cancel()
            self._dialing = None
        if not self._links:
            self._lost("you went offline", None)

    def come_back(self) -> None:
        """Connect again immediately."""
        self._wanted = True
        self._failures = 0
        if not self._links:
            self._start(self._transport)

    def drop(self, reason: str) -> None:
        """Forget all links, which are being closed and may take long to do so."""
        if self._links:
            self._links.clear()
            self._look(reason)

    def watch(self, current: str | None, silence: float) -> None:
        """Dial again while the link is silent, or when a better transport may work.

        Call it about once a second.

        Args:
            current: The transport of the link in use, None without one.
            silence: Seconds since the master was last heard on it.
        """
        if current is None or self._dialing or not self._wanted:
            return
        if silence > self._patience:
            self._start(self._transport)
            return
        may = self._transport == "auto" and current == "websocket"
        if may and self._clock() >= self._upgrade_at:
            self._start("webrtc")

    def _start(self, transport: Transport) -> None:
        self._forget_retry()
        if self._dialing is None:
            self._dialing = self._group.create_task(self._call(transport))

    async def _call(self, transport: Transport) -> None:
        left = FIRST_CONNECT if self._joined else max(1.0, self._deadline - self._clock())
        reason = ""
        try:
            async with aclosing(self._dial(transport, left)) as channels:
                async for channel in channels:
                    self._links.add(channel)
                    self._group.create_task(self._be_linked(channel))
        except ConnectError as error:
            reason = str(error)
        except SessionGoneError as error:
            if not self._joined and not self._given_up.done():
                self._given_up.set_result(error)
                return
            reason = str(error)
        # A link that has just opened must prove stable first.
        pause = UPGRADES[min(self._upgrades, len(UPGRADES) - 1)]
        self._upgrades += 1
        self._upgrade_at = self._clock() + pause
        self._dialing = None
        self._look(reason)

    async def _be_linked(self, channel: Channel) -> None:
        opened = self._clock()
        try:
            reason = await self._serve(channel) if self._wanted else "you went offline"
        finally:
            dropped = channel not in self._links
            self._links.discard(channel)
            await channel.close()
        if self._clock() - opened > STABLE:
            self._failures = 0
            if channel.transport == "webrtc":
                self._upgrades = 0
        if not dropped:
            self._look(reason)

    def _look(self, reason: str) -> None:
        """Decide what to do after an attempt or a link has ended."""
        self._reason = reason or self._reason
        if self._links:
            return
        if not self._wanted:
            self._lost("you went offline", None)
        elif self._dialing:
            self._lost(self._reason, 0.0)
        elif not self._joined and self._clock() >= self._deadline:
            self._given_up.set_result(ConnectError(self._reason))
        else:
            # All peers lost the host at the same moment, and must not come back at the same moment.
            pause = BACKOFF[min(self._failures, len(BACKOFF) - 1)] * random.uniform(0.7, 1.3)  # noqa: S311
            self._failures += 1
            if not self._joined:  # the last attempt is at the deadline
                pause = min(pause, max(0.0, self._deadline - self._clock()))
            self._lost(self._reason, pause)
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(pause, self._start, self._transport)

    def _forget_retry(self) -> None:
        if self._retry:
            self._retry.cancel()
            self._retry = None
