"""The bridge from the session's thread to the screen: many events, few repaints."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chatter_tui.tui.model.parsed import Told


class Inbox:
    """A queue of events on their way to the screen.

    `put` is called on the session's thread. It calls `wake` once, however many events follow until
    the next `take`. Every `wake` must be followed by a `take`, even if nothing is `waiting`: the
    event that caused it may have been taken just before.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._events: deque[Told] = deque()
        self._wake = wake
        self._awake = False

    def put(self, event: Told) -> None:
        """Add an event. All calls must come from the same thread."""
        self._events.append(event)
        if not self._awake:
            self._awake = True
            self._wake()

    def take(self, seconds: float = math.inf) -> Iterator[Told]:
        """Yield what has arrived, for up to `seconds`; the reader comes again while `waiting`."""
        # Reset before looking, so that an event put meanwhile wakes the reader.
        self._awake = False
        return self._taken(seconds)

    def _taken(self, seconds: float) -> Iterator[Told]:
        until = time.monotonic() + seconds
        while self._events:
            yield self._events.popleft()
            if time.monotonic() > until:
                return

    @property
    def waiting(self) -> bool:
        """Whether more has arrived."""
        return bool(self._events)
