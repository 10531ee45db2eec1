"""The participants as a client knows them: itself and the other peers, with their presence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.authority import Role
from chatter_tui.session import awareness
from chatter_tui.session.authentication import UntrustedError
from chatter_tui.session.awareness import Presence
from chatter_tui.session.events import Peer, PeerJoined, PeerLeft, PresenceChanged, RoleChanged
from chatter_tui.session.messages import Awareness
from chatter_tui.session.phase import Phase
from chatter_tui.session.records import Happened
from chatter_tui.session.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatter_tui.session.authentication import Authentication
    from chatter_tui.session.effects import Effects
    from chatter_tui.session.messages import Message, Session
    from chatter_tui.session.records import Deed


class Participants:
    """Tracks the participants, reports changes and records them in the history.

    Args:
        effects: Collects records and events.
        authentication: Knows this client's peer id and name.
        role: This client's role.
        client_id: The Yjs client id of this client's awareness.
        phase: Returns the state of the connection.
        send: Sends a message to the master.
    """

    def __init__(
        self,
        effects: Effects,
        authentication: Authentication,
        role: Role,
        client_id: int,
        *,
        phase: Callable[[], Phase],
        send: Callable[[Message], None],
    ) -> None:
        self.role = role
        self._effects = effects
        self._authentication = authentication
        self._client_id = client_id
        self._phase = phase
        self._send = send
        self._clock = 0
        self._roster = Roster()
        self._presence = Presence()
        self._seen_away = False  # the last presence event said that this client is away

    @property
    def all(self) -> list[Peer]:
        """All participants who are present, this client first."""
        return [self.me, *self._roster.peers]

    @property
    def me(self) -> Peer:
        """This client."""
        mine, presence = self._authentication.credentials, self._presence
        return Peer(
            mine.peer_id,
            mine.name,
            self.role,
            section=presence.section,
            block=presence.block,
            typing=presence.typing,
            online=self._phase() in (Phase.SYNCING, Phase.ONLINE),
            following=presence.following,
            hidden=presence.hidden,
        )

    def name_of(self, peer: str) -> str:
        """Return a participant's name by peer id, empty if unknown."""
        mine = self._authentication.credentials
        if peer == mine.peer_id:
            return mine.name
        return self._roster[peer].name if peer in self._roster else ""

    # -- this client -------------------------------------------------------------------------------

    def set_presence(self, presence: Presence) -> None:
        """Set this client's presence, and send it if there is a link."""
        self._presence = presence
        me = self.me
        self._seen_away = not me.online
        self._effects.tell(PresenceChanged(me))
        if me.online:
            self._send_presence()

    def appear(self) -> None:
        """Send this client's presence on a new link."""
        if self._seen_away:
            self._seen_away = False
            self._effects.tell(PresenceChanged(self.me))
        self._send_presence()

    def _send_presence(self) -> None:
        self._clock += 1
        entry = awareness.Entry(self._client_id, self._clock, self._presence)
        self._send(Awareness(awareness.encode([entry])))

    # -- links -------------------------------------------------------------------------------------

    def expect(self, client_id: int) -> None:
        """Expect all peers to be named again on a new link, which `client_id` authenticated."""
        self._client_id = client_id
        self._roster.expect()

    def settle(self) -> None:
        """Report the peers that were not named again as left."""
        self._tell_left(self._roster.settle())

    def part(self) -> None:
        """Report all peers as left, because there is no link."""
        self._tell_left(self._roster.part())

    def _tell_left(self, peers: Iterable[Peer]) -> None:
        for peer in peers:
            self._effects.tell(PeerLeft(peer))

    # -- messages ----------------------------------------------------------------------------------

    def hear(self, message: Awareness) -> None:
        """Handle the presence of peers.

        Raises:
            CodecError: The message is malformed.
        """
        for entry in awareness.decode(message.data):
            moved = self._roster.move(entry)
            if moved:
                self._effects.tell(PresenceChanged(moved))

    def join(self, message: Session) -> None:
        """Handle a peer that joined, or that was there before this client."""
        named = Peer(message.peer_id, message.name, role_of(message.role))
        peer = self._roster.join(named, message.client_id)
        if peer and self._phase() is Phase.ONLINE:  # those named earlier were already here
            self._record("join", peer)
        if peer:
            self._effects.tell(PeerJoined(peer))

    def leave(self, message: Session) -> None:
        """Handle a peer that left."""
        gone = self._roster.leave(message.peer_id)
        if gone:
            self._record("leave", gone)
            self._effects.tell(PeerLeft(gone))

    def change_role(self, peer_id: str, role: Role) -> None:
        """Handle the new role of a peer, or this client's."""
        if peer_id == self._authentication.credentials.peer_id:
            self.role = role
            peer = self.me
        elif peer_id in self._roster:
            peer = self._roster.promote(peer_id, role)
        else:
            return
        self._record("role", peer, detail=role)
        self._effects.tell(RoleChanged(peer))

    def _record(self, deed: Deed, peer: Peer, detail: str = "") -> None:
        self._effects.keep(Happened(deed, peer.id, peer.name, detail=detail))


def role_of(name: str) -> Role:
    """Return the role that a master named.

    Raises:
        UntrustedError: There is no such role.
    """
    try:
        return Role(name)
    except ValueError as error:
        raise UntrustedError(f"unknown role {name!r}") from error
