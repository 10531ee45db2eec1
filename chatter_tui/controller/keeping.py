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

_RETRY: Final = 3.0  # seconds after a failed write
_UPDATES: Final = 300  # single updates to store before a snapshot replaces them
# Seconds without an update: the best time for a snapshot, for which everybody waits.
_CALM: Final = 1.0
_MOST: Final = 3000  # single updates to store at most, however busy the session is
_MISSED: Final = 10_000  # entries of the history remembered while the disk fails


class Keeper:
    """Writes to a store in a thread, one write at a time."""

    def __init__(self, store: SessionStore, report: SaveReport) -> None:
        self._store = store
        self._report = report
        self._failing = False
        self._retry_at = 0.0
        self._updates = 0
        self._latest = 0.0  # when the last update was stored
        self._missed: deque[Happened] = deque(maxlen=_MISSED)

    @property
    def saved(self) -> bool:
        """Whether everything is on disk."""
        return not self._failing

    def wants_all(self) -> bool:
        """Return whether the whole session is due to be rewritten, and reset that."""
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
        """Store records; on failure, report it and go on."""
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
        """Store the whole session: as a snapshot, or from scratch after a failure."""
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
            return False  # nothing of it is left, so all of it must be written
        return True

    async def begin(self, records: Sequence[Record], state: bytes) -> None:
        """Store a session that begins or resumes."""
        try:
            await asyncio.to_thread(self._store.rewrite, records, state)
        except StorageError as error:
            self._fail(error)

    def history(self) -> list[HistoryEntry]:
        """Return the history; call it in a thread.

        Raises:
            StorageError: It cannot be read.
        """
        return self._store.history() if self._store.exists else []

    def _fail(self, error: StorageError) -> None:
        self._retry_at = time.monotonic() + _RETRY
        self._failing = True
        self._report.failed(self, error)
