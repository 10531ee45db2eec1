"""Keep a client linked to its master: use the first link, then the better one; retry for ever."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from chatter_tui.transport import ConnectError, SessionGoneError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from chatter_tui.transport import Channel, Transport

FIRST_CONNECT: Final = 20.0  # seconds for the first connection, tries together
BACKOFF: Final = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # seconds; the last one repeats
SUSPICIOUS: Final = 5.0  # seconds of silence, in which a ping and its answer should have come
UPGRADES: Final = (15.0, 30.0, 60.0, 120.0, 300.0)  # seconds by WebSocket before WebRTC is tried
STABLE: Final = 60.0  # seconds after which the end of a link does not count against its like


class Linking:
    """The links of one client; there are two while one replaces the other.

    Args:
        transport: what may be used.
        dial: opens channels, within seconds: the first that works, then a better one.
        serve: runs a channel as a link until it is gone; returns why.
        lost: called when no link is left, with the reason and the seconds to the next try.
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
        # When it is the host that is slow, not everybody may dial it at the same moment.
        self._patience = SUSPICIOUS * random.uniform(1.0, 1.2)  # noqa: S311
        self._joined = False
        self._reason = "the connection was lost"
        self._failures = 0  # since a link lasted
        self._upgrades = 0  # tried in vain since WebRTC lasted
        self._upgrade_at = 0.0

    async def run(self) -> ConnectError | SessionGoneError:
        """Stay linked for ever; returns why when the first link is not to be had."""
        self._clock = asyncio.get_running_loop().time
        self._given_up: asyncio.Future[ConnectError | SessionGoneError]
        self._given_up = asyncio.get_running_loop().create_future()
        self._deadline = self._clock() + FIRST_CONNECT
        async with asyncio.TaskGroup() as self._group:
            try:
                self._start(self._transport)
                return await self._given_up
            finally:
                self._wanted = False  # nothing new begins while the rest is ended
                self._forget_retry()

    def joined(self) -> None:
        """The master has let one in: from now on it is tried for ever."""
        self._joined = True

    def leave(self) -> None:
        """Stay away, once the caller has closed the links."""
        self._wanted = False
        self._forget_retry()
        if self._dialing:
            self._dialing.cancel()
            self._dialing = None
        if not self._links:
            self._lost("you went offline", None)

    def come_back(self) -> None:
        """Be linked again, at once."""
        self._wanted = True
        self._failures = 0
        if not self._links:
            self._start(self._transport)

    def drop(self, reason: str) -> None:
        """Every link has been given up; what is left of them is being closed, and may take long."""
        if self._links:
            self._links.clear()
            self._look(reason)

    def watch(self, current: str | None, silence: float) -> None:
        """Look for another way while the link falls silent, or is not the best there may be.

        To be called about once a second with the transport of the link that serves, and the
        seconds since the master was heard on it.
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
        # What has just opened has to last before it counts.
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
        """Something ended, perhaps for a `reason`: is there anything left?"""
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
            # Everybody has lost the host at the same moment, and must not be back at the same.
            pause = BACKOFF[min(self._failures, len(BACKOFF) - 1)] * random.uniform(0.7, 1.3)  # noqa: S311
            self._failures += 1
            if not self._joined:  # the last try is when the time is up
                pause = min(pause, max(0.0, self._deadline - self._clock()))
            self._lost(self._reason, pause)
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(pause, self._start, self._transport)

    def _forget_retry(self) -> None:
        if self._retry:
            self._retry.cancel()
            self._retry = None
