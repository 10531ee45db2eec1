"""Carry out a machine's effects in order, storing records before anything that depends on them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.session.effects import Admit, Broadcast, Close, Rewrite, Send, Store, Tell
from chatter_tui.startup.priority import give_way, giving_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chatter_tui.controller.events import Event
    from chatter_tui.controller.keeping import Keeper
    from chatter_tui.session.records import Record

_BACKLOG: Final = 5000  # effects that may wait before their sources have to
_TURN: Final = 0.005  # seconds of work before other tasks get a turn


@dataclass(frozen=True, slots=True)
class Say:
    """Report an event to the user that does not come from the machine."""

    event: Event


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Store the whole session, as it is at this point among the effects."""

    records: Sequence[Record]
    state: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Call `function` once all earlier effects are carried out."""

    function: Callable[[], None]


Act = Send | Broadcast | Admit | Close | Tell | Rewrite | Say
Item = Act | Store | Call | KeepAll


class Carrier:
    """Carries out effects, storing those that gather while the disk is busy in one transaction.

    Args:
        act: Carries out an effect that is not stored.
    """

    def __init__(self, act: Callable[[Act], None]) -> None:
        self._act = act
        self._items: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._last = False

    def take(self, items: Iterable[Item]) -> None:
        """Queue effects."""
        self._items.extend(items)
        if self._items:
            self._wake.set()
        if len(self._items) > _BACKLOG:
            self._room.clear()

    async def room(self) -> None:
        """Wait until the queue has room."""
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until everything queued so far is done."""
        done = asyncio.Event()
        self.take([Call(done.set)])
        await done.wait()

    def finish(self) -> None:
        """Make `run` return once everything is done."""
        self._last = True
        self._wake.set()

    async def run(self, keeper: Keeper) -> None:
        """Carry out queued effects until `finish`."""
        while self._items or not self._last:
            await self._wake.wait()
            batch = self._batch()
            records = [item.record for item in batch if isinstance(item, Store)]
            if records:
                await keeper.keep(records)
            turn = time.monotonic() + _TURN
            for item in batch:
                if time.monotonic() > turn:  # let other tasks run, even those that bring more
                    give_way()
                    await asyncio.sleep(0)
                    turn = time.monotonic() + _TURN
                if isinstance(item, KeepAll):
                    await keeper.keep_all(item.records, item.state)
                elif isinstance(item, Call):
                    item.function()
                elif not isinstance(item, Store):
                    self._act(item)

    def _batch(self) -> list[Item]:
        """Take what is queued, up to the first `KeepAll`, which must not cover what follows it."""
        batch: list[Item] = []
        while self._items:
            batch.append(self._items.popleft())
            if isinstance(batch[-1], KeepAll):
                break
        if not self._items and not self._last:
            self._wake.clear()
        self._room.set()
        return batch


async def in_turns(steps: Iterator[None]) -> None:
    """Run an iterator of steps of a few milliseconds, with a turn for other tasks after each."""
    for _ in giving_way(steps):
        await asyncio.sleep(0)
