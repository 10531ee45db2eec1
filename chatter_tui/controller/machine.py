"""The interface of the two sans-I/O machines that a session runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.controller.events import Peer
    from chatter_tui.session.awareness import Presence
    from chatter_tui.session.effects import Effect
    from chatter_tui.session.records import Record


class Machine(Protocol):
    """A master or a client."""

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks as the user sees them."""

    @property
    def peers(self) -> list[Peer]:
        """All participants who are present."""

    def effects(self) -> list[Effect]:
        """Return what to do now, in order."""

    def state(self) -> bytes:
        """Return the confirmed state as one Yjs update."""

    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state to resume the session."""

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """Handle a new channel, from an IP address if that is known."""

    def received(self, link: int, data: bytes, now: float) -> float:
        """Handle one message; return the seconds to wait before reading the link again."""

    def closed(self, link: int) -> None:
        """Handle the loss of a channel."""

    def tick(self, now: float) -> None:
        """Handle the passing of time."""

    def verify(self) -> Iterator[None]:
        """Check, in steps, that the bytes to be stored decode to what is shown."""

    def set_presence(self, presence: Presence) -> None:
        """Set the user's presence."""
