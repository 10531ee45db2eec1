"""Render tables as rows of runs, with columns fitted to their content."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len

from chatter_tui.tui.document.runs import Row, Run, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markdown_it.token import Token

    from chatter_tui.tui.document.glyphs import Glyphs
    from chatter_tui.tui.document.leaves import Cell, Leaf

    Inline = Callable[[Token, str], list[Run]]

NARROWEST = 3
INDENT = 2  # of what follows the first row, where the cells are shown as text
# Rows that determine the widths of columns; wider cells in later rows wrap.
MEASURED_ROWS = 60


def table_rows(leaf: Leaf, width: int, inline: Inline, glyphs: Glyphs) -> Iterator[Row]:
    """Yield the rows of a table shown by a leaf, including a line below the head.

    If there are more columns than fit, the cells of a row are shown one after another as text.
    """
    vertical, horizontal, crossing, left, right = glyphs.table
    fits = len(leaf.table[0]) * (NARROWEST + 3) + 1 <= width
    widths = _widths(leaf.table[:MEASURED_ROWS], width, inline) if fits else []
    for index in leaf.lines:
        kind = "table-head" if index == 0 else ""
        texts = [(inline(cell.token, kind), cell.align) for cell in leaf.table[index]]
        if fits:
            yield from _grid_row(texts, widths, vertical)
        else:
            bar = Run(f" {vertical} ", kind="table")
            runs = [run for text, _ in texts for run in (*text, bar)][:-1]
            lead: tuple[Run, ...] = ()
            for row in wrap(runs, width - INDENT):
                yield Row((*lead, *row))
                lead = (Run(" " * INDENT),)
        if index == 0:
            sizes = [size + 2 for size in widths] or [width - 2]
            lines = crossing.join(horizontal * size for size in sizes)
            yield Row((Run(left + lines + right, kind="table"),))


def _grid_row(
    texts: Sequence[tuple[list[Run], str]], widths: Sequence[int], vertical: str
) -> Iterator[Row]:
    cells = [
        [_aligned(row, size, align) for row in wrap(text, size)]
        for (text, align), size in zip(texts, widths, strict=True)
    ]
    for parts in zip_longest(*cells):
        runs = [Run(f"{vertical} ", kind="table")]
        for part, size in zip(parts, widths, strict=True):
            runs += part or (Run(" " * size),)
            runs.append(Run(f" {vertical} ", kind="table"))
        runs[-1] = Run(f" {vertical}", kind="table")
        yield Row(tuple(runs))


def _widths(rows: Sequence[Sequence[Cell]], width: int, inline: Inline) -> list[int]:
    """Return the width of each column; if they do not fit, the widest ones are reduced first."""
    natural = [NARROWEST] * len(rows[0])
    for row in rows:
        for column, cell in enumerate(row):
            text = inline(cell.token, "")
            natural[column] = max(natural[column], sum(cell_len(run.text) for run in text) + 1)
    return _shared(natural, width - 3 * len(natural) - 1)


def _shared(natural: list[int], available: int) -> list[int]:
    """Give each column what it wants, or an equal share of what is left if it wants more."""
    sizes = list(natural)
    left, columns = available, len(natural)
    for column in sorted(range(columns), key=natural.__getitem__):
        sizes[column] = min(natural[column], left // columns)
        left -= sizes[column]
        columns -= 1
    return sizes


def _aligned(row: tuple[Run, ...], width: int, align: str) -> tuple[Run, ...]:
    space = max(width - sum(cell_len(run.text) for run in row), 0)
    before = {"center": space // 2, "right": space}.get(align, 0)
    return (Run(" " * before), *row, Run(" " * (space - before)))
