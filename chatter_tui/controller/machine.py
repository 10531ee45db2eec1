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
    """A master or a client without I/O."""

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks as the user sees them."""

    @property
    def peers(self) -> list[Peer]:
        """Everybody who is here."""

    def effects(self) -> list[Effect]:
        """What to do now, in order."""

    def state(self) -> bytes:
        """The confirmed state as one Yjs update."""

    def records(self) -> list[Record]:
        """All that must be kept beside the state to take the session up again."""

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """A channel is open, from an IP address if it is known."""

    def received(self, link: int, data: bytes, now: float) -> float:
        """A message arrived; returns the seconds to wait before reading more."""

    def closed(self, link: int) -> None:
        """A channel is gone."""

    def tick(self, now: float) -> None:
        """Time passed."""

    def verify(self) -> Iterator[None]:
        """Make sure, in steps, that the bytes to be stored read as what is shown."""

    def set_presence(self, presence: Presence) -> None:
        """Share the user's place."""
