"""The other peers in the session, as a client knows them, across links."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.session.awareness import Presence

if TYPE_CHECKING:
    from chatter_tui.authority import Role
    from chatter_tui.session.awareness import Entry
    from chatter_tui.session.events import Peer


class Roster:
    """The other peers who are present.

    On a new link the master names all peers again: those it does not name have left in the
    meantime.
    """

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._client_ids: dict[int, str] = {}
        self._unnamed: set[str] = set()

    @property
    def peers(self) -> list[Peer]:
        """All other peers who are present."""
        return list(self._peers.values())

    def __contains__(self, peer: str) -> bool:
        return peer in self._peers

    def __getitem__(self, peer: str) -> Peer:
        return self._peers[peer]

    def expect(self) -> None:
        """Expect all peers to be named again on a new link."""
        self._unnamed = set(self._peers)

    def join(self, peer: Peer, client_id: int) -> Peer | None:
        """Add a peer; return it unless it was known under the same name and role."""
        self._unnamed.discard(peer.id)
        self._client_ids[client_id] = peer.id
        known = self._peers.get(peer.id)
        if known is not None and (known.name, known.role) == (peer.name, peer.role):
            return None
        self._peers[peer.id] = peer
        return peer

    def leave(self, peer: str) -> Peer | None:
        """Remove a peer; return it if it was present."""
        gone = self._peers.pop(peer, None)
        return gone and replace(gone, online=False)

    def settle(self) -> list[Peer]:
        """Remove the peers that were not named again, and return them."""
        gone = [self.leave(peer) for peer in self._unnamed]
        self._unnamed.clear()
        return [peer for peer in gone if peer]

    def part(self) -> list[Peer]:
        """Remove all peers because the link is gone, and return them."""
        gone = [replace(peer, online=False) for peer in self._peers.values()]
        self._peers.clear()
        self._client_ids.clear()
        return gone

    def promote(self, peer: str, role: Role) -> Peer:
        """Change the role of a present peer."""
        changed = self._peers[peer] = replace(self._peers[peer], role=role)
        return changed

    def move(self, entry: Entry) -> Peer | None:
        """Update a peer's presence; return the peer if it is known."""
        peer = self._peers.get(self._client_ids.get(entry.client_id, ""))
        if peer is None:
            return None
        seen = entry.presence or Presence()
        moved = self._peers[peer.id] = replace(
            peer,
            color=seen.color or peer.color,
            section=seen.section,
            block=seen.block,
            typing=seen.typing,
            following=seen.following,
        )
        return moved
