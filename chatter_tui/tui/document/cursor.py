"""A viewport with a cursor and a selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from chatter_tui.tui.document import motion
from chatter_tui.tui.document.selection import block_span
from chatter_tui.tui.document.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.tui.document.selection import Selection

Span = tuple[int, int]


class CursorView(Viewport):
    """Moves a cursor, keeps it visible, repaints what changes, and posts messages."""

    @dataclass
    class CursorMoved(Message, namespace="document_view"):
        """The cursor has moved to another offset."""

        view: CursorView
        offset: int

        @property
        def control(self) -> CursorView:
            """The view, for `on`."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Only the latest cursor matters."""
            return isinstance(message, CursorView.CursorMoved)

    @dataclass
    class SelectionChanged(Message, namespace="document_view"):
        """The selection has changed to another source span, or none."""

        view: CursorView
        selection: tuple[int, int] | None

        @property
        def control(self) -> CursorView:
            """The view, for `on`."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Only the latest selection matters."""
            return isinstance(message, CursorView.SelectionChanged)

    def __init__(
        self,
        *,
        ascii: bool | None = None,  # noqa: A002 - the option's name everywhere
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii=ascii, name=name, id=id, classes=classes)
        self.cursor = 0
        self._column = 0  # the column aimed at, on rows that are long enough
        self._selecting: Selection | None = None

    @property
    def selection(self) -> tuple[int, int] | None:
        """The selected source span."""
        if self._selecting is None:
            return None
        start, end = self._selecting.span(self._layout, self.cursor)
        return start, min(end, len(self.document.text))

    @property
    def block(self) -> tuple[int, int]:
        """The source span of the leaf block at the cursor: a paragraph, an item, a heading."""
        return block_span(self._layout, self.cursor)

    @property
    def row(self) -> tuple[int, int]:
        """The source span shown on the cursor's row, without spaces at its ends."""
        start = motion.row_start(self._layout, self.cursor)
        end = motion.span(self._layout, motion.row_end(self._layout, self.cursor))[1]
        shown = self.document.text[start:end]
        start += len(shown) - len(shown.lstrip())
        return start, start + len(shown.strip())

    def on_resize(self) -> None:
        """Keep the cursor visible, also when the composer takes rows."""
        super().on_resize()
        self._show_cursor()

    def reveal(self, offset: int) -> None:
        """Move the cursor to an offset and make it visible, a third from the top if it was not."""
        self._go(offset, far=True)

    def deselect(self) -> None:
        """Clear the selection."""
        self._change(self.cursor, None)

    def _go(self, offset: int, *, far: bool = False) -> None:
        """Move the cursor, extending the selection if there is one."""
        self._change(offset, self._selecting, far=far)

    def _change(self, offset: int, selecting: Selection | None, *, far: bool = False) -> None:
        """Change cursor and selection, repaint the affected rows, and post messages."""
        cursor, selection = self.cursor, self.selection
        self.cursor = max(min(offset, len(self.document.text)), 0)
        self._selecting = selecting
        if found := self._layout.find(self.cursor):
            self._column = found[1]
            self._bring(found[0], far=far)
        for start, end in ((cursor, cursor), (self.cursor, self.cursor)):
            self._refresh_rows(start, end)
        for start, end in _difference(selection, self.selection):
            self._refresh_rows(start, end)
        if cursor != self.cursor:
            self.post_message(self.CursorMoved(self, self.cursor))
        if selection != self.selection:
            self.post_message(self.SelectionChanged(self, self.selection))

    def _show_cursor(self) -> None:
        """Scroll to the cursor's row."""
        if found := self._layout.find(self.cursor):
            self._bring(found[0], far=False)

    def _has_cursor(self) -> bool:
        """Return whether the cursor's row is visible."""
        found = self._layout.find(self.cursor)
        return found is not None and self._layout.y(found[0]) in self._visible

    def _refresh_rows(self, start: int, end: int) -> None:
        """Repaint the visible rows between two offsets."""
        first, last = self._layout.find(start), self._layout.find(end)
        if first and last:
            top, bottom = self._layout.y(first[0]), self._layout.y(last[0])
            for y in range(max(top, self._visible.start), min(bottom + 1, self._visible.stop)):
                self.refresh_line(y)

    def _rows(self, count: int) -> None:
        column = self._column
        target = motion.rows(self._layout, self.cursor, count, column)
        self._go(target)
        self._column = column
        if count < 0 and target == motion.rows(self._layout, target, -1, column):
            self._to_top()

    def _page(self, count: int) -> None:
        """Scroll, and move the cursor by as many rows; at the end, move it to the very end."""
        self._measure(self.scroll_offset.y + min(count, 0), abs(count))
        column = self._column
        place = self._layout.find(self.cursor)
        y = self._layout.y(place[0]) if place else 0
        self._scroll(count)
        self._measure(y + count, 1)
        offset = self._nearest(y + count, 1 if count > 0 else -1, column)
        if offset is not None:
            self._go(offset)
            self._column = column

    def _nearest(self, y: int, step: int, column: int) -> int | None:
        """Return the offset at a column of the nearest row with text, `step` side first."""
        y = min(max(y, 0), self._layout.height - 1)
        for direction in (step, -step):
            at = y
            while 0 <= at < self._layout.height:
                offset = self._layout.row(at).offset(column)
                if offset is not None:
                    return offset
                at += direction
                self._measure(at, 1)
        return None


def _difference(old: Span | None, new: Span | None) -> Iterator[Span]:
    """Yield the parts of two spans that are in only one of them, given their ends."""
    if old is None or new is None:
        yield from (span for span in (old, new) if span is not None)
        return
    for before, after in zip(old, new, strict=True):
        if before != after:
            yield min(before, after), max(before, after)
