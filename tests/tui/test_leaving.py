"""What happens in the session while the screen is being taken down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from textual import events

from chatter_tui.controller.events import InvitesAnswer
from chatter_tui.tui.model.drafts import MemoryDrafts
from tests.tui.desk import block
from tests.tui.driver import review


@pytest.mark.parametrize("key", ["", "i", "D", "I"], ids=["plain", "invite", "question", "status"])
async def test_news_while_leaving_does_no_harm(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_keys_that_wait_when_the_end_comes_are_in_the_draft() -> None:
    drafts = MemoryDrafts()
    async with review(app={"drafts": drafts}) as driver:
        await driver.press("c")
        composer = driver.app.focused
        assert composer is not None
        for key in "half a thought":  # what the composer has been sent and has not come to
            composer.post_message(events.Key(key, key))
        driver.app.exit()
    assert [draft.text for draft in drafts.all()] == ["half a thought"]
