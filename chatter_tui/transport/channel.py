"""The interface of every transport: whole binary messages between two ends."""

from __future__ import annotations

from typing import Protocol

MASTER_MESSAGE = 16 * 1024 * 1024
"""Largest message a master sends: a document and its review, with room to spare."""

CLIENT_MESSAGE = 1024 * 1024
"""Largest message a client sends; a master reads it before it knows whom it comes from."""

REASON_BYTES = 123
"""Longest closing reason in UTF-8, as a WebSocket close frame allows (RFC 6455, 5.5)."""

LOST = "the connection was lost"
"""The reason of an end that nobody announced."""


class ChannelClosed(Exception):  # noqa: N818 - the usual end of a channel is not an error
    """The channel carries nothing any more; `reason` is what the side that closed it said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectError(Exception):
    """No channel could be opened; the message tells a person what was tried."""


class SessionGoneError(Exception):
    """Somebody answers where the host was, and does not have the session; trying on is in vain."""


class Channel(Protocol):
    """An ordered, reliable link that carries whole messages both ways.

    Whoever is given a channel closes it, also after `receive` has raised `ChannelClosed`.
    """

    @property
    def transport(self) -> str:
        """What carries it: `memory`, `webrtc` or `websocket`."""

    @property
    def address(self) -> str:
        """The IP address it comes from, empty when that is not known."""

    @property
    def binding(self) -> bytes:
        """32 bytes that both ends agree on and nobody in between can bring about at both."""

    @property
    def backlog(self) -> int:
        """Bytes accepted by `send` and not known to have left for, or reached, the other end."""

    def admitted(self) -> None:
        """The other end has shown to be a member: it need not give way to strangers any more."""

    def offer(self, message: bytes) -> bool:
        """Take a message if nobody has to wait for that; returns whether it was taken."""

    async def send(self, message: bytes) -> None:
        """Take a message, returning once the backlog fits the send window.

        A cancelled call leaves the message on its way. Raises `ChannelClosed`, and `ValueError`
        for a message larger than the other end accepts.
        """

    async def receive(self) -> bytes:
        """Return the next message; after the last one, raise `ChannelClosed`."""

    async def close(self, reason: str = "") -> None:
        """Tell the other end why, then let go of everything; takes a few seconds at most."""

    async def wait_closed(self) -> None:
        """Wait until nothing is left to let go of."""


def clip(reason: str) -> bytes:
    """Encode a closing reason, cut between characters to the length that fits everywhere."""
    data = reason.encode(errors="replace")[:REASON_BYTES]
    return data.decode(errors="ignore").encode()


def check_size(message: bytes, limit: int) -> None:
    """Raise `ValueError` if `message` is larger than the other end accepts."""
    if len(message) > limit:
        raise ValueError(f"a message of {len(message)} bytes exceeds the limit of {limit}")
