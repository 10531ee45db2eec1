"""Effects: what a machine asks its caller to do, in order.

The caller carries effects out one after another. `Store` comes before the messages that depend on
it: what it holds must be on disk before any later `Send` leaves.
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
    """Whoever is at the other end of `link` has shown to be a member."""

    link: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close `link` after what was sent, telling why."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class Store:
    """Keep a record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the user."""

    event: MachineEvent


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Make `after` the text of the document's file in place of `before`, then say how it went."""

    before: str
    after: str


Effect = Send | Broadcast | Admit | Close | Store | Tell | Rewrite


class Effects:
    """What a machine asks for, gathered in order until its caller takes it."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def effects(self) -> list[Effect]:
        """What to do now, in order; each is handed over once."""
        effects, self._effects = self._effects, []
        return effects

    def do(self, effect: Effect) -> None:
        """Have something done after all before."""
        self._effects.append(effect)

    def keep(self, record: Record) -> None:
        """Have a record on disk before anybody is sent what comes after."""
        self._effects.append(Store(record))

    def tell(self, event: MachineEvent) -> None:
        """Tell the user."""
        self._effects.append(Tell(event))
