"""Annotations of rows: threads, the current thread, other people."""

from __future__ import annotations

import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

from chatter_tui.tui.document.marks import Mark, Marks
from chatter_tui.tui.document.paint import Layer, Other, Overlay
from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chatter_tui.tui.document.layout import Layout, Place


class Annotations:
    """The marks and positions in a document, queried row by row."""

    def __init__(self) -> None:
        self.current: str | None = None
        self.selecting = False  # dims the current mark, so that the selection stands out
        self.others: Mapping[str, tuple[int, str]] = {}  # name -> (offset, colour)
        self._marks = Marks()
        self._changed: Sequence[tuple[int, int]] = ()

    def mark(self, marks: Iterable[Mark]) -> None:
        """Replace all marks."""
        self._marks = Marks(marks)

    def news(self, marks: Mapping[str, Mark | None]) -> Mapping[str, Mark | None]:
        """Return those of some marks, by id, that differ from the present ones."""
        return {id_: mark for id_, mark in marks.items() if self._marks.get(id_) != mark}

    def remark(self, marks: Mapping[str, Mark | None]) -> None:
        """Replace some marks, by id."""
        for id_, mark in marks.items():
            self._marks.put(id_, mark)

    def marks_at(self, offset: int) -> list[Mark]:
        """Return the marks that cover an offset, ordered by their start."""
        return self._marks.within(offset, offset + 1)

    def changed(self, spans: Sequence[tuple[int, int]]) -> None:
        """Replace the spans shown as changed, which are in order and disjoint."""
        self._changed = spans

    def overlay(self, layout: Layout, place: Place) -> Overlay:
        """Return the annotations of a row, without cursor and selection."""
        reach = layout.reach(place)
        if reach is None:
            return Overlay()
        marks = self._marks.within(*reach)
        began = [mark for mark in marks if mark.start >= reach[0] and _at(layout, mark, place)]
        return Overlay(
            marks=tuple(marks),
            threads=len(began),
            current=any(mark.id == self.current for mark in marks),
            layers=tuple(each for mark in self._ordered(marks) for each in self._layers(mark)),
            others=tuple(self._near(layout, place, reach)),
            changed=self._is_changed(*reach),
        )

    def _is_changed(self, start: int, end: int) -> bool:
        at = bisect_right(self._changed, (start, sys.maxsize)) - 1
        within = at >= 0 and start < self._changed[at][1]
        return within or (at + 1 < len(self._changed) and self._changed[at + 1][0] < end)

    def _layers(self, mark: Mark) -> Iterator[Layer]:
        is_current = mark.id == self.current and not self.selecting
        yield Layer(mark.start, mark.end, "mark-current" if is_current else f"mark-{mark.kind}")
        if mark.mine and not is_current:
            yield Layer(mark.start, mark.end, "mark-mine")

    def _ordered(self, marks: list[Mark]) -> list[Mark]:
        """Sort marks so that the current one is over the others, and resolved ones under them."""
        return sorted(marks, key=lambda mark: (mark.id == self.current, mark.kind != "resolved"))

    def _near(self, layout: Layout, place: Place, reach: tuple[int, int]) -> Iterable[Other]:
        for name, (offset, color) in self.others.items():
            if reach[0] <= offset < reach[1]:
                found = layout.find(offset)
                if found is not None and found[0] == place:
                    yield Other(safe_line(name), color)


def _at(layout: Layout, mark: Mark, place: Place) -> bool:
    found = layout.find(mark.start)
    return found is not None and found[0] == place
