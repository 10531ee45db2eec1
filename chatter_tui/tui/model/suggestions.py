"""What a suggestion would change, word by word, and whether it still fits the document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model

State = Literal["applies", "moved", "stale", "overlaps"]
Span = tuple[int, int]

LONGEST: Final = 4000  # words; comparing takes time in proportion to the square
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """Some words of a change: those that stay, go or come."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How a suggestion fits: `span` is what it would replace, None when that is not there.

    `rivals` are open suggestions that would change some of the same text.
    """

    state: State
    span: Span | None
    rivals: Sequence[Block] = ()


def fit(model: Model, thread: Thread) -> Fit:
    """Whether the text that a suggestion is to replace still stands where it was."""
    span, state = _place(model, thread), "applies"
    if span is None:
        span, state = _moved(model, thread), "moved"
    if span is None:
        return Fit("stale", None)
    rivals = tuple(_rivals(model, thread, span))
    return Fit("overlaps" if rivals else "moved" if state == "moved" else "applies", span, rivals)


def _place(model: Model, thread: Thread) -> Span | None:
    """Where the text stands, if its anchor itself says so and no fallback of it."""
    location, anchor = thread.location, thread.block.anchor or {}
    if location is None or anchor.get("type") != location.via:
        return None
    return _find(model, thread, location.start, location.end)


def _moved(model: Model, thread: Thread) -> Span | None:
    """Where the text stands now, if that is sure."""
    from chatter_tui.blocks.moved import find_moved  # noqa: PLC0415 - slow to import, rarely asked

    places = [thread.location] if thread.location is not None else []
    if thread.block.anchor is None:
        return _find(model, thread, 0, len(model.document.text))
    if (moved := find_moved(thread.block.anchor, model.document)) is not None:
        places.append(moved.location)
    found = (_find(model, thread, place.start, place.end) for place in places)
    return next((span for span in found if span is not None), None)


def _find(model: Model, thread: Thread, start: int, end: int) -> Span | None:
    """The only place in a part of the document that has the text to be replaced."""
    suggestion, text = thread.block.suggestion, model.document.text
    if suggestion is None:
        return None
    original = suggestion.original
    at = text.find(original, start, end)
    if at < 0 or (original and text.find(original, at + 1, end) >= 0):
        return None
    return at, at + len(original)


def _rivals(model: Model, thread: Thread, span: Span) -> Iterator[Block]:
    for other in model.threads.roots:
        block = other.block
        if other is thread or block.status != "open" or block.suggestion is None:
            continue
        theirs = _place(model, other)
        if theirs is not None and (
            theirs == span or max(theirs[0], span[0]) < min(theirs[1], span[1])
        ):
            yield block


def word_diff(before: str, after: str) -> list[Piece]:
    """What stays, goes and comes, in reading order, in whole words."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) > LONGEST or len(new) > LONGEST:
        return list(_change(before, after))
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415 - slow to import, rarely asked

    pieces: list[Piece] = []
    gone = come = ""
    for operation in LCSseq.opcodes(old, new):
        left = "".join(old[operation.src_start : operation.src_end])
        right = "".join(new[operation.dest_start : operation.dest_end])
        # A blank that two changes have between them would only cut one change into two.
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
