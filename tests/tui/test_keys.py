"""What each key does, in the words of what a user sees or what the session is asked."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.geometry import Offset

from chatter_tui.authority import Role
from chatter_tui.controller.commands import (
    Add,
    Delete,
    Edit,
    RemovePeer,
    Resolve,
    SetOnline,
    SetPresence,
    SetRole,
)
from chatter_tui.controller.events import Disconnected, Rejected, SaveState, StatusAnswer
from chatter_tui.session.records import Happened
from chatter_tui.storage.session_store import HistoryEntry
from chatter_tui.tui.screens.choice import ChoiceScreen
from chatter_tui.tui.screens.finder import FinderScreen
from tests.tui.desk import BLOCKS, ME, NOW, TEXT, block, quote
from tests.tui.driver import Driver, review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.controller.events import Event


def added(driver: Driver) -> Sequence[dict[str, object]]:
    return [dict(c.fields) for c in driver.desk.log if isinstance(c, Add)]


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
        assert unread == {"01A", "01C", "01D", "01E", "01F"}  # 01B is one's own
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


async def test_comment_on_the_block_at_the_cursor() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("Test coverage"))
        await driver.press("c")
        await driver.type("Says who?")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        fields = added(driver)[0]
        assert fields["content"] == "Says who?"
        anchor = fields["anchor"]
        assert isinstance(anchor, dict)
        assert anchor["exact"].startswith("Test coverage is at 61 %")
        assert driver.screen.current == fields["id"]
        assert fields["id"] not in driver.screen.work.model.unread.ids


async def test_comment_on_selected_words() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("production"))
        await driver.press("v", "c")
        await driver.type("Which?")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        anchor = added(driver)[0]["anchor"]
        assert isinstance(anchor, dict)
        assert anchor["exact"] == "production"
        assert driver.screen.document.selection is None


async def test_comment_on_the_document() -> None:
    async with review() as driver:
        await driver.press("C")
        await driver.type("Good.")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        assert "anchor" not in added(driver)[0]
        assert driver.has("on the document")


async def test_tab_in_the_composer_changes_the_type() -> None:
    async with review() as driver:
        await driver.press("c", "tab")
        assert driver.has("Question on")
        await driver.type("Why?")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        assert added(driver)[0]["type"] == "question"


async def test_suggestion_begins_with_the_selected_text() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("production"))
        await driver.press("v", "s")
        await driver.type("!")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        fields = added(driver)[0]
        assert fields["type"] == "suggestion"
        assert fields["suggestion"] == {"original": "production", "replacement": "production!"}


async def test_unchanged_suggestion_is_not_sent() -> None:
    async with review() as driver:
        await driver.press("s", "enter")
        assert "Nothing is different" in driver.toast
        assert not added(driver)


async def test_reply_reads_what_it_answers() -> None:
    async with review() as driver:
        await driver.press("n", "r")
        await driver.type("Yes.")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        assert added(driver)[0]["parent_id"] == "01A"
        assert "01A" not in driver.screen.work.model.unread.ids


async def test_newlines_and_a_paste_do_not_send() -> None:
    from textual.events import Paste

    async with review() as driver:
        await driver.press("n", "r", "a", "ctrl+j", "b")
        driver.app.post_message(Paste("one\r\ntwo\rthree\n"))
        await driver.settle()
        assert not added(driver)
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        assert added(driver)[0]["content"] == "a\nbone\ntwo\nthree\n"


async def test_escape_keeps_the_draft_and_the_key_brings_it_back() -> None:
    async with review() as driver:
        await driver.press("n", "r")
        await driver.type("half a thou")
        await driver.press("escape")
        assert not driver.screen.writing.is_open
        assert "Draft kept" in driver.toast
        await driver.press("n", "p", "r")
        await driver.type("ght")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        assert added(driver)[0]["content"] == "half a thought"
        assert not tuple(driver.screen.work.drafts.all())


async def test_drafts_are_listed() -> None:
    async with review() as driver:
        await driver.press("n", "r")
        await driver.type("later")
        await driver.press("escape")
        await driver.screen.action_run("draft.list")
        await driver.settle()
        assert driver.has("later", "reply")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.writing.is_writing)
        assert driver.screen.writing.is_open


async def test_edit_own_comment() -> None:
    async with review() as driver:
        driver.screen.select("01B")
        await driver.press("e", "!", "enter")
        await driver.wait(lambda: driver.desk.sent(Edit))
        assert driver.desk.blocks["01B"].content == "Because reviews take days.!"


async def test_editing_somebody_elses_is_refused_with_a_reason() -> None:
    async with review() as driver:
        await driver.press("n", "e")
        assert "you can edit only your own" in driver.toast
        assert not driver.screen.writing.is_open


async def test_resolve_and_reopen() -> None:
    async with review() as driver:
        await driver.press("n", "R")
        await driver.wait(lambda: driver.desk.blocks["01A"].status == "resolved")
        await driver.press("Z")
        driver.screen.select("01A")
        await driver.press("R")
        await driver.wait(lambda: driver.desk.blocks["01A"].status == "open")
        assert [c.resolved for c in driver.desk.log if isinstance(c, Resolve)] == [True, False]
        await driver.press("1", "R")  # where its card is not to be seen
        assert "Resolved “Why weekly and not daily?" in driver.toast
        assert "u takes it back" in driver.toast


async def test_delete_asks_with_another_key() -> None:
    async with review() as driver:
        await driver.press("n", "D")
        assert isinstance(driver.app.screen, ChoiceScreen)
        await driver.press("D", "enter")
        assert isinstance(driver.app.screen, ChoiceScreen)
        await driver.press("escape")
        assert not driver.desk.sent(Delete)
        await driver.press("D", "y")
        await driver.wait(lambda: driver.desk.sent(Delete))
        assert "01A" not in driver.desk.blocks


async def test_react() -> None:
    async with review() as driver:
        await driver.press("n", "+", "a")
        await driver.wait(lambda: added(driver))
        fields = added(driver)[0]
        assert (fields["type"], fields["parent_id"], fields["content"]) == (
            "reaction",
            "01A",
            "agree",
        )
        await driver.wait(lambda: driver.has("agree ana"))


async def test_mark_read_and_all_read() -> None:
    async with review() as driver:
        unread = driver.screen.work.model.unread.ids
        await driver.press("n", "m")
        assert "01A" not in unread
        await driver.press("m")
        assert "01A" in unread
        await driver.press("M")
        assert not unread
        driver.screen.select("01B")
        await driver.press("m")
        assert "never unread" in driver.toast


async def test_undo_takes_back_each_own_action() -> None:
    async with review() as driver:
        blocks = dict(driver.desk.blocks)
        await driver.press("C")
        await driver.type("Oops")
        await driver.press("enter")
        driver.screen.select("01B")
        await driver.press("e", "!", "enter", "R")
        await driver.settle()
        assert driver.desk.blocks != blocks
        await driver.press("u", "u", "u", "u")
        await driver.wait(lambda: "nothing to undo" in driver.toast)
        assert {id_: b.content for id_, b in driver.desk.blocks.items()} == {
            id_: b.content for id_, b in blocks.items()
        }
        assert driver.desk.blocks["01A"].status == "open"


@pytest.mark.parametrize("zoomed", [False, True])
async def test_what_is_marked_read_is_shown_where_the_document_has_the_whole_screen(
    zoomed: bool,
) -> None:
    async with review(size=(120, 40) if zoomed else (80, 24)) as driver:
        if zoomed:
            await driver.press("1")
        assert not driver.has("Why weekly and not daily?")
        await driver.press(" ")
        assert driver.has("Why weekly and not daily?")
        assert driver.screen.pane == "threads"


async def test_undo_knows_of_what_the_session_has_not_told_yet() -> None:
    async with review() as driver:
        driver.desk.add(block("09B", "One more.", "ana", parent_id="01A"), "")
        await driver.wait(lambda: "09B" in driver.screen.work.model.threads.blocks)
        driver.screen.select("09B")
        late: list[Event] = []
        emit = driver.desk.emit
        driver.desk.emit = late.append
        await driver.press("D", "u")
        assert "09B" not in driver.desk.blocks
        assert "nothing to undo" not in driver.toast
        driver.desk.emit = emit
        for event in late:
            emit(event)
        await driver.wait(lambda: "Undone: deleted “One more.”" in driver.toast)
        assert "One more." in {b.content for b in driver.desk.blocks.values()}


async def test_undo_of_a_deletion_brings_back_own_blocks() -> None:
    async with review() as driver:
        driver.desk.delete("01C", "p2")
        await driver.wait(lambda: "01C" not in driver.screen.work.model.threads.blocks)
        before, known = driver.desk.blocks["01B"], set(driver.desk.blocks)
        driver.screen.select("01B")
        await driver.press("D")  # nobody else's, so it is not asked about
        await driver.wait(lambda: "01B" not in driver.screen.work.model.threads.blocks)
        assert f"Deleted “{before.content[:20]}" in driver.toast
        assert "u brings it back" in driver.toast
        await driver.press("u")
        await driver.wait(lambda: set(driver.desk.blocks) - known)
        (added_again,) = (driver.desk.blocks[id_] for id_ in set(driver.desk.blocks) - known)
        assert added_again == before.replace({"id": added_again.id})  # no id is used twice


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
        await driver.press("n", " ", "2")  # which says anew what there is
        assert "The comments are not here yet" in driver.toast
        assert not driver.has("0 open")
        assert not driver.has("Threads 0/0")


async def test_going_offline_and_online() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press(":")
        await driver.type("go offline")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("offline 0:00"))
        assert not driver.has("retry")
        await driver.press("C", "x", "enter", ":")
        await driver.type("go online")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("direct"))
        assert driver.desk.sent(SetOnline) == [SetOnline(online=False), SetOnline(online=True)]


async def test_a_host_has_no_link_to_drop() -> None:
    async with review() as driver:
        await driver.screen.action_run("session.offline")
        assert "runs here" in driver.toast
        assert not driver.desk.sent(SetOnline)


async def test_the_next_try_is_counted_down() -> None:
    now = [NOW]
    async with review(role="reviewer", name="me", app={"clock": lambda: now[0]}) as driver:
        driver.desk.online = False
        driver.desk.emit(Disconnected("no answer", 8.0))
        for passed, text in ((0, "offline 0:00 · retry 0:08"), (5, "offline 0:05 · retry 0:03")):
            now[0] = NOW + passed
            driver.screen.bars.update()
            await driver.wait(lambda text=text: driver.has(text))  # type: ignore[misc]
        now[0] = NOW + 9
        driver.screen.bars.update()
        await driver.wait(lambda: driver.has("offline 0:09 · trying…"))


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


async def test_help_is_searchable() -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("?")
        assert driver.has("Move")
        await driver.type("repaint")
        assert driver.has("Ctrl-L")
        assert not driver.has("Half a page")
        await driver.press("escape")
        assert driver.app.screen is driver.screen


async def test_the_current_row_of_help_says_what_others_cut_off() -> None:
    async with review(size=(60, 20)) as driver:

        def words() -> str:
            return " ".join(driver.text.replace("│", " ").split())

        await driver.press("?", *"the role")
        await driver.wait(lambda: "from viewer to reviewer to moderator" in words())
        assert "from moderator to reviewer to viewer" not in words()
        await driver.press("down")
        await driver.wait(lambda: "from moderator to reviewer to viewer" in words())
        assert "from viewer to reviewer to moderator" not in words()


async def test_palette_runs_commands_of_the_screen_and_of_the_document() -> None:
    async with review() as driver:
        await driver.press(":")
        await driver.type("markdown sou")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.document.raw)
        await driver.press("ctrl+p")
        await driver.type("mark all")
        await driver.press("enter")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_history_says_who_did_what_and_goes_there() -> None:
    deeds = [
        Happened("join", "p2", "bo"),
        Happened("add", "p2", "bo", "01A", "Why weekly and not daily?"),
        Happened("role", "p3", "cy", "", "viewer"),
        Happened("delete", "p1", "ana", "gone", "a comment of before"),
    ]
    async with review() as driver:
        driver.desk.history = [
            HistoryEntry(NOW - 86400 * (4 - number), deed) for number, deed in enumerate(deeds)
        ]
        await driver.press("H")
        await driver.wait(lambda: driver.has("ana deleted", "a comment of before", "2027-01-14"))
        at = [driver.text.index(words) for words in ("ana deleted", "cy became", "bo joined")]
        assert at == sorted(at)  # the latest first
        await driver.press("enter")
        await driver.wait(lambda: "not here any more" in driver.toast)
        await driver.press("H")
        await driver.wait(lambda: driver.has("cy became"))
        await driver.type("weekly")
        await driver.wait(lambda: not driver.has("cy became"))
        await driver.press("enter")
        assert driver.screen.current == "01A"


async def test_the_top_line_says_whether_and_when_all_was_saved() -> None:
    async with review() as driver:
        assert not driver.has("saved")
        status = driver.desk.status
        driver.desk.emit(StatusAnswer(None, replace(status, saved_at=NOW)))
        at = datetime.fromtimestamp(NOW, UTC).astimezone().strftime("%H:%M")
        await driver.wait(lambda: driver.has(f"saved {at}"))
        problem = "plan.md.chatter: No space left on device"
        driver.desk.emit(SaveState(saved=False, problem=problem, reason="disk full"))
        await driver.wait(lambda: driver.has("NOT SAVED: disk full"))
        assert not driver.has(f"saved {at}")
        driver.desk.emit(SaveState(saved=True))
        await driver.wait(lambda: driver.has(f"saved {at}"))
        assert not driver.has("NOT SAVED")


async def test_event_log() -> None:
    async with review() as driver:
        driver.desk.add(block("03A", "Hello @ana [/nope]", "bo"), "p2")
        await driver.wait(lambda: "mentions you" in driver.toast)
        await driver.press("!")
        assert driver.has("bo mentions you: “Hello @ana [/nope]”")


async def test_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, s: written.append(s))
    async with review() as driver:
        await driver.press("n")
        for key in "ytlj":
            await driver.press("y", key)
        await driver.press("v", "y", "y")
        codes = [osc.removeprefix("\x1b]52;c;").removesuffix("\a") for osc in written]
        comment, thread, place, block_, selected = (base64.b64decode(c).decode() for c in codes)
        assert comment == BLOCKS[0].content
        assert thread == (
            f"plan.md:3 “weekly”\n- bo: {comment}\n  - ana: {BLOCKS[1].content}\n"
            f"    - bo: {BLOCKS[2].content}\n"
        )
        assert place == "plan.md:3"
        assert json.loads(block_)["id"] == "01A"
        assert selected == "weekly"


async def test_host_is_asked_before_the_session_ends() -> None:
    async with review() as driver:
        await driver.press("q")
        assert driver.has("End the session?", "2 others will be disconnected")
        await driver.press("q", "enter", "escape")
        assert driver.app.is_running
        assert driver.app.return_value is None
        await driver.press("q", "y")
        await driver.wait(lambda: driver.app.return_value == 0)
    assert driver.desk.closed
    assert driver.desk.ended


async def test_a_host_may_keep_the_session_running() -> None:
    async with review(app={"keeps": True}, size=(60, 20)) as driver:
        await driver.press("q")
        assert driver.has("y  end the session for everyone", "k  keep it running")
        await driver.press("k")
        await driver.wait(lambda: driver.app.return_value == 0)
        assert driver.app.workspace.leaving == "keep"
    assert not driver.desk.ended


async def test_a_screen_that_goes_by_itself_does_not_end_the_session() -> None:
    async with review() as driver:
        driver.app.exit(129)
    assert driver.desk.closed
    assert not driver.desk.ended


async def test_client_leaves_at_once() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press("q")
        await driver.wait(lambda: driver.app.return_value == 0)


async def test_client_with_a_draft_is_asked() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press("n", "r", "x", "escape", "q")
        assert driver.has("Leave?", "1 draft not sent")


@pytest.mark.parametrize("key", ["c", "C", "s", "r", "R", "+", "e", "D", "u"])
async def test_viewer_is_told_why_not(key: str) -> None:
    async with review(role="viewer", name="me") as driver:
        sent = len(driver.desk.log)
        await driver.press(key)
        assert "a viewer may only read" in driver.toast
        assert "Ask ana" in driver.toast
        assert not [c for c in driver.desk.log[sent:] if isinstance(c, Add | Edit | Delete)]


async def test_viewer_finds_in_the_help_what_is_not_for_viewers() -> None:
    async with review(role="viewer", name="me") as driver:
        await driver.press("?")
        await driver.type("suggest a change")
        assert driver.has("not as viewer")


async def test_follow_goes_where_they_go_until_one_moves() -> None:
    from chatter_tui.controller.events import Peer, PresenceChanged

    async with review() as driver:
        await driver.press("F")
        await driver.type("bo")
        await driver.press("enter")
        assert driver.screen.document.cursor == TEXT.index("Risks")
        bo = Peer("p2", "bo", Role("reviewer"), section="Schedule")
        driver.desk.emit(PresenceChanged(bo))
        await driver.wait(lambda: driver.screen.document.cursor == TEXT.index("Schedule"))
        await driver.press("k")
        await driver.wait(lambda: not driver.screen.people.following)
        driver.desk.emit(PresenceChanged(Peer("p2", "bo", Role("reviewer"), section="Risks")))
        await driver.settle()
        assert driver.screen.document.cursor < TEXT.index("Schedule")


async def test_owner_changes_roles_in_the_people_pane() -> None:
    async with review() as driver:
        await driver.press("4", "j", "+")
        assert driver.desk.sent(SetRole) == [SetRole("p2", "moderator")]
        await driver.wait(lambda: driver.has("bo moderator"))
        assert "bo is moderator now" in driver.toast
        await driver.press("+")
        assert "highest role" in driver.toast
        for role in ("reviewer", "viewer"):
            await driver.press("-")
            await driver.wait(lambda role=role: driver.has(f"bo {role}"))  # type: ignore[misc]
        await driver.press("-")
        assert "lowest role" in driver.toast
        assert len(driver.desk.sent(SetRole)) == 3
        assert not added(driver)  # `+` is no reaction here


async def test_owner_stays_the_owner() -> None:
    async with review() as driver:
        await driver.press("4", "+", "X")
        assert "the owner stays the owner" in driver.toast
        assert not driver.desk.sent(SetRole)


async def test_owner_removes_a_person_with_another_key() -> None:
    async with review() as driver:
        await driver.press("4", "j", "X")
        assert driver.has("Remove bo?", "what they wrote stays")
        await driver.press("X", "enter", "escape")
        assert not driver.desk.sent(RemovePeer)
        await driver.press("X", "y")
        assert driver.desk.sent(RemovePeer) == [RemovePeer("p2")]
        await driver.wait(lambda: driver.has("bo reviewer", "gone"))


async def test_people_commands_of_the_palette_ask_for_somebody_first() -> None:
    async with review() as driver:
        await driver.press(":")
        await driver.type("lower the")
        await driver.press("enter")
        assert driver.screen.pane == "people"
        assert "Choose somebody" in driver.toast
        assert not driver.desk.sent(SetRole)


@pytest.mark.parametrize("key", ["+", "-", "X"])
async def test_only_the_owner_is_about_people(key: str) -> None:
    async with review(role="moderator", name="me") as driver:
        await driver.press("4", "j")
        assert driver.has("F follow")
        assert not driver.has("X remove")
        await driver.press(key)
        assert "only the owner may, and you are a moderator. Ask ana." in driver.toast
        assert not driver.desk.sent(SetRole)
        assert not added(driver)
        await driver.press("?")
        await driver.type("people pane")
        assert driver.has("not as moderator")


async def test_plus_elsewhere_is_a_reaction() -> None:
    async with review() as driver:
        await driver.press("4", "j", "1", "n", "+")
        assert driver.has("React")


async def test_presence_is_told() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("Test coverage"))
        await driver.wait(lambda: SetPresence("Risks") in driver.desk.log)
        await driver.press("c")
        await driver.wait(lambda: SetPresence("Risks", typing=True) in driver.desk.log)
        await driver.press("escape")
        await driver.wait(lambda: driver.desk.sent(SetPresence)[-1] == SetPresence("Risks"))
        await driver.press("P")
        await driver.wait(lambda: driver.desk.sent(SetPresence)[-1] == SetPresence())


async def test_pending_then_accepted() -> None:
    async with review() as driver:
        driver.desk.hold = True
        await driver.press("C")
        await driver.type("Hm")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("↑1 pending"))
        id_ = str(added(driver)[0]["id"])
        assert driver.screen.work.model.outbox.state(id_) == "pending"
        from chatter_tui.controller.events import Acknowledged

        driver.desk.emit(Acknowledged(id_))
        await driver.wait(lambda: driver.screen.work.model.outbox.state(id_) == "accepted")
        await driver.wait(lambda: not driver.has("pending"))
        assert driver.has("✓")


async def test_a_reject_gives_the_text_back() -> None:
    async with review() as driver:
        driver.desk.refuse = "too many blocks"
        await driver.press("C")
        await driver.type("Mine")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        assert "rejected: too many blocks" in driver.toast
        assert driver.has("Mine", "e edit rejected text")
        assert "e edit · e Enter retry · D y drop" in driver.toast
        assert not driver.screen.writing.is_writing  # keys are not typed into it by surprise
        await driver.press("j", "e", "!", "enter")
        await driver.wait(lambda: "Mine!" in [b.content for b in driver.desk.blocks.values()])
        assert not driver.screen.writing.is_open


async def test_a_rejected_text_can_be_dropped_or_kept() -> None:
    async with review() as driver:
        for keys, left in ((("escape",), 1), (("D", "y"), 0)):
            driver.desk.refuse = "no"
            await driver.press("C")
            await driver.press(*([] if tuple(driver.screen.work.drafts.all()) else "Hi"))
            await driver.press("enter")
            await driver.wait(lambda: driver.screen.writing.rejected is not None)
            assert "The text is kept" in driver.toast
            await driver.press(*keys)
            await driver.wait(lambda: not driver.screen.writing.is_open)
            assert "The text is kept" not in driver.toast
            assert len(tuple(driver.screen.work.drafts.all())) == left


async def test_a_reject_does_not_disturb_who_is_writing() -> None:
    async with review() as driver:
        driver.desk.hold = True
        await driver.press("C", "A", "enter", "C", "B")
        id_ = str(added(driver)[0]["id"])
        driver.desk.emit(Rejected(id_, "forbidden", "no", driver.desk.blocks[id_]))
        await driver.wait(lambda: "Drafts" in driver.toast)
        await driver.press("B", "enter")
        await driver.wait(lambda: [fields["content"] for fields in added(driver)][1:] == ["BB"])
        assert "A" in {draft.text for draft in driver.screen.work.drafts.all()}


async def test_a_rejected_text_is_ones_own_whatever_ones_role() -> None:
    async with review(role="viewer", name="me") as driver:
        written = block("09Z", "Mine", "me")
        driver.desk.emit(Rejected("09Z", "forbidden", "a viewer may only read", written))
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        await driver.press("e")
        assert driver.screen.writing.is_writing
        await driver.press("!", "escape")
        assert [draft.text for draft in driver.screen.work.drafts.all()] == ["Mine!"]


async def test_an_edit_that_is_rejected_is_given_back() -> None:
    async with review() as driver:
        driver.screen.select("01B")
        driver.desk.refuse = "no"
        await driver.press("e", "!", "enter")
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        draft = driver.screen.writing.rejected
        assert draft is not None
        assert (draft.kind, draft.target) == ("edit", "01B")
        assert draft.text == "Because reviews take days.!"
        assert driver.desk.blocks["01B"].content == "Because reviews take days."


async def test_comments_of_others_arrive_without_moving_the_cursor() -> None:
    async with review() as driver:
        await driver.press("n", "n")
        driver.desk.add(block("00Z", "First!", "bo", anchor=quote("Rollout")), "p2")
        await driver.wait(lambda: driver.has("First!"))
        assert driver.screen.current == "01D"
        assert "00Z" in driver.screen.work.model.unread.ids


async def test_own_changes_from_elsewhere_are_not_unread() -> None:
    async with review() as driver:
        driver.desk.add(block("00Z", "From my other window", "ana"), ME)
        await driver.wait(lambda: driver.has("From my other window"))
        assert "00Z" not in driver.screen.work.model.unread.ids


NAMES = {
    "\r": "enter",
    "\n": "ctrl+j",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\x01": "ctrl+a",
    "\x0b": "ctrl+k",
    ":": "colon",
    " ": "space",
}


async def burst(driver: Driver, keys: str) -> None:
    """Many keys at once, as a slow line delivers them."""
    from textual.events import Key

    for key in keys:
        name = NAMES.get(key, key)
        driver.app.post_message(Key(name, None if key < " " or key == "\x7f" else key))
    await driver.settle()


async def test_keys_that_come_all_at_once_are_dealt_with_in_order() -> None:
    async with review() as driver:
        await burst(driver, "npnnnrYes.\nTwo\rC!\rjj2nerror")
        await driver.wait(lambda: len(added(driver)) == 2)
        contents = [(fields.get("parent_id"), fields["content"]) for fields in added(driver)]
        assert contents == [("01F", "Yes.\nTwo"), (None, "!")]


async def test_corrections_among_what_comes_all_at_once() -> None:
    async with review() as driver:
        await burst(driver, "cteh\x7f\x7fhe\rCnot this\x01\x0bbut that\r")
        await driver.wait(lambda: len(added(driver)) == 2)
        assert [fields["content"] for fields in added(driver)] == ["the", "but that"]
        await burst(driver, ":mark alk\x7fl\r")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_typing_ahead_in_the_palette() -> None:
    async with review() as driver:
        await burst(driver, ":mark all\r")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_keys_after_an_answer_and_after_a_search_are_not_lost() -> None:
    async with review() as driver:
        await burst(driver, "nDynR")
        await driver.wait(lambda: "01A" not in driver.desk.blocks)
        await driver.wait(lambda: driver.desk.blocks["01D"].status == "resolved")
    async with review() as driver:
        await driver.press("/")
        await burst(driver, "production\rn")
        assert driver.screen.document.cursor == TEXT.index("Production")
