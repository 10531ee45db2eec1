"""Finding: filters with their counts, and the next of a kind."""

from __future__ import annotations

from tests.tui.desk import BLOCKS, ME, block, quote
from tests.tui.driver import review

MORE = (
    *BLOCKS,
    block("01G", "Is it, @ana?", "cy", type="question", anchor=quote("Staging"), minutes=2),
    block("01H", "A bot's view.", "bot", type="ai_feedback", parent_id="01G", minutes=1),
    block("01I", "Long ago: @ana?", "bo", type="question", anchor=quote("Week"), status="resolved"),
)


async def test_the_next_of_each_kind_goes_around() -> None:
    async with review(blocks=MORE) as driver:
        seen: dict[str, list[str | None]] = {}
        for key in "qsmo":
            seen[key] = []
            for _ in range(2):
                await driver.press("t", key)
                seen[key].append(driver.screen.current)
        assert seen == {
            "q": ["01A", "01G"],
            "s": ["01D", "01D"],
            "m": ["01G", "01G"],
            "o": ["01F", "01F"],
        }
        assert "only orphan" in driver.toast


async def test_the_next_of_a_kind_comes_out_of_filters_and_is_come_back_from() -> None:
    async with review(blocks=MORE) as driver:
        await driver.press("f", "s", "t", "q")
        assert driver.screen.current in {row.id for row in driver.screen.threads.items}
        here = driver.screen.document.cursor
        await driver.press("t", "q", "<")
        assert driver.screen.document.cursor == here


async def test_the_next_of_a_kind_there_is_none_of() -> None:
    async with review(blocks=BLOCKS[:3]) as driver:
        await driver.press("t")
        assert driver.has("question  1", "orphan  0")
        await driver.press("o")
        assert "There is no orphan that is open" in driver.toast


async def test_each_kind_is_a_command() -> None:
    async with review(blocks=MORE) as driver:
        await driver.press(":")
        await driver.type("next mention")
        await driver.press("enter")
        assert driver.screen.current == "01G"


async def test_counts_of_the_filters_are_live() -> None:
    async with review(blocks=MORE) as driver:
        await driver.press("f")
        assert driver.has("open            4", "questions       3", "AI              1")
        driver.desk.add(block("03A", "Why?", type="question"), "p2")
        await driver.wait(lambda: driver.has("open            5", "questions       4"))
        await driver.press("i")
        ids = {row.id for row in driver.screen.threads.items if row.id and not row.depth}
        assert ids == {"01G"}
        assert driver.has("Threads 1/7 · AI")


async def test_threads_of_an_author() -> None:
    async with review(blocks=MORE) as driver:
        await driver.press("f", "w")
        assert driver.has("Show threads by", "3 threads")
        await driver.type("cy")
        await driver.press("enter")
        ids = {row.id for row in driver.screen.threads.items if row.id and not row.depth}
        assert ids == {"01D", "01F", "01G"}
        assert driver.has("· by cy")
        driver.desk.add(block("03A", "and I", "cy", parent_id="01A"), ME)
        await driver.wait(lambda: driver.screen.threads._index.get("01A") is not None)
