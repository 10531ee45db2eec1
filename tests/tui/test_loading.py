"""While comments arrive, keys wait for none of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chatter_tui.controller.events import BlockAdded, Synced
from chatter_tui.tui.model.parsed import LookingUp
from tests.tui.desk import block, quote
from tests.tui.driver import review

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.tui.driver import Driver


@asynccontextmanager
async def loading() -> AsyncIterator[Driver]:
    """A review whose last comment has just arrived, and whose threads are being arranged."""
    async with review() as driver:
        driver.screen.work.model.synced = False
        new = block("02A", "One more", anchor=quote("Staging"))
        driver.desk.emit(BlockAdded(new.id, new, ""))
        driver.app._inbox.put(LookingUp())  # so that no tick of the clock shows it meanwhile
        await driver.wait(lambda: driver.screen.work.model.arranging)
        await driver.settle()
        yield driver


async def test_keys_do_not_arrange_threads_that_are_still_arriving() -> None:
    async with loading() as driver:
        for key in ("Z", "space", "o", "t", "f", "M", "n"):
            await driver.press(key)
            assert driver.screen.work.model.loading, key
            assert driver.app.screen is driver.screen, key
        assert "not here yet" in driver.toast
        assert not driver.has("One more")
        driver.desk.emit(Synced(7))
        await driver.wait(lambda: driver.has("One more"))
        assert not driver.has("Z shows them")  # what is resolved: they are shown already
        await driver.press("o")
        assert driver.app.screen is not driver.screen


async def test_what_has_arrived_is_shown_when_nothing_follows() -> None:
    async with loading() as driver:
        for _ in range(3):
            driver.screen._tick()
        assert driver.screen.work.model.loading  # it is being arranged beside the screen
        driver.screen.work.model.arranging = False
        for _ in range(3):
            driver.screen._tick()
        await driver.wait(lambda: driver.has("One more"))
