"""Long computations wait while the screen has work to do."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from chatter_tui.startup import priority
from chatter_tui.startup.priority import give_way, giving_way
from chatter_tui.tui.loop import screen_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 60.0  # seconds, for what must not happen before


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A screen that may be at work for long, and is idle in the end."""
    monkeypatch.setattr(priority, "_PATIENCE", LONG)
    yield
    priority.idle()


def other_thread(done: list[int]) -> threading.Thread:
    begun = threading.Event()

    def compute() -> None:
        begun.set()
        done.extend(giving_way(range(3)))

    thread = threading.Thread(target=compute)
    thread.start()
    assert begun.wait(LONG)
    return thread


@pytest.mark.usefixtures("patience")
def test_another_thread_waits_until_the_screen_is_idle() -> None:
    priority.at_work()
    done: list[int] = []
    thread = other_thread(done)
    thread.join(0.05)
    assert done == []
    priority.idle()
    thread.join(LONG)
    assert done == [0, 1, 2]


@pytest.mark.usefixtures("patience")
def test_the_screen_does_not_wait_for_itself() -> None:
    priority.at_work()
    assert list(giving_way("ab")) == ["a", "b"]


def test_a_screen_that_is_stuck_stops_nobody() -> None:
    priority.at_work()  # and writes to a terminal that does not read
    done: list[int] = []
    other_thread(done).join(LONG)
    assert done == [0, 1, 2]
    priority.idle()


@pytest.mark.usefixtures("patience")
def test_the_loop_of_the_screen_is_idle_when_it_waits_and_when_it_is_over() -> None:
    async def main() -> list[bool]:
        # The loop waits for the thread, which gives way until it does.
        await asyncio.to_thread(give_way)
        idle_while_waiting = await asyncio.to_thread(priority._Screen.idle.wait, LONG)
        return [idle_while_waiting, priority._Screen.idle.is_set()]

    with asyncio.Runner(loop_factory=screen_loop) as runner:
        assert runner.run(main()) == [True, False]
    assert priority._Screen.idle.is_set()
    give_way()
