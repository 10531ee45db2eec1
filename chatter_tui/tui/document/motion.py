"""Cursor motions: from one source offset to another, over visible text."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from chatter_tui.tui.document.runs import graphemes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chatter_tui.tui.document.layout import Layout
    from chatter_tui.tui.document.runs import Row

    Motion = Callable[[Layout, int], int]

# Ideographs and kana count as words of their own, as such text has no spaces.
_EAST = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD: Final = rf"[{_EAST}]|[^\W{_EAST}]+|[^\w\s]+"  # compiled on first use, which takes a while
_ALONE: Final = "\u4e00"  # stands for something that counts as a word of its own
REACH: Final = 8  # rows on either side that are searched first


class Flow:
    """The visible characters of some rows of a leaf, with their source offsets.

    If the rows are not the leaf's first (`begins`) or last ones (`ends`), a word may be cut off
    there, which does not count.
    """

    def __init__(self, rows: Sequence[Row], *, begins: bool, ends: bool) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._begins, self._ends = begins, ends
        text: list[str] = []
        runs = [run for row in rows for run in row.runs if run.start >= 0]
        runs.sort(key=lambda run: run.start)  # the rows of a table go across its cells
        for run in runs:
            if not run.exact:
                if not self.starts or self.starts[-1] != run.start:
                    self._add([run.start], [run.end])
                    is_one = len(run.text) > 1 and not run.text.isspace()  # such as an image
                    text.append(_ALONE if is_one else run.text[:1] or " ")
            elif run.text.isascii():  # many at once: a line may have megabytes
                count = len(run.text)
                self._add(
                    range(run.start, run.start + count), range(run.start + 1, run.start + count + 1)
                )
                text.append(run.text)
            else:
                units = graphemes(run.text)
                self._add([run.start + u.start for u in units], [run.start + u.end for u in units])
                text += [run.text[unit.start] for unit in units]
        self.text = "".join(text)

    def _add(self, starts: Iterable[int], ends: Iterable[int]) -> None:
        self.starts.extend(starts)
        self.ends.extend(ends)

    def index(self, offset: int) -> int:
        """Return the index of the character at an offset, or of the last one before it."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def word(self, index: int) -> tuple[int, int] | None:
        """Return the first and last index of the word at an index.

        None if the word may continue.
        """
        found = (m for m in self._words() if m.start() <= index < m.end())
        match = next(found, None)
        if match is None:
            return index, index
        is_whole = self._has_start(match) and self._has_end(match)
        return (match.start(), match.end() - 1) if is_whole else None

    def word_starts(self) -> list[int]:
        """Return the index of the first character of each word."""
        return [match.start() for match in self._words() if self._has_start(match)]

    def word_ends(self) -> list[int]:
        """Return the index of the last character of each word."""
        return [match.end() - 1 for match in self._words() if self._has_end(match)]

    def _words(self) -> Iterator[re.Match[str]]:
        return re.finditer(_WORD, self.text)

    def _has_start(self, match: re.Match[str]) -> bool:
        return match.start() > 0 or self._begins

    def _has_end(self, match: re.Match[str]) -> bool:
        return match.end() < len(self.text) or self._ends


def _flows(layout: Layout, leaf: int, offset: int) -> Iterator[Flow]:
    """Yield the text around an offset in a leaf, or at its nearest end, then wider parts."""
    rows = layout.rows(leaf)
    found = layout.find(offset)
    here = 0 if offset <= layout.leaves[leaf].start else len(rows) - 1
    if found is not None and found[0].leaf == leaf:
        here = found[0].row
    reach = len(rows) if layout.leaves[leaf].kind == "table" else REACH
    while True:
        first, last = max(here - reach, 0), here + reach + 1
        begins, ends = first == 0, last >= len(rows)
        yield Flow(rows[first:last], begins=begins, ends=ends)
        if begins and ends:
            return
        reach *= 8


def span(layout: Layout, offset: int) -> tuple[int, int]:
    """Return the source span of the visible character at an offset, or of the next one."""
    found = layout.find(offset)
    if found is None:
        return offset, offset
    place, column = found
    return layout.rows(place.leaf)[place.row].unit(column) or (offset, offset + 1)


def word(layout: Layout, offset: int) -> tuple[int, int]:
    """Return the source span of the word at an offset, or of the character if there is no word."""
    start, end = span(layout, offset)
    for flow in _flows(layout, layout.leaf_at(start), start):
        found = flow.word(flow.index(start)) if flow.starts else None
        if found is not None:
            return flow.starts[found[0]], flow.ends[found[1]]
    return start, end


def right(layout: Layout, offset: int) -> int:
    """Return the offset of the next visible character."""
    return _stop(layout, offset, 1, lambda flow: range(len(flow.starts)))


def left(layout: Layout, offset: int) -> int:
    """Return the offset of the previous visible character."""
    return _stop(layout, offset, -1, lambda flow: range(len(flow.starts)))


def next_word(layout: Layout, offset: int) -> int:
    """Return the start of the next word."""
    return _stop(layout, offset, 1, Flow.word_starts)


def previous_word(layout: Layout, offset: int) -> int:
    """Return the start of the word, or of the previous one if already there."""
    return _stop(layout, offset, -1, Flow.word_starts)


def word_end(layout: Layout, offset: int) -> int:
    """Return the last character of the word, or of the next one if already there."""
    return _stop(layout, offset, 1, Flow.word_ends)


def _stop(
    layout: Layout, offset: int, step: int, stops: Callable[[Flow], list[int] | range]
) -> int:
    """Return the nearest stop in a direction, in this leaf or the next one with any."""
    leaf = layout.leaf_at(offset)
    while 0 <= leaf < len(layout.leaves):
        for flow in _flows(layout, leaf, offset):
            found = [at for at in stops(flow) if (flow.starts[at] - offset) * step > 0]
            if found:
                return flow.starts[found[0] if step > 0 else found[-1]]
        leaf += step
    return offset


def row_start(layout: Layout, offset: int) -> int:
    """Return the first visible character of the row."""
    return _on_row(layout, offset, 0)


def row_end(layout: Layout, offset: int) -> int:
    """Return the last visible character of the row."""
    return _on_row(layout, offset, layout.width)


def _on_row(layout: Layout, offset: int, column: int) -> int:
    found = layout.find(offset)
    if found is None:
        return offset
    target = layout.rows(found[0].leaf)[found[0].row].offset(column)
    return offset if target is None else target


def next_block(layout: Layout, offset: int) -> int:
    """Return the start of the next leaf block."""
    return _block(layout, offset, 1)


def previous_block(layout: Layout, offset: int) -> int:
    """Return the start of the leaf block, or of the previous one if already there."""
    return _block(layout, offset, -1)


def _block(layout: Layout, offset: int, step: int) -> int:
    leaf = layout.leaf_at(offset)
    here = layout.leaves[leaf].block
    while 0 <= leaf < len(layout.leaves):
        target = layout.leaves[leaf]
        if step < 0 or target.block != here:
            while step < 0 and leaf and layout.leaves[leaf - 1].block == target.block:
                leaf -= 1
            runs = (run for row in layout.rows(leaf) for run in row.runs if run.start >= 0)
            start = min((run.start for run in runs), default=offset)
            if (start - offset) * step > 0:
                return start
        leaf += step
    return offset


def rows(layout: Layout, offset: int, count: int, column: int) -> int:
    """Return the offset at a column, `count` rows with text further down (up if negative)."""
    found = layout.find(offset)
    if found is None:
        return offset
    place = found[0]
    leaf, number = place
    step = 1 if count > 0 else -1
    best = offset
    while count and 0 <= leaf < len(layout.leaves):
        number += step
        lines = layout.rows(leaf)
        if not 0 <= number < len(lines):
            leaf += step
            if 0 <= leaf < len(layout.leaves):
                number = -1 if step > 0 else len(layout.rows(leaf))
            continue
        target = lines[number].offset(column)
        if target is not None:
            best = target
            count -= step
    return best
