"""Presence: relayed under the session's names, shared or hidden."""

from __future__ import annotations

from chatter_tui.session import awareness
from chatter_tui.session.awareness import Presence
from chatter_tui.session.events import (
    PeerJoined,
    PresenceChanged,
)
from chatter_tui.session.messages import Awareness, Side
from chatter_tui.session.wire import decode, encode
from tests.session.world import World, block


def test_presence_is_passed_on_under_the_session_s_names() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    bo.client.set_presence(Presence(active_anchor="heading:Risks", typing=True))
    world.carry(bo)
    world.settle()
    seen = cy.told(PresenceChanged)[-1]
    assert isinstance(seen, PresenceChanged)
    assert (seen.peer.name, seen.peer.section, seen.peer.typing) == ("bo", "Risks", True)
    late = world.join("di")
    assert {peer.name: peer.section for peer in late.client.peers}["bo"] == "Risks"


def test_nobody_speaks_of_others_presence_or_under_another_name() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    assert bo.link is not None
    mine, hers = bo.client._merging.client_id, cy.client._merging.client_id
    here, late = (Presence("ana", "red", f"heading:{where}") for where in ("Risks", "Costs"))
    entries = [(hers, 99, late), (mine, 7, here), (mine, 7, late), (mine, 6, late), (4242, 1, here)]
    said = awareness.encode([awareness.Entry(*entry) for entry in entries])
    heard = len(world.told(PresenceChanged))
    cy.down.clear()
    world.master.received(bo.link, encode(Awareness(said)), world.now)
    world.carry_master()
    (message,) = (decode(data, sender=Side.MASTER) for data in cy.down)
    assert isinstance(message, Awareness)
    (entry,) = awareness.decode(message.data)
    assert entry.client_id == mine
    assert entry.presence == Presence("bo", world.master.peers[1].color, "heading:Risks")
    (moved,) = world.told(PresenceChanged)[heard:]
    assert moved.peer.name == "bo"  # type: ignore[attr-defined]


def test_who_is_followed_sees_it() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    bo.client.set_presence(Presence(following=cy.client.credentials.peer_id))
    world.carry(bo)
    world.settle()
    (seen,) = [peer for peer in cy.client.peers if peer.name == "bo"]
    assert seen.following == cy.client.credentials.peer_id


def test_a_hidden_peer_has_left_for_all_but_the_owner() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    bo.client.set_presence(Presence(active_anchor="heading:Risks", hidden=True))
    world.carry(bo)
    world.settle()
    late = world.join("di")
    for other in (cy, late):
        assert "bo" not in {peer.name for peer in other.client.peers}
    owners_view = {peer.name: peer for peer in world.master.peers}["bo"]
    assert owners_view.hidden
    assert owners_view.online

    moves = len(cy.told(PresenceChanged))
    bo.client.set_presence(Presence(active_anchor="heading:Plan", hidden=True))
    world.carry(bo)
    world.settle()
    world.disconnect(bo)
    world.connect(bo)
    world.settle()
    assert "bo" not in {peer.name for peer in cy.client.peers}  # nor for a moment: see joins
    assert len(cy.told(PresenceChanged)) == moves
    assert [e.peer.name for e in late.told(PeerJoined)] == ["ana", "cy"]  # type: ignore[attr-defined]
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert "b1" in cy.client.blocks  # what they write is theirs all the same

    bo.client.set_presence(Presence(active_anchor="heading:Plan"))
    world.carry(bo)
    world.settle()
    for other in (cy, late):
        assert {peer.name: peer.section for peer in other.client.peers}["bo"] == "Plan"


def test_the_owner_cannot_be_hidden() -> None:
    world = World()
    bo = world.join("bo")
    world.master.set_presence(Presence(active_anchor="heading:Plan", hidden=True))
    world.settle()
    (ana,) = [peer for peer in bo.client.peers if peer.name == "ana"]
    assert (ana.section, ana.hidden) == ("Plan", False)


def test_who_moves_while_away_is_here_again_on_return() -> None:
    world = World()
    bo = world.join("bo")

    def here() -> bool:
        moved = bo.told(PresenceChanged)[-1]
        assert isinstance(moved, PresenceChanged)
        return moved.peer.id == "peer-bo" and moved.peer.online

    world.disconnect(bo)
    bo.client.set_presence(Presence(active_anchor="heading:Plan"))
    world.carry(bo)
    assert not here()
    world.connect(bo)
    world.settle()
    assert here()
