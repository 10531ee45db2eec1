"""The search input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message

from chatter_tui.tui.order import settled
from chatter_tui.tui.widgets.field import Field

if TYPE_CHECKING:
    from textual.binding import BindingType


class SearchBar(Field):
    """Enter searches, Esc closes; the last search can be edited."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", priority=True),
        Binding("enter", "search", "Search", priority=True),
    ]

    class Searched(Message):
        """A search was requested; an empty text ends the search."""

        def __init__(self, bar: SearchBar) -> None:
            super().__init__()
            self.bar = bar

    class Closed(Searched):
        """The search was cancelled."""

    def __init__(self) -> None:
        super().__init__(
            placeholder="search the document and the threads", id="search", compact=True
        )
        self.cursor_blink = False

    def open(self) -> None:
        """Start to accept input."""
        self.display = True
        self.action_select_all()
        self.screen.set_focus(self)

    async def action_close(self) -> None:
        """Close without a search."""
        await self._post(self.Closed)

    async def action_search(self) -> None:
        """Search for what has been typed."""
        await self._post(self.Searched)

    async def _post(self, message: type[Searched]) -> None:
        await settled(self)
        self.screen.post_message(message(self))
        await settled(self.screen)
