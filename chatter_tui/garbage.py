"""When Python looks for garbage, and what memory goes back to the system: all of it is decided here.

Nearly everything a session makes stays for as long as it runs. A look at all of it finds nothing,
takes a tenth of a second with a large review, and everybody waits for it. So there is none while
the program starts or loads, and what has been loaded is left out of those that come later.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    import ctypes  # noqa: PLC0415 - a command that runs no session does without

    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
