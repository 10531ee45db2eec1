"""HTML comments, where CommonMark passes text on as HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.markdown.pieces import source_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from markdown_it.token import Token


class Comment(NamedTuple):
    """A comment and its source span; `text` is from `<!--` to `-->`, without `>` of quotes."""

    start: int
    end: int
    text: str


_COMMENT = re.compile(r"<!--(?:-?>|.*?-->)", re.DOTALL)
# What looks like a comment within scripts and attribute values is not one.
_OPAQUE = re.compile(
    r"""<(?:(script|style|textarea|title)\b|[A-Za-z/](?:[^<>"']|"[^"]*"|'[^']*')*>)""",
    re.IGNORECASE,
)


def _in_html(html: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the comments in HTML, except unclosed ones."""
    at = html.find("<")
    while at >= 0:
        if match := _COMMENT.match(html, at):
            yield match.span()
            at = match.end()
        elif html.startswith("<!--", at):
            return
        elif match := _OPAQUE.match(html, at):
            at = match.end()
            if match[1]:
                closing = re.compile(rf"</{match[1]}", re.IGNORECASE).search(html, at)
                at = closing.start() if closing else len(html)
        else:
            at += 1
        at = html.find("<", at)


def comments(
    tokens: Iterable[Token], inline: Callable[[Token], Iterable[Token]]
) -> Iterator[Comment]:
    """Yield the comments in block tokens; `inline` is called only for those with `<!--`."""
    for token in tokens:
        if "<!--" not in token.content:
            continue
        cmap = token.meta.get("cmap", ())
        if token.type == "html_block":
            for start, stop in _in_html(token.content):
                yield Comment(*source_span(cmap, start, stop), token.content[start:stop])
        elif token.type == "inline":
            for child in inline(token):
                if child.type == "html_inline" and child.content.startswith("<!--"):
                    start = child.meta["start"]
                    span = source_span(cmap, start, start + len(child.content))
                    yield Comment(*span, child.content)
