"""The few uses of Textual's private API; checked against the pinned version."""

from __future__ import annotations

import base64
import unicodedata
from typing import TYPE_CHECKING

from rich import cells
from rich._unicode_data import load
from textual._context import visible_screen_stack
from textual.binding import BindingsMap
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView

from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textual.app import App
    from textual.binding import Binding, BindingType
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.message_pump import MessagePump
    from textual.timer import Timer


def write(app: App[int], sequence: str) -> None:
    """Send an escape sequence to the terminal between two frames."""
    driver = app._driver  # noqa: SLF001 - copy_to_clipboard does the same, plain OSC 52 only
    if driver is not None:
        driver.write(sequence)


def add_filter(app: App[int], line_filter: LineFilter) -> None:
    """Have every line pass a filter before it goes to the terminal."""
    app._filters.append(line_filter)  # noqa: SLF001 - the constructor fills it, nothing else may


def count_spacing_marks() -> None:
    """Count vowel signs as Devanagari has them in a cell of their own, as tmux does.

    Rich counts them as part of the letter before, as other terminals do.
    """
    widths = load("auto").widths
    assert isinstance(widths, list), "there is no other way to say so"
    widths[:] = [part for span in widths for part in _without_spacing_marks(*span)]
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _without_spacing_marks(first: int, last: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Leave those marks out of a span of what has no width; what is in none has one."""
    for code in range(first, last + 1) if not width else ():
        if unicodedata.category(chr(code)) == "Mc":
            if code > first:
                yield first, code - 1, width
            first = code + 1
    if first <= last:
        yield first, last, width


def clipboard(text: str, *, tmux: bool) -> str:
    """The sequences that put a text into the terminal's clipboard.

    tmux takes OSC 52 for itself when allowed to, and passes the wrapped one on when allowed that.
    """
    osc = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    return osc + (_through_tmux(osc) if tmux else "")


def notification(text: str, *, tmux: bool) -> str:
    """The sequence that has the terminal show a text on the desktop, where it knows OSC 9.

    It begins with the program's name: a text of digits would be a command to some terminals.
    """
    osc = f"\x1b]9;chatter-tui: {safe_line(text)}\a"
    return _through_tmux(osc) if tmux else osc


def _through_tmux(sequence: str) -> str:
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


def bindings_of(node: DOMNode) -> list[tuple[str, Binding]]:
    """The keys a widget has, with what is bound to them, in the order they were bound."""
    return list(node._bindings)  # noqa: SLF001 - `App.set_keymap` unbinds whoever shares a key


def set_bindings(node: DOMNode, bindings: Iterable[BindingType]) -> None:
    """Replace all keys of a widget."""
    node._bindings = BindingsMap(bindings)  # noqa: SLF001 - the same


def once(pump: MessagePump, seconds: float, callback: Callable[[], object]) -> Timer:
    """Call something back after a while, for certain, unless the timer is stopped.

    A timer of `set_timer` never calls when its time is over before it has begun to wait, which a
    busy machine takes a moment for.
    """
    timer = pump.set_timer(seconds, callback)
    timer._skip = False  # noqa: SLF001 - meant for a tick of many, and there is no way to say so
    return timer


class Scroller(ScrollView):
    """A view that may have more or fewer rows without the screen being laid out again.

    Textual lays out all widgets when the height of what one shows changes, though none but a widget
    as high as that looks different: with a crowded screen, longer than painting the change takes.
    """

    virtual_size = Reactive(Size(0, 0))

    def watch_virtual_size(self, size: Size) -> None:
        """Scroll no further than there are rows."""
        if self.styles.auto_dimensions:
            self.refresh(layout=True)
        else:
            self._scroll_update(size)


class Sized:
    """Mixed in before a screen: it is laid out for the size that the terminal has by now.

    Textual lays one out for each size it was told of, and tells it of that again afterwards: of two
    sizes that wait at once, on a slow machine or a terminal that has none at first, each would follow
    the other for ever.
    """

    def _screen_resized(self, size: Size) -> None:  # noqa: ARG002 - one of those there have been
        super()._screen_resized(self.app.size)  # type: ignore[misc,attr-defined] # the screen's


def screen_text(app: App[int]) -> str:
    """What is on the screen as plain lines, for tests and pictures."""
    # What a screen that is seen through is drawn upon; Textual says so before it draws, too.
    visible_screen_stack.set(app._background_screens)  # noqa: SLF001 - as the next
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - nothing public has the cells
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"
