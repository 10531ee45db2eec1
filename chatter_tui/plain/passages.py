"""The document as passages to read aloud, described in words instead of layout."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING

from chatter_tui.markdown import Style
from chatter_tui.tui.document.glyphs import ASCII
from chatter_tui.tui.document.leaves import leaves
from chatter_tui.tui.plural import plural
from chatter_tui.tui.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from chatter_tui.markdown import Markdown
    from chatter_tui.tui.document.leaves import Leaf


class Passages:
    """The leaf blocks of a document, numbered from 0."""

    def __init__(self, document: Markdown) -> None:
        self._document = document
        shown = leaves(document, ASCII) if document.text.strip() else []
        self._leaves = [leaf for leaf in shown if leaf.kind != "rule"]
        self._starts = [leaf.start for leaf in self._leaves]

    def __len__(self) -> int:
        return len(self._leaves)

    def at(self, offset: int) -> int:
        """Return the number of the passage at an offset, or of the last one before it."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def span(self, number: int) -> tuple[int, int]:
        """Return the source span of a passage; empty if the document is."""
        if not self._leaves:
            return 0, 0
        return self._leaves[number].start, self._leaves[number].end

    def reach(self, number: int) -> tuple[int, int]:
        """Return the span from a passage's start to the next one's."""
        following = self._starts[number + 1 : number + 2]
        return self.span(number)[0], following[0] if following else len(self._document.text) + 1

    def lines(self, number: int) -> list[str]:
        """Return a passage's kind and text as lines, safe to print."""
        if not self._leaves:
            return ["The document is empty."]
        leaf = self._leaves[number]
        first, *rest = self._lines(leaf)
        return [safe(line) for line in (f"{_place(leaf)}{first}", *rest)]

    def _lines(self, leaf: Leaf) -> list[str]:
        match leaf.kind, leaf.token:
            case "heading", token if token is not None:
                return [f"Heading {leaf.level}: {self._inline(token)}"]
            case "table", _:
                return list(self._table(leaf))
            case "text", token:
                return (self._inline(token) if token else "").split("\n")
            case kind, token if token is not None:
                return list(_code(kind, token, leaf.lines))
            case _:
                return [""]

    def _inline(self, token: Token) -> str:
        pieces = self._document.pieces(token)
        words = []
        for (style, href), group in groupby(pieces, lambda piece: (piece.style, piece.href)):
            text = "".join(piece.text for piece in group)
            if style & Style.CODE:
                text = f"`{text}`"
            if style & Style.IMAGE:
                text = f"[image: {text}]" if text else "[image]"
            if style & Style.STRIKE:
                text = f"[struck out: {text}]"
            if href and href != text:
                text = f"{text} ({href})"
            words.append(text)
        return "".join(words)

    def _table(self, leaf: Leaf) -> Iterator[str]:
        titles = [self._inline(cell.token) for cell in leaf.table[0]]
        if not leaf.lines.start:
            rows = plural(len(leaf.table) - 1, "row")
            yield f"Table, {rows}: {'; '.join(filter(None, titles))}"
        for row in leaf.lines:
            if row:
                cells = [self._inline(cell.token) for cell in leaf.table[row]]
                pairs = zip(titles, cells, strict=False)
                yield f"Row {row}: " + "; ".join(
                    f"{title}: {cell}" if title else cell for title, cell in pairs
                )


def _code(kind: str, token: Token, lines: range) -> Iterator[str]:
    content = token.content.removesuffix("\n").split("\n")
    if lines.start:
        yield f"Lines {lines.start + 1} to {lines.stop}:"
    else:
        language = (token.info.split() or [""])[0]
        code = f"Code, {language}" if language else "Code"
        name = token.info or "HTML" if kind == "html" else code
        yield f"{name}, {plural(len(content), 'line')}:"
    yield from content[lines.start : lines.stop]


def _place(leaf: Leaf) -> str:
    """Describe the context of a passage: quotes, and list items that begin with it."""
    words = []
    depth = 0
    for prefix in leaf.first:
        if prefix.kind == "quote":
            words.append("Quote: ")
            continue
        depth += 1
        if prefix.kind == "marker":
            level = f", level {depth}" if depth > 1 else ""
            words.append(
                f"{_ITEMS.get(prefix.text) or f'Item {prefix.text.strip()[:-1]}'}{level}: "
            )
    return "".join(words)


_ITEMS = {f"{ASCII.bullet} ": "Item", "[x] ": "Task, done", "[ ] ": "Task, open"}
