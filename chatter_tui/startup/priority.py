"""Let the thread that answers keys go first.

Python runs one thread at a time and divides the time evenly, so beside two threads that parse a
long document, painting takes three times as long. So they pause while the screen has work to do.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

# Seconds that a turn of the screen may hold up others: its terminal may have stopped reading.
_PATIENCE: Final = 0.3


class _Screen:
    """The screen's thread, and since when it has been at work; 0 while it waits."""

    thread = 0
    since = 0.0
    idle = threading.Event()


def at_work() -> None:
    """Note that the screen, on the calling thread, has something to do until it is `idle`."""
    _Screen.thread = threading.get_ident()
    _Screen.idle.clear()
    _Screen.since = monotonic()


def idle() -> None:
    """Note that the screen waits for something to do."""
    _Screen.since = 0.0
    _Screen.idle.set()


def give_way() -> None:
    """Wait while the screen is at work; to be called every millisecond of a long computation.

    Nothing happens on the screen's own thread, or if there is no screen.
    """
    since = _Screen.since
    if since and _Screen.thread != threading.get_ident():
        _Screen.idle.wait(max(since + _PATIENCE - monotonic(), 0))


def giving_way(items: Iterable[T]) -> Iterator[T]:
    """Yield items, giving way before each."""
    for item in items:
        give_way()
        yield item
