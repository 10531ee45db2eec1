"""Who else is in the session, as the master tells a client, over one link after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.session.awareness import Presence

if TYPE_CHECKING:
    from chatter_tui.authority import Role
    from chatter_tui.session.awareness import Entry
    from chatter_tui.session.events import Peer


class Company:
    """The other peers.

    A new link tells them all again, so that those it does not name have left meanwhile; whoever
    it names and was known stays as they were.
    """

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._client_ids: dict[int, str] = {}
        self._unnamed: set[str] = set()

    @property
    def peers(self) -> list[Peer]:
        """Everybody else who is here."""
        return list(self._peers.values())

    def __contains__(self, peer: str) -> bool:
        return peer in self._peers

    def __getitem__(self, peer: str) -> Peer:
        return self._peers[peer]

    def expect(self) -> None:
        """A new link serves: everybody will be named again."""
        self._unnamed = set(self._peers)

    def join(self, peer: Peer, client_id: int) -> Peer | None:
        """Somebody is named; returns them unless they were known like this."""
        self._unnamed.discard(peer.id)
        self._client_ids[client_id] = peer.id
        known = self._peers.get(peer.id)
        if known is not None and (known.name, known.role) == (peer.name, peer.role):
            return None
        self._peers[peer.id] = peer
        return peer

    def leave(self, peer: str) -> Peer | None:
        """Somebody left; returns them if they were here."""
        gone = self._peers.pop(peer, None)
        return gone and replace(gone, online=False)

    def settle(self) -> list[Peer]:
        """All have been named; returns those who left while nobody could tell."""
        gone = [self.leave(peer) for peer in self._unnamed]
        self._unnamed.clear()
        return [peer for peer in gone if peer]

    def part(self) -> list[Peer]:
        """There is no link any more; returns those who were here."""
        gone = [replace(peer, online=False) for peer in self._peers.values()]
        self._peers.clear()
        self._client_ids.clear()
        return gone

    def promote(self, peer: str, role: Role) -> Peer:
        """Somebody who is here has another role."""
        changed = self._peers[peer] = replace(self._peers[peer], role=role)
        return changed

    def move(self, entry: Entry) -> Peer | None:
        """Somebody is elsewhere; returns them if they are known."""
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
