"""The line in which one types what to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.binding import BindingType


class SearchBar(Input):
    """Enter searches, Esc closes; the last search stands there to be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", priority=True)]

    class Searched(Message):
        """Something is to be looked for; an empty text ends the search."""

        def __init__(self, bar: SearchBar) -> None:
            super().__init__()
            self.bar = bar

    class Closed(Searched):
        """Nothing is to be looked for after all."""

    def __init__(self) -> None:
        super().__init__(
            placeholder="search the document and the threads", id="search", compact=True
        )
        self.cursor_blink = False

    def open(self) -> None:
        """Take what is typed from now on."""
        self.display = True
        self.action_select_all()
        self.focus()

    def action_close(self) -> None:
        """Close without a search."""
        self.post_message(self.Closed(self))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Searched(self))
