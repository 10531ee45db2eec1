"""The mouse in a document: click, word and block selection, drag."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chatter_tui.tui.document import motion
from chatter_tui.tui.document.cursor import CursorView
from chatter_tui.tui.document.paint import GUTTER
from chatter_tui.tui.document.selection import Selection

if TYPE_CHECKING:
    from textual import events


class PointerView(CursorView):
    """Selects text between press and release, by source offsets as the keys do."""

    ALLOW_SELECT: ClassVar[bool] = False  # Textual's own selection knows screen cells only

    _pressed: int | None = None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start a selection."""
        offset = self._under(event)
        if event.button == 1 and offset is not None and event.get_content_offset(self) is not None:
            self._pressed = offset
            self.capture_mouse()
            self._change(offset, None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Extend the selection to the pointer; beyond an edge, scroll."""
        offset = self._under(event)
        if self._pressed is None or offset in {None, self.cursor}:
            return
        anchor = motion.span(self._layout, self._pressed)
        self._change(offset or 0, Selection("text", anchor))

    def on_mouse_up(self) -> None:
        """End the selection."""
        if self._pressed is not None:
            self._pressed = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Select the word on a double click, the block on a triple click."""
        offset = self._under(event)
        if event.chain == 1 or offset is None:
            return
        if event.chain == 2:
            anchor = motion.word(self._layout, offset)
            self._change(max(anchor[1] - 1, anchor[0]), Selection("text", anchor))
        else:
            self._change(offset, Selection("block", self.block))

    def _under(self, event: events.MouseEvent) -> int | None:
        """Return the offset nearest to the pointer."""
        x, y = event.get_content_offset_capture(self)
        y = min(max(y, -1), self.size.height) + self.scroll_offset.y
        return self._nearest(y, 1, max(x - GUTTER, 0))
