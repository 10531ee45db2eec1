"""Effects: what a machine asks its caller to do.

The caller carries them out in order. A `Store` precedes the messages that depend on it: its record
must be on disk before any later `Send` leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatter_tui.session.events import MachineEvent
    from chatter_tui.session.records import Record


@dataclass(frozen=True, slots=True)
class Send:
    """Send `data`, one whole message, over `link`."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send the same `data`, one whole message, over each of `links`."""

    links: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Admit:
    """The peer at the other end of `link` is now a member."""

    link: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close `link` for `reason` once everything before has been sent."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class Store:
    """Store a record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Tell:
    """Report an event to the user."""

    event: MachineEvent


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replace the text `before` of the document's file with `after`, then report the outcome."""

    before: str
    after: str


Effect = Send | Broadcast | Admit | Close | Store | Tell | Rewrite


class Effects:
    """Collects effects in order until the caller takes them."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def effects(self) -> list[Effect]:
        """Return what the caller must do now, in order. Each effect is returned once."""
        effects, self._effects = self._effects, []
        return effects

    def do(self, effect: Effect) -> None:
        """Add an effect."""
        self._effects.append(effect)

    def keep(self, record: Record) -> None:
        """Store a record, before anything that is sent later."""
        self._effects.append(Store(record))

    def tell(self, event: MachineEvent) -> None:
        """Report an event to the user."""
        self._effects.append(Tell(event))
