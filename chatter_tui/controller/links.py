"""A channel with a send queue, so that a slow peer does not delay others."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from chatter_tui.transport import ChannelClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.transport import Channel

FULL: Final = 2**20  # bytes waiting for a peer, beyond which it makes up later for what it misses
# What it must not miss goes on to be queued, and a document or a part of the state comes at once.
# A peer that does not even read its own answers is disconnected.
MAX_QUEUED: Final = 32 * 2**20
_FLUSH: Final = 2.0  # seconds that a closing link may take to send what was queued


class Link:
    """Sends in order from a queue of its own; `run` does the work until the channel is closed.

    Args:
        channel: what it sends by.
        on_full: is called when more than `FULL` bytes wait.
        on_drained: is called whenever nothing waits any more.
    """

    def __init__(
        self, channel: Channel, on_full: Callable[[], None], on_drained: Callable[[], None]
    ) -> None:
        self.channel = channel
        self._on_full, self._on_drained = on_full, on_drained
        self._full = False
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._wake = asyncio.Event()
        self._closing: str | None = None
        self._patience: asyncio.Timeout | None = None  # with an end that does not read

    @property
    def closing(self) -> str | None:
        """Why it is being closed, None while it is not."""
        return self._closing

    def send(self, data: bytes) -> None:
        """Queue a message; a queue that grows beyond all bounds closes the link."""
        if self._closing is not None:
            return
        # Nearly always: to wake a task for each of a hundred peers takes longer than to write.
        if not self._queue and self.channel.offer(data):
            self._on_drained()
            return
        self._queue.append(data)
        self._queued += len(data)
        if self._queued > MAX_QUEUED:
            self._queue.clear()
            self.close("reads too slowly")
        elif self._queued > FULL and not self._full:
            self._full = True
            self._on_full()
        self._wake.set()

    def close(self, reason: str) -> None:
        """Close the channel once what is queued has left, or after a short while."""
        if self._closing is None:
            self._closing = reason
            self._wake.set()
            self._hurry()

    async def run(self) -> None:
        """Send what is queued until the link is closed from either side, then close the channel."""
        try:
            async with asyncio.timeout(None) as self._patience:
                self._hurry()
                await self._pump()
        except TimeoutError:
            pass  # the other side does not read: the goodbye is all it may still get
        except ChannelClosed:
            self._closing = self._closing or "closed by the other side"
        except ValueError as error:  # what the channel does not take must not end the others
            self._closing = str(error)
        finally:
            self._patience = None
            await self.channel.close(self._closing or "")

    def _hurry(self) -> None:
        """Bound what closing takes, also when sending something waits for the other end already."""
        if self._closing is not None and self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time() + _FLUSH)

    async def _pump(self) -> None:
        while True:
            self._wake.clear()
            await self._flush()
            if self._closing is not None:
                return
            self._full = False
            self._on_drained()
            await self._wake.wait()

    async def _flush(self) -> None:
        while self._queue:
            data = self._queue.popleft()
            self._queued -= len(data)
            await self.channel.send(data)
