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

_DELAY: Final = 0.3  # seconds without a change before they are written
_LATEST: Final = 0.7  # seconds that a change waits while others follow
_REST: Final = 5.0  # times as long as the last writing took, before the next: others' turn
_RETRY: Final = 3.0  # seconds after a write that failed
_CALM: Final = 20.0  # seconds after a write until cached data for the next one is released


class SaveReport:
    """Tells when the disk begins to fail, and when everything is saved again."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._problems: dict[object, StorageError] = {}
        self.at: float | None = None  # when something was last written, as Unix time

    @property
    def problem(self) -> StorageError | None:
        """Why something is not saved."""
        return next(iter(self._problems.values()), None)

    def failed(self, writer: object, error: StorageError) -> None:
        """`writer` could not write."""
        before = self._problems.get(writer)
        self._problems[writer] = error
        if before is None or str(before) != str(error):
            self._tell(SaveState(saved=False, problem=str(error), reason=error.reason))

    def wrote(self, writer: object) -> None:
        """`writer` has written everything of its own."""
        self.at = time.time()
        if self._problems.pop(writer, None) is None:
            return
        left = self.problem
        problem, reason = (str(left), left.reason) if left else (None, "")
        self._tell(SaveState(saved=left is None, problem=problem, reason=reason))


class Saver(Generic[T]):
    """Calls `save`, which may block and raises `StorageError`, in a thread and never twice at once.

    The longer it takes, the less often it is called while changes come in: the thread takes turns
    with everything else, and what is written here the session's own store has already.
    `snapshot` is called on the loop and makes an immutable picture of what is to be saved. When
    nothing has changed for a while after a write, `rest` is called once, as `save` is.
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
        self._wrote = False  # and has not rested since
        self._failing = False
        self._first: float | None = None  # when the change came that waits longest
        self._latest = self._rested = 0.0  # when the latest came, and when to write again

    @property
    def saved(self) -> bool:
        """Whether nothing waits to be written."""
        return not (self._changed.is_set() or self._writing or self._failing)

    def changed(self) -> None:
        """There is something to write."""
        self._latest = time.monotonic()
        self._first = self._latest if self._first is None else self._first
        self._changed.set()
        self._wake.set()

    def finish(self) -> None:
        """Let `run` write what is not written yet, and return."""
        self._ending.set()
        self._wake.set()

    async def run(self) -> None:
        """Save until `finish`; not to be cancelled, since a write in its thread goes on."""
        while not self._ending.is_set():
            await self._woken()
            while not self._ending.is_set() and (left := self._due() - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._ending.wait()
            self._wake.clear()
            await self._write()
        while self._changed.is_set() and not self._failing:  # during the last writing
            await self._write()

    async def _woken(self) -> None:
        """Wait for something to do, and rest when that takes long after a write."""
        if self._wrote:
            self._wrote = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CALM):
                    await self._wake.wait()
            if not self._wake.is_set():
                await asyncio.to_thread(self._rest)
        await self._wake.wait()

    def _due(self) -> float:
        """When to write what has changed so far."""
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
        """Save; returns how long the processor was busy with it, waiting for the disk left out."""
        started = time.thread_time()
        self._save(picture)
        return time.thread_time() - started
