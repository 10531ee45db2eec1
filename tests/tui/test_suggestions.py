"""What a suggestion would change, and whether it still fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.blocks import Block, make_anchor
from chatter_tui.controller.events import BlockAdded, DocumentChanged
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.suggestions import LONGEST, fit, word_diff
from chatter_tui.tui.options import Options
from tests.tui.desk import BLOCKS, NOW, TEXT, block, quote
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
@settings(deadline=None)
def test_both_texts_can_be_read_off_the_pieces(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
    assert all(piece.text for piece in pieces)


async def test_preview_shows_change_state_and_reason() -> None:
    async with review() as driver:
        await driver.press("n", "n", "d")
        assert driver.has("Suggestion by cy", "applies under “Risks”", "Replace it.")
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
        assert "This is no suggestion" in driver.toast


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
        await driver.wait(lambda: "03A" in driver.screen.work.model.threads.blocks)
        driver.screen.select("03A")
        await driver.press("d", "j", "pagedown", "k", "escape")
        assert driver.app.screen is driver.screen


async def test_a_card_shows_the_reason_but_no_echo_of_the_change() -> None:
    async with review() as driver:
        await driver.wait(lambda: driver.has("+ too little", "Replace it."))
        driver.screen.document.reveal(TEXT.index("production"))
        await driver.press("v", "s", "!", "enter")
        await driver.wait(lambda: driver.has("+ production!"))
        assert not driver.has("Replace “production”")
        assert len(driver.desk.blocks) == len(BLOCKS) + 1
