"""Render leaf blocks as rows of runs, at a width."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from chatter_tui.markdown import Style
from chatter_tui.markdown.pieces import source_runs
from chatter_tui.tui.document.runs import Row, Run, fold, wrap
from chatter_tui.tui.document.table import table_rows
from chatter_tui.tui.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from chatter_tui.markdown import Markdown
    from chatter_tui.tui.document.glyphs import Glyphs
    from chatter_tui.tui.document.leaves import Leaf, Prefix

TAB = 4


def estimate(leaf: Leaf, width: int) -> int:
    """Estimate the number of rows without parsing the inline content."""
    if leaf.lines and leaf.part < 0:
        return len(leaf.lines) + leaf.gap
    inside = max(width - sum(len(prefix.text) for prefix in leaf.rest), 8)
    return (leaf.end - leaf.start) // inside + 1 + leaf.gap


class Renderer:
    """Renders the leaves of one document at one width."""

    def __init__(self, document: Markdown, width: int, glyphs: Glyphs) -> None:
        self._document = document
        self._width = max(width, 8)
        self._glyphs = glyphs

    def rows(self, leaf: Leaf, start: int = 0, end: int = sys.maxsize) -> list[Row]:
        """Return the rows of a leaf, starting with its gap; there is at least one.

        `start` and `end` are the source span of one part of a divided leaf.
        """
        rows = [Row(_prefix(leaf.above, self._width))] if leaf.gap else []
        first, rest = _prefix(leaf.first, self._width), _prefix(leaf.rest, self._width)
        inside = self._width - sum(cell_len(run.text) for run in rest)
        for row in self._content(leaf, inside, start, end):
            rows.append(Row(first + row.runs, row.fill))
            first = rest
        return rows

    def _content(self, leaf: Leaf, width: int, start: int, end: int) -> Iterator[Row]:
        match leaf.kind, leaf.token:
            case "source", _:
                rows = self._source(leaf, width, start, end)
            case "rule", _:
                rule = Run(self._glyphs.rule * width, leaf.start, leaf.end, kind="rule")
                rows = iter([Row((rule,))])
            case "table", _:
                rows = table_rows(leaf, width, self._inline, self._glyphs)
            case "heading", token if token is not None:
                rows = self._heading(leaf, self._prose(leaf, token, start, end), width)
            case "text", token if token is not None:
                rows = map(Row, wrap(self._prose(leaf, token, start, end), width))
            case (("code" | "html"), token) if token is not None:
                rows = self._code(leaf, token, width, start, end)
            case _:
                rows = iter([Row(())])
        return rows

    def _heading(self, leaf: Leaf, runs: list[Run], width: int) -> Iterator[Row]:
        signs = "#" * (leaf.level if width > 2 * leaf.level + 2 else 1)
        lead = Run(f"{signs} " if width >= 5 else "", kind="marker")  # the text takes precedence
        for number, row in enumerate(wrap(runs, width - len(lead.text))):
            is_first = not number and leaf.part <= 0
            yield Row((lead if is_first else Run(" " * len(lead.text)), *row))

    def _prose(self, leaf: Leaf, token: Token, start: int, end: int) -> list[Run]:
        """Return the runs of a paragraph or heading, or of a part, which has no markup."""
        kind = "heading" if leaf.kind == "heading" else ""
        if leaf.part < 0:
            return self._inline(token, kind)
        cmap, content = token.meta["cmap"], token.content
        first, last = _content_offset(cmap, start), _content_offset(cmap, end)
        if last < len(content) and content[last - 1] == "\n":
            last -= 1  # the rest belongs to the next part
        return [
            Run(safe(content[at : at + count]).replace("\t", " "), source, stop, exact, kind=kind)
            for at, (source, stop, count, exact) in _located(cmap, first, last)
        ]

    def _inline(self, token: Token, kind: str = "") -> list[Run]:
        """Return the runs of an `inline` token; an image is shown as its description."""
        runs = []
        for piece in self._document.pieces(token):
            text = safe(piece.text).replace("\t", " ")
            if piece.style & Style.IMAGE:
                text = f"[image: {text}]" if text else "[image]"
            runs.append(Run(text, piece.start, piece.end, piece.exact, piece.style, kind))
        return runs

    def _code(self, leaf: Leaf, token: Token, width: int, begin: int, end: int) -> Iterator[Row]:
        starts = _line_starts(token.content)
        cmap = token.meta["cmap"]
        within = _content_offset(cmap, begin), _content_offset(cmap, end)
        for line in leaf.lines:
            start, stop = _within(starts[line], starts[line + 1] - 1, within)
            if start > stop:
                continue
            runs = [
                Run(token.content[at : at + count], source, end, exact, kind=leaf.kind)
                for at, (source, end, count, exact) in _located(cmap, start, stop)
            ]
            if not runs:  # an empty line is a place for the cursor, if its newline has a source
                newline = next(source_runs(cmap, start, 1), None)
                if newline is not None:
                    runs = [Run(" ", newline[0], newline[1], kind=leaf.kind)]
            goes_on = start > starts[line]
            yield from self._folded(_expanded(runs), width, leaf.kind, goes_on=goes_on)

    def _folded(self, runs: list[Run], width: int, fill: str, *, goes_on: bool) -> Iterator[Row]:
        wrapped = Run(self._glyphs.wrapped + " ", kind="marker")
        lead = wrapped if goes_on else Run("  ", kind=fill)
        for row in fold(runs, width - 2):
            yield Row((lead, *row), fill)
            lead = wrapped

    def _source(self, leaf: Leaf, width: int, begin: int, end: int) -> Iterator[Row]:
        starts, text = self._document.line_starts, self._document.text
        digits = len(str(len(starts)))
        margin = digits + 1 if digits < width // 2 else 0
        for line in leaf.lines:
            stop = starts[line + 1] - 1 if line + 1 < len(starts) else len(text)
            start, stop = _within(starts[line], stop, (begin, end))
            if start > stop:
                continue
            runs = [Run(text[start:stop], start, stop, exact=True)] if stop > start else []
            if not runs:
                runs = [Run(" ", start, start + 1)]
            if start == starts[line]:
                number = Run(f"{line + 1:{digits}} "[:margin], kind="marker")
            else:
                number = Run(" " * margin)
            for row in wrap(_expanded(runs), width - margin):
                yield Row((number, *row))
                number = Run(" " * margin)


def _within(start: int, stop: int, within: tuple[int, int]) -> tuple[int, int]:
    """Return the part of a line that is in a span; start > end if none is.

    An empty line in the span is an empty part.
    """
    first, last = within
    if start == stop:
        return (start, stop) if first <= start < last else (stop + 1, stop)
    start, stop = max(start, first), min(stop, last)
    return (start, stop) if start < stop else (stop + 1, stop)


def _content_offset(cmap: Sequence[tuple[int, int, int]], source: int) -> int:
    """Return the offset in the content of a source offset, or of the next one that is in it."""
    index = bisect_right(cmap, source, key=lambda run: run[1]) - 1
    if index < 0:
        return 0
    content, start, count = cmap[index]
    if source < start + count:
        return content + source - start
    return cmap[index + 1][0] if index + 1 < len(cmap) else sys.maxsize


def _located(
    cmap: Sequence[tuple[int, int, int]], start: int, stop: int
) -> Iterator[tuple[int, tuple[int, int, int, bool]]]:
    at = start
    for run in source_runs(cmap, start, stop - start):
        yield at, run
        at += run[2]


@lru_cache(16)
def _line_starts(content: str) -> list[int]:
    """Return the start of each line of the content, and its end."""
    starts = [0]
    for line in content.removesuffix("\n").split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _expanded(runs: list[Run]) -> list[Run]:
    """Make runs safe to show, with tabs expanded to spaces."""
    out: list[Run] = []
    column = 0
    for run in runs:
        text = safe(run.text)
        at = 0
        for part in re.split("(\t)", text):
            if part == "\t":
                spaces = TAB - column % TAB
                start, end = (run.start + at, run.start + at + 1) if run.exact else run[1:3]
                out.append(run._replace(text=" " * spaces, start=start, end=end, exact=False))
                column += spaces
            elif part:
                out.append(run.cut(at, at + len(part))._replace(text=part))
                column += cell_len(part)
            at += len(part)
    return out


def _prefix(prefixes: Sequence[Prefix], width: int) -> tuple[Run, ...]:
    """Return what precedes a row; of deep nesting, only the innermost levels fit."""
    used = 0
    runs: list[Run] = []
    for prefix in reversed(prefixes):
        used += len(prefix.text)
        if used > width // 2:
            break
        runs.append(Run(prefix.text, kind=prefix.kind))
    return tuple(reversed(runs))
