"""A channel inside one process, for demonstrations and tests."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import Self

from chatter_tui.transport.channel import ChannelClosed, check_size

WINDOW = 64 * 1024
"""Unread bytes beyond which a sender waits, as on a data channel."""


class _Pipe:
    """One direction: messages in transit, and the reason of its end."""

    def __init__(self) -> None:
        self.messages: deque[bytes] = deque()
        self.size = 0
        self.end: str | None = None
        self.changed = asyncio.Event()

    def put(self, message: bytes) -> None:
        self.messages.append(message)
        self.size += len(message)
        self.changed.set()

    def take(self) -> bytes:
        message = self.messages.popleft()
        self.size -= len(message)
        self.changed.set()
        return message

    def close(self, reason: str) -> None:
        if self.end is None:
            self.end = reason
            self.changed.set()

    async def change(self) -> None:
        self.changed.clear()
        await self.changed.wait()


class MemoryChannel:
    """One end of a pair created by `pair`."""

    transport = "memory"
    address = ""

    def __init__(self, incoming: _Pipe, outgoing: _Pipe, binding: bytes, max_message: int) -> None:
        self.binding = binding
        self._incoming = incoming
        self._outgoing = outgoing
        self._max_message = max_message
        self._closed = asyncio.Event()

    @classmethod
    def pair(cls, *, max_message: int = 16 * 1024 * 1024) -> tuple[Self, Self]:
        """Return the two ends of a new channel."""
        one, other, binding = _Pipe(), _Pipe(), secrets.token_bytes(32)
        return cls(one, other, binding, max_message), cls(other, one, binding, max_message)

    @property
    def backlog(self) -> int:
        """Bytes that the other end has not received."""
        return self._outgoing.size

    def admitted(self) -> None:
        """Do nothing: there are no strangers within one process."""

    def offer(self, message: bytes) -> bool:
        """Send a message if it fits the window; return whether it was accepted."""
        if self._outgoing.end is not None or self._outgoing.size + len(message) > WINDOW:
            return False
        self._outgoing.put(message)
        return True

    async def send(self, message: bytes) -> None:
        """Send a message, and return once no more than the window is unread."""
        check_size(message, self._max_message)
        if self._outgoing.end is not None:
            raise ChannelClosed(self._outgoing.end)
        self._outgoing.put(message)
        while self._outgoing.size > WINDOW:
            await self._outgoing.change()
            if self._outgoing.end is not None:
                raise ChannelClosed(self._outgoing.end)

    async def receive(self) -> bytes:
        """Return the next message.

        Raises:
            ChannelClosed: The channel has ended and all messages have been returned.
        """
        while not self._incoming.messages:
            if self._incoming.end is not None:
                raise ChannelClosed(self._incoming.end)
            await self._incoming.change()
        return self._incoming.take()

    async def close(self, reason: str = "") -> None:
        """End both directions; the other end still receives what was sent before."""
        self._outgoing.close(reason)
        self._incoming.messages.clear()
        self._incoming.close(reason)
        self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until this end is closed."""
        await self._closed.wait()
