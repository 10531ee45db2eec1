"""Lines that are not as they were, as spans of the new text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from chatter_tui.tui.document.changed import changed
from chatter_tui.tui.document.shift import Shift

texts = st.lists(st.sampled_from(["a", "b", "", "c é😀"]), max_size=12).map("\n".join)


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("a\nb\nc\n", "a\nb\nc\n", []),
        ("a\nb\nc\n", "a\nB\nc\n", ["B"]),
        ("a\nb\nc\n", "a\nx\ny\nb\nc\n", ["x\ny"]),
        ("a\nb\nc\n", "a\nc\n", ["c"]),
        ("a\nb\nc\n", "A\nb\nC\n", ["A", "C"]),
        ("a\nb\n", "a\n", []),  # nothing follows
        ("a\n", "a\nb", ["b"]),
        ("a\n", "", []),
    ],
)
def test_what_is_marked(old: str, new: str, marked: list[str]) -> None:
    assert [new[start:end] for start, end in changed(Shift(old, new))] == marked


@given(texts, texts)
def test_spans_are_lines_in_order_and_all_else_was_there(old: str, new: str) -> None:
    spans = changed(Shift(old, new))
    at, kept = 0, ""
    for start, end in spans:
        assert at <= start < end
        assert start == 0 or new[start - 1] == "\n"
        kept += new[at:start]
        at = end
    lines = iter(old.split("\n"))
    assert all(line in lines for line in (kept + new[at:]).split("\n") if line)


def test_a_text_that_is_another_altogether_is_marked_at_once() -> None:
    old, new = ("\n".join(f"{word} {n}" for n in range(5000)) for word in ("old", "new"))
    assert changed(Shift(old, new)) == [(0, len(new))]
