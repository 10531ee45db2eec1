"""Marks on a document, found by where they are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

# Longer marks are few; apart from the others they do not widen every search.
LONG: Final = 4000


@dataclass(frozen=True, slots=True)
class Mark:
    """A thread's place in the source; `mine` when one began it oneself."""

    start: int
    end: int
    id: str
    kind: Literal["open", "resolved", "suggestion", "orphan"] = "open"
    mine: bool = False


class Marks:
    """An immutable set of marks."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        ordered = sorted(marks, key=lambda mark: (mark.start, mark.end, mark.id))
        self._long = [mark for mark in ordered if mark.end - mark.start > LONG]
        self._short = [mark for mark in ordered if mark.end - mark.start <= LONG]
        self._starts = [mark.start for mark in self._short]
        self._by_id = {mark.id: mark for mark in ordered}

    def get(self, id: str | None) -> Mark | None:  # noqa: A002 - the field's name
        """Return a mark by its id."""
        return self._by_id.get(id) if id is not None else None

    def within(self, start: int, end: int) -> list[Mark]:
        """Return the marks that overlap a span, by where they start; empty ones if inside it."""
        first = bisect_left(self._starts, start - LONG)
        last = bisect_right(self._starts, end - 1)
        near = self._short[first:last] if last > first else []
        return [
            mark
            for mark in (*self._long, *near)
            if mark.start < end and max(mark.end, mark.start + 1) > start
        ]
