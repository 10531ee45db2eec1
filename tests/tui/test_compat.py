"""What is done in ways of Textual's own, on a machine that is slow at the wrong moment."""

from __future__ import annotations

import time
from collections import deque
from types import SimpleNamespace

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from chatter_tui.controller.events import BlockAdded
from chatter_tui.tui import app as application
from chatter_tui.tui.model.parsed import Told
from chatter_tui.tui.screens.review import ReviewScreen
from tests.tui.desk import block
from tests.tui.driver import Driver, review


def write(driver: Driver, number: str) -> None:
    """Somebody else writes a comment."""
    added = block(f"03{number}", f"{number} more", "bo")
    driver.desk.emit(BlockAdded(added.id, added, "p2"))


async def test_what_comes_when_the_next_look_is_due_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with review() as driver:
        app = driver.app

        def almost_due() -> float:
            return app._flushed + application.FLUSH - 1e-9  # over before a timer has begun to wait

        clock = SimpleNamespace(monotonic=almost_due, time=time.time)
        monkeypatch.setattr("chatter_tui.tui.app.time", clock)
        write(driver, "one")
        await driver.wait(lambda: driver.has("one more"))
        write(driver, "two")
        await driver.wait(lambda: driver.has("two more"))


async def test_what_comes_just_after_something_was_taken_early_is_shown() -> None:
    async with review() as driver:
        app = driver.app

        class Overtaken(deque[Told]):
            """The screen's thread looks between an event and the word that there is one."""

            def append(self, event: Told) -> None:
                super().append(event)
                app._take()

        app._inbox._events = Overtaken()
        write(driver, "one")
        app._inbox._events = deque()
        looked = app._flushed
        await driver.wait(lambda: app._flushed != looked)  # for something that is gone
        assert driver.has("one more")
        write(driver, "two")
        await driver.wait(lambda: driver.has("two more"))


async def test_sizes_that_wait_one_behind_the_other_come_to_rest() -> None:
    async with review(size=(80, 24)) as driver:
        screen = driver.screen
        laid_out: list[object] = []
        screen.screen_layout_refresh_signal.subscribe(screen, laid_out.append)
        for height in (25, 24, 25, 24):
            size = Size(80, height)
            screen.post_message(events.Resize(size, size))
            screen.call_later(lambda: None)  # so that they are not taken as one
        await driver.settle()
        assert len(laid_out) < 12, "they follow each other for ever"
        assert len(driver.text.splitlines()) == 24


async def test_the_screen_behind_a_dialog_is_there_however_it_was_drawn_before() -> None:
    async with review(size=(80, 24)) as driver:
        behind = driver.text.splitlines()[0]
        await driver.press("I")
        await driver.wait(lambda: driver.has("1 can be used"))
        await driver.settle()
        for _ in range(2):
            driver.app.screen._set_dirty()  # so that nothing drawn before is of use
            assert driver.text.splitlines()[0] == behind


@pytest.mark.parametrize("popup", [False, True])
async def test_no_frame_of_a_new_size_is_laid_out_as_for_the_old_one(
    monkeypatch: pytest.MonkeyPatch, popup: bool
) -> None:
    frames: set[tuple[Size, bool, bool]] = set()
    lay_out = ReviewScreen._refresh_layout

    def watched(screen: ReviewScreen, size: Size | None = None, *, scroll: bool = False) -> None:
        lay_out(screen, size, scroll)
        tabs, top = screen.bars.tabs, screen.bars.top
        frames.add((screen._size, tabs in screen._compositor, top in screen._compositor))

    async with review(size=(120, 40)) as driver:
        if popup:
            await driver.press("?")
        monkeypatch.setattr(ReviewScreen, "_refresh_layout", watched)
        for size in (Size(20, 5), Size(120, 40), Size(80, 24)):
            await Pilot(driver.app).resize_terminal(*size)
            await driver.settle()
    assert {
        (Size(20, 5), False, False),
        (Size(120, 40), False, True),
        (Size(80, 24), True, True),
    } == frames
