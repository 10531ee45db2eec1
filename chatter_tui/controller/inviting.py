"""A host's invites: create, revoke and list them."""

from __future__ import annotations

import ipaddress
import math
import secrets
import time
from typing import TYPE_CHECKING, Final

from chatter_tui.authority import Role
from chatter_tui.controller.commands import MAX_LABEL, GetInvites, MakeInvite, RevokeInvite
from chatter_tui.controller.compose import Refused
from chatter_tui.controller.events import (
    Failed,
    InviteAnswer,
    InvitesAnswer,
    InviteState,
    RevokeAnswer,
)
from chatter_tui.session.invites import SECRET_BYTES, Invite, Token, base64url
from chatter_tui.session.members import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chatter_tui.session.invites import Address
    from chatter_tui.session.master import Master

_MAX_TTL: Final = 366 * 86400.0  # seconds
_MAX_USES: Final = 10_000
# Invites are never forgotten, so that members who joined with them can return.
_MAX_INVITES: Final = 1000

Asked = MakeInvite | RevokeInvite | GetInvites


class Inviting:
    """Executes the owner's commands about invites. `find` returns the host's addresses."""

    def __init__(
        self, session: str, machine: Master, find: Callable[[], Sequence[Address]]
    ) -> None:
        self._session = session
        self._machine = machine
        self._find = find
        self._places = tuple(find())

    def look(self) -> list[InvitesAnswer | Failed]:
        """Look up the host's current addresses; return what to tell the user if they changed.

        Without a network the last known addresses stay: they may come back.
        """
        places, known = tuple(self._find()), self._places
        if places == known or ipaddress.ip_address(places[0].host).is_loopback:  # better than none
            return []
        self._places = places
        told: list[InvitesAnswer | Failed] = [self._all(None)]
        if known[0] not in places:
            words = f"this machine is at {places[0]} now"
            told.append(Failed(f"{words}: peers who cannot reconnect need a new invite"))
        return told

    def obey(self, command: Asked) -> InviteAnswer | RevokeAnswer | InvitesAnswer:
        """Execute a command and return its answer.

        Raises:
            Refused: It cannot be done.
        """
        match command:
            case MakeInvite():
                return InviteAnswer(command.ref, self._make(command))
            case RevokeInvite(token, revoked):
                try:
                    self._machine.revoke(token, revoked=revoked)
                except KeyError:
                    raise Refused(f"there is no invite {token}") from None
                return RevokeAnswer(command.ref, token)
            case GetInvites():
                return self._all(command.ref)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses where others reach the host."""
        return tuple(map(str, self._places))

    def usable(self, now: float) -> int:
        """Return how many invites can still be used."""
        return sum(token.refusal(now) is None for token, _ in self._machine.invites)

    def line(self, token: Token) -> str:
        """Return the line to share."""
        return str(Invite(self._places, self._session, token.id, token.secret))

    def _all(self, ref: object) -> InvitesAnswer:
        return InvitesAnswer(ref, tuple(self._state(*each) for each in self._machine.invites))

    def _make(self, command: MakeInvite) -> InviteState:
        if len(self._machine.invites) >= _MAX_INVITES:
            raise Refused(f"this session has {_MAX_INVITES} invites: no more can be created")
        token = new_token(command, time.time())
        self._machine.add_token(token)
        return self._state(token, [])

    def _state(self, token: Token, joined: Sequence[str]) -> InviteState:
        return InviteState(
            token.id,
            self.line(token),
            token.role,
            token.expires,
            token.uses_left,
            token.label,
            token.refusal(time.time()) or "",
            tuple(joined),
        )


def new_token(command: MakeInvite, now: float) -> Token:
    """Create the token of a new invite.

    Raises:
        Refused: The parameters are invalid.
    """
    try:
        role = Role(command.role)
    except ValueError:
        role = Role.OWNER
    if role is Role.OWNER:
        raise Refused("an invite's role is moderator, reviewer or viewer")
    if not (math.isfinite(command.ttl) and 0 < command.ttl <= _MAX_TTL):
        raise Refused("an invite's ttl is in seconds, more than 0 and at most a year")
    if command.uses is not None and not 0 < command.uses <= _MAX_USES:
        raise Refused(f"an invite's uses are from 1 to {_MAX_USES}, or not limited")
    return Token(
        base64url(secrets.token_bytes(6)),
        secrets.token_bytes(SECRET_BYTES),
        role,
        now + command.ttl,
        command.uses,
        clean_text(command.label, MAX_LABEL),
    )
