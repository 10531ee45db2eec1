"""Writing by keys: comment, suggest, reply, edit, resolve, react, mark read, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller.commands import (
    Delete,
    Edit,
    Resolve,
)
from chatter_tui.controller.events import DocumentChanged
from chatter_tui.tui.screens.choice import ChoiceScreen
from tests.tui.desk import TEXT, block
from tests.tui.driver import added, review

if TYPE_CHECKING:
    from chatter_tui.controller.events import Event


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


async def test_a_comment_is_on_the_words_as_they_are_when_it_is_sent() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("Test coverage"))
        await driver.press("c")
        await driver.type("Says ")
        edited = TEXT.replace("61 %", "about 64 %")
        driver.desk.emit(DocumentChanged("plan.md", 2, edited))
        await driver.wait(lambda: driver.has("about 64 %"))
        again = edited.replace("## Risks", "## Dangers")
        driver.desk.emit(DocumentChanged("plan.md", 3, again))
        await driver.wait(lambda: driver.has("Dangers"))
        await driver.type("who?")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        fields = added(driver)[0]
        assert fields["content"] == "Says who?"
        anchor = fields["anchor"]
        assert isinstance(anchor, dict)
        assert anchor["exact"].startswith("Test coverage is at about 64 %")


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
        assert "Nothing has changed" in driver.toast
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
        assert "u undoes it" in driver.toast


async def test_resolving_twice_at_once_reopens_the_same_thread() -> None:
    async with review() as driver:
        await driver.press("n")
        driver.desk.hold = True  # nobody answers
        await driver.type("RR")
        await driver.wait(lambda: len(driver.desk.sent(Resolve)) == 2)
        sent = [(c.id, c.resolved) for c in driver.desk.log if isinstance(c, Resolve)]
        assert sent == [("01A", True), ("01A", False)]
        await driver.press("u")
        await driver.wait(lambda: driver.desk.blocks["01A"].status == "resolved")


async def test_of_a_block_too_long_to_quote_a_row_is_commented_on() -> None:
    text = "# Long\n\n" + "some words here " * 5000 + "\n\nend\n"
    async with review(text=text, size=(80, 24)) as driver:
        await driver.press("J", "j", "c")
        await driver.type("hm")
        await driver.press("enter")
        await driver.wait(lambda: added(driver))
        anchor = added(driver)[0]["anchor"]
        assert isinstance(anchor, dict)
        row = next(row for row in driver.text.split("\n") if row.startswith("▸"))
        assert anchor.get("type") == "block" or anchor["exact"] in row
        await driver.press("V", "c")
        assert "too long to quote" in driver.toast
        assert not driver.screen.writing.is_open


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


async def test_undo_reverses_each_own_action() -> None:
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
        await driver.select("09B")
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
        assert "u undoes it" in driver.toast
        await driver.press("u")
        await driver.wait(lambda: set(driver.desk.blocks) - known)
        (added_again,) = (driver.desk.blocks[id_] for id_ in set(driver.desk.blocks) - known)
        assert added_again == before.replace({"id": added_again.id})  # no id is used twice
