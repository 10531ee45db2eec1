"""Invites in plain mode: show, create, list, revoke."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chatter_tui.controller.commands import GetInvites, MakeInvite, RevokeInvite
from chatter_tui.controller.events import Failed, InviteAnswer, InvitesAnswer, RevokeAnswer
from chatter_tui.session.invites import DEFAULT_LIFETIME
from chatter_tui.tui.clock import DAY, HOUR, MINUTE, WEEK
from chatter_tui.tui.model.invites import current, state
from chatter_tui.tui.model.rights import GRANTABLE, invite_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.controller.events import Event, InviteState
    from chatter_tui.plain.context import Context

_UNITS: Final[Mapping[str, float]] = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
HOW: Final = "new invite ROLE, then how long (10m, 8h, 7d), for how many people, and a label."
# The lifetime and the number of uses are optional; the rest is the label.
_WANTED: Final = re.compile(
    rf"(?P<role>{'|'.join(GRANTABLE)})\b"
    r"(?:\s+(?P<time>\d{1,6})(?P<unit>[mhdw])\b)?(?:\s+(?P<uses>\d{1,6}|any)\b)?(?:\s+(?P<label>.+))?",
    re.IGNORECASE | re.ASCII,
)


class Inviting:
    """The commands about invites, which are numbered by age."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {
            "invite.open": lambda _: self._show(),
            "invite.new": self._make,
            "invite.list": lambda _: self._list(),
            "lines.revoke": self._revoke,
        }

    def event(self, event: Event) -> None:
        """Print the session's answer."""
        invites = self._context.model.invites
        match event:
            case InviteAnswer(ref="invite", invite=invite):
                number = len(invites)
                self._context.say(f"Invite {number}, {self._about(invite)}: {invite.line}")
            case InvitesAnswer(ref="invites"):
                lines = (f"{n}: {self._about(each)}." for n, each in enumerate(invites, 1))
                self._context.list(lines, "No invites.")
            case RevokeAnswer(ref=("revoke", number, revoked)):
                back = f"revoke {number} again undoes that"
                says = f"revoked: those who joined stay, nobody else can join with it; {back}"
                self._context.say(f"Invite {number} is {says if revoked else 'valid again'}.")
                self._context.work.submit(GetInvites())
            case Failed(ref="invite" | "invites" | ("revoke", _, _)):
                pass  # printed as news
            case _:
                return
        self._context.asked -= 1

    def _about(self, invite: InviteState) -> str:
        how = state(invite, self._context.work.clock()).replace("\n", ", ")
        label = f", “{invite.label}”" if invite.label else ""
        joined = f", joined by {', '.join(invite.joined)}" if invite.joined else ""
        return f"{invite.role}, {how}{label}{joined}"

    def _hosts(self, otherwise: str) -> bool:
        reason = invite_refusal(self._context.model, otherwise)
        if reason is not None:
            self._context.say(reason)
        return reason is None

    def _show(self) -> None:
        model = self._context.model
        if self._hosts("Only the host has an invite to share."):
            usable = current(model.invites, model.invite, self._context.work.clock())
            self._context.say(usable.line if usable is not None else model.invite or "")

    def _make(self, argument: str) -> None:
        if not self._hosts("Only the host can make invites."):
            return
        wanted = _WANTED.fullmatch(argument or "reviewer")
        if wanted is None:
            self._context.say(
                f"{argument.split(maxsplit=1)[0]} is not a role: {', '.join(GRANTABLE)}. {HOW}"
            )
            return
        role, time, unit, uses, label = wanted.group("role", "time", "unit", "uses", "label")
        ttl = float(time) * _UNITS[unit.lower()] if time else DEFAULT_LIFETIME
        number = int(uses) if uses and uses.isdecimal() else None
        made = MakeInvite(role.lower(), ttl, number, label or "", "invite")
        self._context.inquire(made)

    def _list(self) -> None:
        if self._hosts("Only the host has invites."):
            self._context.inquire(GetInvites("invites"))

    def _revoke(self, argument: str) -> None:
        if not self._hosts("Only the host has invites."):
            return
        invites = self._context.model.invites
        number = int(argument) if argument.isascii() and argument.isdecimal() else 0
        if not 0 < number <= len(invites):
            self._context.say(
                f"There is no invite {argument}: invites lists them.".replace(" :", ":")
            )
            return
        invite = invites[number - 1]
        revoked = invite.refusal != "revoked"
        self._context.inquire(RevokeInvite(invite.token, revoked, ("revoke", number, revoked)))
