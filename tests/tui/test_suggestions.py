"""What a suggestion would change, and whether it still fits."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from chatter_tui.blocks import Block, make_anchor
from chatter_tui.controller.commands import Accept, Reject, Revert
from chatter_tui.controller.events import BlockAdded, Disconnected, DocumentChanged, Rejected
from chatter_tui.tui.keymap import Keymap
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.suggestions import LONGEST, fit, word_diff
from chatter_tui.tui.options import Options
from tests.tui.desk import BLOCKS, ME, NOW, TEXT, block, quote
from tests.tui.driver import review

LONG = "Test coverage is at 61 %, which is *not enough* for payments."


def suggestion(
    id_: str, original: str, replacement: str, anchor: object = None, **more: object
) -> Block:
    return block(
        id_,
        "Shorter.",
        "cy",
        type="suggestion",
        anchor=quote(original) if anchor is None else anchor,
        suggestion={"original": original, "replacement": replacement},
        **more,
    )


def model_of(text: str, *blocks: Block) -> Model:
    model = Model()
    events = [BlockAdded(b.id, b, "p2") for b in blocks]
    model.apply([DocumentChanged("plan.md", 1, text), *events], NOW)
    return model


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (TEXT, "applies"),
        (TEXT.replace("not enough", "plenty"), "stale"),
        (TEXT.replace("## Risks\n", "## Risks\n\nIt is *not enough*.\n"), "applies"),
    ],
)
def test_whether_it_still_fits(text: str, state: str) -> None:
    made = suggestion("01A", "not enough", "too little")
    model = model_of(text, made)
    assert fit(model, model.threads["01A"]).state == state


def test_text_that_moved_is_found_again() -> None:
    model = model_of(TEXT)
    start = TEXT.index(LONG)
    anchor = make_anchor(model.document, start, start + len(LONG))
    del anchor["fallback"]
    # What stood before it is another text now; what follows came along.
    moved = TEXT.replace("## Risks\n", "## What may go wrong\n\nA lot.\n")
    model = model_of(moved, suggestion("01A", LONG, "Fine.", anchor))
    found = fit(model, model.threads["01A"])
    assert (found.state, found.span) == (
        "moved",
        (moved.index(LONG), moved.index(LONG) + len(LONG)),
    )


def test_other_words_at_a_known_place_are_stale() -> None:
    model = model_of(TEXT)
    start = TEXT.index(LONG)
    anchor = make_anchor(model.document, start, start + len(LONG))
    edited = TEXT.replace("61 %", "64 %")
    model = model_of(edited, suggestion("01A", LONG, "Fine.", anchor))
    assert fit(model, model.threads["01A"]).state == "stale"


@pytest.mark.parametrize(
    ("other", "status", "state"),
    [
        ("which is *not enough* for", "open", "overlaps"),
        ("not enough", "open", "overlaps"),
        ("which is *not enough* for", "resolved", "applies"),
        ("payments", "open", "applies"),
    ],
)
def test_two_suggestions_for_the_same_text(other: str, status: str, state: str) -> None:
    model = model_of(
        TEXT,
        suggestion("01A", "not enough", "too little"),
        suggestion("01B", other, "nothing", status=status),
    )
    found = fit(model, model.threads["01A"])
    assert found.state == state
    assert [rival.id for rival in found.rivals] == (["01B"] if state == "overlaps" else [])


def test_changes_are_shown_in_whole_words() -> None:
    pieces = word_diff("We deploy weekly, on Tuesdays.", "We deploy every day, on Mondays.")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "We deploy "),
        ("gone", "weekly"),
        ("new", "every day"),
        ("same", ", on "),
        ("gone", "Tuesdays"),
        ("new", "Mondays"),
        ("same", "."),
    ]


def test_a_blank_does_not_cut_a_change_in_two() -> None:
    kinds = [piece.kind for piece in word_diff("one two three", "four five three")]
    assert kinds == ["gone", "new", "same"]


def test_a_book_is_replaced_whole() -> None:
    before, after = "a " * LONGEST, "b " * LONGEST
    assert [piece.kind for piece in word_diff(before, after)] == ["gone", "new", "same"]


WORDS = st.lists(st.sampled_from(["a", "b", "c", " ", "  ", ".", "\n", "\t"])).map("".join)


@given(WORDS | st.text(), WORDS | st.text())
def test_both_texts_can_be_read_off_the_pieces(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
    assert all(piece.text for piece in pieces)


async def test_preview_shows_change_state_and_reason() -> None:
    async with review() as driver:
        await driver.press("n", "n", "d")
        assert driver.has("Suggestion by cy", "applies: under “Risks”", "Replace it.")
        assert driver.has("Test coverage is at 61 %", "[-not enough-]{+too little+}", "payments")
        await driver.press("j", "d")
        assert driver.app.screen is driver.screen


async def test_preview_of_what_is_gone_says_so() -> None:
    async with review() as driver:
        driver.desk.emit(DocumentChanged("plan.md", 2, TEXT.replace("not enough", "plenty")))
        await driver.wait(lambda: driver.has("plenty"))
        driver.screen.select("01D")
        await driver.press("d")
        assert driver.has("stale: the text it is to replace is no longer there")


async def test_preview_says_who_suggests_something_else() -> None:
    async with review() as driver:
        other = suggestion("03A", "which is *not enough* for", "too little for")
        driver.desk.add(other, "p2")
        await driver.wait(lambda: "03A" in driver.screen.work.model.threads.blocks)
        driver.screen.select("01D")
        await driver.press("d")
        assert driver.has("overlaps: cy suggests something else there, “too little for”")


async def test_preview_of_no_suggestion_says_so() -> None:
    async with review() as driver:
        await driver.press("n", "d")
        assert "This is not a suggestion" in driver.toast


async def test_preview_of_hostile_words_does_nothing() -> None:
    words = "[/nope]\x1b[2J[@click=app.quit]x[/]\u202e"
    hostile = block(
        "03A",
        words,
        words,
        type="suggestion",
        anchor=quote("weekly"),
        suggestion={"original": "weekly", "replacement": words * 500},
    )
    async with review(size=(60, 20), options=Options(ascii=True)) as driver:
        driver.desk.add(hostile, "p2")
        await driver.select("03A")
        await driver.press("d", "j", "pagedown", "k", "escape")
        assert driver.app.screen is driver.screen


async def test_a_card_shows_what_a_long_suggestion_changes() -> None:
    long = "Everything is as it was before, word for word and line for line. " * 9
    made = suggestion("02C", f"{long}We go on.", f"{long}We stop there.")
    async with review(blocks=[made, block("02D", "another")]) as driver:
        await driver.press("2", "g")
        assert driver.screen.current == "02D"
        assert driver.has("- …", "line. We go on.", "+ …", "line. We stop there.")
        await driver.press("G")
        assert driver.screen.current == "02C"
        assert driver.has("- Everything is as it was")


async def test_a_card_shows_the_reason_but_no_echo_of_the_change() -> None:
    async with review() as driver:
        await driver.wait(lambda: driver.has("+ too little", "Replace it."))
        driver.screen.document.reveal(TEXT.index("production"))
        await driver.press("v", "s", "!", "enter")
        await driver.wait(lambda: driver.has("+ production!"))
        assert not driver.has("Replace “production”")
        assert len(driver.desk.blocks) == len(BLOCKS) + 1


# Deciding


async def test_accepting_changes_the_document_and_u_brings_it_back() -> None:
    async with review() as driver:
        await driver.select("01D")
        await driver.press("a")
        await driver.wait(lambda: driver.desk.text == TEXT.replace("not enough", "too little"))
        await driver.wait(lambda: "Accepted: u undoes it." in driver.toast)
        assert "01D" not in driver.screen.work.model.unread.ids
        await driver.press("Z")
        await driver.select("01D")
        await driver.wait(lambda: driver.has("accepted", "which is too little for"))
        await driver.press("a")
        assert "It is accepted already, by ana." in driver.toast
        await driver.press("u")
        await driver.wait(lambda: driver.desk.text == TEXT)
        assert "Undone: accepted “Replace it.”" in driver.toast
        assert driver.desk.blocks["01D"] == BLOCKS[3]


async def test_accepting_from_the_preview() -> None:
    async with review(app={"keymap": Keymap({"suggestion.accept": ("f5",)})}) as driver:
        await driver.select("01D")
        await driver.press("d")
        assert driver.has("F5 accept · x reject")
        await driver.press("a", "f5")
        await driver.wait(lambda: "too little" in driver.desk.text)
        assert driver.app.screen is driver.screen
        driver.screen.work.view.resolved = True
        driver.screen.show_threads()
        await driver.select("01D")
        await driver.press("d")
        assert driver.has("accepted by ana")
        assert not driver.has("F5 accept")


async def test_what_overlaps_is_looked_at_before_it_is_accepted() -> None:
    async with review() as driver:
        driver.desk.add(suggestion("03A", "which is *not enough* for", "too little for"), "p2")
        await driver.select("03A")
        await driver.select("01D")
        await driver.press("a")
        assert driver.has("overlaps: cy suggests something else there")
        assert driver.desk.text == TEXT
        await driver.press("a")
        await driver.wait(lambda: driver.desk.text == TEXT.replace("not enough", "too little"))
        await driver.select("03A")
        await driver.press("a")
        assert "It cannot be accepted: the text it is to replace is no longer there" in driver.toast


async def test_a_suggestion_that_changed_since_its_preview_is_shown_again() -> None:
    async with review() as driver:
        driver.desk.add(suggestion("03A", "which is *not enough* for", "too little for"), "p2")
        await driver.select("03A")
        await driver.select("01D")
        await driver.press("d")
        driver.desk.add(suggestion("03B", "enough", "plenty"), "p3")
        await driver.wait(lambda: "03B" in driver.screen.work.model.threads.blocks)
        await driver.press("a")
        assert driver.desk.text == TEXT
        assert driver.has("overlaps")  # shown again, as it is now
        await driver.press("a")
        await driver.wait(lambda: "too little" in driver.desk.text)


async def test_rejecting_says_why_and_u_undoes_both() -> None:
    async with review() as driver:
        await driver.select("01D")
        await driver.press("x")
        assert driver.has("Rejection of cy “Replace it.”")
        await driver.type("It is right")
        await driver.press("enter")
        await driver.wait(lambda: driver.desk.blocks["01D"].status == "resolved")
        decided = driver.desk.blocks["01D"].value("decision")
        assert isinstance(decided, dict)
        assert decided["outcome"] == "rejected"
        replies = [b for b in driver.desk.blocks.values() if b.parent_id == "01D"]
        assert "It is right" in [reply.content for reply in replies]
        assert driver.desk.text == TEXT
        await driver.press("u")
        await driver.wait(lambda: driver.desk.blocks["01D"] == BLOCKS[3])
        assert len(driver.desk.blocks) == len(BLOCKS)


async def test_rejecting_needs_no_reason_and_ones_own_is_withdrawn() -> None:
    async with review(role="reviewer", name="cy") as driver:
        await driver.select("01D")
        await driver.press("d")
        assert driver.has("x withdraw")
        assert not driver.has("a accept")  # which is not for reviewers
        await driver.press("x")
        assert driver.has("Withdrawal of cy “Replace it.”")
        await driver.press("enter")
        await driver.wait(lambda: driver.desk.blocks["01D"].status == "resolved")
        decided = driver.desk.blocks["01D"].value("decision")
        assert isinstance(decided, dict)
        assert decided["outcome"] == "withdrawn"
        assert len(driver.desk.blocks) == len(BLOCKS)
        await driver.press("u")
        assert "Undone: withdrawn “Replace it.”" in driver.toast


async def test_ones_own_is_withdrawn_before_the_master_has_answered_to_it() -> None:
    async with review(role="reviewer", name="ana") as driver:
        driver.desk.hold = True
        await driver.press("J", "s")
        await driver.type("x")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.current not in {b.id for b in BLOCKS})
        own = driver.screen.current
        await driver.press("x", "enter")
        assert [command.id for command in driver.desk.held] == [own]
        await driver.press("x")
        assert "The host has not answered yet" in driver.toast


@pytest.mark.parametrize(
    ("role", "key", "said"),
    [
        ("reviewer", "a", "Accept suggestion: only the owner or a moderator may, and you are"),
        ("reviewer", "x", "Only the owner or a moderator may reject others' suggestions."),
        ("viewer", "a", "a viewer may only read"),
        ("viewer", "x", "a viewer may only read"),
    ],
)
async def test_who_may_not_decide_is_told_why(role: str, key: str, said: str) -> None:
    async with review(role=role, name="bo") as driver:
        await driver.select("01D")
        await driver.press(key)
        assert said in driver.toast
        await driver.press("d", key)
        assert driver.app.screen is driver.screen
        assert said in driver.toast
        assert not driver.desk.sent(Accept) + driver.desk.sent(Reject)


async def test_nothing_is_decided_offline_and_the_reason_is_kept() -> None:
    async with review(role="moderator", name="mo") as driver:
        await driver.select("01D")
        await driver.press("x")
        await driver.type("no")
        driver.desk.emit(Disconnected("gone", 5.0))
        await driver.wait(lambda: driver.screen.work.model.link.transport is None)
        await driver.press("enter")
        assert "Only the host decides on suggestions" in driver.toast
        assert driver.has("Rejection of cy")
        await driver.press("escape", "a")
        assert not driver.desk.sent(Accept) + driver.desk.sent(Reject)
        assert [draft.text for draft in driver.screen.work.drafts.all()] == ["no"]


async def test_accept_all_that_apply_counts_first_and_is_one_step_to_undo() -> None:
    async with review() as driver:
        driver.desk.add(suggestion("03A", "production weekly", "production daily"), "p2")
        driver.desk.add(suggestion("03B", "the test suite", "the tests"), "p2")
        driver.desk.add(suggestion("03C", "weekly", "hourly"), "p2")
        driver.desk.add(suggestion("03D", "nowhere", "somewhere"), "p2")
        await driver.select("03D")
        await driver.press(":")
        await driver.type("accept all")
        await driver.press("enter")
        assert driver.has("accept 2 suggestions", "3 more moved, overlap or are stale")
        await driver.press("y")
        changed = TEXT.replace("not enough", "too little").replace("the test suite", "the tests")
        await driver.wait(lambda: driver.desk.text == changed)
        await driver.press("u")
        await driver.wait(lambda: driver.desk.text == TEXT)
        assert "Undone: accepted 2 suggestions." in driver.toast


async def test_an_answer_that_is_still_to_come_is_waited_for() -> None:
    async with review() as driver:
        await driver.select("01D")
        driver.desk.hold = True
        await driver.press("a")
        await driver.press("a")
        assert "not answered yet" in driver.toast
        await driver.press("u")
        assert "The host has not answered yet" in driver.toast
        assert driver.desk.sent(Revert) == []
        driver.desk.hold = False
        driver.desk.decide(driver.desk.held[0], ME)
        await driver.wait(lambda: driver.screen.work.model.outbox.state("01D") == "accepted")
        await driver.press("u")
        await driver.wait(lambda: driver.desk.text == TEXT)


async def test_what_the_master_refuses_is_shown_on_the_card() -> None:
    async with review() as driver:
        await driver.select("01D")
        driver.desk.hold = True
        await driver.press("a")
        driver.desk.emit(Rejected("01D", "stale", "the text is not there any more", None))
        await driver.wait(lambda: driver.has("rejected: the text is not there any more"))
        driver.desk.hold = False
        await driver.press("u")
        assert "There is nothing to undo." in driver.toast


async def test_others_decisions_are_told_and_mine_the_louder() -> None:
    async with review(role="reviewer", name="cy") as driver:
        driver.desk.decide(Accept("01D"), "p9")
        await driver.wait(lambda: "ana accepted your suggestion: “Replace it.”" in driver.toast)


async def test_the_footer_says_what_can_be_done_about_a_suggestion() -> None:
    async with review() as driver:
        await driver.select("01D")
        assert not driver.has("a accept")
        await driver.press("2")
        assert driver.has("d preview  a accept  x reject")
    async with review(role="reviewer", name="cy") as driver:
        await driver.select("01D")
        await driver.press("2")
        assert driver.has("d preview  x withdraw")
        assert not driver.has("a accept")
