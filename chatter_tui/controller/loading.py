"""Loading a session, of which everything that is made stays, without making others wait."""

from __future__ import annotations

import asyncio
import gc
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


async def in_turns(steps: Iterator[None]) -> None:
    """Take steps of some ms each, and let everybody else have their turn in between."""
    for _ in steps:
        await asyncio.sleep(0)
