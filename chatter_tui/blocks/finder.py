"""The first occurrences of many strings in one text, found in a pass or two rather than a scan each.

Strings of `_WINDOW` characters and more are found by the rarest of a sample of their substrings of
that length; shorter ones by a table of their length. Ten thousand quotes of a phrase that stands
everywhere, each with another context, therefore cost as little as ten thousand different ones.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WINDOW = 8
# Any five characters in a row of a string lie within one of its windows.
_STRIDE = 4
# A string is sampled at no more than about this many places.
_SAMPLES = 256
# Fewer strings are found sooner one by one.
_WORTHWHILE = 32
# More candidates than this share of the text are compared more slowly than the text is scanned.
_COMMON = 1 / 256


class Finder:
    """Answers `find` as `text.find` does; the strings known beforehand are looked up together."""

    def __init__(self, text: str, needles: Iterable[str] = ()) -> None:
        self._text = text
        self._found: dict[str, int] = {}
        by_width: defaultdict[int, set[str]] = defaultdict(set)
        for needle in needles:
            by_width[min(len(needle), _WINDOW)].add(needle)
        for width, group in by_width.items():
            if width and len(group) >= _WORTHWHILE:
                self._found |= (
                    self._find_windows(group)
                    if width == _WINDOW
                    else self._find_short(width, group)
                )

    def find(self, needle: str) -> int:
        """Return where `needle` first starts, -1 if nowhere."""
        found = self._found.get(needle)
        if found is None:
            found = self._found[needle] = self._text.find(needle)
        return found

    def _find_short(self, width: int, needles: set[str]) -> dict[str, int]:
        text, found = self._text, dict.fromkeys(needles, -1)
        for at in range(len(text) - width + 1):
            if found.get(text[at : at + width]) == -1:
                found[text[at : at + width]] = at
        return found

    def _find_windows(self, needles: set[str]) -> dict[str, int]:
        text = self._text
        wanted: dict[str, list[int]] = {
            needle[offset : offset + _WINDOW]: []
            for needle in needles
            for offset in _offsets(len(needle))
        }
        for at in range(len(text) - _WINDOW + 1):
            positions = wanted.get(text[at : at + _WINDOW])
            if positions is not None:
                positions.append(at)
        return {needle: self._among(needle, wanted) for needle in needles}

    def _among(self, needle: str, wanted: dict[str, list[int]]) -> int:
        offset, positions = min(
            (
                (offset, wanted[needle[offset : offset + _WINDOW]])
                for offset in _offsets(len(needle))
            ),
            key=lambda choice: len(choice[1]),
        )
        if len(positions) > 16 + len(self._text) * _COMMON:
            return self._text.find(needle)
        starts = (at - offset for at in positions if at >= offset)
        return next((start for start in starts if self._text.startswith(needle, start)), -1)


def _offsets(length: int) -> Iterator[int]:
    last = length - _WINDOW
    yield from range(0, last, max(_STRIDE, length // _SAMPLES))
    yield last
