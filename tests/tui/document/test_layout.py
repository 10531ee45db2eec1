"""Every character is in one place, every place is on the screen, and both ways agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings, strategies as st
from rich.cells import cell_len

from chatter_tui.markdown import Markdown, canonical, document as markdown_document
from chatter_tui.tui.document import leaves as document_leaves
from chatter_tui.tui.document.glyphs import ASCII, UNICODE
from chatter_tui.tui.document.layout import Layout
from chatter_tui.tui.document.runs import Row, Run, fold, graphemes, wrap
from chatter_tui.tui.document.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.tui.document.leaves import Leaf

FRAGMENTS = [
    *("*", "**", "_", "~~", "`", "``", "[", "](x)", "![", "\\*", "\\\n", "\\|", "&amp;", "<b>"),
    *("a", "word ", "longlonglonglonglonglong", " ", "  \n", "\n", "\n\n", "> ", "- ", "1. "),
    *("- [x] ", "# ", "###### ", "    ", "\t", "|", "```python\n", "~~~\n", "---\n", "===\n"),
    *("| a | b |\n|---|---|\n| x \\| y | `z` |\n", "|" * 9 + "\n" + "|-" * 8 + "|\n", "<div>\n"),
    *("é", "日本語", "、", "🎉", "👩\u200d💻", "e\u0301", "❤\ufe0f", "\u200d", "\u0301", "\u200b"),
    *("\x1b[2J", "\x9b", "\u202e", "\u2028", "\u00a0", "\x0b", "\u3000", "def f(): 'x' # y\n"),
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join).map(canonical)
MANY = 10**6  # rows
widths = st.sampled_from([8, 9, 12, 20, 40, 74, 114])


def all_rows(layout: Layout) -> list[Row]:
    return [row for leaf in range(len(layout.leaves)) for row in layout.rows(leaf)]


def exact_source(document: Markdown) -> Counter[int]:
    """The offsets that are shown character by character; tabs of code are as wide as needed."""
    offsets: Counter[int] = Counter()
    front = document_leaves.leaves(document, UNICODE)[0]
    lines = document.front_matter if front.kind == "html" and front.start == 0 else 0
    if lines:
        offsets.update(at for at in range(front.block[1]) if document.text[at] != "\t")
    for token in document.tokens:
        if token.map and token.map[0] < lines:
            continue
        if token.type == "inline":
            for piece in document.pieces(token):
                if piece.exact:
                    offsets.update(range(piece.start, piece.end))
        else:
            for _, start, length in token.meta.get("cmap", ()):
                offsets.update(
                    at for at in range(start, start + length) if document.text[at] != "\t"
                )
    return Counter({at: n for at, n in offsets.items() if document.text[at] != "\n"})


def exact_runs(rows: list[Row]) -> Iterator[Run]:
    return (run for row in rows for run in row.runs if run.exact)


def check(layout: Layout, expected: Counter[int]) -> None:
    rows = all_rows(layout)
    for row in rows:
        assert sum(cell_len(run.text) for run in row.runs) <= layout.width
        assert "\n" not in "".join(run.text for run in row.runs)
        assert "\t" not in "".join(run.text for run in row.runs)
    shown = Counter(at for run in exact_runs(rows) for at in range(run.start, run.end))
    assert shown == expected


def check_both_ways(layout: Layout) -> None:
    for run in exact_runs(all_rows(layout)):
        for unit in graphemes(run.text):
            if unit.width:
                offset = run.start + unit.start
                found = layout.find(offset)
                assert found is not None
                place, column = found
                assert layout.rows(place.leaf)[place.row].offset(column) == offset


@settings(max_examples=300)
@given(texts, widths, st.sampled_from([ASCII, UNICODE]))
@example("- [x] # ###### *", 8, ASCII)
@example("---\na: *b*\n\tc\n---\nd\n- e", 8, ASCII)
@example("---\na:\n\n- b\n---", 8, ASCII)
def test_rendered(text: str, width: int, glyphs: object) -> None:
    document = Markdown(text)
    layout = Layout(document, width, ASCII if glyphs is ASCII else UNICODE, raw=False)
    check(layout, exact_source(document))
    check_both_ways(layout)


@settings(max_examples=100)
@given(texts, widths)
def test_source(text: str, width: int) -> None:
    layout = Layout(Markdown(text), width, UNICODE, raw=True)
    check(layout, Counter(at for at, character in enumerate(text) if character not in "\t\n"))
    check_both_ways(layout)


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("width", [20, 74, 114])
def test_a_whole_document_both_ways(long_text: str, width: int, raw: bool) -> None:
    check_both_ways(Layout(Markdown(long_text), width, UNICODE, raw=raw))


def row_is_full(leaf: Leaf, rows: list[Row]) -> bool:
    """Whether a part holds more than a row, as it does unless it is of what has no width."""
    return leaf.part < 0 or len(rows) > 1 + leaf.gap


@settings(max_examples=200)
@given(st.tuples(texts, texts, texts, texts), widths, st.booleans())
def test_an_edited_document_is_laid_out_as_a_new_one(
    parts: tuple[str, str, str, str], width: int, raw: bool
) -> None:
    head, gone, come, tail = parts
    old, new = canonical(head + gone + tail), canonical(head + come + tail)
    before, anew = (Layout(Markdown(text), width, UNICODE, raw=raw) for text in (old, new))
    for layout in (before, anew):
        layout.measure(0, MANY)
    shift = Shift(old, new)
    after = Layout(anew.document, width, UNICODE, raw=raw, before=before, shift=shift)
    after.measure(0, MANY)
    assert all_rows(after) == all_rows(anew)
    assert after.height == anew.height


@given(texts, st.integers(1, 9), widths, st.booleans(), st.data())
def test_what_is_laid_out_in_parts_is_as_if_it_were_not(
    text: str, times: int, width: int, raw: bool, data: st.DataObject
) -> None:
    text = (text * times).replace("\t", " ")  # whose width is by where a part begins
    document = Markdown(text)
    with pytest.MonkeyPatch.context() as patch:
        for module in (markdown_document, document_leaves):
            patch.setattr(module, "INLINE_LIMIT", 40)
        whole = Layout(document, width, UNICODE, raw=raw)
        patch.setattr(document_leaves, "NEAR", 10)
        patch.setattr(document_leaves, "PART_LENGTH", 50)
        parted, jumped = (Layout(document, width, UNICODE, raw=raw) for _ in range(2))
        rows = [parted.rows(leaf) for leaf in range(len(parted.leaves))]
        is_table = len(whole.leaves) != sum(leaf.part <= 0 for leaf in parted.leaves)
        if not is_table and all(map(row_is_full, parted.leaves, rows)):
            assert all_rows(parted) == all_rows(whole)
        for leaf in data.draw(st.permutations(range(len(jumped.leaves)))):
            jumped.rows(leaf)
        if raw:
            expected = Counter(at for at, character in enumerate(text) if character != "\n")
        else:
            expected = exact_source(document)
        for each in (parted, jumped):
            each._rows.clear()  # made again they are the same
            check(each, expected)
            check_both_ways(each)


@given(st.integers(0, 300), st.integers(1, 60))
def test_measured_rows_are_where_they_are_said_to_be(long_text: str, y: int, count: int) -> None:
    layout = Layout(Markdown(long_text), 60, UNICODE, raw=False)
    layout.measure(y, y + count)
    for at in range(y, min(y + count, layout.height)):
        place = layout.place(at)
        assert layout.y(place) == at
        assert layout.row(at) is layout.rows(place.leaf)[place.row]


def test_measuring_everything_gives_the_exact_height(long_text: str) -> None:
    layout = Layout(Markdown(long_text), 60, UNICODE, raw=False)
    while layout.measure(0, layout.height):
        pass
    assert layout.height == len(all_rows(layout))


def lines(text: str, width: int = 40, *, ascii_only: bool = False) -> list[str]:
    glyphs = ASCII if ascii_only else UNICODE
    layout = Layout(Markdown(text), width, glyphs, raw=False)
    return ["".join(run.text for run in row.runs).rstrip() for row in all_rows(layout)]


def test_rows_are_made_ahead_in_pieces_and_change_no_height(long_text: str) -> None:
    layout, other = (Layout(Markdown(long_text), 60, UNICODE, raw=False) for _ in range(2))
    height = layout.height
    pieces = 1
    while not layout.prepare(20, 200, 0):
        pieces += 1
    assert pieces > 5
    assert layout.height == height
    assert layout.measure(20, 200)
    assert other.measure(20, 200)
    assert [layout.row(y) for y in range(20, 200)] == [other.row(y) for y in range(20, 200)]


def test_lists_are_as_tight_as_they_were_written() -> None:
    assert lines("- a\n- b\n  1. c\n  2. d\n- [ ] e\n\ntext\n\n- f\n\n- g") == [
        *("• a", "• b", "  1. c", "  2. d", "[ ] e", "", "text", "", "• f", "", "• g"),
    ]


def test_front_matter_is_shown_as_it_is_written() -> None:
    front = "---\ntitle: A *plan*\ntags:\n  - a\n---"
    assert lines(f"{front}\n# Plan") == [
        *(f"  {line}" for line in front.split("\n")),
        *("", "# Plan"),
    ]
    assert lines("---\n\na: b\n\n---", 8) == ["────────", "", "a: b", "", "────────"]
    # A fence that goes on after it.
    assert lines("---\na: |\n  ```\n---\nb", 8) == ["────────", "", "a: |", "", "  ---", "  b"]


def test_quotes_have_a_bar_between_their_blocks_only() -> None:
    assert lines("> a\n>\n> - b\n\n> c") == ["▌ a", "▌", "▌ • b", "", "▌ c"]


def test_empty_items_and_nested_markers_are_shown() -> None:
    assert lines("-\n- - a\n-") == ["•", "• • a", "•"]


def test_tables() -> None:
    assert lines("| a | long head |\n|--|--:|\n| **x** | 1 |", 30) == [
        "│ a   │  long head │",
        "├─────┼────────────┤",
        "│ x   │          1 │",
    ]


def test_the_rows_of_a_table_with_too_many_columns_are_told_apart() -> None:
    cells = "one | two | six"
    assert lines(f"| {cells} |\n|{'--|' * 3}\n| {cells} |\n| {cells} |", 16) == [
        *("one │ two │", "  six", "├──────────────┤"),
        *("one │ two │", "  six", "one │ two │", "  six"),
    ]


def test_ascii_needs_no_other_character() -> None:
    text = (
        "> q\n\n- a\n\n---\n\n| a |\n|---|\n| b |\n\n```\n" + "x" * 60 + "\n```\n\n# h\n\n![i](/u)"
    )
    assert all(line.isascii() for line in lines(text, ascii_only=True))
    assert not all(line.isascii() for line in lines(text))


def test_deep_nesting_leaves_room_for_the_text() -> None:
    assert max(map(len, lines("> " * 25 + "deep in there", 24))) <= 24
    assert "deep" in "".join(lines("> " * 25 + "deep in there", 24))


def run(text: str) -> Run:
    return Run(text, 0, len(text), exact=True)


def text_of(rows: list[tuple[Run, ...]]) -> list[str]:
    return ["".join(run.text for run in row) for row in rows]


def test_wrap_breaks_between_words_and_wide_characters() -> None:
    assert text_of(wrap([run("one two three")], 8)) == ["one two ", "three"]
    assert text_of(wrap([run("日本語、日本語")], 7)) == ["日本", "語、日", "本語"]
    assert text_of(wrap([run("abcdefghij")], 5)) == ["abcd", "efgh", "ij"]
    assert text_of(wrap([run("a\n\nb")], 5)) == ["a", "", "b"]


def test_fold_breaks_anywhere_but_within_a_grapheme() -> None:
    assert text_of(fold([run("ab👩\u200d💻cd")], 3)) == ["ab", "👩\u200d💻c", "d"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("if ready: go(now)", ["if ready: ", "go(now)"]),
        ("if ready go(now)", ["if ready", " go(now)"]),
        ("if ready  (now)", ["if ready", "  (now)"]),
        ("a see/the/long/way", ["a see/th", "e/long/w", "ay"]),
        ("one two 日本語日本語", ["one two ", "日本語日", "本語"]),
    ],
)
def test_fold_leaves_words_whole_where_half_a_row_is_full(text: str, rows: list[str]) -> None:
    assert text_of(fold([run(text[:5]), run(text[5:])], 10 if ":" in text else 8)) == rows
