"""A Markdown text with exact source positions: its blocks, headings and inline pieces."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.markdown.canonical import is_canonical
from chatter_tui.markdown.comments import Comment, comments
from chatter_tui.markdown.library import Token
from chatter_tui.markdown.pieces import Piece, Style, pieces
from chatter_tui.markdown.positioned import parse_blocks, parse_inline
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A longer paragraph, in code points, is shown without its markup, so that hostile input (a line of
# brackets or asterisks) takes a second at most.
INLINE_LIMIT = 50_000

# As generators of sites have it: a key right below the first line.
_FRONT_MATTER = re.compile(r"---[ \t]*\n[\w\"'-][^\n]*:(?:[^\n]*\n)*?---[ \t]*(?=\n|\Z)")


class SourceBlock(NamedTuple):
    """A top-level block: its token type without `_open`, and its source span."""

    kind: str
    start: int
    end: int


class Heading(NamedTuple):
    """A heading: `text` is its visible text, `start` and `end` the span of its inline source."""

    level: int
    text: str
    start: int
    end: int
    line: int


class Markdown:
    """A canonical text. Its blocks are parsed once, on first access; inline content at each call.

    Offsets are code points into `text`; lines and columns count from 0. `tokens` are markdown-it's;
    those of leaves have `meta["cmap"]`, runs of (content offset, source offset, length).

    Raises:
        ValueError: The text is not canonical.
    """

    def __init__(self, text: str) -> None:
        if not is_canonical(text):
            raise ValueError("the text is not canonical")
        self.text = text
        self._env: dict[str, object] = {}

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """The block tokens, in document order."""
        return parse_blocks(self.text, self._env)

    def forget_tokens(self) -> None:
        """Free the tokens, which need most memory; what was derived from them is kept.

        Later access to the tokens parses the text again.
        """
        _ = self.blocks, self.headings  # derived from the tokens
        del self.tokens

    @cached_property
    def front_matter(self) -> int:
        """The number of lines of YAML front matter, 0 if there is none.

        CommonMark has no such thing: the lines are blocks, often a rule and a heading.
        """
        match = _FRONT_MATTER.match(self.text)
        return match[0].count("\n") + 1 if match else 0

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """The offset of each line."""
        lines = (len(line) + 1 for line in self.text.split("\n")[:-1])
        return array("I", accumulate(lines, initial=0))

    @cached_property
    def blocks(self) -> Sequence[SourceBlock]:
        """The top-level blocks, in document order."""
        return list(self._blocks())

    def _blocks(self) -> Iterator[SourceBlock]:
        for token in self.tokens:
            if token.level == 0 and token.nesting >= 0 and token.map is not None:
                start, end = self.lines(*token.map)
                yield SourceBlock(token.type.removesuffix("_open"), start, end)

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Return the span of lines `first` to `last`, exclusive, without trailing blank lines."""
        last = min(last, len(self.line_starts))
        while last > first + 1 and not self._line(last - 1).strip(" \t"):
            last -= 1
        return self.offset(first), self._line_end(max(last - 1, first))

    def _line_end(self, line: int) -> int:
        following = line + 1
        if following < len(self.line_starts):
            return self.line_starts[following] - 1
        return len(self.text)

    def _line(self, line: int) -> str:
        return self.text[self.line_starts[line] : self._line_end(line)]

    @cached_property
    def headings(self) -> Sequence[Heading]:
        """All headings in document order, including those in quotes and lists."""
        found = []
        for opening, token in giving_way(zip(self.tokens, self.tokens[1:], strict=False)):
            if opening.type == "heading_open":
                found.append(self._heading(int(opening.tag[1:]), token))
        return found

    def _heading(self, level: int, token: Token) -> Heading:
        assert token.map is not None
        text = "".join(
            " " if piece.text == "\n" else piece.text
            for piece in self.pieces(token)
            if not piece.style & Style.HTML
        )
        if runs := token.meta["cmap"]:
            start, end = runs[0][1], runs[-1][1] + runs[-1][2]
        else:
            start = end = self.lines(*token.map)[1]
        return Heading(level, text, start, end, token.map[0])

    @cached_property
    def _heading_starts(self) -> list[int]:
        return [self.line_starts[heading.line] for heading in self.headings]

    def section_at(self, offset: int) -> Heading | None:
        """Return the last heading that starts at or before an offset."""
        index = bisect_right(self._heading_starts, offset)
        return self.headings[index - 1] if index else None

    def inline(self, token: Token) -> list[Token]:
        """Parse the content of an `inline` token into new tokens."""
        if len(token.content) > INLINE_LIMIT:
            return [Token("text", "", 0, content=token.content, meta={"start": 0})]
        return parse_inline(token.content, self._env)

    def pieces(self, token: Token) -> Sequence[Piece]:
        """Return what an `inline` token shows, in order; parses again at each call."""
        return pieces(token.content, token.meta["cmap"], self.inline(token))

    def comments(self) -> Sequence[Comment]:
        """Return all HTML comments that CommonMark treats as HTML, so none in code."""
        return list(comments(self.tokens, self.inline))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset, which is clipped to the text."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def offset(self, line: int, column: int = 0) -> int:
        """Return the offset of a line and column, which is clipped to the line."""
        if line >= len(self.line_starts):
            return len(self.text)
        line = max(line, 0)
        return min(self.line_starts[line] + max(column, 0), self._line_end(line))
