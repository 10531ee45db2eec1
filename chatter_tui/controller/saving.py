"""Keeps the files on disk close behind the session: soon after a change, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from chatter_tui.controller.events import SaveState
from chatter_tui.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.events import Event

T = TypeVar("T")

_DELAY: Final = 0.3  # seconds that changes are gathered before they are written
_RETRY: Final = 3.0  # seconds after a write that failed


class Saver(Generic[T]):
    """Calls `save`, which may block and raises `StorageError`, in a thread and never twice at once.

    `snapshot` is called on the loop and makes an immutable picture of what is to be saved.
    """

    def __init__(
        self, snapshot: Callable[[], T], save: Callable[[T], object], tell: Callable[[Event], None]
    ) -> None:
        self._snapshot = snapshot
        self._save = save
        self._tell = tell
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._ending = asyncio.Event()
        self._writing = False
        self._problem: str | None = None

    @property
    def saved(self) -> bool:
        """Whether nothing waits to be written."""
        return not (self._changed.is_set() or self._writing) and self._problem is None

    def changed(self) -> None:
        """There is something to write."""
        self._changed.set()
        self._wake.set()

    def finish(self) -> None:
        """Let `run` write what is not written yet, and return."""
        self._ending.set()
        self._wake.set()

    async def run(self) -> None:
        """Save until `finish`; not to be cancelled, since a write in its thread goes on."""
        while not self._ending.is_set():
            await self._wake.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RETRY if self._problem else _DELAY):
                    await self._ending.wait()
            self._wake.clear()
            await self._write()

    async def _write(self) -> None:
        if not self._changed.is_set():
            return
        self._changed.clear()
        self._writing = True
        try:
            await asyncio.to_thread(self._save, self._snapshot())
        except StorageError as error:
            self.changed()
            if str(error) != self._problem:
                self._problem = str(error)
                self._tell(SaveState(saved=False, problem=self._problem))
        else:
            if self._problem is not None:
                self._problem = None
                self._tell(SaveState(saved=True))
        finally:
            self._writing = False
