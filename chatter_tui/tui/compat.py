"""All uses of Textual's private API, checked against the pinned version."""

from __future__ import annotations

import base64
import unicodedata
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from rich import cells
from rich._unicode_data import load
from textual._context import visible_screen_stack
from textual._styles_cache import StylesCache
from textual.binding import BindingsMap
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView

from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textual.app import App
    from textual.binding import Binding, BindingType
    from textual.css.styles import StylesBase
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.geometry import Region
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.strip import Strip
    from textual.timer import Timer
    from textual.widget import Widget


# Rows of a view that keep their frames: more than are on most screens.
KEPT: Final = 100


def write(app: App[int], sequence: str) -> None:
    """Send an escape sequence to the terminal between two frames."""
    driver = app._driver  # noqa: SLF001 - as copy_to_clipboard does, for plain OSC 52 only
    if driver is not None:
        driver.write(sequence)


def add_filter(app: App[int], line_filter: LineFilter) -> None:
    """Apply a filter to every line before it goes to the terminal."""
    app._filters.append(line_filter)  # noqa: SLF001 - only the constructor can fill it otherwise


def count_spacing_marks() -> None:
    """Count spacing vowel signs, as in Devanagari, as one cell each, as tmux does.

    Rich counts them as part of the preceding letter, as other terminals do.
    """
    widths = load("auto").widths
    assert isinstance(widths, list), "there is no other way to say so"
    widths[:] = [part for span in widths for part in _without_spacing_marks(*span)]
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _without_spacing_marks(first: int, last: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Remove those marks from a span of zero-width characters; other characters have a width."""
    for code in range(first, last + 1) if not width else ():
        if unicodedata.category(chr(code)) == "Mc":
            if code > first:
                yield first, code - 1, width
            first = code + 1
    if first <= last:
        yield first, last, width


def clipboard(text: str, *, tmux: bool) -> str:
    """Return the sequences that put a text into the terminal's clipboard.

    tmux handles OSC 52 itself if configured to, and passes the wrapped one on if configured to.
    """
    osc = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    return osc + (_through_tmux(osc) if tmux else "")


def notification(text: str, *, tmux: bool) -> str:
    """Return the sequence for a desktop notification, for terminals that support OSC 9.

    It begins with the program's name: some terminals take a text of digits for a command.
    """
    osc = f"\x1b]9;chatter-tui: {safe_line(text)}\a"
    return _through_tmux(osc) if tmux else osc


def _through_tmux(sequence: str) -> str:
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


def bindings_of(node: DOMNode) -> list[tuple[str, Binding]]:
    """Return a widget's keys and their bindings, in the order they were bound."""
    return list(node._bindings)  # noqa: SLF001 - `App.set_keymap` unbinds shared keys


def set_bindings(node: DOMNode, bindings: Iterable[BindingType]) -> None:
    """Replace all keys of a widget."""
    node._bindings = BindingsMap(bindings)  # noqa: SLF001 - as above


def once(pump: MessagePump, seconds: float, callback: Callable[[], object]) -> Timer:
    """Call back after some seconds, reliably, unless the timer is stopped.

    A timer of `set_timer` is never called if its time is over before it begins to wait, which takes
    a busy machine a moment.
    """
    timer = pump.set_timer(seconds, callback)
    timer._skip = False  # noqa: SLF001 - meant for repeated ticks, with no public switch
    return timer


class _FrameCache(StylesCache):
    """Adds borders and padding to rows that were painted already, once for each.

    Textual itself does so again for each row that has moved on the screen, although what it makes
    of the result (filtered, cropped, as escape sequences) is kept with that.
    """

    def __init__(self) -> None:
        super().__init__()
        self._frame: tuple[object, ...] = ()
        # By the row's identity, which stays unique while the row is held.
        self._framed: OrderedDict[int, tuple[Strip, Strip]] = OrderedDict()

    def render_widget(self, widget: Widget, crop: Region) -> list[Strip]:
        """See StylesCache."""
        styles, app = widget.styles, widget.app
        sizes = widget.outer_size, widget.size, styles.border, styles.outline, styles.padding
        looks = widget.background_colors, widget.opacity, styles.text_opacity, styles.tint
        frame = *sizes, *looks, styles.hatch, app.ansi_theme, app.native_ansi_color
        if frame != self._frame:
            self._frame = frame
            self._framed.clear()
        return super().render_widget(widget, crop)

    def render_line(self, styles: StylesBase, y: int, size: Size, *args: Any) -> Strip:
        """See StylesCache."""
        gutter = styles.gutter
        if not gutter.top <= y < size.height - gutter.bottom:
            return super().render_line(styles, y, size, *args)
        content_size, padding, base, background, paint, *others = args
        row: Strip = paint(y - gutter.top)
        known = self._framed.pop(id(row), None)
        if known is None:
            args = content_size, padding, base, background, lambda _: row, *others
            known = row, super().render_line(styles, y, size, *args)
        self._framed[id(row)] = known
        if len(self._framed) > KEPT:
            self._framed.popitem(last=False)
        return known[1]


class Scroller(ScrollView):
    """A view whose number of rows may change without a new layout of the screen.

    Textual lays out all widgets when the height of one's content changes, although only widgets as
    high as their content look different. On a crowded screen, that takes longer than painting the
    change.
    """

    virtual_size = Reactive(Size(0, 0))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._styles_cache = _FrameCache()

    def watch_virtual_size(self, size: Size) -> None:
        """Scroll no further than there are rows."""
        if self.styles.auto_dimensions:
            self.refresh(layout=True)
        else:
            self._scroll_update(size)


class Sized:
    """Mixed in before a screen: lays it out for the terminal's current size only.

    Textual lays a screen out for each size it is notified of, and then notifies it again. When two
    sizes are waiting, on a slow machine or a terminal that has none at first, they would alternate
    forever. It also paints the new size with the classes of the old one first.
    """

    def _screen_resized(self: Screen[Any], size: Size) -> None:  # type: ignore[misc] # the screen's
        size = self.app.size  # the one given may be outdated
        classes: dict[str, bool] = {}
        for breakpoints, count in (
            (self.HORIZONTAL_BREAKPOINTS or [], size.width),
            (self.VERTICAL_BREAKPOINTS or [], size.height),
        ):
            chosen = self._get_breakpoint_classes(count, breakpoints)
            classes |= {name: name in chosen for _, name in breakpoints}
        if self.is_attached:
            self.update_classes(classes, animate=False)
        super()._screen_resized(size)  # type: ignore[misc]


def screen_text(app: App[int]) -> str:
    """Return the contents of the screen as plain lines, for tests and pictures."""
    # The background of a transparent screen, which Textual also sets before it draws.
    visible_screen_stack.set(app._background_screens)  # noqa: SLF001 - as the next
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - nothing public has the cells
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"
