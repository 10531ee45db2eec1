"""Control of Python's garbage collector, and of memory returned to the system.

Nearly everything a session makes stays for as long as it runs. A look at all of it finds nothing,
takes a tenth of a second with a large review, and everybody waits for it. So there is none while
the program starts or loads, and what has been loaded is left out of those that come later.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


# By the numbers of GNU's malloc.h. One place; what is as large as that goes back at once, which what
# asyncio reads into is not: 256 KiB, again and again; and so much stays for the next at the end.
_TOGETHER: Final = {-8: 1, -3: 2**20, -1: 2**21}


def off() -> None:
    """Look for none until `on`: to the first screen it would take a sixth of the time."""
    gc.disable()


def on() -> None:
    """Look for it from now on."""
    gc.enable()


def in_small_steps() -> None:
    """Once it is on, look often among what is new, and seldom among all: no key waits for that."""
    gc.set_threshold(5_000, 10, 50)


def spare() -> None:
    """Leave all that there is by now out of every later look: it stays."""
    gc.freeze()


@contextmanager
def off_while_loading() -> Iterator[None]:
    """Disable collection meanwhile, which would take a third of the time, and freeze the new objects."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
        give_back()


def give_back() -> None:
    """Return free memory to the system; takes some milliseconds.

    A collection empties Python's free lists, which can hold a megabyte each. The C library keeps free
    memory unless trimmed, which only GNU's supports.
    """
    gc.collect()
    _call("malloc_trim", 0)


def keep_together() -> None:
    """Make all threads started from now on share one malloc arena, to reduce fragmentation.

    By default the C library gives each thread an arena that grows to its peak use, and keeps large
    chunks among the small ones after one was freed.
    """
    for setting, value in _TOGETHER.items():
        _call("mallopt", setting, value)


def _call(function: str, *values: int) -> None:
    """Call what only GNU's C library has."""
    import ctypes  # noqa: PLC0415 - a command that runs no session does without

    if sys.platform == "linux":
        found = getattr(ctypes.CDLL(None), function, None)
        if found is not None:
            found(*values)
