"""A suggestion's change word by word, and whether it still applies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chatter_tui.blocks import suggestions
from chatter_tui.tui.model.notices import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.suggestions import Fit, Placed
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model

LONGEST: Final = 4000  # words; the comparison takes quadratic time
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """Words of a change: kept, removed or added."""

    kind: Literal["same", "gone", "new"]
    text: str


def fit(model: Model, thread: Thread) -> Fit:
    """Determine whether the text that a suggestion would replace is still there."""
    return suggestions.fit(model.document, thread.block, thread.location, _open(model))


def fits(model: Model) -> list[tuple[Block, Fit]]:
    """Return every open suggestion in document order, and how it fits."""
    found = list(_open(model))
    return [(block, suggestions.fit(model.document, block, place, found)) for block, place in found]


def applying(model: Model) -> list[Block]:
    """Return the open suggestions that apply as they are."""
    return [block for block, found in fits(model) if found.state == "applies"]


def explained(model: Model, fits: Fit) -> str:
    """Explain the state of a suggestion in words."""
    if fits.state == "done":
        return "the document already says this; accepting it changes no text"
    if fits.span is None:
        return "the text it is to replace is no longer there"
    section = model.document.section_at(fits.span[0])
    where = f"under “{section.text}”" if section is not None else "at the beginning"
    match fits.state:
        case "moved":
            return f"the text it is to replace is now {where}"
        case "overlaps":
            other = fits.rivals[0]
            words = excerpt(other.suggestion.replacement if other.suggestion else "")
            return f"{other.author or 'somebody'} suggests something else there, “{words}”"
        case _:
            return where


def _open(model: Model) -> Iterator[Placed]:
    threads = (thread for root in model.threads.roots for _, thread in root.walk())
    for thread in threads:
        if thread.block.suggestion is not None and thread.block.status == "open":
            yield thread.block, thread.location


def word_diff(before: str, after: str) -> list[Piece]:
    """Return what is kept, removed and added, in reading order, in whole words."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) > LONGEST or len(new) > LONGEST:
        return list(_change(before, after))
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415 - slow to import, rarely needed

    pieces: list[Piece] = []
    gone = come = ""
    for operation in LCSseq.opcodes(old, new):
        left = "".join(old[operation.src_start : operation.src_end])
        right = "".join(new[operation.dest_start : operation.dest_end])
        # A blank between two changes would only split them.
        if operation.tag == "equal" and (left.strip() or not (gone or come)):
            pieces += _change(gone, come)
            pieces.append(Piece("same", left))
            gone = come = ""
        else:
            gone += left
            come += right
    return [*pieces, *_change(gone, come)]


def _change(gone: str, come: str) -> Iterator[Piece]:
    size = 0
    while size < min(len(gone), len(come)) and gone[-size - 1] == come[-size - 1] == " ":
        size += 1
    kept = len(gone) - size
    if gone[:kept]:
        yield Piece("gone", gone[:kept])
    if come[: len(come) - size]:
        yield Piece("new", come[: len(come) - size])
    if size:
        yield Piece("same", gone[kept:])
