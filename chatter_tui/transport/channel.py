"""The interface of every transport: whole binary messages between two ends."""

from __future__ import annotations

from typing import Protocol

MASTER_MESSAGE = 16 * 1024 * 1024
"""Largest message from a master, in bytes: a document and its review, with room to spare."""

CLIENT_MESSAGE = 1024 * 1024
"""Largest message from a client, in bytes; a master reads it before it knows the sender."""

REASON_BYTES = 123
"""Longest closing reason in bytes of UTF-8, as in a WebSocket close frame (RFC 6455, 5.5)."""

LOST = "the connection was lost"
"""The reason if the other end did not announce the end."""


class ChannelClosed(Exception):  # noqa: N818 - the normal end of a channel is not an error
    """The channel has ended; `reason` is what the closing side said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectError(Exception):
    """No channel could be opened; the message says what was tried."""


class SessionGoneError(Exception):
    """Something answers at the host's address, but does not have the session.

    Retrying is pointless.
    """


class Channel(Protocol):
    """An ordered, reliable link that carries whole messages in both directions.

    The owner of a channel must close it, even after `receive` has raised `ChannelClosed`.
    """

    @property
    def transport(self) -> str:
        """The kind of transport: `memory`, `webrtc` or `websocket`."""

    @property
    def address(self) -> str:
        """The peer's IP address, empty if unknown."""

    @property
    def binding(self) -> bytes:
        """32 bytes that both ends share and that nobody in between can make equal at both."""

    @property
    def backlog(self) -> int:
        """Bytes accepted by `send` that are not known to have left or reached the other end."""

    def admitted(self) -> None:
        """Note that the peer is a member, so its connection need not make room for strangers."""

    def offer(self, message: bytes) -> bool:
        """Send a message if that is possible without waiting; return whether it was accepted."""

    async def send(self, message: bytes) -> None:
        """Send a message, and return once the backlog fits the send window.

        If the call is cancelled, the message is sent nevertheless.

        Raises:
            ChannelClosed: The channel has ended.
            ValueError: The message is larger than the other end accepts.
        """

    async def receive(self) -> bytes:
        """Return the next message.

        Raises:
            ChannelClosed: The channel has ended and all messages have been returned.
        """

    async def close(self, reason: str = "") -> None:
        """Tell the other end why, then free all resources; takes a few seconds at most."""

    async def wait_closed(self) -> None:
        """Wait until all resources are freed."""


def clip(reason: str) -> bytes:
    """Encode a closing reason, cut at a character boundary to the length that fits everywhere."""
    data = reason.encode(errors="replace")[:REASON_BYTES]
    return data.decode(errors="ignore").encode()


def check_size(message: bytes, limit: int) -> None:
    """Raise `ValueError` if `message` is larger than the other end accepts."""
    if len(message) > limit:
        raise ValueError(f"a message of {len(message)} bytes exceeds the limit of {limit}")
