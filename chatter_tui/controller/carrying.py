"""Carry out a machine's effects in order: stored before anything that depends on it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.session.effects import Admit, Broadcast, Close, Rewrite, Send, Store, Tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chatter_tui.controller.events import Event
    from chatter_tui.controller.keeping import Keeper
    from chatter_tui.session.records import Record

_BACKLOG: Final = 5000  # effects, beyond which their sources have to wait
_TURN: Final = 0.005  # seconds of carrying out until others have their turn


@dataclass(frozen=True, slots=True)
class Say:
    """Send the user an event that comes from no machine."""

    event: Event


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Everything to be kept, as it is after the effects before and before those after."""

    records: Sequence[Record]
    state: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Call somebody who waits for the effects before."""

    function: Callable[[], None]


Act = Send | Broadcast | Admit | Close | Tell | Rewrite | Say
Item = Act | Store | Call | KeepAll


class Carrier:
    """Gathers what is to be done while the disk is busy, and has it kept in one transaction.

    Args:
        act: does all but keep, which is the keeper's.
    """

    def __init__(self, act: Callable[[Act], None]) -> None:
        self._act = act
        self._items: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._last = False

    def take(self, items: Iterable[Item]) -> None:
        """Have these done after all before."""
        self._items.extend(items)
        if self._items:
            self._wake.set()
        if len(self._items) > _BACKLOG:
            self._room.clear()

    async def room(self) -> None:
        """Wait while too much is waiting."""
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until everything taken so far is done."""
        done = asyncio.Event()
        self.take([Call(done.set)])
        await done.wait()

    def finish(self) -> None:
        """Let `run` return once everything is done."""
        self._last = True
        self._wake.set()

    async def run(self, keeper: Keeper) -> None:
        """Do what is taken, until `finish`."""
        while self._items or not self._last:
            await self._wake.wait()
            batch = self._batch()
            records = [item.record for item in batch if isinstance(item, Store)]
            if records:
                await keeper.keep(records)
            turn = time.monotonic() + _TURN
            for item in batch:
                if time.monotonic() > turn:  # what arrives meanwhile has its turn, too
                    await asyncio.sleep(0)
                    turn = time.monotonic() + _TURN
                if isinstance(item, KeepAll):
                    await keeper.keep_all(item.records, item.state)
                elif isinstance(item, Call):
                    item.function()
                elif not isinstance(item, Store):
                    self._act(item)

    def _batch(self) -> list[Item]:
        """All there is, but nothing beyond a `KeepAll`: it must not count as part of it."""
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
    """Take steps of some ms each, and let everybody else have their turn in between."""
    for _ in steps:
        await asyncio.sleep(0)
