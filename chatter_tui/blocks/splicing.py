"""Text edits that replace a block, or delete one with its surrounding blank line."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.blocks.problem import BlockError
from chatter_tui.blocks.slots import NAME, left_open
from chatter_tui.markdown import Markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatter_tui.blocks.block import Block
    from chatter_tui.blocks.slots import Slot

# An HTML comment must not contain its own end, nor the end of markup that begins before it in the
# paragraph. In JSON, these characters occur in strings only, where they can be escaped.
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>`|'()"})
_ESCAPES_ALONE = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>"})

# What may precede a block on its line: indentation, and marks of quotes and lists.
_PREFIX = re.compile(r"[^`~<\n]*")
_CONTAINER = " \t>\n"


class Edit(NamedTuple):
    """Replace the text from `start` to `end`."""

    start: int
    end: int
    text: str


def fence(block: Block) -> str:
    """Return a block as a plain fence.

    Three backticks always suffice: no line of JSON begins with one, since strings do not span
    lines.
    """
    return f"```{NAME}\n{payload(block)}```\n"


def payload(block: Block) -> str:
    """Return the text inside a plain fence."""
    return block.to_json() + "\n"


def replacement(slot: Slot, block: Block) -> Edit:
    """Return the edit that puts `block` in place of another."""
    if slot.encoding == "comment":
        escapes = _ESCAPES_ALONE if slot.separates else _ESCAPES
        return Edit(*slot.json, f"<!--{NAME} {block.to_line().translate(escapes)} -->")
    first, *further = block.to_json().split("\n")
    lines = [first, *((slot.indent + line).rstrip(" \t") for line in further)]
    return Edit(*slot.json, "\n".join(lines))


def deletions(text: str, slots: Sequence[Slot], doomed: Sequence[Slot]) -> Iterator[Edit]:
    """Yield the edits that delete some of a text's slots; both sequences are in order.

    Only the block's own lines are removed, and replaced by a blank line where paragraphs would
    otherwise merge. At the end of a file, where blocks are appended, the blank line that was
    written before a block is removed, too.
    """
    tail = _tail(text, slots)
    kept_end = run_start = 0
    emptied = True
    for slot, following in pairwise([*doomed, None]):
        assert slot is not None, "only the last of the pairs lacks a successor"
        start, end = slot.outer
        emptied = emptied and not text[kept_end:start].strip()
        if start != kept_end:
            run_start = start
        filler = _bullet(text, start)
        if filler or start < tail:
            adjacent = following is not None and following.outer[0] == end
            if not filler and not adjacent and slot.separates:
                filler = _separator(text, slot, run_start)
        elif emptied:
            end += text.startswith("\n", end)
        elif start > kept_end:
            start -= text[kept_end:start].endswith("\n\n") or text[kept_end:start] == "\n"
        yield Edit(start, end, filler)
        kept_end = end


def ending(text: str, *, plain: bool) -> str:
    """Return what to add to a text so that a block can follow, including a blank line.

    `plain` says that it has plain fences only.

    Raises:
        BlockError: Unclosed HTML would swallow the block.
    """
    if not text.strip():
        return "" if not text or text.endswith("\n") else "\n"
    added = "" if text.endswith("\n") else "\n"
    if not plain:
        added += _closing(text + added)
    return added if (text + added).endswith("\n\n") else added + "\n"


def _closing(text: str) -> str:
    open_end = left_open(Markdown(text))
    if open_end is None:
        return ""
    if open_end.type == "fence":
        return open_end.markup + "\n"
    message = "the file ends within unclosed HTML, after which no block can follow"
    raise BlockError("unclosed-html", message)


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return the text after edits, which are in order and disjoint."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


def _tail(text: str, slots: Sequence[Slot]) -> int:
    """Return the start of the blocks that are followed only by blocks and blank lines."""
    tail = len(text)
    for slot in reversed(slots):
        if text[slot.outer[1] : tail].strip():
            break
        tail = slot.outer[0]
    return tail


def _bullet(text: str, start: int) -> str:
    """Return what precedes a block on its line as a line, if the block begins a list item."""
    prefix = _prefix(text, start)
    return prefix.rstrip() + "\n" if prefix.strip(_CONTAINER) else ""


def _separator(text: str, slot: Slot, run_start: int) -> str:
    """Return the blank line, prefixed as in its container, needed to keep two paragraphs apart."""
    previous = text[text.rfind("\n", 0, max(run_start - 1, 0)) + 1 : run_start]
    end = text.find("\n", slot.outer[1])
    following = text[slot.outer[1] : end if end >= 0 else len(text)]
    if not previous.strip(_CONTAINER) or not following.strip(_CONTAINER):
        return ""
    return _prefix(text, slot.outer[0]).rstrip() + "\n"


def _prefix(text: str, start: int) -> str:
    match = _PREFIX.match(text, start)
    return match[0] if match else ""
