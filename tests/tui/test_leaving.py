"""What happens in the session while the screen is being taken down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count

import pytest

from chatter_tui.controller.events import InvitesAnswer
from tests.tui.desk import block
from tests.tui.driver import review


@pytest.mark.parametrize("key", ["", "i", "D", "I"], ids=["plain", "invite", "question", "status"])
async def test_news_while_leaving_are_no_trouble(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.tui.app.FLUSH", 0.0)

    async def news() -> None:
        for number in count():
            driver.desk.add(block(f"02{number:04}", "more"), "p2")
            first = replace(driver.desk.invites["abcdefgh"], uses_left=number)
            driver.desk.emit(InvitesAnswer("", (first,)))
            await asyncio.sleep(0)

    async with review() as driver:
        await driver.press(*key)
        task = asyncio.create_task(news())
        await driver.wait(lambda: driver.screen.work.model.threads.blocks.keys() >= {"020010"})
    task.cancel()
