"""A channel with a queue in front, so that one slow peer never holds up another."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from chatter_tui.transport import ChannelClosed

if TYPE_CHECKING:
    from chatter_tui.transport import Channel

# What may wait for one peer. The whole state of a large session must fit; whoever reads more
# slowly than that is cut off and catches up by state vector when it comes back.
MAX_QUEUED: Final = 64 * 2**20
_FLUSH: Final = 2.0  # seconds that a closing link may take to send what was queued


class Link:
    """Sends in order from a queue of its own; `run` does the work until the channel is closed."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._wake = asyncio.Event()
        self._closing: str | None = None

    def send(self, data: bytes) -> None:
        """Queue a message; a queue that grows beyond all bounds closes the link."""
        if self._closing is not None:
            return
        self._queue.append(data)
        self._queued += len(data)
        if self._queued > MAX_QUEUED:
            self._queue.clear()
            self.close("reads too slowly")
        self._wake.set()

    def close(self, reason: str) -> None:
        """Close the channel once what is queued has left, or after a short while."""
        if self._closing is None:
            self._closing = reason
            self._wake.set()

    async def run(self) -> None:
        """Send what is queued until the link is closed from either side, then close the channel."""
        try:
            await self._pump()
        except ChannelClosed:
            self._closing = self._closing or "closed by the other side"
        except ValueError as error:  # what the channel does not take must not end the others
            self._closing = str(error)
        finally:
            await self.channel.close(self._closing or "")

    async def _pump(self) -> None:
        while self._closing is None:
            self._wake.clear()
            await self._flush()
            await self._wake.wait()
        try:
            async with asyncio.timeout(_FLUSH):
                await self._flush()
        except TimeoutError:
            pass  # the other side does not read: the goodbye is all it may still get

    async def _flush(self) -> None:
        while self._queue:
            data = self._queue.popleft()
            self._queued -= len(data)
            await self.channel.send(data)
