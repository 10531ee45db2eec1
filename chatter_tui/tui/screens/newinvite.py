"""Create an invite: role, lifetime, uses and a label, chosen by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from chatter_tui.controller.commands import MAX_LABEL, MakeInvite
from chatter_tui.tui.clock import DAY, HOUR, MINUTE
from chatter_tui.tui.model.rights import GRANTABLE
from chatter_tui.tui.order import settled
from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.widgets.field import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

ROLES: Final = {role: role for role in GRANTABLE}
LIFETIMES: Final[Mapping[str, float]] = {
    "10 min": 10 * MINUTE,
    "1 h": HOUR,
    "8 h": 8 * HOUR,
    "1 day": DAY,
    "1 week": 7 * DAY,
    "30 days": 30 * DAY,
}
USES: Final[Mapping[str, int | None]] = {
    **{str(number): number for number in (1, 2, 3, 5, 10, 25)},
    "any": None,
}
NAMES: Final = ("role", "lifetime", "uses", "label")


class Picker(Static, can_focus=True):
    """A choice among a few values."""

    def __init__(self, values: Mapping[str, object], value: str, name: str) -> None:
        super().__init__(id=name)
        self._values = list(values)
        self.value = value

    def on_mount(self) -> None:
        """See Widget."""
        self._draw()

    def on_focus(self) -> None:
        """See Widget."""
        self._draw()

    def on_blur(self) -> None:
        """See Widget."""
        self._draw()

    def change(self, by: int) -> None:
        """Change to another value, within the first and the last."""
        at = self._values.index(self.value) + by
        self.value = self._values[min(max(at, 0), len(self._values) - 1)]
        self._draw()

    def _draw(self) -> None:
        style = "reverse bold" if self.has_focus else "bold"
        parts = ((f"[{v}]", style) if v == self.value else (f" {v} ", "") for v in self._values)
        self.update(Content.assemble(*parts))


class NewInviteScreen(Window[MakeInvite | None]):
    """Dismissed with the invite to create, or None if cancelled; starts with the last choices."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", priority=True),
        Binding("enter", "make", priority=True),
        Binding("down,tab", "step(1)", priority=True),
        Binding("up,shift+tab", "step(-1)", priority=True),
        Binding("j", "letter('step', 1)", priority=True),
        Binding("k", "letter('step', -1)", priority=True),
        Binding("left,h", "letter('change', -1)", priority=True),
        Binding("right,l,space", "letter('change', 1)", priority=True),
    ]

    def __init__(self, last: MakeInvite) -> None:
        super().__init__()
        self._last = last

    def compose(self) -> ComposeResult:
        """See Screen."""
        last = self._last
        lifetime = next((name for name, ttl in LIFETIMES.items() if ttl == last.ttl), "1 day")
        uses = next((name for name, uses in USES.items() if uses == last.uses), "any")
        with Vertical(id="window", classes="-form") as window:
            window.border_title = Content("New invite")
            window.border_subtitle = Content("j/k choose · h/l change · Enter make · Esc")
            yield from self._row("role", Picker(ROLES, last.role, "role"))
            yield from self._row("lifetime", Picker(LIFETIMES, lifetime, "lifetime"))
            yield from self._row("uses", Picker(USES, uses, "uses"))
            label = Field(
                placeholder="for whom; others do not see it",
                id="label",
                compact=True,
                max_length=MAX_LABEL,
            )
            label.cursor_blink = False
            yield from self._row("label", label)

    def _row(self, name: str, widget: Picker | Input) -> ComposeResult:
        with Horizontal(classes="-row"):
            yield Static(Content(f"{name.capitalize():<10}"), classes="-name")
            yield widget

    def on_mount(self) -> None:
        """See Screen."""
        self.set_focus(self.query_one("#role"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See DOMNode; in the label, these keys are text."""
        if action == "letter":
            return isinstance(self.focused, Picker)
        return super().check_action(action, parameters)

    def action_letter(self, what: str, by: int) -> None:
        """Move to another row, or change the value of this one."""
        if what == "step":
            self.action_step(by)
        elif isinstance(self.focused, Picker):
            self.focused.change(by)

    def action_step(self, by: int) -> None:
        """Move to another row."""
        rows = [self.query_one(f"#{name}") for name in NAMES]
        at = rows.index(self.focused) if self.focused in rows else 0
        self.set_focus(rows[(at + by) % len(rows)])

    async def action_make(self) -> None:
        """Dismiss with the choices, once all that was typed has been applied."""
        if self.focused is not None:
            await settled(self.focused)
        role, lifetime, uses = (self.query_one(f"#{n}", Picker).value for n in NAMES[:3])
        label = self.query_one("#label", Input).value
        self.dismiss(MakeInvite(role, LIFETIMES[lifetime], USES[uses], label))
