"""When the files are written: soon after a change, seldom while changes keep coming in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller import saving
from chatter_tui.controller.saving import Saver, SaveReport

if TYPE_CHECKING:
    from chatter_tui.controller.events import Event


class Clock:
    """The time, as far as a saver sees it, and what its saving costs."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.busy = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.busy


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(saving, "time", clock)
    return clock


class Saved(Saver[int]):
    """Saves what number it has come to, each time for so many seconds."""

    def __init__(self, clock: Clock, cost: float = 0.0) -> None:
        self.clock = clock
        self.cost = cost
        self.number = 0
        self.written: list[int] = []
        events: list[Event] = []
        super().__init__(lambda: self.number, self.write, SaveReport(events.append))

    def write(self, number: int) -> None:
        self.written.append(number)
        self.clock.busy += self.cost
        self.clock.now += self.cost

    def change(self, after: float) -> None:
        self.clock.now += after
        self.number += 1
        self.changed()

    @property
    def wait(self) -> float:
        """Seconds until it writes."""
        return round(self._due() - self.clock.now, 3)


def test_a_change_is_written_soon(clock: Clock) -> None:
    saver = Saved(clock)
    saver.change(0)
    assert 0 < saver.wait < 0.5


def test_changes_that_follow_each_other_are_written_together_but_not_put_off_for_ever(
    clock: Clock,
) -> None:
    saver = Saved(clock)
    waits = []
    for _ in range(100):
        saver.change(0.1)
        waits.append(saver.wait)
    assert waits[1] == waits[0]  # the second put it off
    assert waits[-1] <= 0
    assert max(waits) < 0.5


async def test_the_longer_it_takes_the_longer_others_have_their_turn(clock: Clock) -> None:
    saver = Saved(clock, cost=2.0)
    saver.change(0)
    await saver._write()
    saver.change(0.1)
    assert saver.wait > 4 * saver.cost
    clock.now += saver.wait
    assert saver.wait == 0


async def test_the_end_waits_for_nothing(clock: Clock) -> None:
    saver = Saved(clock, cost=100.0)
    saver.change(0)
    await saver._write()
    saver.change(0)
    saver.finish()
    async with asyncio.timeout(5):
        await saver.run()
    assert saver.written == [1, 2]
    assert saver.saved


async def test_what_changes_during_the_last_writing_is_written_too(clock: Clock) -> None:
    saver = Saved(clock)
    write = saver.write
    loop = asyncio.get_running_loop()

    def late(number: int) -> None:
        write(number)
        if number == 1:
            loop.call_soon_threadsafe(saver.change, 0)
            loop.call_soon_threadsafe(saver.finish)

    saver._save = late
    saver.change(0)
    clock.now += 1
    async with asyncio.timeout(5):
        await saver.run()
    assert saver.written == [1, 2]
    assert saver.saved


async def test_it_rests_once_when_nothing_changes_after_a_write(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_CALM", 0.01)
    saver = Saved(clock)
    rests: asyncio.Queue[list[int]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    saver._rest = lambda: loop.call_soon_threadsafe(rests.put_nowait, saver.written[:])
    running = asyncio.create_task(saver.run())
    async with asyncio.timeout(10):
        for number in (1, 2):
            saver.change(0)
            clock.now += 1
            assert (await rests.get())[-1] == number  # what has been written by then
    saver.finish()
    async with asyncio.timeout(10):
        await running
    assert rests.empty()
    assert saver.written == [1, 2]
