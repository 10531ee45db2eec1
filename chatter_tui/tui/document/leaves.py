"""The leaf blocks of a document in reading order, each with its containers' prefixes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from markdown_it.token import Token

from chatter_tui.markdown.document import INLINE_LIMIT
from chatter_tui.startup.priority import give_way
from chatter_tui.tui.document.runs import graphemes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatter_tui.markdown import Markdown
    from chatter_tui.tui.document.glyphs import Glyphs

Kind = Literal["text", "heading", "code", "html", "rule", "table", "source"]

# Long code, tables and sources are laid out in parts, so that the cost depends on the screen only.
PART_LINES: Final = 60

# The same in characters, for content with lines of any length and no markup.
PART_LENGTH: Final = 8_000
# How far to look for a space at which to divide it.
NEAR: Final = 200


class Prefix(NamedTuple):
    """What precedes a row; `text` is decoration without a source."""

    text: str
    kind: Literal["quote", "marker", ""]


class Cell(NamedTuple):
    """A cell of a table: its `inline` token and its alignment."""

    token: Token
    align: Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block without child blocks, or a part of a long one.

    `start` and `end` are its source span, and `block` that of the whole block. `first` precedes its
    first row and `rest` the others; `above` precedes the blank row over it, of which there are
    `gap`, 0 or 1. `lines` are the lines of content (code), rows (table) or lines (source) shown by
    this part. Content that is still too long is divided into leaves that each have a `part`, from
    0; their exact ends are those of rows, which the layout knows.
    """

    kind: Kind
    start: int
    end: int
    block: tuple[int, int]
    token: Token | None
    first: tuple[Prefix, ...] = ()
    rest: tuple[Prefix, ...] = ()
    above: tuple[Prefix, ...] = ()
    gap: int = 1
    level: int = 0
    lines: range = range(0)
    table: Sequence[Sequence[Cell]] = ()
    part: int = -1


def _parts(leaf: Leaf, text: str) -> Iterator[Leaf]:
    """Yield a leaf, in parts if it is too long."""
    start, number = leaf.start, 0
    while leaf.end - start > PART_LENGTH:
        end = _cut(text, start + PART_LENGTH)
        yield replace(leaf, start=start, end=end, part=number)
        leaf, start, number = replace(leaf, gap=0, first=leaf.rest, above=()), end, number + 1
    yield replace(leaf, start=start, part=number) if number else leaf


def _cut(text: str, at: int) -> int:
    """Return a place near an offset at which the text can be divided."""
    space = max(text.rfind(" ", at - NEAR, at), text.rfind("\n", at - NEAR, at))
    if space >= 0:
        return space + 1
    start = at - NEAR
    return start + graphemes(text[start:at])[-1].start


def source_leaves(document: Markdown) -> list[Leaf]:
    """Return the source itself, in parts of whole lines."""
    count = len(document.line_starts)
    leaves: list[Leaf] = []
    for first in range(0, count, PART_LINES):
        last = min(first + PART_LINES, count)
        end = document.line_starts[last] - 1 if last < count else len(document.text)
        start = document.line_starts[first]
        lines = range(first, last)
        leaf = Leaf("source", start, end, (start, end), None, gap=0, lines=lines)
        leaves += _parts(leaf, document.text)
    return leaves


def leaves(document: Markdown, glyphs: Glyphs) -> list[Leaf]:
    """Return the leaf blocks of the rendered document; an empty one if it has none."""
    end = len(document.text)
    nothing = Leaf("text", 0, end, (0, end), None, gap=0)
    return list(_Walk(document, glyphs).walk()) or [nothing]


class _Walk:
    """One pass over the tokens, with a stack of the enclosing containers."""

    def __init__(self, document: Markdown, glyphs: Glyphs) -> None:
        self._document = document
        self._tokens = document.tokens
        self._glyphs = glyphs
        # By the opening token's index, outermost first.
        self._containers: list[tuple[int, Prefix]] = []
        self._markers: dict[int, Prefix] = {}  # of containers before their first leaf
        self._lists: list[bool] = []  # whether each open list is numbered
        self._previous: list[tuple[int, Prefix]] = []  # the containers of the last leaf
        self._tight = False  # whether the last leaf was a paragraph of a tight list
        self._count = 0

    def walk(self) -> Iterator[Leaf]:
        index = self._behind_front_matter()
        if index:
            front = Token("html_block", "", 0, map=[0, self._document.front_matter])
            yield from self._lines("html", self._as_source(front, "Front matter"))
        while index < len(self._tokens):
            give_way()
            token = self._tokens[index]
            if token.type == "table_open":
                end = self._closing(index)
                yield from self._table(token, self._tokens[index:end])
                index = end
            elif token.nesting == 0:
                yield from self._leaf(token, self._tokens[index - 1])
            elif token.type in _CONTAINERS:
                yield from self._container(index, token)
            index += 1

    def _behind_front_matter(self) -> int:
        """Return the first token after front matter, 0 if there is none or a block goes on after it."""
        count = self._document.front_matter
        for index, token in enumerate(self._tokens if count else ()):
            if token.level == 0 and token.map is not None:
                if token.map[0] >= count:
                    return index
                if token.map[1] > count:
                    return 0
        return len(self._tokens) if count else 0

    def _closing(self, index: int) -> int:
        level = self._tokens[index].level
        index += 1
        while self._tokens[index].level > level:
            index += 1
        return index

    def _container(self, index: int, token: Token) -> Iterator[Leaf]:
        if token.type == "blockquote_open":
            self._containers.append((index, Prefix(self._glyphs.quote + " ", "quote")))
        elif token.type == "list_item_open":
            marker = self._item(token)
            self._containers.append((index, Prefix(" " * len(marker), "")))
            self._markers[index] = Prefix(marker, "marker")
        elif token.type == "list_item_close":
            if self._containers[-1][0] in self._markers:  # an empty item
                opening = self._tokens[self._containers[-1][0]]
                yield self._new("text", opening, None, tight=True)
            self._containers.pop()
        elif token.type == "blockquote_close":
            self._containers.pop()
        elif token.nesting > 0:
            self._tight = self._tight and bool(self._lists)
            self._lists.append(token.type == "ordered_list_open")
        else:
            self._lists.pop()

    def _item(self, token: Token) -> str:
        if "checked" in token.meta:
            return "[x] " if token.meta["checked"] else "[ ] "
        if self._lists[-1]:
            return f"{token.info}{token.markup} "
        return f"{self._glyphs.bullet} "

    def _leaf(self, token: Token, opening: Token) -> Iterator[Leaf]:
        if token.type == "inline" and opening.type == "heading_open":
            yield from self._prose("heading", opening, token, level=int(opening.tag[1:]))
        elif token.type == "inline":
            yield from self._prose("text", opening, token, tight=opening.hidden)
        elif token.type == "hr":
            yield self._new("rule", token, token)
        else:
            yield from self._lines("html" if token.type == "html_block" else "code", token)

    def _prose(
        self, kind: Kind, opening: Token, token: Token, *, tight: bool = False, level: int = 0
    ) -> Iterator[Leaf]:
        leaf = self._new(kind, opening, token, tight=tight, level=level)
        is_plain = len(token.content) > INLINE_LIMIT
        yield from _parts(leaf, self._document.text) if is_plain else (leaf,)

    def _lines(self, kind: Kind, token: Token) -> Iterator[Leaf]:
        count = token.content.removesuffix("\n").count("\n") + 1
        for first in range(0, count, PART_LINES):
            lines = range(first, min(first + PART_LINES, count))
            yield from _parts(self._new(kind, token, token, lines=lines), self._document.text)

    def _table(self, token: Token, inside: Sequence[Token]) -> Iterator[Leaf]:
        rows: list[list[Cell]] = []
        for opening, cell in pairwise(inside):
            if opening.type == "tr_open":
                rows.append([])
            elif opening.type in ("th_open", "td_open"):
                style = str(opening.attrs.get("style", ""))
                align = _ALIGNED.get(style.removeprefix("text-align:"), "left")
                rows[-1].append(Cell(cell, align))
        if any(sum(len(cell.token.content) for cell in row) > PART_LENGTH for row in rows):
            yield from self._lines("html", self._as_source(token, "Table"))
            return
        for first in range(0, len(rows), PART_LINES):
            lines = range(first, min(first + PART_LINES, len(rows)))
            yield self._new("table", token, token, lines=lines, table=rows)

    def _as_source(self, token: Token, what: str) -> Token:
        """Return a leaf that shows a block's source; its `info` says what block that is."""
        start, end = self._document.lines(*(token.map or (0, 0)))
        text = self._document.text[start:end]
        meta = {"cmap": [(0, start, len(text))]}
        return Token("html_block", "", 0, map=token.map, content=text, info=what, meta=meta)

    def _new(
        self,
        kind: Kind,
        opening: Token,
        token: Token | None,
        *,
        tight: bool = False,
        level: int = 0,
        lines: range = range(0),
        table: Sequence[Sequence[Cell]] = (),
    ) -> Leaf:
        block = self._document.lines(*(opening.map or (0, 0)))
        start, end = self._part(opening, lines, block)
        part = lines.start > 0
        gap = 0 if part or (tight and self._tight) or not self._count else 1
        rest = tuple(prefix for _, prefix in self._containers)
        leaf = Leaf(
            kind,
            start,
            end,
            block,
            token,
            first=tuple(self._markers.get(key, prefix) for key, prefix in self._containers),
            rest=rest,
            above=rest[: _common(self._previous, self._containers)] if gap else (),
            gap=gap,
            level=level,
            lines=lines,
            table=table,
        )
        self._markers.clear()
        self._previous = self._containers.copy()
        self._tight = tight
        self._count += 1
        return leaf

    def _part(self, token: Token, lines: range, block: tuple[int, int]) -> tuple[int, int]:
        """Return the source span of the part of a block that shows some of its lines."""
        start, end = block
        if token.map is not None and lines.start > 0:
            start = self._document.offset(token.map[0] + 1 + lines.start - _fewer(token))
        if token.map is not None and lines.stop > lines.start:
            following = self._document.offset(token.map[0] + 1 + lines.stop - _fewer(token))
            end = min(end, following - 1)
        return start, max(start, end)


def _fewer(token: Token) -> int:
    """Count the source lines before the content: an opening fence, a table's second line."""
    return 0 if token.type in ("fence", "table_open") else 1


_CONTAINERS = frozenset(
    f"{name}_{end}"
    for name in ("blockquote", "bullet_list", "ordered_list", "list_item")
    for end in ("open", "close")
)
_ALIGNED: dict[str, Literal["left", "center", "right"]] = {"center": "center", "right": "right"}


def _common(left: Sequence[object], right: Sequence[object]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        count += 1
    return count
