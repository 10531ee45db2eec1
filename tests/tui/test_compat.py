"""What is done in ways of Textual's own, on a machine that is slow at the wrong moment."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from chatter_tui.controller.events import BlockAdded
from chatter_tui.tui.app import FLUSH
from tests.tui.desk import block
from tests.tui.driver import review


async def test_what_comes_when_the_next_look_is_due_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with review() as driver:
        app = driver.app

        def almost_due() -> float:
            return app._flushed + FLUSH - 1e-9  # over before a timer has begun to wait

        clock = SimpleNamespace(monotonic=almost_due, time=time.time)
        monkeypatch.setattr("chatter_tui.tui.app.time", clock)
        for number in range(3):
            added = block(f"03{number}", f"comment {number}", "bo")
            driver.desk.emit(BlockAdded(added.id, added, "p2"))
            await driver.wait(lambda n=number: driver.has(f"comment {n}"))  # type: ignore[misc]


async def test_the_screen_behind_a_dialog_is_there_however_it_was_drawn_before() -> None:
    async with review(size=(80, 24)) as driver:
        behind = driver.text.splitlines()[0]
        await driver.press("I")
        await driver.wait(lambda: driver.has("1 can be used"))
        await driver.settle()
        for _ in range(2):
            driver.app.screen._set_dirty()  # so that nothing drawn before is of use
            assert driver.text.splitlines()[0] == behind
