"""Commands about invites: show, create, list, revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.controller.commands import GetInvites, MakeInvite, RevokeInvite
from chatter_tui.tui.model.invites import current, same
from chatter_tui.tui.model.rights import invite_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.controller.events import InviteState
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.screens.invite import InviteScreen
    from chatter_tui.tui.screens.invitelist import InviteListScreen
    from chatter_tui.tui.screens.review import ReviewScreen


class Inviting:
    """The commands about invites; open dialogs are kept up to date."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._last = MakeInvite()
        self._shown: InviteScreen | None = None
        self._listed: InviteListScreen | None = None
        self._making = False

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {"invite.open": self._open, "invite.new": self._new, "invite.list": self._list}

    def after(self, changes: Changes) -> None:
        """Update the open dialogs."""
        if changes.people and (self._shown or self._listed):
            self._work.submit(GetInvites())  # one may have been used
        if not changes.invites:
            return
        model = self._work.model
        if changes.made is not None and self._making:
            self._making = False
            self._screen.app.call_later(self._show, changes.made)
        if self._shown is not None:
            self._shown.show(self._state(self._shown.line))
        if self._listed is not None:
            self._listed.show(model.invites)

    async def _open(self) -> None:
        model = self._work.model
        if not self._hosts("Only the host has an invite to share."):
            return
        assert model.invite is not None
        invite = current(model.invites, model.invite, self._work.clock())
        await self._show(model.invite if invite is None else invite.line)

    async def _show(self, line: str) -> None:
        from chatter_tui.tui.screens.invite import InviteScreen  # noqa: PLC0415 - on demand

        sessions = self._screen.sessions
        shown = InviteScreen(line, self._work.clock, sessions.copy, self._revoke)

        async def closed(asked: str | None) -> None:
            self._shown = None
            if asked == "new":
                await self._new()
            elif asked == "list":
                await self._list()

        self._shown = shown
        await self._screen.app.push_screen(shown, closed)
        shown.show(self._state(line))
        self._work.submit(GetInvites())

    async def _new(self) -> None:
        from chatter_tui.tui.screens.newinvite import NewInviteScreen  # noqa: PLC0415 - on demand

        def chosen(wanted: MakeInvite | None) -> None:
            if wanted is not None:
                self._last = MakeInvite(wanted.role, wanted.ttl, wanted.uses)
                self._making = True
                self._work.submit(wanted)

        if self._hosts("Only the host can make invites."):
            await self._screen.app.push_screen(NewInviteScreen(self._last), chosen)

    async def _list(self) -> None:
        from chatter_tui.tui.screens.invitelist import InviteListScreen  # noqa: PLC0415

        model = self._work.model
        if not self._hosts("Only the host has invites."):
            return
        listed = InviteListScreen(model.invites, self._work.clock, self._revoke)

        async def closed(asked: str | None) -> None:
            self._listed = None
            invite = next((each for each in model.invites if each.token == asked), None)
            if invite is not None:
                await self._show(invite.line)
            elif asked == "new":
                await self._new()

        self._listed = listed
        await self._screen.app.push_screen(listed, closed)
        self._work.submit(GetInvites())

    def _hosts(self, otherwise: str) -> bool:
        """Return whether there is an invite; if not, say why."""
        reason = invite_refusal(self._work.model, otherwise)
        if reason is not None:
            self._screen.sessions.tell(reason)
        return reason is None

    def _state(self, line: str) -> InviteState | None:
        return same(self._work.model.invites, line)

    def _revoke(self, invite: InviteState, revoked: bool) -> None:
        self._work.submit(RevokeInvite(invite.token, revoked))
        self._work.submit(GetInvites())
