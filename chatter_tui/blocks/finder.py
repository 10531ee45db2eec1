"""Find the first occurrences of many strings in one text in a few passes.

A string of eight characters or more is found by the rarest of a sample of its substrings of one
length; a shorter one is searched for by itself. Of many longer strings, those substrings are
looked up in an index of the text. So ten thousand quotes of a phrase that occurs
everywhere, each with a different context, cost as little as ten thousand different ones.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chatter_tui.blocks.ends import common_end, common_start
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Fewer strings are found faster one by one.
_WORTHWHILE = 32
# The approximate number of samples of a string.
_SAMPLES = 256
# With more candidates than this share of the text, comparing takes longer than scanning.
_COMMON = 1 / 256
# Longer strings, two windows of this width, contain a whole window that begins at a multiple of it.
_WIDE = 16
# Up to so many characters of text for each string, indexing those windows is faster than looking
# at every character, and needs no more memory.
_DENSE = 256
# Characters to look at in one go, about a millisecond.
_STRETCH = 8192
# Scanning this much takes no longer than looking a string up.
_SHORT = 8192


class Finder:
    """Answers `find` as `text.find` does; strings known in advance are looked up together."""

    def __init__(self, text: str, needles: Iterable[str] = ()) -> None:
        self._text = text
        self._found: dict[str, int] = {}
        self.look_up(needles)

    def look_up(self, needles: Iterable[str]) -> None:
        """Look up more strings together."""
        by_width: defaultdict[int, set[str]] = defaultdict(set)
        for needle in needles:
            if needle not in self._found:
                by_width[_width(len(needle))].add(needle)
        for width, group in by_width.items():
            if width and len(group) >= _WORTHWHILE:
                self._found |= self._find_all(group, width)

    def copy(self) -> Finder:
        """Return an independent copy, for another thread."""
        finder = Finder(self._text)
        finder._found = self._found.copy()
        return finder

    def after(self, text: str) -> Finder:
        """Return a finder for the same strings in `text`, at a cost that depends on the difference.

        Only the part between the common beginning and end of both texts is searched.
        """
        old, finder = self._text, Finder(text)
        first = common_start(old, text)
        last = common_end(old[first:], text[first:])
        gone, come = len(old) - last, len(text) - last  # ends of the new part, in both
        moves = len(text) - len(old)
        found: dict[str, int] = {}
        near: dict[str, int] = {}  # strings that may be in the new part, and where they were
        for needle, at in giving_way(self._found.items()):
            if 0 <= at <= first - len(needle):
                found[needle] = at
            else:
                near[needle] = at
        longest = max(map(len, near), default=0)
        low, high = max(first - longest, 0), min(come + longest, len(text))
        # A short part is scanned for each string, a longer one once for all of them.
        part = Finder(text[low:high], near if high - low > _SHORT else ())
        for needle, at in giving_way(near.items()):
            now = part.find(needle)
            if now >= 0:
                found[needle] = low + now
            elif at < gone:  # it may be anywhere after that, unless it was nowhere
                found[needle] = -1 if at < 0 else text.find(needle, come)
            else:
                found[needle] = at + moves
        finder._found = found
        return finder

    def find(self, needle: str) -> int:
        """Return the start of the first occurrence of `needle`, or -1."""
        found = self._found.get(needle)
        if found is None:
            found = self._found[needle] = self._text.find(needle)
        return found

    def has(self, needle: str) -> bool:
        """Return whether `needle` has been looked up and found."""
        return self._found.get(needle, -1) >= 0

    def _find_all(self, needles: set[str], width: int) -> dict[str, int]:
        text = self._text
        if width == _WIDE and len(text) <= _DENSE * len(needles):
            return self._find_wide(needles)
        windows: dict[str, list[int]] = {
            needle[offset : offset + width]: []
            for needle in giving_way(needles)
            for offset in _offsets(len(needle), width)
        }
        # The only loop over every character; a comprehension takes half the time of a plain loop.
        count = len(text) - width + 1
        for first in giving_way(range(0, count, _STRETCH)):
            stretch = range(first, min(first + _STRETCH, count))
            places = [at for at in stretch if text[at : at + width] in windows]
            for at in places:
                windows[text[at : at + width]].append(at)
        return {needle: self._first(needle, width, windows) for needle in giving_way(needles)}

    def _find_wide(self, needles: set[str]) -> dict[str, int]:
        text = self._text
        index: dict[str, int] = {}  # windows of the text that do not overlap
        again: dict[str, list[int]] = {}  # where else they are
        for at in giving_way(range(0, len(text) - _WIDE + 1, _WIDE)):
            window = text[at : at + _WIDE]
            if index.setdefault(window, at) != at:
                again.setdefault(window, []).append(at)
        return {needle: self._earliest(needle, index, again) for needle in giving_way(needles)}

    def _earliest(
        self, needle: str, index: Mapping[str, int], again: Mapping[str, Sequence[int]]
    ) -> int:
        starts: list[int] = []
        last = len(needle) - _WIDE
        step = max(len(needle) // _SAMPLES, 1) * _WIDE
        for first in range(_WIDE):  # each occurrence is at one of these distances before a window
            places: tuple[int, int, Sequence[int]] | None = None
            for offset in range(first, last + 1, step):
                window = needle[offset : offset + _WIDE]
                at = index.get(window)
                if at is None:
                    break
                others = again.get(window, ())
                if places is None or len(others) < len(places[2]):
                    places = offset, at, others
            else:
                if places is not None:
                    offset, at, others = places
                    starts += [each - offset for each in (at, *others)]
        if len(starts) > 16 + len(self._text) * _COMMON:
            return self._text.find(needle)
        found = (at for at in sorted(starts) if at >= 0 and self._text.startswith(needle, at))
        return next(found, -1)

    def _first(self, needle: str, width: int, windows: dict[str, list[int]]) -> int:
        offset, rarest = 0, windows[needle[:width]]
        for other in _offsets(len(needle), width):
            places = windows[needle[other : other + width]]
            if len(places) < len(rarest):
                offset, rarest = other, places
        if len(rarest) > 16 + len(self._text) * _COMMON:
            return self._text.find(needle)
        starts = (at - offset for at in rarest if at >= offset)
        return next((start for start in starts if self._text.startswith(needle, start)), -1)


def _width(length: int) -> int:
    return _WIDE if length >= 2 * _WIDE else min(length, 8)


def _offsets(length: int, width: int) -> Iterator[int]:
    """Yield where to sample a string, so that differences within half a width are in a sample."""
    last = length - width
    yield from range(0, last, max(width // 2, length // _SAMPLES, 1))
    yield last
