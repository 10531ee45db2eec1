"""Describe invites: role, lifetime, uses, and state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.tui.clock import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatter_tui.controller.events import InviteState

STATES: Final = {"revoked": "revoked", "expired": "expired", "used-up": "used up"}


def time_left(invite: InviteState, now: float) -> str:
    """Format the remaining lifetime: `6 d 23 h`, `59 min`, `under a minute`."""
    seconds = max(0, int(invite.expires - now))
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "under a minute"


def uses_left(invite: InviteState) -> str:
    """Format how many more can join with it."""
    match invite.uses_left:
        case None:
            return "any number of people"
        case 1:
            return "1 more person"
        case uses:
            return f"{uses} more people"


def state(invite: InviteState, now: float) -> str:
    """Describe whether it can be used, in a few words or lines."""
    refusal = invite.refusal or ("expired" if now >= invite.expires else "")
    if refusal:
        return STATES.get(refusal, refusal)
    return f"{time_left(invite, now)} left\n{uses_left(invite)}"


def is_usable(invite: InviteState, now: float) -> bool:
    """Return whether somebody can still join with it."""
    return not invite.refusal and now < invite.expires


def same(invites: Iterable[InviteState], line: str) -> InviteState | None:
    """Return the invite with a given line, even if its addresses differ."""
    _, _, secret = line.partition("#")
    return next((each for each in invites if each.line.partition("#")[2] == secret), None)


def current(invites: Iterable[InviteState], line: str | None, now: float) -> InviteState | None:
    """Return the invite to show: that of `line` while it is usable, else the newest usable one."""
    listed = list(invites)
    mine = None if line is None else same(listed, line)
    if mine is not None and is_usable(mine, now):
        return mine
    return next((invite for invite in reversed(listed) if is_usable(invite, now)), mine)
