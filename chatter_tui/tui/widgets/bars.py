"""One-line widgets of fixed size: a change repaints one line and needs no layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.lines import clip

if TYPE_CHECKING:
    from collections.abc import Sequence


class Part(NamedTuple):
    """A piece of a bar; if there is no room, the parts of the lowest rank stay."""

    text: str
    rank: int = 0
    style: str = ""


def fit(parts: Sequence[Part], width: int, gap: int = 3) -> list[Part]:
    """Return the parts that fit into `width` cells; the most important one is cut if necessary.

    A long part that does not fit leaves its room to less important ones.
    """
    kept: set[int] = set()
    room = width + gap
    for i in sorted(range(len(parts)), key=lambda i: (parts[i].rank, i)):
        size = cell_len(parts[i].text) + gap
        if size <= room:
            kept.add(i)
            room -= size
        elif not kept:
            return [parts[i]._replace(text=clip(parts[i].text, width))]
    return [parts[i] for i in sorted(kept)]


class Bar(Widget):
    """A line of parts, and more at its right end that are never dropped."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"

    def __init__(self, id: str | None = None, gap: int = 3) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._gap = gap
        self._parts: tuple[Part, ...] = ()
        self._last: tuple[Part, ...] = ()

    def show(self, parts: Sequence[Part], last: Sequence[Part] = ()) -> None:
        """Show other parts, if they differ."""
        if (tuple(parts), tuple(last)) != (self._parts, self._last):
            self._parts, self._last = tuple(parts), tuple(last)
            self.refresh()

    def render(self) -> Content:
        """See Widget."""
        width = self.size.width - 2
        last = self._line(self._last)
        room = width - (last.cell_length + self._gap if self._last else 0)
        line = self._line(fit(self._parts, room, self._gap)) if room > 0 else Content()
        pad = max(width - line.cell_length - last.cell_length, 0)
        return Content.assemble(" ", line, " " * pad, last, " ")

    def _line(self, parts: Sequence[Part]) -> Content:
        pieces = [Content.styled(safe_line(part.text), part.style) for part in parts]
        return Content(" " * self._gap).join(pieces)
