"""Where a cursor goes: from one source offset to another, over what is visible."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from chatter_tui.tui.document.runs import graphemes

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.tui.document.layout import Layout

    Motion = Callable[[Layout, int], int]

# Ideographs and kana are words of their own: such text has no spaces to find words by.
_EAST = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_EAST}]|[^\W{_EAST}]+|[^\w\s]+")


class Flow:
    """What is visible of one leaf, character after character, with where each comes from."""

    def __init__(self, layout: Layout, leaf: int) -> None:
        units: list[tuple[int, int, str]] = []
        for row in layout.rows(leaf):
            for run in row.runs:
                if run.start < 0:
                    continue
                if run.exact:
                    units += [
                        (run.start + unit.start, run.start + unit.end, run.text[unit.start])
                        for unit in graphemes(run.text)
                    ]
                elif not units or units[-1][0] != run.start:
                    units.append((run.start, run.end, run.text[:1] or " "))
        units.sort()  # the rows of a table go across its cells
        self.starts = [start for start, _, _ in units]
        self.ends = [end for _, end, _ in units]
        self.text = "".join(character for _, _, character in units)

    def index(self, offset: int) -> int:
        """Return the index of the character that holds an offset, or is the last before it."""
        return max(bisect_right(self.starts, offset) - 1, 0)


def span(layout: Layout, offset: int) -> tuple[int, int]:
    """Return the source span of the visible character at an offset, or of the next one."""
    found = layout.find(offset)
    if found is None:
        return offset, offset
    place, column = found
    return layout.rows(place.leaf)[place.row].unit(column) or (offset, offset + 1)


def word(layout: Layout, offset: int) -> tuple[int, int]:
    """Return the source span of the word at an offset, or of the character if there is none."""
    start, end = span(layout, offset)
    flow = Flow(layout, layout.leaf_at(start))
    if not flow.starts:
        return start, end
    index = flow.index(start)
    for match in _WORD.finditer(flow.text):
        if match.start() <= index < match.end():
            return flow.starts[match.start()], flow.ends[match.end() - 1]
    return start, end


def right(layout: Layout, offset: int) -> int:
    """Return the next visible character."""
    return _stop(layout, offset, 1, lambda flow: range(len(flow.starts)))


def left(layout: Layout, offset: int) -> int:
    """Return the visible character before."""
    return _stop(layout, offset, -1, lambda flow: range(len(flow.starts)))


def next_word(layout: Layout, offset: int) -> int:
    """Return the start of the next word."""
    return _stop(layout, offset, 1, _word_starts)


def previous_word(layout: Layout, offset: int) -> int:
    """Return the start of this word, or of the one before when at it."""
    return _stop(layout, offset, -1, _word_starts)


def word_end(layout: Layout, offset: int) -> int:
    """Return the last character of this word, or of the next one when at it."""
    return _stop(layout, offset, 1, _word_ends)


def _word_starts(flow: Flow) -> list[int]:
    return [match.start() for match in _WORD.finditer(flow.text)]


def _word_ends(flow: Flow) -> list[int]:
    return [match.end() - 1 for match in _WORD.finditer(flow.text)]


def _stop(
    layout: Layout, offset: int, step: int, stops: Callable[[Flow], list[int] | range]
) -> int:
    """Return the nearest stop in a direction, in this leaf or the next with any."""
    leaf = layout.leaf_at(offset)
    while 0 <= leaf < len(layout.leaves):
        flow = Flow(layout, leaf)
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
    """Return the start of this leaf block, or of the one before when at it."""
    return _block(layout, offset, -1)


def _block(layout: Layout, offset: int, step: int) -> int:
    leaf = layout.leaf_at(offset)
    here = layout.leaves[leaf].block
    while 0 <= leaf < len(layout.leaves):
        target = layout.leaves[leaf]
        if step < 0 or target.block != here:
            while step < 0 and leaf and layout.leaves[leaf - 1].block == target.block:
                leaf -= 1
            starts = Flow(layout, leaf).starts
            if starts and (starts[0] - offset) * step > 0:
                return starts[0]
        leaf += step
    return offset


def rows(layout: Layout, offset: int, count: int, column: int) -> int:
    """Return the offset `count` rows with text further (up when negative), at a column."""
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
