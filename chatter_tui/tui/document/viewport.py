"""A window over a layout with estimated heights, in which the text stays in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.geometry import Size

from chatter_tui.markdown import Markdown
from chatter_tui.tui.compat import Scroller, once
from chatter_tui.tui.document.glyphs import ASCII, UNICODE
from chatter_tui.tui.document.layout import Layout, Place
from chatter_tui.tui.document.paint import GUTTER, MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Region
    from textual.strip import Strip

    from chatter_tui.tui.document.leaves import Leaf
    from chatter_tui.tui.document.shift import Shift

# Rows measured beyond the screen, so that few key presses change the total height.
AHEAD: Final = 200
# Rows beyond those are laid out between keys, so that no key press waits for all of them.
PAUSE: Final = 0.03  # seconds
PIECE: Final = 0.004  # seconds
# Parts of a previous layout that are freed in that time.
FREED: Final = 500
# Rows kept visible above and below the cursor.
CONTEXT: Final = 2


class Viewport(Scroller):
    """Scrolls over the rows of a document.

    Rows are numbered as in `Layout`. Call `_measure` for the rows to be passed before `_scroll`, so
    that nothing jumps.
    """

    ascii: bool = False

    def __init__(
        self,
        *,
        ascii: bool | None = None,  # noqa: A002 - the option's name everywhere
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        if ascii is not None:
            self.ascii = ascii
        self.glyphs = ASCII if self.ascii else UNICODE
        self.document = Markdown("")
        self._leaves: Sequence[Leaf] = ()  # of the rendered document, if known
        self.raw = False
        self._top = 0  # the offset to keep at the top of the screen
        self._layout = Layout(self.document, 1, self.glyphs, raw=False)
        self._prepares = False
        self._past: list[object] = []  # parts of previous layouts

    def on_resize(self) -> None:
        """Lay out for the new size."""
        if not self._fit():
            self._measure(self.scroll_offset.y, self.size.height)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint nothing while the layout has another width; a resize event will follow."""
        self._fit()
        return super().render_lines(crop)

    def _fit(self) -> bool:
        """Lay out for the current width; return whether that was needed."""
        other = self._layout.width != self._text_width
        if other:
            self._lay_out()
        return other

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Measure rows that come into view, however that was caused."""
        super().watch_scroll_y(old_value, new_value)
        old, new = round(old_value), round(new_value)
        near = new < old <= new + self.size.height
        self._measure(new, self.size.height, keep=old if near else new)
        self._keep_top()
        self._prepare_soon()

    @property
    def _text_width(self) -> int:
        return max(self.size.width - GUTTER - MARGIN, 1)

    @property
    def _visible(self) -> range:
        """The visible rows."""
        top = self.scroll_offset.y
        return range(top, min(top + self.size.height, self._layout.height))

    def _lay_out(self, shift: Shift | None = None) -> None:
        """Create a new layout for the current document, width and mode.

        `shift` maps the previous document to a changed one.
        """
        before = self._layout
        self._layout = Layout(
            self.document,
            self._text_width,
            self.glyphs,
            raw=self.raw,
            before=before,
            leaves=self._leaves,
            shift=shift,
        )
        self._past += before.parts
        self._prepare_soon()
        found = self._layout.find(self._top) if self._top else None
        place = found[0] if found else Place(0, 0)
        self._measure_around(place)
        self._set_height()
        self.scroll_to(y=self._layout.y(place), animate=False, immediate=True, force=True)
        self.refresh()

    def _keep_top(self) -> None:
        """Remember the text at the top, unless it is known."""
        for y in self._visible:
            reach = self._layout.reach(self._layout.place(y))
            if reach is not None:
                if not reach[0] <= self._top < reach[1]:
                    self._top = reach[0] if y else 0
                return

    def _measure(self, y: int, count: int, keep: int | None = None) -> None:
        """Make the heights of some rows exact, keeping the row `keep` in its place on the screen.

        By default, that is the top row.
        """
        keep = self.scroll_offset.y if keep is None else keep
        place = self._layout.place(keep)
        if not self._layout.measure(max(y, 0), y + count):
            return
        self._layout.measure(max(y, 0), y + count + AHEAD)
        self._set_height()
        self._scroll(self._layout.y(place) - keep)

    def _prepare_soon(self) -> None:
        if not self._prepares:
            self._prepares = True
            once(self, PAUSE, self._prepare)

    def _prepare(self) -> None:
        """Free previous layouts, and lay out the rows that will be measured when moving on down."""
        self._prepares = False
        bottom = self._visible.stop
        if self._past:
            del self._past[-FREED:]
            self._prepare_soon()
        elif not self._layout.prepare(bottom, bottom + self.size.height + AHEAD, PIECE):
            self._prepare_soon()

    def _measure_around(self, place: Place) -> None:
        """Make the heights within a screen of a place exact."""
        self._measure(self._layout.y(place) - self.size.height, self.size.height)
        self._measure(self._layout.y(place), self.size.height)

    def _set_height(self) -> None:
        self.virtual_size = Size(self.size.width, self._layout.height)

    def _scroll(self, count: int) -> None:
        """Scroll by rows."""
        if count:
            self.scroll_to(
                y=self.scroll_offset.y + count, animate=False, immediate=True, force=True
            )

    def _to_top(self) -> None:
        self._measure(0, self.size.height)
        self._scroll(-self.scroll_offset.y)

    def _bring(self, place: Place, *, far: bool) -> None:
        """Scroll to a row with some context.

        If `far` and it is not visible, a third from the top.
        """
        height = self.size.height
        self._measure_around(place)
        y, top = self._layout.y(place), self.scroll_offset.y
        context = min(CONTEXT, max(height - 1, 0) // 2)
        if far and not top <= y < top + height:
            self._scroll(y - height // 3 - top)
        elif y < top + context:
            self._scroll(y - context - top)
        elif y >= top + height - context:
            self._scroll(y - height + 1 + context - top)
