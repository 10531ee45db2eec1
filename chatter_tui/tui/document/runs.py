"""Rows of a laid-out document: runs of text with their source positions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len, split_graphemes

from chatter_tui.markdown import Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Run(NamedTuple):
    """Text of one style on one row.

    `start` and `end` are its source span, -1 for decoration. In an exact run, each character is one
    of the source. Others have a source only as a whole; if such a run was split, only its first
    `part` is a place for the cursor. `kind` names the style.
    """

    text: str
    start: int = -1
    end: int = -1
    exact: bool = False
    style: Style = Style.PLAIN
    kind: str = ""
    part: int = 0

    def cut(self, first: int, last: int) -> Run:
        """Return the part between two characters of the text."""
        text = self.text[first:last]
        if not self.exact:
            return self._replace(text=text, part=self.part + first)
        return self._replace(text=text, start=self.start + first, end=self.start + last)

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether any of its source is in a span."""
        return self.start >= 0 and self.start < end and self.end > start


class Row(NamedTuple):
    """A row of cells; `fill` is the kind of the space to the right of the runs."""

    runs: tuple[Run, ...]
    fill: str = ""

    @property
    def span(self) -> tuple[int, int] | None:
        """The source span of the row; None if it is decoration only."""
        shown = [run for run in self.runs if run.start >= 0]
        return (shown[0].start, max(run.end for run in shown)) if shown else None

    def column(self, offset: int) -> int | None:
        """Return the column of the character at an offset, if it is on this row."""
        column = 0
        for run in self.runs:
            if run.start <= offset < run.end:
                for unit in graphemes(run.text) if run.exact else ():
                    if run.start + unit.end > offset:
                        break
                    column += unit.width
                return column
            column += cell_len(run.text)
        return None

    def unit(self, column: int) -> tuple[int, int] | None:
        """Return the source span of the character at a column, if it has a source."""
        at = 0
        for run in self.runs:
            width = cell_len(run.text)
            if run.start >= 0 and at <= column < at + width:
                if not run.exact:
                    return run.start, run.end
                for unit in graphemes(run.text):
                    at += unit.width
                    if at > column:
                        return run.start + unit.start, run.start + unit.end
            at += width
        return None

    def following(self, offset: int) -> int | None:
        """Return the smallest offset on this row that is greater than `offset`."""
        return min((run.start for run in self.runs if run.start > offset), default=None)

    def offset(self, column: int) -> int | None:
        """Return the source offset at a column, or of the nearest place."""
        nearest = None
        at = 0
        for run in self.runs:
            if run.start >= 0 and not run.part:
                for unit in graphemes(run.text) if run.exact else ():
                    if at > column and nearest is not None:
                        return nearest
                    nearest = run.start + unit.start
                    at += unit.width
                if not run.exact:
                    if at > column and nearest is not None:
                        return nearest
                    nearest = run.start
                    at += cell_len(run.text)
            else:
                at += cell_len(run.text)
        return nearest


class Unit(NamedTuple):
    """A grapheme: its offsets in the run's text, and its width in cells."""

    start: int
    end: int
    width: int


# Letters of European languages and punctuation: each is one cell wide and a grapheme of its own.
_SIMPLE: Final = re.compile(
    "[\x00-\x7f\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u203b\u20a0-\u20bf]*"
)


def _is_simple(text: str) -> bool:
    return text.isascii() or _SIMPLE.fullmatch(text) is not None


# Each takes 72 bytes a character, so only as many as are on a few screens: those under the cursor.
@lru_cache(256)
def graphemes(text: str) -> tuple[Unit, ...]:
    """Split text into graphemes, which the terminal shows as one character each."""
    if _is_simple(text):
        return tuple(Unit(at, at + 1, 1) for at in range(len(text)))
    return tuple(Unit(*span) for span in split_graphemes(text)[0])


def wrap(runs: Iterable[Run], width: int) -> list[tuple[Run, ...]]:
    """Break runs into rows at most `width` cells wide (at least 3), between words if possible.

    A newline ends a row and belongs to none. A space after the last word stays on its row.
    """
    limit = max(width, 3) - 1
    rows = []
    for line in _lines(runs):
        if all(_is_simple(run.text) for run in line):
            breaks = list(_simple_breaks("".join(run.text for run in line), limit))
        else:
            breaks = list(_breaks(line, limit))
        rows += _cut(line, breaks)
    return rows


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for run in runs:
        start = 0
        while (stop := run.text.find("\n", start)) >= 0:
            line.append(run.cut(start, stop))
            yield line
            line, start = [], stop + 1
        line.append(run.cut(start, len(run.text)) if start else run)
    yield line


def fold(runs: Iterable[Run], width: int) -> list[tuple[Run, ...]]:
    """Break runs into rows at most `width` cells wide (at least 2).

    Rows are filled up to the word that does not fit, or completely if that would leave less than
    half: code and sources are read by column, and their long words (addresses, hashes) should not
    begin rows.
    """
    runs = list(runs)
    limit = max(width, 2)
    if all(_is_simple(run.text) for run in runs):
        return _cut(runs, list(_simple_folds("".join(run.text for run in runs), limit)))
    breaks = []
    at = used = 0
    chance, since = -1, 0  # after the last space of the right half, and the cells after it
    for run in runs:
        for unit in graphemes(run.text):
            space = run.text[unit.start] == " "
            if used and used + unit.width > limit:
                between = chance >= 0 and not space
                breaks.append(chance if between else at + unit.start)
                used, chance = since if between else 0, -1
            used += unit.width
            since += unit.width
            if space and used * 2 >= limit:
                chance, since = at + unit.end, 0
        at += len(run.text)
    return _cut(runs, breaks)


def _simple_folds(text: str, limit: int) -> Iterator[int]:
    start = 0
    while len(text) - start > limit:
        stop = start + limit
        space = -1 if text[stop] == " " else text.rfind(" ", start + (limit + 1) // 2 - 1, stop)
        start = space + 1 if space >= 0 else stop
        yield start


def _simple_breaks(text: str, limit: int) -> Iterator[int]:
    start = 0
    while len(text) - start > limit:
        space = text.rfind(" ", start + 1, start + limit + 1)
        start = space + 1 if space >= 0 else start + limit
        if start < len(text):
            yield start


# Stays with the preceding character: closing brackets and punctuation of East Asian text.
_CLOSING = frozenset(
    "\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u309b\u309c\u30fb\u30fc"
    "\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
)


def _breaks(runs: list[Run], limit: int) -> Iterator[int]:
    """Yield breaks after spaces, between wide characters, or within a word that is too long."""
    used = since = 0  # cells on this row, and those after the last possible break
    chance = -1
    at = before = 0  # before: the width of the previous character
    for run in runs:
        for unit in graphemes(run.text):
            character = run.text[unit.start]
            if used and max(unit.width, before) == 2 and character not in _CLOSING:
                chance, since = at + unit.start, 0
            full = used + unit.width > limit + (character == " ")
            if full and used:
                if chance < 0:
                    chance, since = at + unit.start, 0
                yield chance
                used, chance = since, -1
            used += unit.width
            since += unit.width
            before = unit.width
            if character == " ":
                chance, since = at + unit.end, 0
        at += len(run.text)


def _cut(runs: list[Run], breaks: list[int]) -> list[tuple[Run, ...]]:
    rows: list[tuple[Run, ...]] = []
    row: list[Run] = []
    at, index = 0, 0
    for run in runs:
        done = 0
        while index < len(breaks) and breaks[index] <= at + len(run.text):
            stop = breaks[index] - at
            if stop > done:
                row.append(run.cut(done, stop))
            rows.append(tuple(row))
            row, done = [], stop
            index += 1
        if done < len(run.text):
            row.append(run.cut(done, len(run.text)) if done else run)
        at += len(run.text)
    if row or not rows:
        rows.append(tuple(row))
    return rows
