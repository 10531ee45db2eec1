from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from chatter_tui.markdown import Markdown
from chatter_tui.tui.document import motion
from chatter_tui.tui.document.glyphs import UNICODE
from chatter_tui.tui.document.layout import Layout
from chatter_tui.tui.document.runs import graphemes
from chatter_tui.tui.document.selection import Selection, block_span
from chatter_tui.tui.document.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "# Head *ing*\n\nOne **two** three.\n\n- [four](/u) &copy; 日本\n\n[r]: /u\n\n---\n"


def laid_out(text: str, width: int = 60) -> Layout:
    return Layout(Markdown(text), width, UNICODE, raw=False)


def walk(move: Callable[[Layout, int], int], text: str, start: int) -> list[str]:
    """The rest of the word or line at each stop, until the motion stays where it is."""
    layout = laid_out(text)
    stops = []
    while (at := move(layout, start)) != start:
        stops.append(text[at : at + 3])
        start = at
    return stops


def test_words_are_those_one_sees() -> None:
    forward = ["ing", "One", "two", "thr", ".\n\n", "fou", "&co", "日本\n", "本\n\n", "---"]
    assert walk(motion.next_word, TEXT, TEXT.index("Head")) == forward
    backward = walk(motion.previous_word, TEXT, len(TEXT))
    assert backward == ["Hea", *forward][::-1]
    text = "as ![a plan](p.png), caf&eacute; says"
    for word in ("![a plan](p.png)", "caf&eacute;"):
        assert text[slice(*motion.word(laid_out(text), text.index(word)))] == word


def test_ends_of_words() -> None:
    assert walk(motion.word_end, "one, *two* x", 0) == ["e, ", ", *", "o* ", "x"]


def test_characters_skip_markup_and_keep_graphemes_whole() -> None:
    text = "a*b*&amp;e\u0301👩\u200d💻\n\nc"
    stops = []
    layout, at = laid_out(text), 0
    while (following := motion.right(layout, at)) != at:
        stops.append(text[slice(*motion.span(layout, following))])
        assert motion.left(layout, following) == at
        at = following
    assert stops == ["b", "&amp;", "e\u0301", "👩\u200d💻", "c"]


def test_rows_keep_the_column_and_skip_what_has_no_text() -> None:
    text = "first row\n\n---\n\n| aa | bb |\n|----|----|\n| cc | dd |\n"
    layout = laid_out(text)
    column = 2
    at = motion.rows(layout, 0, 1, column)
    assert text[at:].startswith("---")
    at = motion.rows(layout, at, 1, column)
    assert text[at : at + 2] == "aa"
    at = motion.rows(layout, at, 1, column)
    assert text[at : at + 2] == "cc"
    assert motion.rows(layout, at, 1, column) == at
    assert motion.rows(layout, at, -99, column) == 2


def test_a_long_atom_is_left_in_one_step() -> None:
    text = f"a ![{'word ' * 30}](/u) b\n\nend"
    layout = laid_out(text, 20)
    at = text.index("![")
    assert motion.rows(layout, at, 1, 0) == text.index(" b\n")
    assert motion.rows(layout, text.index("end"), -1, 0) == text.index(" b\n")
    assert motion.rows(layout, text.index(" b\n"), -1, 0) == 0


def test_row_ends() -> None:
    text = "one two three four"
    layout = laid_out(text, 10)
    at = text.index("three")
    assert text[motion.row_start(layout, at) :].startswith("three")
    assert text[motion.row_end(layout, at) - 1 :].startswith("e ")


def test_blocks() -> None:
    starts = ["One", "fou", "---"]
    assert walk(motion.next_block, TEXT, 2) == starts
    assert walk(motion.previous_block, TEXT, len(TEXT)) == [*starts[::-1], "Hea"]


def test_long_code_is_one_block() -> None:
    text = "a\n\n```\n" + "line\n" * 200 + "```\n\nb\n"
    assert walk(motion.next_block, text, 0) == ["lin", "b\n"]
    assert walk(motion.previous_block, text, len(text)) == ["b\n", "lin", "a\n\n"]
    assert block_span(laid_out(text), text.index("b\n") - 20) == (3, text.index("\n\nb"))


@given(st.data())
def test_motions_go_their_way_and_stay_on_what_is_visible(
    long_text: str, data: st.DataObject
) -> None:
    layout = laid_out(long_text, 40)
    offset = data.draw(st.integers(0, len(long_text)))
    for move, sign in (
        (motion.right, 1),
        (motion.next_word, 1),
        (motion.word_end, 1),
        (motion.next_block, 1),
        (motion.left, -1),
        (motion.previous_word, -1),
        (motion.previous_block, -1),
    ):
        at = move(layout, offset)
        assert (at - offset) * sign >= 0
        if at != offset:
            assert motion.span(layout, at)[0] == at


@given(st.data())
def test_what_is_near_gives_the_same_as_all_of_a_leaf(long_text: str, data: st.DataObject) -> None:
    layout = laid_out(long_text, data.draw(st.sampled_from((12, 40))))
    offset = data.draw(st.integers(0, len(long_text)))
    moves = (motion.right, motion.left, motion.next_word, motion.previous_word, motion.word_end)
    found = []
    for reach in (1, 10**6):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(motion, "REACH", reach)
            found.append([*(move(layout, offset) for move in moves), *motion.word(layout, offset)])
    assert found[0] == found[1]


def test_a_move_within_a_line_of_a_megabyte_looks_at_what_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "some naïve 日本 words " * 50_000 + "\n\nafter\n"
    layout, looked = laid_out(text), list[str]()

    def look(text: str) -> object:
        looked.append(text)
        return graphemes(text)

    monkeypatch.setattr(motion, "graphemes", look)
    middle = text.index("words", 500_000)
    for move in (
        motion.right,
        motion.next_word,
        motion.previous_word,
        motion.word_end,
        motion.word,
    ):
        move(layout, middle)
    assert text[motion.next_block(layout, middle) :] == "after\n"
    assert 0 < len(looked) < 500


@pytest.mark.parametrize("text", ["", "\n\n", "[r]: /u\n", "-\n"])
def test_nothing_to_move_over(text: str) -> None:
    layout = laid_out(text)
    for move in (motion.right, motion.left, motion.next_word, motion.word_end, motion.next_block):
        assert move(layout, 0) == 0
    assert motion.rows(layout, 0, 1, 0) == 0
    assert motion.word(layout, 0) == motion.span(layout, 0)
    Selection("block", (0, 0)).span(layout, 0)


def test_a_selection_keeps_the_word_it_began_with() -> None:
    text = "one two three"
    layout = laid_out(text)
    selection = Selection("text", motion.word(layout, 5))

    def selected(cursor: int) -> str:
        start, end = selection.span(layout, cursor)
        return text[start:end]

    assert selected(6) == "two"
    assert selected(5) == "tw"
    assert selected(8) == "two t"
    assert selected(0) == "one two"


def test_a_selection_of_blocks() -> None:
    layout = laid_out(TEXT)
    one = block_span(layout, TEXT.index("two"))
    assert TEXT[slice(*one)] == "One **two** three."
    start, end = Selection("block", one).span(layout, TEXT.index("four"))
    assert TEXT[start:end] == "One **two** three.\n\n- [four](/u) &copy; 日本"


@given(st.text("ab", max_size=8), st.text("ab", max_size=8), st.text("ab", max_size=8), st.data())
def test_offsets_shift_with_the_text_around_them(
    head: str, middle: str, tail: str, data: st.DataObject
) -> None:
    old, new = f"{head}<{tail}", f"{head}{middle}<{tail}"
    offset = data.draw(st.integers(0, len(old)))
    at = Shift(old, new)(offset)
    assert 0 <= at <= len(new)
    if offset >= len(head):
        assert new[at:] == old[offset:]
    assert Shift(old, old)(offset) == offset
