"""Save the files soon after a change, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from chatter_tui.controller.events import SaveState
from chatter_tui.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.events import Event

T = TypeVar("T")

_DELAY: Final = 0.3  # seconds without a change before the files are written
_LATEST: Final = 0.7  # seconds that a change may wait while others follow
_REST: Final = 5.0  # pause before the next write, as a multiple of the last one's duration
_RETRY: Final = 3.0  # seconds after a failed write
_CALM: Final = 20.0  # seconds after a write before data cached for the next one is freed


class SaveReport:
    """Reports when writing begins to fail, and when everything is saved again."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._problems: dict[object, StorageError] = {}
        self.at: float | None = None  # the last write, in Unix time

    @property
    def problem(self) -> StorageError | None:
        """Why something is not saved."""
        return next(iter(self._problems.values()), None)

    def failed(self, writer: object, error: StorageError) -> None:
        """Note that `writer` failed."""
        before = self._problems.get(writer)
        self._problems[writer] = error
        if before is None or str(before) != str(error):
            self._tell(SaveState(saved=False, problem=str(error), reason=error.reason))

    def wrote(self, writer: object) -> None:
        """Note that `writer` has written everything."""
        self.at = time.time()
        if self._problems.pop(writer, None) is None:
            return
        left = self.problem
        problem, reason = (str(left), left.reason) if left else (None, "")
        self._tell(SaveState(saved=left is None, problem=problem, reason=reason))


class Saver(Generic[T]):
    """Calls `save` in a thread after changes, one call at a time.

    The longer a save takes, the less often it is called while changes arrive: its thread competes
    with everything else, and the session's store already has the data.

    Args:
        snapshot: Called on the loop; returns an immutable picture of what to save.
        save: Saves it, may block, and raises StorageError.
        report: Where to report failures.
        rest: Called in a thread once nothing has changed for a while after a save.
    """

    def __init__(
        self,
        snapshot: Callable[[], T],
        save: Callable[[T], object],
        report: SaveReport,
        rest: Callable[[], object] = lambda: None,
    ) -> None:
        self._snapshot = snapshot
        self._save = save
        self._rest = rest
        self._report = report
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._ending = asyncio.Event()
        self._writing = False
        self._wrote = False  # and `rest` has not been called since
        self._failing = False
        self._first: float | None = None  # the time of the oldest unsaved change
        self._latest = self._rested = 0.0  # the times of the latest change and of the next save

    @property
    def saved(self) -> bool:
        """Whether nothing waits to be saved."""
        return not (self._changed.is_set() or self._writing or self._failing)

    def changed(self) -> None:
        """Note a change."""
        self._latest = time.monotonic()
        self._first = self._latest if self._first is None else self._first
        self._changed.set()
        self._wake.set()

    def finish(self) -> None:
        """Make `run` save what is unsaved and return."""
        self._ending.set()
        self._wake.set()

    async def run(self) -> None:
        """Save until `finish`. Must not be cancelled: a save continues in its thread."""
        while not self._ending.is_set():
            await self._woken()
            while not self._ending.is_set() and (left := self._due() - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._ending.wait()
            self._wake.clear()
            await self._write()
        while self._changed.is_set() and not self._failing:  # changed during the last save
            await self._write()

    async def _woken(self) -> None:
        """Wait for something to do, and call `rest` if that takes long after a save."""
        if self._wrote:
            self._wrote = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CALM):
                    await self._wake.wait()
            if not self._wake.is_set():
                await asyncio.to_thread(self._rest)
        await self._wake.wait()

    def _due(self) -> float:
        """Return when to save the changes so far."""
        if self._first is None:
            return 0.0
        return max(min(self._latest + _DELAY, self._first + _LATEST), self._rested)

    async def _write(self) -> None:
        if not self._changed.is_set():
            return
        self._changed.clear()
        self._first = None
        self._writing = True
        try:
            took = await asyncio.to_thread(self._timed, self._snapshot())
        except StorageError as error:
            self._failing = True
            self.changed()
            self._rested = time.monotonic() + _RETRY
            self._report.failed(self, error)
        else:
            self._rested = time.monotonic() + _REST * took
            self._failing = False
            self._wrote = True
            self._report.wrote(self)
        finally:
            self._writing = False

    def _timed(self, picture: T) -> float:
        """Save; return the CPU time it took, which excludes waiting for the disk."""
        started = time.thread_time()
        self._save(picture)
        return time.thread_time() - started
