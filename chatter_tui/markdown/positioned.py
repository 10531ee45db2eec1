"""markdown-it-py extended to record the source position of each piece of text.

This is the one module that depends on how markdown-it-py 4.3 works inside: that rules push their
tokens while `state.pos` is still at their start, that `bMarks`, `tShift` and `eMarks` describe
the enclosing containers when a leaf rule returns, and that a content line is the end of its
source line. The property tests compare it with the unmodified parser, and guard every new version.

Block tokens of leaves get `meta["cmap"]`: runs (content offset, source offset, length), ascending
in both. Inline tokens that show text get `meta["start"]`, an offset into their block's content;
images get `meta["end"]` as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from chatter_tui.markdown.library import (
    MD_TRIM_CHARS,
    MarkdownIt,
    ParserBlock,
    ParserInline,
    StateInline,
    Token,
    rules_block,
    rules_inline,
)
from chatter_tui.startup.priority import give_way

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.parser_block import RuleFuncBlockType
    from markdown_it.parser_inline import RuleFuncInlineType
    from markdown_it.rules_block import StateBlock
    from markdown_it.utils import EnvType

Run = tuple[int, int, int]

# Each level costs three stack frames and one more pass over all lines below it. CommonMark has no
# limit, but nobody reads prose in a list of the fifteenth level, and each list counts as two.
BLOCK_NESTING = 30
# Nested brackets, as in markdown-it's CommonMark preset.
INLINE_NESTING = 20

_NOTHING = Token("", "", 0, children=[])  # shares empty values with all tokens


# --- blocks -------------------------------------------------------------------------------------


def _lines(state: StateBlock, token: Token, first: int) -> list[Run]:
    """Map content whose lines are the ends of the source lines from `first` on."""
    src, content = state.src, token.content
    runs: list[Run] = []
    at, line = 0, first
    while at < len(content) and line < len(state.eMarks) - 1:
        newline = content.find("\n", at)
        stop = len(content) if newline < 0 else newline
        begin, end = state.bMarks[line], state.eMarks[line]
        if newline < 0 and token.type == "inline":
            end = begin + len(src[begin:end].rstrip(MD_TRIM_CHARS))
        start = end - (stop - at)
        if not runs and start >= 0 and src.startswith(content, start):
            return [(0, start, len(content))]  # nothing was stripped from any line
        virtual = _virtual_spaces(src, start, content[at:stop])
        length = stop - at - virtual + (newline >= 0 and src.startswith("\n", end))
        if length > 0:
            runs.append((at + virtual, start + virtual, length))
        at = stop + 1
        line += 1
    return runs


def _virtual_spaces(src: str, start: int, text: str) -> int:
    """Count the leading spaces of a line that are the rest of a tab that is partly indentation."""
    for count in range(min(len(text), 4)):  # at most three are left of a tab
        if start + count >= 0 and src.startswith(text[count:], start + count):
            return count
    return len(text)


def _locate_inline(state: StateBlock, token: Token) -> list[Run]:
    first, last = token.map or (0, 0)
    # Blank for `strip`, though not for CommonMark: a line of no-break spaces, or after a checkbox.
    while first < last - 1 and not _line(state, first).strip(MD_TRIM_CHARS):
        first += 1
    return _lines(state, token, first)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _locate_leaf(state: StateBlock, tokens: list[Token]) -> None:
    for token in tokens:
        if token.map is None:
            continue
        if token.type == "inline":
            token.meta["cmap"] = _locate_inline(state, token)
        elif token.type == "fence":
            token.meta["cmap"] = _lines(state, token, token.map[0] + 1)
        elif token.type in ("code_block", "html_block"):
            token.meta["cmap"] = _lines(state, token, token.map[0])


def _locate_heading(state: StateBlock, tokens: list[Token]) -> None:
    token = tokens[1]
    assert token.map is not None
    line = token.map[0]
    at = state.bMarks[line] + state.tShift[line]
    src = state.src
    while src.startswith("#", at):
        at += 1
    while at < state.eMarks[line] and src[at] in MD_TRIM_CHARS:
        at += 1
    token.meta["cmap"] = [(0, at, len(token.content))] if token.content else []


def _locate_table(state: StateBlock, tokens: list[Token]) -> None:
    cells: list[list[tuple[str, int]]] = []
    column = 0
    for token in tokens:
        if token.type == "tr_open" and token.map is not None:
            line = token.map[0]
            begin = state.bMarks[line] + state.tShift[line]
            cells, column = _cells(state.src[begin : state.eMarks[line]], begin), 0
        elif token.type == "inline":
            fragments = cells[column] if column < len(cells) else []
            token.meta["cmap"] = _cell(fragments, len(token.content))
            column += 1


def _cells(row: str, begin: int) -> list[list[tuple[str, int]]]:
    r"""Split a row into cells, each a list of fragments between `\|` with their positions."""
    begin += len(row) - len(row.lstrip(MD_TRIM_CHARS))
    row = row.strip(MD_TRIM_CHARS)
    cells: list[list[tuple[str, int]]] = [[]]
    last = 0
    for match in re.finditer(r"\|", row):
        at = match.start()
        if row.startswith("\\", at - 1) and at:
            cells[-1].append((row[last : at - 1], begin + last))
            last = at
        else:
            cells[-1].append((row[last:at], begin + last))
            cells.append([])
            last = at + 1
    cells[-1].append((row[last:], begin + last))
    for end in (0, -1):
        if cells and not any(text for text, _ in cells[end]):
            cells.pop(end)
    return cells


def _cell(fragments: list[tuple[str, int]], length: int) -> list[Run]:
    text = "".join(fragment for fragment, _ in fragments)
    at = len(text.lstrip(MD_TRIM_CHARS)) - len(text)  # negative within the leading blanks
    runs = []
    for fragment, start in fragments:
        skip = max(0, -at)
        size = min(len(fragment), length - at) - skip
        if size > 0:
            runs.append((at + skip, start + skip, size))
        at += len(fragment)
    return runs


def _located(
    rule: RuleFuncBlockType, locate: Callable[[StateBlock, list[Token]], None]
) -> RuleFuncBlockType:
    def located(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        give_way()
        count = len(state.tokens)
        matched = rule(state, start, end, silent)
        if matched and not silent:
            tokens = state.tokens[count:]
            locate(state, tokens)
            _share(tokens)
        return matched

    return located


def _share(tokens: list[Token]) -> None:
    """Share the empty values of a leaf's tokens, which no later rule changes.

    Done immediately, so that the next tokens can use the memory.
    """
    for token in tokens:
        if not token.attrs:
            token.attrs = _NOTHING.attrs
        if not token.meta:
            token.meta = _NOTHING.meta
        if token.children == []:
            token.children = _NOTHING.children


_LEAVES: list[
    tuple[str, RuleFuncBlockType, Callable[[StateBlock, list[Token]], None], list[str]]
] = [
    ("table", rules_block.table, _locate_table, ["paragraph", "reference"]),
    ("code", rules_block.code, _locate_leaf, []),
    (
        "fence",
        rules_block.fence,
        _locate_leaf,
        ["paragraph", "reference", "blockquote", "list"],
    ),
    (
        "html_block",
        rules_block.html_block,
        _locate_leaf,
        ["paragraph", "reference", "blockquote"],
    ),
    (
        "heading",
        rules_block.heading,
        _locate_heading,
        ["paragraph", "reference", "blockquote"],
    ),
    ("lheading", rules_block.lheading, _locate_leaf, []),
    ("paragraph", rules_block.paragraph, _locate_leaf, []),
]


class _BlockParser(ParserBlock):
    """Blocks with `meta["cmap"]`; content nested too deeply becomes a code block."""

    def __init__(self) -> None:
        super().__init__()
        for name, rule, locate, alternatives in _LEAVES:
            self.ruler.at(name, _located(rule, locate), {"alt": alternatives})

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 - as overridden
        """Parse lines.

        Markdown-it itself would drop the rest of the document at the nesting limit.
        """
        if state.level < BLOCK_NESTING:
            super().tokenize(state, startLine, endLine)
            return
        line = last = state.skipEmptyLines(startLine)
        while last < endLine and (state.isEmpty(last) or state.sCount[last] >= state.blkIndent):
            last += 1
        last = max(last, min(line + 1, endLine))
        if line < last:
            token = state.push("code_block", "code", 0)
            token.content = state.getLines(line, last, state.blkIndent, False) + "\n"
            token.map = [line, last]
            _locate_leaf(state, [token])
        state.line = max(line, last)


# --- inline -------------------------------------------------------------------------------------


class _State(StateInline):
    """Records where in the content each token starts."""

    def __init__(self, src: str, md: MarkdownIt, env: EnvType, out: list[Token]) -> None:
        super().__init__(src, md, env, out)
        self._text_start = 0
        self._text_end = -1
        self._pushed: Token | None = None
        self._pushed_at = -1

    def append_pending(self, text: str) -> None:
        """Append text that is in the content verbatim, at `pos`."""
        if self.pos != self._text_end:
            self._text_start = self.pos
        self._text_end = self.pos + len(text)
        super().append_pending(text)

    def pushPending(self) -> Token:  # noqa: N802 - the overridden method's name
        """Push the text collected so far."""
        token = super().pushPending()
        token.meta["start"] = self._text_start
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Push a token; several at one `pos` are characters of one delimiter run."""
        token = super().push(ttype, tag, nesting)
        start = self.pos
        if self._pushed is not None and self._pushed_at == start:
            start = self._pushed.meta["start"] + len(self._pushed.content)
        token.meta["start"] = start
        self._pushed, self._pushed_at = token, self.pos
        return token


def _image(state: StateInline, silent: bool) -> bool:
    matched = rules_inline.image(state, silent)
    if matched and not silent:
        state.tokens[-1].meta["end"] = state.pos
    return matched


def _autolink(state: StateInline, silent: bool) -> bool:
    start = state.pos
    matched = rules_inline.autolink(state, silent)
    if matched and not silent:
        text = state.tokens[-2]
        text.meta["start"] = start + 1
        if state.src[start + 1 : state.pos - 1] != text.content:
            text.meta["end"] = state.pos - 1
    return matched


def _html_inline(state: StateInline, silent: bool) -> bool:
    """Parse comments as in CommonMark 0.31, `<!-- a --->` included, in linear time."""
    start = state.pos
    if not state.src.startswith("<!--", start):
        return rules_inline.html_inline(state, silent)
    if state.html_terminator_last("-->") < start:
        return False
    # `<!-->` and `<!--->` are comments too: opening and closing dashes may overlap.
    end = state.src.find("-->", start + 2) + 3
    if not start + 2 < end <= state.posMax:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = state.src[start:end]
    state.pos = end
    return True


_INLINE: list[tuple[str, RuleFuncInlineType]] = [
    ("image", _image),
    ("autolink", _autolink),
    ("html_inline", _html_inline),
]


class _InlineParser(ParserInline):
    """Inline tokens with `meta["start"]`."""

    def __init__(self) -> None:
        super().__init__()
        for name, rule in _INLINE:
            self.ruler.at(name, rule)

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Append the tokens of `src` to `tokens`."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


# --- both ---------------------------------------------------------------------------------------


def _parser(nesting: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.inline = _InlineParser()
    parser.block = _BlockParser()
    parser.configure("commonmark", {"tasklists": True, "maxNesting": nesting})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.disable(["inline", "text_join"])
    # Joined texts would lose their positions.
    parser.inline.ruler2.disable("fragments_join")
    return parser


_BLOCKS = _parser(BLOCK_NESTING)
_INLINES = _parser(INLINE_NESTING)


def parse_blocks(text: str, env: EnvType) -> list[Token]:
    """Parse canonical text into block tokens; `env` collects the link definitions."""
    return _BLOCKS.parse(text, env)


def parse_inline(content: str, env: EnvType) -> list[Token]:
    """Parse the content of one `inline` token."""
    return _INLINES.inline.parse(content, _INLINES, env, [])
