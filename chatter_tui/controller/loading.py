"""Loading a session, of which everything that is made stays, without making others wait."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: among so much that is new it takes a third of the time.

    Nor later on among what has been made, since everybody would wait for that.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
        give_back()


def give_back() -> None:
    """Let the system have the memory that was used meanwhile: it takes some milliseconds.

    A few objects kept for the next that are like them hold a megabyte each; a collection lets go of
    those. The C library keeps what is free until it is told not to, which only GNU's can be.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


async def in_turns(steps: Iterator[None]) -> None:
    """Take steps of some ms each, and let everybody else have their turn in between."""
    for _ in steps:
        await asyncio.sleep(0)
