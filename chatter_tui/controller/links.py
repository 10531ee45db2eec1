"""A channel with a send queue, so that a slow peer does not delay others."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from chatter_tui.transport import ChannelClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.transport import Channel

FULL: Final = 2**20  # queued bytes beyond which a peer skips updates and catches up later
# Beyond `FULL`, messages that must not be lost are still queued; documents and parts of the state
# come in one piece. A peer that does not even read its own answers is disconnected.
MAX_QUEUED: Final = 32 * 2**20
_FLUSH: Final = 2.0  # seconds to send what is queued when closing


class Link:
    """Sends messages in order; `run` does the work until the channel is closed.

    Args:
        channel: The channel.
        on_full: Called when more than `FULL` bytes are queued.
        on_drained: Called when the queue becomes empty.
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
        self._patience: asyncio.Timeout | None = None  # limits how long closing waits for the peer

    @property
    def closing(self) -> str | None:
        """Why the link is being closed; None while it is not."""
        return self._closing

    def send(self, data: bytes) -> None:
        """Queue a message; a queue longer than `MAX_QUEUED` closes the link."""
        if self._closing is not None:
            return
        # The usual case: waking a task for each of a hundred peers takes longer than writing.
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
        """Close the channel once the queue is empty, or after a short while."""
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
            pass  # the peer does not read: it may still get the reason
        except ChannelClosed:
            self._closing = self._closing or "closed by the other side"
        # A message that the channel cannot take must not end other links.
        except ValueError as error:
            self._closing = str(error)
        finally:
            self._patience = None
            await self.channel.close(self._closing or "")

    def _hurry(self) -> None:
        """Limit the time for closing, also if a send is waiting for the peer."""
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
