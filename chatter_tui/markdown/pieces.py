"""Inline content as pieces of visible text, each with its source position."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

    from chatter_tui.markdown.positioned import Run


class Style(IntFlag):
    """The effect of inline markup on a piece."""

    PLAIN = 0
    EMPHASIS = 1
    STRONG = 2
    STRIKE = 4
    CODE = 8
    LINK = 16
    HTML = 32
    IMAGE = 64


class Piece(NamedTuple):
    r"""Visible text and its source, `text[start:end]`.

    An exact piece is its source, character by character. Others (entities, escapes, images, soft
    breaks shown as a space, hard breaks as a newline) have a source only as a whole. An image's
    text is its description, possibly empty. Exact pieces of HTML may contain newlines.
    """

    text: str
    start: int
    end: int
    exact: bool
    style: Style
    href: str | None


_LINE_OR_BREAK = re.compile(r"\n|[^\n]+")

_OPENING = {
    "em_open": Style.EMPHASIS,
    "strong_open": Style.STRONG,
    "s_open": Style.STRIKE,
    "link_open": Style.LINK,
}


def source_runs(
    cmap: Sequence[Run], start: int, length: int
) -> Iterator[tuple[int, int, int, bool]]:
    """Map content to source: (source start, source end, length in the content, exact), in order.

    The rest of a tab that is partly indentation has no source of its own and maps to the tab.
    """
    stop = start + length
    while start < stop:
        index = bisect_right(cmap, (start, sys.maxsize, 0)) - 1
        content, source, size = cmap[index] if index >= 0 else (0, 0, 0)
        if start < content + size:
            count = min(stop, content + size) - start
            at = source + start - content
            yield at, at + count, count, True
        elif index + 1 < len(cmap):
            following, source, _ = cmap[index + 1]
            count = min(stop, following) - start
            yield max(source - 1, 0), source, count, False
        else:
            return
        start += count


def source_span(cmap: Sequence[Run], start: int, stop: int) -> tuple[int, int]:
    """Return the source span of a part of the content, from its first run to its last."""
    runs = list(source_runs(cmap, start, stop - start))
    return (runs[0][0], runs[-1][1]) if runs else (0, 0)


def _alternative_text(tokens: Iterable[Token]) -> str:
    """Return an image's description as plain text."""
    stack = list(tokens)[::-1]
    parts = []
    while stack:
        token = stack.pop()
        if token.type == "image":
            stack.extend(reversed(token.children or ()))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type != "html_inline":
            parts.append(token.content)
    return "".join(parts)


def pieces(content: str, cmap: Sequence[Run], tokens: Iterable[Token]) -> list[Piece]:
    """Return the pieces shown by the inline tokens of `content`."""
    out: list[Piece] = []
    style, href = Style.PLAIN, None
    outer: list[tuple[Style, str | None]] = []
    for token in tokens:
        if token.nesting > 0:
            outer.append((style, href))
            style |= _OPENING.get(token.type, Style.PLAIN)
            if token.type == "link_open":
                href = str(token.attrs.get("href", ""))
        elif token.nesting < 0:
            style, href = outer.pop() if outer else (Style.PLAIN, None)
        elif token.type == "image":
            source = str(token.attrs.get("src", ""))
            text = _alternative_text(token.children or ())
            span = source_span(cmap, token.meta["start"], token.meta["end"])
            out.append(Piece(text, *span, False, style | Style.IMAGE, href or source))
        else:
            for text, start, end, exact, kind in _shown(content, cmap, token):
                _append(out, Piece(text, start, end, exact, style | kind, href))
    return out


def _append(out: list[Piece], piece: Piece) -> None:
    """Append a piece, merged with the last one if it continues that in the source."""
    if out and piece.exact and out[-1].exact:
        last = out[-1]
        if (last.end, last.style, last.href) == (piece.start, piece.style, piece.href):
            out[-1] = last._replace(text=last.text + piece.text, end=piece.end)
            return
    out.append(piece)


def _shown(
    content: str, cmap: Sequence[Run], token: Token
) -> Iterator[tuple[str, int, int, bool, Style]]:
    start: int = token.meta["start"]
    text = token.content
    kind = Style.PLAIN
    if token.type == "softbreak":
        text, stop = " ", start + 1
    elif token.type == "hardbreak":
        text, stop = "\n", start + (2 if content.startswith("\\", start) else 1)
    elif token.type == "text_special":
        stop = start + len(token.markup)
    elif "end" in token.meta:
        stop = token.meta["end"]
    elif token.type == "code_inline":
        start += len(token.markup)
        if content[start : start + len(text)].replace("\n", " ") != text:
            start += 1  # one space on each side belongs to the backticks
        yield from _code(content, cmap, start, len(text))
        return
    else:
        kind = Style.HTML if token.type == "html_inline" else Style.PLAIN
        at = 0
        for source, end, count, exact in source_runs(cmap, start, len(text)):
            yield text[at : at + count], source, end, exact, kind
            at += count
        return
    if text:
        yield text, *source_span(cmap, start, stop), False, kind


def _code(
    content: str, cmap: Sequence[Run], at: int, length: int
) -> Iterator[tuple[str, int, int, bool, Style]]:
    """Yield a code span's text, in which line breaks are shown as spaces."""
    for source, end, count, exact in source_runs(cmap, at, length):
        if exact:
            for part in _LINE_OR_BREAK.finditer(content, at, at + count):
                start, stop = source + part.start() - at, source + part.end() - at
                is_break = part[0] == "\n"
                yield " " if is_break else part[0], start, stop, not is_break, Style.CODE
        else:
            yield content[at : at + count], source, end, False, Style.CODE
        at += count
