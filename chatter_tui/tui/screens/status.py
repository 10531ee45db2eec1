"""The status page: link, what is saved, what waits, addresses, invites, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from chatter_tui.tui.model.facts import Fact

STYLES: Final = {"": "", "good": "$text-success", "bad": "$text-error bold"}
NAME: Final = 11  # columns


class StatusScreen(ModalScreen[None]):
    """Shows `facts`, anew each second; `copy` sends them to the clipboard, say for a bug report."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,I,enter", "dismiss(None)", priority=True),
        Binding("y", "copy", priority=True),
        Binding("j,down", "scroll(1)", priority=True),
        Binding("k,up", "scroll(-1)", priority=True),
    ]

    def __init__(self, facts: Callable[[], Sequence[Fact]], copy: Callable[[str], None]) -> None:
        super().__init__()
        self._facts, self._copy = facts, copy
        self._shown: Sequence[Fact] = ()

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window", classes="-status") as window:
            window.border_title = Content("Status")
            window.border_subtitle = Content("y to the clipboard · Esc")
            with VerticalScroll(can_focus=False):
                yield Static(id="facts")

    def on_mount(self) -> None:
        """See Screen."""
        self.renew()
        self.set_interval(1.0, self.renew)

    def renew(self) -> None:
        """Show how it is now; what is shown already costs nothing."""
        facts = self._facts()
        if facts != self._shown:
            self._shown = facts
            self.query_one("#facts", Static).update(Content("\n").join(map(_line, facts)))

    def action_scroll(self, by: int) -> None:
        """Move what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_copy(self) -> None:
        """Send everything to the clipboard."""
        self._copy("\n".join(f"{fact.name}: {safe_line(fact.text)}" for fact in self._shown))
        self.query_one("#window").border_subtitle = Content("Sent to the terminal's clipboard.")


def _line(fact: Fact) -> Content:
    name = (f"{fact.name:<{NAME}}", "$foreground 70%")
    return Content.assemble(name, (safe_line(fact.text), STYLES[fact.tone]))
