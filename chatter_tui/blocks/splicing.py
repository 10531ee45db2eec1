"""Text edits that replace a block, and that delete one with its surrounding blank line."""

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

# Nothing in an HTML comment may end it, nor complete markup that begins before it in a paragraph.
# In JSON these characters stand in strings only, where they can be escaped.
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>`|'()"})
_ESCAPES_ALONE = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>"})

# What stands before a block on its own line: indentation, and marks of quotes and lists.
_PREFIX = re.compile(r"[^`~<\n]*")
_CONTAINER = " \t>\n"


class Edit(NamedTuple):
    """Replace the text from `start` to `end`."""

    start: int
    end: int
    text: str


def fence(block: Block) -> str:
    """Return a block as a fence of its own.

    Three backticks always do: no line of JSON begins with one, since no string spans lines.
    """
    return f"```{NAME}\n{payload(block)}```\n"


def payload(block: Block) -> str:
    """Return what a fence of its own shows."""
    return block.to_json() + "\n"


def replacement(slot: Slot, block: Block) -> Edit:
    """Return the edit that writes `block` where another stands."""
    if slot.encoding == "comment":
        escapes = _ESCAPES_ALONE if slot.separates else _ESCAPES
        return Edit(*slot.json, f"<!--{NAME} {block.to_line().translate(escapes)} -->")
    first, *further = block.to_json().split("\n")
    lines = [first, *((slot.indent + line).rstrip(" \t") for line in further)]
    return Edit(*slot.json, "\n".join(lines))


def deletions(text: str, slots: Sequence[Slot], doomed: Sequence[Slot]) -> Iterator[Edit]:
    """Yield the edits that delete some of a text's slots; both sequences in order.

    Only the block's own lines go, and a blank line takes their place where paragraphs would
    otherwise become one. At the end of a file, where blocks are appended, the blank line that
    was written before a block goes with it.
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
    """Return what takes the end of a text to where a block can begin, a blank line included.

    `plain` tells that there are only plain fences in it. Raises BlockError when HTML that nothing
    closes would swallow the block.
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
    message = "the file ends within HTML that nothing closes, where no block can follow"
    raise BlockError("unclosed-html", message)


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with the edits made, which are in order and apart."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


def _tail(text: str, slots: Sequence[Slot]) -> int:
    """Return where the blocks begin that only blocks and blank lines follow."""
    tail = len(text)
    for slot in reversed(slots):
        if text[slot.outer[1] : tail].strip():
            break
        tail = slot.outer[0]
    return tail


def _bullet(text: str, start: int) -> str:
    """Return the line with the bullet or number of the item that a block begins, if it does."""
    prefix = _prefix(text, start)
    return prefix.rstrip() + "\n" if prefix.strip(_CONTAINER) else ""


def _separator(text: str, slot: Slot, run_start: int) -> str:
    """Return the blank line, in its container, that keeps two paragraphs apart, if it takes one."""
    previous = text[text.rfind("\n", 0, max(run_start - 1, 0)) + 1 : run_start]
    end = text.find("\n", slot.outer[1])
    following = text[slot.outer[1] : end if end >= 0 else len(text)]
    if not previous.strip(_CONTAINER) or not following.strip(_CONTAINER):
        return ""
    return _prefix(text, slot.outer[0]).rstrip() + "\n"


def _prefix(text: str, start: int) -> str:
    match = _PREFIX.match(text, start)
    return match[0] if match else ""
