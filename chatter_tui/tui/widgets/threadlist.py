"""The threads as cards, in document order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.tui.model.rows import Row
from chatter_tui.tui.widgets.cardlist import CardList

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.tui.widgets.cards import CardPainter
    from chatter_tui.tui.widgets.lines import Line


class ThreadList(CardList[Row]):
    """The thread list; `clock` returns seconds since the epoch, for ages."""

    def __init__(self, painter: CardPainter, clock: Callable[[], float], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._painter = painter
        self._clock = clock

    def guess(self, item: Row) -> int:
        """See CardList: head, quote, a line or two, and the separator above."""
        if item.thread is None:
            return 2
        return 2 if item.depth else 4

    def draw(self, item: Row, width: int, *, current: bool) -> list[Line]:
        """See CardList."""
        lines = self._painter.draw(item, width, self._clock(), current=current)
        # The separator from the card above; the first card has none.
        return lines[1:] if item is self.items[0] else lines
