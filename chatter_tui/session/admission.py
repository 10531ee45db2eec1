"""Admission at the master: check `auth` messages and turn the peers that pass into members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.session import awareness
from chatter_tui.session.effects import Admit
from chatter_tui.session.events import PeerJoined
from chatter_tui.session.invites import Token, proof, same
from chatter_tui.session.limits import AUTH_DEADLINE, MAX_MEMBERS, MAX_PEERS
from chatter_tui.session.members import Member, color_for, unique_name
from chatter_tui.session.messages import (
    VERSION,
    Auth,
    AuthOk,
    AuthRejected,
    Awareness,
    Message,
    Session,
)
from chatter_tui.session.records import Issued
from chatter_tui.session.room import Link, ProtocolError, Room
from chatter_tui.session.throttle import MAX_WAIT, Throttle, neighbourhood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.authority import Authority
    from chatter_tui.session.relaying import Relaying

_GUESSES: Final = frozenset({"unknown-invite", "unknown-peer", "wrong-secret"})

REFUSALS: Final[Mapping[str, str]] = {
    "unknown-invite": "this session does not know the invite: ask the host for a new one",
    "expired": "the invite has expired: ask the host for a new one",
    "used-up": "the invite has been used up: ask the host for a new one",
    "revoked": "the invite has been revoked: ask the host for a new one",
    # Before a peer is admitted, neither side can distinguish these two cases.
    "wrong-secret": "the invite's secret is wrong: copy the whole line again; if it was right,"
    " the connection is being intercepted: try another network",
    "unknown-peer": "the host no longer knows you: join with an invite",
    "peer-id-taken": "this peer id belongs to somebody else: join as a new peer",
    "removed": "the host has removed you from this session: ask them if that was a mistake",
    "version": "the host runs another version of the protocol: use the same chatter-tui",
    "full": "the session is full: try again when somebody has left",
}


class Admission:
    """Checks the first message on each link and admits peers that prove knowledge of a secret.

    Args:
        session: The session id.
        tokens: Invites by id.
        secret: Returns the given number of random bytes.
        epoch: Rises whenever another process takes over as master.
    """

    def __init__(
        self,
        room: Room,
        authority: Authority,
        relaying: Relaying,
        session: str,
        tokens: Mapping[str, Token],
        *,
        secret: Callable[[int], bytes],
        epoch: int,
    ) -> None:
        self._room = room
        self._authority = authority
        self._relaying = relaying
        self._session = session
        self._epoch = epoch
        self._secret = secret
        self._throttle = Throttle()
        self.tokens = dict(tokens)

    def add_token(self, token: Token) -> None:
        """Add an invite, or replace the one with the same id."""
        self.tokens[token.id] = token
        self._room.keep(Issued(token))

    def invites(self) -> list[tuple[Token, list[str]]]:
        """Return all invites, oldest first, each with the names of those who joined with it."""
        joined: dict[str, list[str]] = {id_: [] for id_ in self.tokens}
        for member in self._room.members.values():
            if member.token in joined:
                joined[member.token].append(member.name)
        return [(token, joined[token.id]) for token in self.tokens.values()]

    # -- examining auth ----------------------------------------------------------------------------

    def hear(self, number: int, link: Link, message: Message, now: float) -> None:
        """Handle the first message on a link.

        Raises:
            ProtocolError: The message is not `auth`, or not the first one.
        """
        if not isinstance(message, Auth) or link.auth is not None:
            raise ProtocolError("auth-first", "the first message must be auth, and the only one")
        link.as_json = message.format == "json"
        if message.version != VERSION:
            self._refuse(number, "version")
            return
        wait = self._throttle.wait(self._shared(link, message), now)
        if wait:
            link.auth, link.due = message, now + wait
        else:
            self._look_at(number, link, message, now)

    def tick(self, number: int, link: Link, now: float) -> None:
        """Time out a link that has not authenticated, or examine an attempt that was delayed."""
        if link.auth is None:
            if now - link.opened > AUTH_DEADLINE:
                self._room.drop(number, "auth-timeout", "no authentication within 10 seconds")
        elif not 0 < link.due - now <= MAX_WAIT:
            with self._room.parting(number):
                self._look_at(number, link, link.auth, now)

    def _shared(self, link: Link, auth: Auth) -> list[str]:
        """Return the throttle keys of an attempt: its network, and the invite or peer it names."""
        target = f"invite {auth.token}" if auth.token in self.tokens else ""
        if not auth.token and auth.peer_id in self._room.members:
            target = f"peer {auth.peer_id}"
        return [key for key in (neighbourhood(link.address), target) if key]

    def _look_at(self, number: int, link: Link, message: Auth, now: float) -> None:
        room = self._room
        link.auth = None
        known = room.members.get(message.peer_id)
        secret, refusal = self._check(message, known, link.binding, now)
        if secret is None:
            if refusal in _GUESSES:
                self._throttle.failed(self._shared(link, message), now)
            self._refuse(number, refusal)
            return
        self._authority.bind(message.client_id, message.peer_id)
        self._relaying.keep_ledger()
        member = known or self._admit(message)
        member.client_id, member.heard_clock = message.client_id, -1
        replaced = member.link
        member.link, link.member = number, member
        room.do(Admit(number))
        self._welcome(number, member, secret, link.binding)
        if replaced is not None and replaced in room.links:
            room.links[replaced].member = None
            room.drop(replaced, "replaced", "a newer link of this peer took over")
        else:
            room.record("join", member)
            room.tell(PeerJoined(member.peer(online=True)))
            if member.is_shown:
                room.announce("join", member)

    def _check(
        self, auth: Auth, known: Member | None, binding: bytes, now: float
    ) -> tuple[bytes | None, str]:
        """Return the secret that `auth` proves, or None and the refusal code."""
        if not auth.token:
            if known is None or not known.resume:
                return None, "unknown-peer"
            secret = known.resume
            refusal: str | None = "removed" if known.removed else None
        else:
            token = self.tokens.get(auth.token)
            if token is None:
                return None, "unknown-invite"
            secret, refusal = token.secret, token.refusal(now)
            if known is not None and known.newcomer and known.token == auth.token:
                # The peer may have missed the answer.
                refusal = "removed" if known.removed else None
            elif known is not None or not auth.peer_id:
                refusal = "peer-id-taken"
            elif refusal is None and self._full:
                refusal = "full"
        # Without the secret, a peer learns nothing but "wrong-secret".
        expected = proof(secret, "client", self._session, auth.peer_id, binding)
        if not same(expected, auth.proof):
            refusal = "wrong-secret"
        return (None, refusal) if refusal else (secret, "")

    @property
    def _full(self) -> bool:
        members = self._room.members.values()
        return len(members) >= MAX_MEMBERS or sum(map(self._room.here, members)) >= MAX_PEERS

    # -- admitting or refusing ---------------------------------------------------------------------

    def _admit(self, auth: Auth) -> Member:
        token = self.tokens[auth.token]
        if token.used() != token:
            self.add_token(token.used())
        others = self._room.members.values()
        member = Member(
            auth.peer_id,
            unique_name(auth.name, (other.name for other in others)),
            token.role,
            color_for(other.color for other in others),
            self._secret(16),
            token=token.id,
            newcomer=True,
        )
        self._room.members[member.id] = member
        self._room.keep(member.enrolled())
        return member

    def _welcome(self, number: int, member: Member, secret: bytes, binding: bytes) -> None:
        room = self._room
        room.send(
            number,
            AuthOk(
                proof(secret, "master", self._session, member.id, binding),
                member.id,
                member.name,
                member.role,
                self._session,
                room.owner.name,
                room.document.name,
                self._epoch,
                member.resume,
            ),
        )
        for other in room.others(member):
            room.send(number, Session("join", other.id, other.name, other.role, other.client_id))
        members = room.members.values()
        here = [other.entry() for other in members if other.presence and not other.hidden]
        room.send(number, Awareness(awareness.encode(here)))
        room.send_document(number)

    def _refuse(self, number: int, code: str) -> None:
        self._room.send(number, AuthRejected(code, REFUSALS[code]))
        self._room.forget(number, REFUSALS[code])
