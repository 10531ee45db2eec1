"""Marks on a document, looked up by position."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# The few marks that are longer are kept apart, so that they do not widen every search.
LONG: Final = 4000


class Mark(NamedTuple):
    """A thread's place in the source; `mine` if the user started it.

    Marks sort by their start, then by their end.
    """

    start: int
    end: int
    id: str
    kind: Literal["open", "resolved", "suggestion", "orphan"] = "open"
    mine: bool = False


class Marks:
    """A set of marks."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        ordered = sorted(marks)
        self._long = [mark for mark in ordered if mark.end - mark.start > LONG]
        self._short = [mark for mark in ordered if mark.end - mark.start <= LONG]
        self._starts = [mark.start for mark in self._short]
        self._by_id = {mark.id: mark for mark in ordered}

    def put(self, id: str, mark: Mark | None) -> None:  # noqa: A002 - the field's name
        """Set or remove the mark with this id."""
        if (old := self._by_id.pop(id, None)) is not None:
            marks = self._long if old.end - old.start > LONG else self._short
            at = bisect_left(marks, old)
            del marks[at]
            if marks is self._short:
                del self._starts[at]
        if mark is not None:
            self._by_id[id] = mark
            marks = self._long if mark.end - mark.start > LONG else self._short
            at = bisect_left(marks, mark)
            marks.insert(at, mark)
            if marks is self._short:
                self._starts.insert(at, mark.start)

    def get(self, id: str | None) -> Mark | None:  # noqa: A002 - the field's name
        """Return the mark with this id, or None."""
        return self._by_id.get(id) if id is not None else None

    def within(self, start: int, end: int) -> list[Mark]:
        """Return the marks that overlap a span, ordered by their start; empty ones if inside it."""
        first = bisect_left(self._starts, start - LONG)
        last = bisect_right(self._starts, end - 1)
        near = self._short[first:last] if last > first else []
        return [
            mark
            for mark in (*self._long, *near)
            if mark.start < end and max(mark.end, mark.start + 1) > start
        ]
