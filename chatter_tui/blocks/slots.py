"""Find the blocks in a Markdown text: fences and HTML comments named `chattermatter`."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

from chatter_tui.blocks.ends import common_end, common_start
from chatter_tui.markdown import Comment, Markdown
from chatter_tui.markdown.document import INLINE_LIMIT
from chatter_tui.startup.priority import give_way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

NAME = "chattermatter"
_COMMENT_OPENING = re.compile(rf"<!--{NAME}(?=\s)")
_INFO = re.compile(rf"\s*{NAME}(?:\s|\Z)", re.ASCII)
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_PLAIN_OPENING = re.compile(rf"```{NAME}[ \t]*\n")
_PLAIN_CLOSING = re.compile(r"\n```[ \t]*(?:\n|\Z)")
_APPENDED = re.compile(rf"\n[ \t]*\n(?=```{NAME}[ \t]*\n)")
_FENCE_LIKE = re.compile(r"^[ \t]*```", re.MULTILINE)
# What a block's container may put before it on its line.
_CONTAINER = " \t>"


class Slot(NamedTuple):
    """A place for a block; all offsets are into the text, ends exclusive.

    `payload` is the JSON as the container shows it, and `json` the span of its source. `outer` is
    what is removed with the block: whole lines, or only the comment if there is other text beside
    it. `indent` is the prefix of each further line of the JSON. `separates` says that without the
    block, the lines before and after might become one paragraph.
    """

    encoding: Literal["fence", "comment"]
    line: int
    payload: str
    json: tuple[int, int]
    outer: tuple[int, int]
    indent: str = ""
    separates: bool = False
    closed: bool = True


class Plain(NamedTuple):
    """A text in which all blocks are plain fences, and its slots."""

    text: str
    slots: Sequence[Slot]


def mixed_slots(text: str) -> Sequence[Slot]:
    """Return the slots of a canonical text that are not all plain fences."""
    if NAME not in text:
        return ()
    start = _appended(text)
    head = Markdown(text[:start])
    # After a blank line, a fence at the margin begins unless something before it is left open.
    if start < len(text) and left_open(head):
        return parsed_slots(Markdown(text))
    lines = text.count("\n", 0, start)
    appended = plain_slots(text[start:]) or ()
    return [*parsed_slots(head), *(_shifted(slot, start, lines) for slot in appended)]


def _appended(text: str) -> int:
    """Return where the plain fences at the end of the text begin, each after a blank line."""
    start = len(text)
    for match in reversed(list(_APPENDED.finditer(text))):
        if plain_slots(text[match.end() : start]) is None:
            break
        start = match.end()
    return start


def _shifted(slot: Slot, offset: int, lines: int) -> Slot:
    if not offset and not lines:
        return slot
    return slot._replace(
        line=slot.line + lines,
        json=(slot.json[0] + offset, slot.json[1] + offset),
        outer=(slot.outer[0] + offset, slot.outer[1] + offset),
    )


def left_open(markdown: Markdown) -> Token | None:
    """Return the fence or HTML at the end of a text that would swallow what follows, if any."""
    last = markdown.tokens[-1] if markdown.tokens else None
    if last is None or last.level > 0:
        return None
    if last.type == "fence" and not _is_closed(last):
        return last
    if last.type == "html_block":
        probe = Markdown(f"{last.content}\n\n```\n```\n").tokens[-1]
        return None if probe.type == "fence" else last
    return None


def plain_slots(text: str, like: Plain | None = None) -> Sequence[Slot] | None:
    """Return the slots of a text that has only plain fences, as sidecars do; None for other texts.

    This finds the same as the Markdown parser, but faster. The beginning and end that the text
    shares with `like` are not searched again.
    """
    like = like or Plain("", ())
    moved = len(text) - len(like.text)
    tail = len(text) - common_end(like.text, text)
    slots = _first(text, like)
    end, line = 0, 1
    if slots:
        end, line = slots[-1].outer[1], slots[-1].line + text.count("\n", *slots[-1].outer)
    while True:
        give_way()
        blank = _BLANK_LINES.match(text, end)
        start = blank.end() if blank else end
        if start == len(text):
            return slots
        line += text.count("\n", end, start)
        if start >= tail:
            known = bisect_left(like.slots, start - moved, key=_start)
            if known < len(like.slots) and _start(like.slots[known]) == start - moved:
                lines = line - like.slots[known].line
                return slots + [_shifted(slot, moved, lines) for slot in like.slots[known:]]
        opening = _PLAIN_OPENING.match(text, start)
        closing = _PLAIN_CLOSING.search(text, opening.end() - 1) if opening else None
        if opening is None or closing is None:
            return None
        payload = text[opening.end() : closing.start() + 1]
        if not payload.strip() or _FENCE_LIKE.search(payload):
            return None
        json_start = opening.end() + len(payload) - len(payload.lstrip())
        json = json_start, json_start + len(payload.strip())
        indent = text[text.rfind("\n", 0, json_start) + 1 : json_start]
        end = closing.end()
        slots.append(Slot("fence", line, payload, json, (start, end), indent, separates=True))
        line += text.count("\n", start, end)


def _first(text: str, like: Plain) -> list[Slot]:
    """Return the slots up to where a text differs from `like`."""
    first = bisect_right(like.slots, common_start(like.text, text), key=_end)
    # A fence that was closed by the end of the text may continue now.
    if first and text[_end(like.slots[first - 1]) - 1] != "\n":
        first -= 1
    return [*like.slots[:first]]


def _start(slot: Slot) -> int:
    return slot.outer[0]


def _end(slot: Slot) -> int:
    return slot.outer[1]


def parsed_slots(markdown: Markdown) -> Sequence[Slot]:
    """Return the slots of any text according to CommonMark."""
    if NAME not in markdown.text:
        return ()
    slots = [_fence(markdown, token) for token in markdown.tokens if _is_ours(token)]
    slots.extend(_comments(markdown))
    return sorted(slots, key=lambda slot: slot.outer)


def _content_lines(token: Token) -> int:
    """Return the number of lines in a fence's content."""
    content = token.content
    return content.count("\n") + (content != "" and not content.endswith("\n"))


def _is_closed(token: Token) -> bool:
    """Return whether a fence has a closing line, rather than ending with its container."""
    assert token.map is not None
    return token.map[1] - token.map[0] == _content_lines(token) + 2


def _is_ours(token: Token) -> bool:
    return token.type == "fence" and _INFO.match(token.info) is not None


def _fence(markdown: Markdown, token: Token) -> Slot:
    assert token.map is not None
    text, (first, last) = markdown.text, token.map
    outer = markdown.offset(first), _line_start(markdown, last)
    json = end = indent_start = outer[1]
    lines = token.content.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if filled:
        # A line of content is the end of its source line, whatever the container stripped.
        head, tail = lines[filled[0]].lstrip(), lines[filled[-1]]
        indent_start = markdown.offset(first + 1 + filled[0])
        json = _line_end(markdown, first + 1 + filled[0]) - len(head)
        end = _line_end(markdown, first + 1 + filled[-1]) - len(tail) + len(tail.rstrip())
    return Slot(
        "fence",
        first + 1,
        token.content,
        (json, end),
        outer,
        indent=text[indent_start:json],
        separates=True,
        closed=_is_closed(token),
    )


def _comments(markdown: Markdown) -> Iterator[Slot]:
    blocks = {
        tuple(token.map)
        for token in markdown.tokens
        if token.type == "html_block" and token.map is not None
    }
    for comment in markdown.comments():
        if _COMMENT_OPENING.match(comment.text):
            yield _comment(markdown, comment, blocks)
    for token in markdown.tokens:
        if _hides_comment(token) and token.map is not None:
            outer = markdown.offset(token.map[0]), _line_start(markdown, token.map[1])
            yield Slot("comment", token.map[0] + 1, token.content, outer, outer, closed=False)


def _hides_comment(token: Token) -> bool:
    """Return whether a token hides a comment with a block: unclosed, or too long to parse."""
    if token.type == "html_block":
        return (
            "-->" not in token.content
            and _COMMENT_OPENING.match(token.content.lstrip()) is not None
        )
    return (
        token.type == "inline"
        and len(token.content) > INLINE_LIMIT
        and _COMMENT_OPENING.search(token.content) is not None
    )


def _comment(markdown: Markdown, comment: Comment, blocks: set[tuple[int, ...]]) -> Slot:
    text, span = markdown.text, (comment.start, comment.end)
    first, last = markdown.position(comment.start)[0], markdown.position(comment.end)[0] + 1
    start, end = markdown.offset(first), _line_start(markdown, last)
    alone = (
        not text[start : comment.start].strip(_CONTAINER) and not text[comment.end : end].strip()
    )
    payload = comment.text[len(f"<!--{NAME}") : -len("-->")]
    outer = (start, end) if alone else span
    separates = alone and (first, last) in blocks
    return Slot("comment", first + 1, payload, span, outer, separates=separates)


def _line_start(markdown: Markdown, line: int) -> int:
    starts = markdown.line_starts
    return starts[line] if line < len(starts) else len(markdown.text)


def _line_end(markdown: Markdown, line: int) -> int:
    following = line + 1 < len(markdown.line_starts)
    return markdown.line_starts[line + 1] - 1 if following else len(markdown.text)
