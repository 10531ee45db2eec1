"""Control of Python's garbage collector, and of memory returned to the system.

Nearly all objects of a session live as long as it does. A full collection finds no garbage, takes a
tenth of a second with a large review, and blocks everything meanwhile. So there is none while the
program starts or loads, and loaded objects are excluded from later ones.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


# Values from GNU's malloc.h: one arena; return chunks of 1 MiB or more to the system immediately,
# but not asyncio's 256 KiB read buffers, which are allocated again and again; keep 2 MiB free at
# the end.
_TOGETHER: Final = {-8: 1, -3: 2**20, -1: 2**21}


def off() -> None:
    """Disable collection until `on`; it would take a sixth of the time to the first screen."""
    gc.disable()


def on() -> None:
    """Enable collection."""
    gc.enable()


def in_small_steps() -> None:
    """Collect new objects often, and all objects rarely, so that no key press waits."""
    gc.set_threshold(5_000, 10, 50)


def spare() -> None:
    """Exclude all existing objects from later collections."""
    gc.freeze()


@contextmanager
def off_while_loading() -> Iterator[None]:
    """Disable collection, a third of the time, and exclude the new objects from later ones."""
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

    A collection empties Python's free lists, which can hold a megabyte each. The C library keeps
    free memory unless trimmed, which only GNU's supports.
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
    """Call a function that only GNU's C library has."""
    import ctypes  # noqa: PLC0415 - needed only by commands that run a session

    if sys.platform == "linux":
        found = getattr(ctypes.CDLL(None), function, None)
        if found is not None:
            found(*values)
