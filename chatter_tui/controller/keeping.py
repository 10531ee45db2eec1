"""Keep a session on disk; while the disk fails, go on in memory and report it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from chatter_tui.session.records import Happened, Record, Update
from chatter_tui.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.controller.saving import SaveReport
    from chatter_tui.storage.session_store import HistoryEntry, SessionStore

_RETRY: Final = 3.0  # seconds after a write that failed
_UPDATES: Final = 300  # kept one by one before they become part of a snapshot
_CALM: Final = 1.0  # seconds without an update in which that is best done: everybody waits for it
_MOST: Final = 3000  # kept one by one however busy the session is
_MISSED: Final = 10_000  # deeds remembered while the disk is not writable


class Keeper:
    """Writes to a store in a thread, one thing at a time."""

    def __init__(self, store: SessionStore, report: SaveReport) -> None:
        self._store = store
        self._report = report
        self._failing = False
        self._retry_at = 0.0
        self._updates = 0
        self._latest = 0.0  # when the last update was kept
        self._missed: deque[Happened] = deque(maxlen=_MISSED)

    @property
    def saved(self) -> bool:
        """Whether everything that was to be kept is on disk."""
        return not self._failing

    def wants_all(self) -> bool:
        """Whether it is time to rewrite everything; resets when asked."""
        if self._failing:
            due = time.monotonic() >= self._retry_at
            self._retry_at = time.monotonic() + _RETRY if due else self._retry_at
            return due
        calm = time.monotonic() - self._latest >= _CALM
        due = self._updates >= (_UPDATES if calm else _MOST)
        if due:
            self._updates = 0
        return due

    async def keep(self, records: Sequence[Record]) -> None:
        """Have records on disk; if that cannot be, tell, and go on."""
        if not self._failing:
            try:
                await asyncio.to_thread(self._store.commit, records)
            except StorageError as error:
                self._fail(error)
            else:
                self._report.wrote(self)
                updates = sum(isinstance(record, Update) for record in records)
                self._updates += updates
                self._latest = time.monotonic() if updates else self._latest
                return
        self._missed += [record for record in records if isinstance(record, Happened)]

    async def keep_all(self, records: Sequence[Record], state: bytes) -> None:
        """Write the whole session to disk: as a snapshot, or from scratch after a failure."""
        try:
            if not self._failing and await self._snapshot(state):
                return
            everything = (*records, *self._missed)
            await asyncio.to_thread(self._store.rewrite, everything, state)
        except StorageError as error:
            self._fail(error)
        else:
            self._missed.clear()
            self._failing = False
            self._report.wrote(self)

    async def _snapshot(self, state: bytes) -> bool:
        try:
            await asyncio.to_thread(self._store.snapshot, state)
        except StorageError as error:
            if error.code not in ("lost", "damaged"):
                raise
            return False  # what was kept is gone, so all of it must be written
        return True

    async def begin(self, records: Sequence[Record], state: bytes) -> None:
        """Have a session on disk that begins, or goes on."""
        try:
            await asyncio.to_thread(self._store.rewrite, records, state)
        except StorageError as error:
            self._fail(error)

    def history(self) -> list[HistoryEntry]:
        """Who did what; to be called in a thread.

        Raises:
            StorageError: when it cannot be read.
        """
        return self._store.history() if self._store.exists else []

    def _fail(self, error: StorageError) -> None:
        self._retry_at = time.monotonic() + _RETRY
        self._failing = True
        self._report.failed(self, error)
