"""A newer link takes over from an older one: nothing lost, nothing twice, nobody else notices."""

from __future__ import annotations

import random

import pytest

from chatter_tui.session.awareness import Presence
from chatter_tui.session.events import (
    Acknowledged,
    BlockAdded,
    DocumentChanged,
    Ended,
    Joined,
    PeerJoined,
    PeerLeft,
    PresenceChanged,
    Rejected,
)
from chatter_tui.session.limits import DEAD_AFTER
from chatter_tui.session.phase import Phase
from tests.session.world import End, World, assert_converged, block


def answer_auth(world: World, end: End) -> None:
    """Let the newest line be let in, and nothing more."""
    line = end.lines[-1]
    world.step_up(end, line)
    world.step_down(end, line)


def test_the_old_link_serves_until_the_new_one_is_let_in() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    old = bo.lines[0]
    world.connect(bo)
    assert bo.client.phase is Phase.ONLINE
    world.write(bo, block("b1", "bo"))
    assert old.up, "sent while the new link waits for its answer"
    world.step_up(bo, old)
    world.settle()
    assert [line for line in bo.lines if line is not old] == bo.lines
    assert bo.client.link == bo.link
    assert_converged(world)
    assert [event.id for event in bo.told(Acknowledged)] == ["b1"]  # type: ignore[attr-defined]
    assert cy.told(PeerLeft) == []
    assert len(cy.told(BlockAdded)) == 2


def test_nobody_sees_anybody_leave_or_come() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    cy.client.set_presence(Presence(active_anchor="heading:Risks", typing=True))
    world.carry(cy)
    world.settle()
    for end in (bo, cy):
        end.events.clear()
    world.events.clear()
    world.connect(bo)
    world.settle()
    quiet = (PeerJoined, PeerLeft, DocumentChanged)
    assert not [event for event in (*world.events, *cy.events) if isinstance(event, quiet)]
    # And the one who changed links sees only that.
    assert not [event for event in bo.events if isinstance(event, quiet)]
    assert len(bo.told(Joined)) == 1
    (seen,) = [peer for peer in bo.client.peers if peer.name == "cy"]
    assert (seen.section, seen.typing) == ("Risks", True)


def test_who_left_while_no_link_could_tell_is_gone() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    world.connect(bo)
    answer_auth(world, bo)
    old = bo.lines[0]
    world.disconnect(cy)
    old.down.clear()  # it told so in vain
    world.settle()
    assert [peer.name for peer in bo.client.peers] == ["bo", "ana"]


def test_the_old_link_may_break_meanwhile() -> None:
    world = World()
    bo = world.join("bo")
    bo.events.clear()
    old = bo.lines[0]
    world.connect(bo)
    world.write(bo, block("b1", "bo"))
    world.disconnect(bo, old)
    assert bo.client.link is None
    assert bo.told(PeerLeft) == []
    world.settle()
    assert bo.client.phase is Phase.ONLINE
    assert_converged(world)
    assert len(bo.told(Acknowledged)) == 1


def test_the_new_link_may_break_and_the_old_one_goes_on() -> None:
    world = World()
    bo = world.join("bo")
    new = world.connect(bo)
    world.disconnect(bo, new)
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert bo.client.phase is Phase.ONLINE
    assert_converged(world)


def test_a_new_link_that_hangs_is_given_up_and_the_old_one_goes_on() -> None:
    world = World()
    bo = world.join("bo")
    new = world.connect(bo)
    for _ in range(int(DEAD_AFTER) + 2):
        world.now += 1
        bo.client.tick(world.now)
        world.master.tick(world.now)
        world.carry(bo)
        while bo.lines[0].up:
            world.step_up(bo, bo.lines[0])
        world.carry_master()
        while bo.lines[0].down:
            world.step_down(bo, bo.lines[0])
    assert new.closed
    assert bo.lines[0].closed is None
    assert bo.client.phase is Phase.ONLINE


def test_a_new_link_that_is_refused_ends_nothing() -> None:
    world = World()
    bo = world.join("bo")
    world.connect(bo, binding=b"1" * 32, seen=b"2" * 32)  # somebody sits in between
    world.settle()
    assert bo.told(Ended) == []
    assert bo.client.phase is Phase.ONLINE
    assert len(bo.lines) == 1


def test_two_links_of_a_newcomer_are_let_in_one_after_the_other() -> None:
    world = World()
    fresh = world.dial("di")
    world.connect(fresh)
    world.settle()
    assert fresh.told(Ended) == []
    assert fresh.client.phase is Phase.ONLINE
    assert len(fresh.lines) == 1
    assert len(fresh.told(Joined)) == 2
    assert len([event for event in world.told(PeerJoined) if event.peer.name == "di"]) == 1  # type: ignore[attr-defined]


def test_a_newcomer_that_missed_the_answer_may_ask_again() -> None:
    world = World(uses_left=1)
    bo = world.dial("bo")
    world.step_up(bo)  # the master has let it in, and used up the invite
    world.disconnect(bo)
    world.connect(bo)
    world.settle()
    assert bo.told(Ended) == []
    assert bo.client.phase is Phase.ONLINE


def test_nobody_else_becomes_one_who_has_been_let_in() -> None:
    world = World()
    world.join("bo")
    eve = world.join("eve", peer_id="peer-bo")
    assert [event.code for event in eve.told(Ended)] == ["peer-id-taken"]  # type: ignore[attr-defined]


def test_nobody_learns_of_a_newcomer_before_it_has_its_way_to_return() -> None:
    """Until then, another holder of the invite who knew its peer id could join in its place."""
    world = World()
    eve = world.join("eve")
    bo = world.dial("bo")
    world.step_up(bo)  # let in, and the answer is on its way
    late = world.dial("late")
    world.step_up(late)
    told = b"".join([*eve.down, *late.down])
    assert b"peer-eve" in told
    assert b"peer-bo" not in told
    world.disconnect(bo)  # and nobody hears of that either
    world.settle()
    assert not [event for event in eve.told(PeerLeft) if event.peer.name == "bo"]  # type: ignore[attr-defined]
    world.connect(bo)
    world.settle()
    joined = [event.peer.name for event in eve.told(PeerJoined)]  # type: ignore[attr-defined]
    assert joined.count("bo") == 1


def test_presence_goes_on_over_the_new_link() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    world.connect(bo)
    world.settle()
    bo.client.set_presence(Presence(active_anchor="heading:Risks"))
    world.carry(bo)
    world.settle()
    moved = cy.told(PresenceChanged)[-1]
    assert moved.peer.section == "Risks"  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_links_open_and_break_nothing_is_lost_or_doubled(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    ends = [world.join(name) for name in ("bo", "cy")]
    for step in range(150):
        end = rng.choice(ends)
        name = end.client.credentials.name
        roll = rng.random()
        lines = [line for line in end.lines if line.closed is None or line.down]
        line = rng.choice(lines) if lines else None
        if roll < 0.25:
            author = name if rng.random() < 0.8 else "ana"
            world.write(end, block(f"{name}-{step}", author, f"text {step} 😀"))
        elif roll < 0.33 and len(end.lines) < 3:
            world.connect(end)
        elif roll < 0.4 and line:
            world.disconnect(end, line)
        elif roll < 0.7 and line and line.up and line.closed is None:
            world.step_up(end, line)
        elif line and line.down:
            world.step_down(end, line)
        else:
            gone = [each for each in end.lines if each.closed is not None and not each.down]
            if gone:
                world.disconnect(end, gone[0])
    for end in ends:
        if not end.lines:
            world.connect(end)
    world.settle()
    for end in ends:
        if not end.lines:  # the last ones had been closed
            world.connect(end)
    world.settle()
    assert_converged(world)
    for end in ends:
        written = [i for i in end.client.blocks if i.startswith(end.client.credentials.name)]
        answered = [event.id for event in end.told(Acknowledged)]  # type: ignore[attr-defined]
        refused = [event.id for event in end.told(Rejected)]  # type: ignore[attr-defined]
        assert sorted(answered) == sorted(written)
        assert len(set(refused)) == len(refused)
        assert not set(refused) & set(written)
        assert end.told(Ended) == []
