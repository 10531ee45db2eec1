"""The one way from the session's thread to the screen: many events, few repaints."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.events import Event
    from chatter_tui.tui.model.parsed import Parsed

BATCH: Final = 2000  # events in one go: more would hold up the next key


class Inbox:
    """Events on their way to the screen.

    `put` is for the session's thread and calls `wake` once for however many events follow until
    `take` has emptied the inbox.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._events: deque[Event | Parsed] = deque()
        self._wake = wake
        self._awake = False

    def put(self, event: Event | Parsed) -> None:
        """Add an event; from any one thread."""
        self._events.append(event)
        if not self._awake:
            self._awake = True
            self._wake()

    def take(self) -> list[Event | Parsed]:
        """Take what has arrived, at most BATCH; the reader comes again while `waiting`."""
        # Down before the look, so that an event put meanwhile wakes rather than waits.
        self._awake = False
        events: list[Event | Parsed] = []
        while self._events and len(events) < BATCH:
            events.append(self._events.popleft())
        return events

    @property
    def waiting(self) -> bool:
        """Whether more has arrived."""
        return bool(self._events)
