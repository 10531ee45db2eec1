"""The status page: link, saved and pending changes, addresses, invites, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.lines import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from chatter_tui.tui.model.facts import Fact

STYLES: Final = {"": "", "good": "$text-success", "bad": "$text-error bold"}
NAME: Final = 11  # columns
MOST: Final = 4  # lines per fact


class StatusScreen(Window[None]):
    """Shows `facts`, updated every second.

    `copy` sends them to the clipboard, as for a bug report.
    """

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
        self._width = 0
        # Created early: the timer may call `renew` after unmounting.
        self._content = Static(id="facts")

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window", classes="-status") as window:
            window.border_title = Content("Status")
            window.border_subtitle = Content("y to the clipboard · Esc")
            with VerticalScroll(can_focus=False):
                yield self._content

    def on_mount(self) -> None:
        """See Screen."""
        self.renew()
        self.set_interval(1.0, self.renew)

    def renew(self) -> None:
        """Show the current facts; unchanged ones cost nothing."""
        facts = self._facts()
        if (facts, self.size.width) != (self._shown, self._width):
            self._shown, self._width = facts, self.size.width
            room = int(self._width * 0.96) - NAME - 4
            lines = (_lines(fact, room) for fact in facts)
            self._content.update(Content("\n").join(lines))

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self.renew()

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_copy(self) -> None:
        """Send everything to the clipboard."""
        self._copy("\n".join(f"{fact.name}: {safe_line(fact.text)}" for fact in self._shown))
        self.query_one("#window").border_subtitle = Content("Sent to the terminal's clipboard.")


def _lines(fact: Fact, room: int) -> Content:
    """Return a fact, its text wrapped beside its name."""
    name = (f"{fact.name:<{NAME}}", "$foreground 70%")
    text = f"\n{' ' * NAME}".join(wrap(safe_line(fact.text), room, MOST))
    return Content.assemble(name, (text, STYLES[fact.tone]))
