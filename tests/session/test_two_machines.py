"""A master and clients in memory, with nothing between them but bytes: the whole protocol."""

from __future__ import annotations

import random

import pytest

from chatter_tui.authority import Role
from chatter_tui.blocks import dumps
from chatter_tui.session.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    DocumentChanged,
    Ended,
    PeerJoined,
    PeerLeft,
    Rejected,
    RoleChanged,
    Synced,
)
from chatter_tui.session.phase import Phase
from tests.session.world import World, assert_converged, block, random_change


def test_a_client_joins_and_has_the_document_and_the_blocks() -> None:
    world = World()
    bo = world.join("bo")
    assert bo.client.phase is Phase.ONLINE
    assert bo.client.role is Role.REVIEWER
    assert set(bo.client.blocks) == {"root"}
    assert bo.told(DocumentChanged) == [DocumentChanged("plan.md", 1, "# Plan\n")]
    assert bo.told(Synced) == [Synced(1)]
    assert [peer.name for peer in bo.client.peers] == ["bo", "ana"]
    assert [event.peer.name for event in world.told(PeerJoined)] == ["bo"]  # type: ignore[attr-defined]


def test_what_one_writes_the_others_see_and_the_writer_is_told_that_it_is_accepted() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    world.write(bo, block("b1", "bo", parent_id="root"))
    assert [event.id for event in bo.told(BlockAdded)][-1:] == ["b1"]  # type: ignore[attr-defined]
    assert not bo.told(Acknowledged)
    world.settle()
    assert bo.told(Acknowledged) == [Acknowledged("b1")]
    assert BlockAdded("b1", block("b1", "bo", parent_id="root"), "peer-bo") in cy.events
    assert BlockAdded("b1", block("b1", "bo", parent_id="root"), "peer-bo") in world.events
    assert_converged(world)


def test_the_owner_writes_like_everybody() -> None:
    world = World()
    bo = world.join("bo")
    world.master.write(lambda replica: replica.add([block("a1", "ana")]), world.now)
    world.settle()
    assert Acknowledged("a1") in world.events
    assert BlockAdded("a1", block("a1", "ana"), "owner") in bo.events
    world.master.write(lambda replica: replica.edit("a1", "better text"), world.now)
    world.settle()
    assert bo.told(BlockChanged)[-1].block.content == "better text"  # type: ignore[attr-defined]
    world.master.write(lambda replica: replica.delete(["a1"]), world.now)
    world.settle()
    assert bo.told(BlockDeleted)[-1].id == "a1"  # type: ignore[attr-defined]
    assert_converged(world)


def test_the_owner_is_refused_what_the_rules_forbid_and_nothing_changes() -> None:
    world = World()
    bo = world.join("bo")
    world.master.write(lambda replica: replica.add([block("x", "somebody else")]), world.now)
    world.settle()
    assert [event.code for event in world.told(Rejected)] == ["wrong-author"]  # type: ignore[attr-defined]
    assert "x" not in world.master.blocks
    assert "x" not in bo.client.blocks
    assert_converged(world)


def test_a_forged_author_is_rolled_back_and_the_text_is_given_back() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    forged = block("f1", "ana", "not mine")
    world.write(bo, forged)
    assert "f1" in bo.client.blocks
    world.settle()
    (rejected,) = bo.told(Rejected)
    assert isinstance(rejected, Rejected)
    assert (rejected.id, rejected.code, rejected.block) == ("f1", "wrong-author", forged)
    assert bo.told(BlockDeleted)[-1].id == "f1"  # type: ignore[attr-defined]
    assert "f1" not in cy.client.blocks
    world.write(bo, block("f2", "bo"))
    world.settle()
    assert "f2" in cy.client.blocks
    assert_converged(world)


def test_a_batch_is_judged_block_by_block() -> None:
    world = World()
    bo = world.join("bo")
    world.write(bo, block("good", "bo"), block("bad", "ana"))
    world.settle()
    assert {event.id for event in bo.told(Acknowledged)} == {"good"}  # type: ignore[attr-defined]
    assert {event.id for event in bo.told(Rejected)} == {"bad"}  # type: ignore[attr-defined]
    assert_converged(world)


def test_a_viewer_may_only_read() -> None:
    world = World(role=Role.VIEWER)
    bo = world.join("bo")
    world.write(bo, block("b1", "bo"))
    bo.client.write(lambda replica: replica.set_fields("root", {"status": dumps("resolved")}))
    world.carry(bo)
    world.settle()
    assert [event.code for event in bo.told(Rejected)] == ["read-only", "read-only"]  # type: ignore[attr-defined]
    assert world.master.blocks["root"].status == "open"
    assert_converged(world)


def test_offline_work_is_sent_on_return_and_lost_answers_are_repaired() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    world.write(bo, block("b1", "bo"))
    world.step_up(bo)  # the master has it, the answer is lost
    world.disconnect(bo)
    world.write(bo, block("b2", "bo"))
    world.write(bo, block("b3", "ana"))
    world.write(cy, block("c1", "cy"))
    world.settle()
    world.connect(bo)
    world.settle()
    assert {event.id for event in bo.told(Acknowledged)} == {"b1", "b2"}  # type: ignore[attr-defined]
    assert {event.id for event in bo.told(Rejected)} == {"b3"}  # type: ignore[attr-defined]
    assert set(world.master.blocks) == {"root", "b1", "b2", "c1"}
    assert_converged(world)


def test_a_state_too_large_for_one_message_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.session.sync.SYNC_PART", 50)
    world = World()
    bo = world.join("bo")
    world.write(bo, block("b1", "bo", "a long text " * 100))
    world.settle()
    late = world.join("cy")
    assert late.client.phase is Phase.ONLINE
    assert_converged(world)
    # A link is lost between two parts: the next link starts over.
    world.disconnect(late)
    world.write(bo, block("b2", "bo", "another long text " * 100))
    world.settle()
    world.connect(late)
    world.step_up(late)  # auth
    world.step_down(late)  # auth_ok, which makes the client ask for the state
    while late.up:
        world.step_up(late)
    for _ in range(6):
        world.step_down(late)
    world.disconnect(late)
    world.connect(late)
    world.settle()
    assert_converged(world)


def test_the_end_reaches_everybody() -> None:
    world = World()
    bo = world.join("bo")
    world.master.end("the host ended the session")
    world.settle()
    assert bo.told(Ended) == [Ended("ana ended the session")]


def test_a_newer_link_of_a_peer_takes_over_without_anybody_leaving() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    old = bo.link
    assert old is not None
    world.connect(bo)
    world.settle()
    assert bo.client.phase is Phase.ONLINE
    assert not world.told(PeerLeft)
    assert not cy.told(PeerLeft)
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert_converged(world)


def test_verifying_an_honest_session_changes_nothing_and_tells_nothing() -> None:
    world = World()
    bo = world.join("bo")
    world.write(bo, block("b1", "bo", "text é😀"))
    world.settle()
    world.write(bo, block("b2", "bo"))
    told, events = len(world.events), len(bo.events)
    for _ in (*world.master.verify(), *bo.client.verify()):
        pass
    world.carry_master()
    world.carry(bo)
    assert (len(world.events), len(bo.events)) == (told, events)
    world.settle()
    assert_converged(world)


def test_a_role_changes_from_the_next_update_on_and_everybody_is_told() -> None:
    world = World(role=Role.VIEWER)
    bo, cy = world.join("bo"), world.join("cy")
    world.master.set_role("peer-bo", Role.REVIEWER)
    world.settle()
    assert bo.client.role is Role.REVIEWER
    assert [event.peer.role for event in cy.told(RoleChanged)] == [Role.REVIEWER]  # type: ignore[attr-defined]
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert "b1" in cy.client.blocks
    world.write(bo, block("b2", "bo"))
    world.master.set_role("peer-bo", Role.VIEWER)  # it is on its way already
    world.settle()
    assert [event.code for event in bo.told(Rejected)] == ["read-only"]  # type: ignore[attr-defined]
    assert_converged(world)


@pytest.mark.parametrize(("peer", "role"), [("owner", Role.VIEWER), ("peer-bo", Role.OWNER)])
def test_the_owner_stays_the_owner(peer: str, role: Role) -> None:
    world = World()
    world.join("bo")
    with pytest.raises(ValueError, match="owner"):
        world.master.set_role(peer, role)


@pytest.mark.parametrize("seed", range(12))
def test_random_sessions_converge(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    ends = [world.join(name) for name in ("bo", "cy", "di")]
    for step in range(120):
        end = rng.choice(ends)
        roll = rng.random()
        if roll < 0.5:
            random_change(world, end, rng, step)
        elif roll < 0.55:
            world.toggle(end)
        elif roll < 0.8 and end.link is not None and end.up and end.closed is None:
            world.step_up(end)
        elif end.link is not None and end.down:
            world.step_down(end)
        world.carry(end)
        assert end.closed is None, f"an honest client was parted from: {end.closed}"
    for end in ends:
        if end.link is None:
            world.connect(end)
    world.settle()
    assert_converged(world)
