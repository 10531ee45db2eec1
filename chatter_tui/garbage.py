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
    """Look for none meanwhile, which would take a third of the time, and spare what was made."""
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
    """Let the system have the memory that is free again; takes some milliseconds.

    A collection empties Python's lists of objects kept for reuse, which hold a megabyte each here
    and there. The C library keeps what is free until it is told not to, which only GNU's can be.
    """
    gc.collect()
    _call("malloc_trim", 0)


def keep_together() -> None:
    """Have all threads that begin from now on take memory from one place, so that less lies waste.

    Left alone the C library gives each a place of its own, which it grows in by what it needed most
    at any time, and keeps large pieces among the small ones once one was given back.
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
