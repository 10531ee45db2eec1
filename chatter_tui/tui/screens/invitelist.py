"""All invites of a session: terms, and who joined with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content

from chatter_tui.tui.model.invites import STATES, is_usable, time_left
from chatter_tui.tui.screens.finder import Entry, EntryList
from chatter_tui.tui.screens.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from chatter_tui.controller.events import InviteState


class InviteListScreen(Window[str | None]):
    """Dismissed with the id of the invite to show, `new`, or None; the newest is first.

    `revoke` is as for `InviteScreen`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", priority=True),
        Binding("enter", "choose", priority=True),
        Binding("n", "dismiss('new')", priority=True),
        Binding("x", "revoke(True)", priority=True),
        Binding("u", "revoke(False)", priority=True),
    ]

    def __init__(
        self,
        invites: Sequence[InviteState],
        clock: Callable[[], float],
        revoke: Callable[[InviteState, bool], None],
    ) -> None:
        super().__init__()
        self._invites = invites
        self._clock, self._revoke = clock, revoke
        self._entries: list[Entry] | None = None
        # Created early: `show` may be called before mounting and after unmounting.
        self._list = EntryList(0)

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window") as window:
            window.border_title = Content("Invites")
            window.border_subtitle = Content("Enter show · n new · x revoke · u undo · Esc")
            yield self._list

    def on_mount(self) -> None:
        """See Screen."""
        self.set_focus(self._list)
        self.show(self._invites)
        self.set_interval(5.0, lambda: self.show(self._invites))

    def show(self, invites: Sequence[InviteState]) -> None:
        """Show the current invites."""
        self._invites = invites
        entries = [self._entry(invite) for invite in reversed(invites)]
        if entries == self._entries:
            return
        self._entries = entries
        self._list.show(entries or [Entry("", "No invites.")], {entry.id for entry in entries})

    def action_choose(self) -> None:
        """Dismiss with the current one."""
        if self._list.cursor:
            self.dismiss(self._list.cursor)

    def action_revoke(self, revoked: bool) -> None:
        """Revoke the current one, or restore it."""
        for invite in self._invites:
            if invite.token == self._list.cursor and (invite.refusal == "revoked") is not revoked:
                self._revoke(invite, revoked)

    def _entry(self, invite: InviteState) -> Entry:
        now = self._clock()
        usable = is_usable(invite, now)
        uses = "any number" if invite.uses_left is None else f"{invite.uses_left} left"
        right = f"{time_left(invite, now)} · {uses}" if usable else ""
        right = right or STATES.get(invite.refusal or "expired", invite.refusal)
        joined = f"joined: {', '.join(invite.joined)}" if invite.joined else ""
        detail = " · ".join(filter(None, (invite.label, joined)))
        return Entry(invite.token, invite.role, detail, right=right, style="" if usable else "dim")
