"""Re-anchor comments after an edit of the document to where their words are now, edited or not.

Unlike a search for moved text, this knows the text before and after, so it also finds words that
were replaced. Uncertain cases are left alone: a comment on the wrong words does more harm than one
without a place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from chatter_tui.blocks.anchors import make_anchor
from chatter_tui.blocks.finder import Finder
from chatter_tui.blocks.values import anchor_chain, text_quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chatter_tui.blocks.block import Block
    from chatter_tui.markdown import Markdown

Span = tuple[int, int]

# Words, single characters of scripts without word separators, blanks, and everything else.
_WORDS: Final = re.compile(r"[^\W\u2e80-\u9fff\uac00-\ud7af]+|\s+|.")
# Beyond this product of the numbers of lines or words, all of them count as changed: comparing them
# would take a noticeable moment.
_FINE: Final = 4_000_000
# Characters beside the words, and how many of them must be unchanged.
_NEAR: Final = 32
_SAME: Final = 8
# With this much unchanged, nothing beside the words is required.
_MANY: Final = 16
# Shorter matches between replaced words are coincidences.
_SHORT: Final = 4
# How much longer than twice their length words may become.
_GROWTH: Final = 80
_LONGEST: Final = 8192  # bytes of a quote: an anchor must fit into a field
_STEP: Final = 100  # blocks per step
# How far around what changed to look for quotes; hardly any is longer.
_REACH: Final = 1024
# Characters around all changes beyond which one search for all quotes is faster.
_LARGE: Final = 262_144
_SEPARATOR: Final = "\0"  # in no canonical text


class _Same(NamedTuple):
    """A common part of both texts: its start in each, and its length."""

    old: int
    new: int
    size: int


class _Gap(NamedTuple):
    """A part that differs: its span in each text, of which one may be empty."""

    old: Span
    new: Span


class Changes:
    """The parts of a text that an edit left unchanged."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        self._same: list[_Same] = []
        for same in _joined(_same_lines(old, new)):
            if self._length([same]) >= _SHORT:
                self._same.append(same)
        self._starts = [same.old for same in self._same]

    def find(self, start: int, end: int) -> Span | None:
        """Return where the words in a span of the old text are in the new one, if that is certain.

        What replaced words in the span belongs to it; what was inserted beside it does not.
        """
        inside = [*self._within(start, end)]
        kept, whole = self._length(inside), self._length([_Same(start, 0, end - start)])
        left = self._is_same(max(0, start - _NEAR), start)
        right = self._is_same(end, min(end + _NEAR, len(self._old)))
        certain = kept >= _MANY or left or right if kept * 2 >= whole else left and right
        if not certain:
            return None
        first, last = self._start(start, inside), self._end(end, inside)
        if first is None or last is None or not 0 < last - first <= 2 * (end - start) + _GROWTH:
            return None
        return first, last

    def gaps(self) -> list[_Gap]:
        """Return the parts that differ, in order."""
        found, at, to = [], 0, 0
        for old, new, size in (*self._same, _Same(len(self._old), len(self._new), 0)):
            if at < old or to < new:
                found.append(_Gap((at, old), (to, new)))
            at, to = old + size, new + size
        return found

    def _within(self, start: int, end: int) -> Iterator[_Same]:
        """Yield the unchanged parts of a span."""
        at = max(bisect_right(self._starts, start) - 1, 0)
        for old, new, size in self._same[at:]:
            if old >= end:
                break
            low, high = max(old, start), min(old + size, end)
            if low < high:
                yield _Same(low, new + low - old, high - low)

    def _length(self, parts: Iterable[_Same]) -> int:
        """Return the number of characters in parts, without blanks."""
        return sum(len("".join(self._old[p.old : p.old + p.size].split())) for p in parts)

    def _is_same(self, start: int, end: int) -> bool:
        """Return whether enough of the text beside a span is unchanged."""
        there = self._length([_Same(start, 0, end - start)])
        return self._length(self._within(start, end)) >= min(there, _SAME)

    def _start(self, start: int, inside: Sequence[_Same]) -> int | None:
        """Return where the span starts now; None if one edit reaches into it from before."""
        if inside and inside[0].old == start:
            return inside[0].new
        if start == 0:
            return 0
        before = [*self._within(start - 1, start)]
        return before[0].new + 1 if before else None

    def _end(self, end: int, inside: Sequence[_Same]) -> int | None:
        if inside and inside[-1].old + inside[-1].size == end:
            return inside[-1].new + inside[-1].size
        after = [*self._within(end, end + 1)]
        return after[0].new if after else None


def reanchored(
    old: str, new: str, document: Callable[[], Markdown], blocks: Iterable[Block]
) -> Iterator[tuple[Block, dict[str, object]] | None]:
    """Yield the blocks whose anchors an edit has broken, each with a new anchor for its words.

    An anchor is broken if it quoted words in the old text, and in the new one resolves to none, or
    to others although its own are still there. A suggestion stays only on unchanged words. None is
    yielded after every few milliseconds of work.

    Args:
        old: The document before the edit, without its embedded blocks.
        new: The document after it, likewise.
        document: Parses `new`; called if an anchor is broken.
        blocks: The blocks that may be anchored in it.
    """
    touched: list[tuple[Block, list[str]]] = []
    changes = Changes(old, new)
    is_touched = _touched(old, new, changes)
    for number, block in enumerate(blocks):
        if number % _STEP == 0:
            yield None
        chain = anchor_chain(block.anchor or {})
        quotes = [quote.whole for link in chain if (quote := text_quote(link))]
        if any(map(is_touched, quotes)):
            touched.append((block, quotes))
    firsts = [quotes[0] for _, quotes in touched]
    before, after = Finder(old, firsts), Finder(new, firsts)
    for number, (block, _) in enumerate(touched):
        if number % _STEP == 0:
            yield None
        anchor = block.anchor or {}
        was, now = _place(anchor, before), _place(anchor, after)
        if was is None:
            continue
        span = changes.find(*was)
        if span is None or span == now:
            continue
        unchanged = old[slice(*was)] == new[slice(*span)]
        if not unchanged and (now is not None or block.suggestion is not None):
            continue
        if len(new[slice(*span)].encode()) <= _LONGEST:
            yield block, make_anchor(document(), *span)


def _touched(old: str, new: str, changes: Changes) -> Callable[[str], bool]:
    """Return a test of whether an edit may have moved or broken the first place of a quote.

    It can have only if the quote is found where the texts differ, in either of them.
    """
    gaps = changes.gaps()
    before = _SEPARATOR.join(old[max(0, gap.old[0] - _REACH) : gap.old[1] + _REACH] for gap in gaps)
    after = _SEPARATOR.join(new[max(0, gap.new[0] - _REACH) : gap.new[1] + _REACH] for gap in gaps)
    if len(before) + len(after) > _LARGE:
        return lambda _: True
    return lambda quote: len(quote) > _REACH or quote in before or quote in after


def _place(anchor: Mapping[str, object], finder: Finder) -> Span | None:
    """Return where the words are that an anchor or one of its fallbacks quotes."""
    for quote in filter(None, map(text_quote, anchor_chain(anchor))):
        if (at := finder.find(quote.whole)) >= 0:
            start = at + len(quote.before)
            return start, start + len(quote.exact)
    return None


def _same_lines(old: str, new: str) -> Iterator[_Same]:
    """Yield the common parts, compared by line, and by word within changed lines."""
    at = to = 0
    for left, right in _runs(old.splitlines(keepends=True), new.splitlines(keepends=True)):
        gone, come = "".join(left), "".join(right)
        if gone == come:
            yield _Same(at, to, len(gone))
        else:
            start, end = at, to
            for less, more in _runs(_WORDS.findall(gone), _WORDS.findall(come)):
                words, others = "".join(less), "".join(more)
                if words == others:
                    yield _Same(start, end, len(words))
                start += len(words)
                end += len(others)
        at += len(gone)
        to += len(come)


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield both sequences in runs that are either equal or different."""
    # Slow to import, and not needed before the first edit.
    from rapidfuzz.distance import Indel, Postfix, Prefix  # noqa: PLC0415

    head = Prefix.similarity(old, new)
    tail = Postfix.similarity(old[head:], new[head:])
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    yield old[:head], new[:head]
    if len(gone) * len(come) > _FINE:
        yield gone, come
    else:
        at = to = 0
        for step in Indel.opcodes(gone, come):
            if step.tag == "equal":
                yield gone[at : step.src_start], come[to : step.dest_start]
                yield gone[step.src_start : step.src_end], come[step.dest_start : step.dest_end]
                at, to = step.src_end, step.dest_end
        yield gone[at:], come[to:]
    yield old[len(old) - tail :], new[len(new) - tail :]


def _joined(parts: Iterable[_Same]) -> Iterator[_Same]:
    """Merge adjacent parts, and drop empty ones."""
    last = _Same(0, 0, 0)
    for part in parts:
        if part.old == last.old + last.size and part.new == last.new + last.size:
            last = last._replace(size=last.size + part.size)
        else:
            yield last
            last = part
    yield last
