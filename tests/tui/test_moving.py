"""Moving by keys: threads, panes, search, filters, folds and the outline."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset

from chatter_tui.tui.screens.finder import FinderScreen
from tests.tui.desk import BLOCKS, TEXT, block, quote
from tests.tui.driver import review


async def test_threads_in_order_and_around() -> None:
    async with review() as driver:
        seen = []
        for _ in range(4):
            await driver.press("n")
            seen.append(driver.screen.current)
        assert seen == ["01A", "01D", "01F", "01A"]
        await driver.press("p")
        assert driver.screen.current == "01F"


async def test_next_thread_moves_the_document_there() -> None:
    async with review() as driver:
        await driver.press("n", "n")
        assert driver.screen.document.cursor == TEXT.index("not enough")


async def test_next_thread_from_a_place_without_one_is_the_next_in_the_text() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("## Risks"))
        await driver.press("n")
        assert driver.screen.current == "01D"
        driver.screen.document.reveal(TEXT.index("## Risks"))
        await driver.press("p")
        assert driver.screen.current == "01A"


async def test_space_reads_every_unread_comment_once() -> None:
    async with review() as driver:
        unread = set(driver.screen.work.model.unread.ids)
        seen = []
        while driver.screen.work.model.unread.ids:
            await driver.press(" ")
            seen.append(driver.screen.current)
        assert unread == {"01A", "01C", "01D", "01E", "01F"}  # 01B is the user's own
        assert sorted(map(str, seen)) == sorted(unread)
        await driver.press(" ")
        assert "Nothing unread" in driver.toast


async def test_moving_over_a_comment_does_not_read_it() -> None:
    async with review() as driver:
        before = set(driver.screen.work.model.unread.ids)
        await driver.press("2", "j", "j", "j", "k", "G", "g", "n", "p")
        assert set(driver.screen.work.model.unread.ids) == before


async def test_enter_goes_between_document_and_thread() -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("n", "n", "enter")
        assert driver.screen.threads.has_focus
        assert driver.has("too little")
        await driver.press("enter")
        assert driver.screen.document.has_focus
        assert driver.screen.document.cursor == TEXT.index("not enough")
        threads = driver.screen.threads
        row = next(i for i, row in enumerate(threads.items) if row.id == "01D")
        at = Offset(2, threads._tops[row] + 1) + threads.gutter.top_left
        x, y = threads.region.offset + at
        threads.post_message(events.Click(threads, *at, 0, 0, 1, False, False, False, x, y))
        await driver.settle()
        assert driver.screen.current == "01D"


async def test_cursor_in_the_document_chooses_the_thread() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("not enough") + 3)
        await driver.wait(lambda: driver.screen.current == "01D")


async def test_the_thread_about_the_least_text_at_the_cursor_is_the_current_one() -> None:
    around = block("02A", "All of it.", anchor=quote("which is *not enough* for payments"))
    async with review(blocks=[*BLOCKS, around]) as driver:
        driver.screen.document.reveal(TEXT.index("which is") + 3)
        await driver.wait(lambda: driver.screen.current == "02A")
        for _ in range(8):
            await driver.press("l")
        await driver.wait(lambda: driver.screen.current == "01D")
        await driver.press("enter")
        assert driver.screen.current == "01D"
        await driver.press("enter", "w", "w", "w")
        await driver.wait(lambda: driver.screen.current == "02A")


async def test_tab_and_digits_change_panes_and_zoom() -> None:
    async with review() as driver:
        panes = []
        for key in ("tab", "tab", "tab", "shift+tab", "1", "2", "4"):
            await driver.press(key)
            panes.append(driver.screen.pane)
        assert panes == ["threads", "people", "document", "people", "document", "threads", "people"]
        assert driver.has("Rollout plan")
        await driver.press("4")
        assert not driver.has("Rollout plan")
        await driver.press("escape")
        assert driver.has("Rollout plan")
        await driver.press("2", "2", "f", "q", "escape")  # the filter began last and ends first
        assert driver.has("Threads 3/4")
        assert not driver.has("Rollout plan")
        await driver.press("escape")
        assert driver.has("Rollout plan")


async def test_narrow_shows_one_pane_at_a_time() -> None:
    async with review(size=(80, 24)) as driver:
        assert driver.has("We deploy to production", "1 Document")
        assert not driver.has("Why weekly")
        await driver.press("2")
        assert driver.has("Why weekly")
        assert not driver.has("We deploy to production")
        await driver.press("2", "escape")  # nothing is there to zoom
        assert driver.has("We deploy to production")


async def test_search_steps_through_the_document_then_the_threads() -> None:
    async with review() as driver:
        await driver.press("/")
        await driver.type("production")
        await driver.press("enter")
        first, second = TEXT.index("production"), TEXT.index("Production")
        assert driver.screen.document.cursor == first
        assert driver.has("/production 1/2: n/N match")
        await driver.press("n")
        assert driver.screen.document.cursor == second
        await driver.press("N")
        assert driver.screen.document.cursor == first
        await driver.press("escape", "n")
        assert driver.screen.current == "01A"
        await driver.press("2", "/")
        await driver.type("reviews")
        await driver.press("enter")
        assert driver.screen.current == "01B"
        await driver.press("n")
        assert driver.screen.current == "01C"


async def test_search_for_what_is_not_there_says_so() -> None:
    async with review() as driver:
        await driver.press("/")
        await driver.type("zebra")
        await driver.press("enter")
        assert "“zebra” is not found" in driver.toast
        await driver.press("/", *"reviews", "enter")
        assert "is not found here, but in the threads (2); 2 goes there." in driver.toast


async def test_what_one_answers_stays_in_sight_of_the_answer() -> None:
    async with review(size=(110, 24)) as driver:
        await driver.press("2", "G", "r", "x")
        threads = driver.screen.threads
        rows = [threads.render_line(y).text for y in range(threads.size.height)]
        assert driver.screen.work.model.threads.blocks[threads.cursor].content in "".join(rows)


async def test_filters() -> None:
    shown = {
        "o": {"01A", "01D", "01F"},
        "d": {"01E"},
        "u": {"01A", "01D", "01E", "01F"},
        "q": {"01A"},
        "s": {"01D"},
        "m": {"01A"},
        "i": set(),
    }
    async with review() as driver:
        for key, ids in shown.items():
            await driver.press("f", key)
            rows = driver.screen.threads.items
            assert {row.id for row in rows if row.id and not row.depth} == ids, key
            await driver.press("escape")
            assert driver.screen.work.view.filter == "all"


async def test_unread_comes_out_of_folds_filters_and_resolved_threads() -> None:
    async with review() as driver:
        await driver.press("n", "z", "f", "q")
        while driver.screen.work.model.unread.ids:
            await driver.press(" ")
            assert driver.screen.current in {row.id for row in driver.screen.threads.items}


async def test_fold_and_show_resolved() -> None:
    async with review() as driver:
        assert driver.has("Because reviews take days", "1 resolved: Z shows them")
        await driver.press("n", "z")
        assert not driver.has("Because reviews take days")
        assert driver.has("2 replies", "●2")
        await driver.press("z", "Z")
        assert driver.has("Because reviews take days", "“Staging”", "resolved")
        await driver.press("n", "z")
        assert "no replies" in driver.toast


async def test_a_filter_that_matches_nothing_says_so() -> None:
    async with review() as driver:
        await driver.press("o")
        await driver.type("zebra")
        assert driver.has("Nothing matches “zebra”.")
        assert not driver.has("no headings")
    async with review(text="Just a line.") as driver:
        await driver.press("o")
        assert driver.has("The document has no headings.")
    async with review(blocks=()) as driver:
        await driver.press("n")
        assert "There are no threads to go to." in driver.toast
        assert driver.has("0 open", "Threads 0/0")
        driver.screen.work.model.synced = False  # as it begins
        await driver.press("n", " ", "2")  # which lists everything again
        assert "The comments are not here yet" in driver.toast
        assert not driver.has("0 open")
        assert not driver.has("Threads 0/0")


async def test_the_current_card_stays_in_sight_when_its_thread_moves() -> None:
    blocks = [
        block(f"02{i:02}", f"Comment {i}", anchor=quote("weekly"), minutes=59 - i)
        for i in range(20)
    ]
    blocks.append(block("03", "Mine", anchor=quote("Production"), minutes=1))
    async with review(size=(80, 24), blocks=blocks) as driver:
        await driver.press("2", "G")
        assert driver.has("Mine")
        assert not driver.has("Comment 0")
        driver.desk.change("03", {"anchor": quote("Rollout plan")}, "p2")
        await driver.settle()
        assert driver.has("Mine", "Comment 0")
        driver.desk.change("03", {"anchor": quote("Production")}, "p2")
        await driver.settle()
        assert driver.has("Mine")
        assert not driver.has("Comment 0")


async def test_outline_jumps_and_back_returns() -> None:
    async with review() as driver:
        await driver.press("o")
        assert isinstance(driver.app.screen, FinderScreen)
        assert driver.has("Rollout plan", "Risks", "1 open", "bo", "Schedule", "cy")
        await driver.type("sched")
        await driver.press("enter")
        assert driver.screen.document.cursor == TEXT.index("Schedule")
        await driver.press("<")
        assert driver.screen.document.cursor == 0
        await driver.press(">")
        assert driver.screen.document.cursor == TEXT.index("Schedule")
