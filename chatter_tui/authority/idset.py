"""A set of (client, clock) pairs as sorted ranges, such as a document's delete set."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class IdSet:
    """Ranges of clocks by client, kept sorted, disjoint and merged."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Mapping[int, Iterable[tuple[int, int]]] | None = None) -> None:
        self._ranges: dict[int, tuple[list[int], list[int]]] = {}
        self.update(ranges or {})

    def update(self, ranges: Mapping[int, Iterable[tuple[int, int]]]) -> None:
        """Add many ranges (start, end)."""
        for client, pairs in ranges.items():
            for start, end in pairs:
                self.add(client, start, end)

    def add(self, client: int, start: int, end: int) -> None:
        """Add the clocks from `start` up to `end`, exclusive."""
        starts, ends = self._ranges.get(client) or self._ranges.setdefault(client, ([], []))
        if not ends or start > ends[-1]:  # most come in order
            starts.append(start)
            ends.append(end)
            return
        first = bisect_left(ends, start)
        last = bisect_right(starts, end)
        if first < last:
            start = min(start, starts[first])
            end = max(end, ends[last - 1])
        starts[first:last] = [start]
        ends[first:last] = [end]

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __contains__(self, id_: tuple[int, int]) -> bool:
        starts, ends = self._ranges.get(id_[0], ([], []))
        at = bisect_right(starts, id_[1]) - 1
        return at >= 0 and id_[1] < ends[at]

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        for client in self._ranges:
            for start, end in self.of(client):
                yield client, start, end

    def of(self, client: int) -> Iterable[tuple[int, int]]:
        """Return the ranges (start, end) of one client."""
        return zip(*self._ranges.get(client, ([], [])), strict=True)

    def gaps(self, client: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a range that are not in the set."""
        starts, ends = self._ranges.get(client, ([], []))
        at = bisect_right(ends, start)
        while start < end:
            stop = min(end, starts[at]) if at < len(starts) else end
            if start < stop:
                yield start, stop
            if at == len(starts):
                return
            start = max(start, ends[at])
            at += 1
