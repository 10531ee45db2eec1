"""A peer that reads slowly is sent a difference instead of a backlog, and misses nothing."""

from __future__ import annotations

import random

import pytest

from chatter_tui.authority import Role
from chatter_tui.session.awareness import Presence
from chatter_tui.session.events import (
    Acknowledged,
    BlockAdded,
    DocumentChanged,
    PeerLeft,
    Rejected,
    RoleChanged,
)
from chatter_tui.session.messages import Side, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode
from tests.session.world import End, World, assert_converged, block, random_change


def stall(world: World, end: End) -> None:
    """Too much waits for it."""
    assert end.link is not None
    world.master.full(end.link)


def read(world: World, end: End) -> None:
    """It reads what waits for it, and its queue has room again."""
    assert end.link is not None
    if not end.down and world.master.drained(end.link):
        world.carry_master()
    world.settle()


def waiting(end: End) -> list[object]:
    return [decode(data, sender=Side.MASTER, limit=2**24) for data in end.down]


def work(world: World, writer: End, *, count: int, start: int = 0) -> None:
    """Write while nobody but the writer reads."""
    for number in range(start, start + count):
        world.write(writer, block(f"b{number}", writer.client.credentials.name, "text " * 50))
        while writer.up:
            world.step_up(writer)
        while writer.down:
            world.step_down(writer)


def test_what_waits_does_not_grow_and_one_difference_makes_up_for_it() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    stall(world, cy)
    work(world, bo, count=100)
    assert waiting(cy) == []
    cy.events.clear()
    assert cy.link is not None
    assert world.master.drained(cy.link)
    world.carry_master()
    (made_up,) = (each for each in waiting(cy) if isinstance(each, Sync))
    assert made_up.peer is None
    world.settle()
    assert len(cy.told(BlockAdded)) == 100
    assert_converged(world)
    work(world, bo, count=1, start=100)  # and it is live again
    assert len(cy.down) == 1


def test_nothing_missed_is_nothing_sent() -> None:
    world = World()
    world.join("bo")
    cy = world.join("cy")
    stall(world, cy)
    read(world, cy)
    assert_converged(world)
    assert waiting(cy) == []


def test_answers_and_who_is_here_are_never_left_out() -> None:
    world = World()
    bo, cy, di = world.join("bo"), world.join("cy"), world.join("di")
    stall(world, cy)
    world.write(cy, block("mine", "cy"))
    world.write(cy, block("forged", "ana"))
    while cy.up:
        world.step_up(cy)
    work(world, bo, count=5)
    world.master.set_role("peer-cy", Role.VIEWER)
    world.disconnect(di)
    world.carry_master()
    kinds = [type(each).__name__ for each in waiting(cy)]
    assert kinds == ["Ack", "Reject", "RoleChange", "Session"]
    read(world, cy)
    assert [event.id for event in cy.told(Acknowledged)] == ["mine"]  # type: ignore[attr-defined]
    assert [event.id for event in cy.told(Rejected)] == ["forged"]  # type: ignore[attr-defined]
    assert cy.told(PeerLeft)
    assert cy.told(RoleChanged)
    world.ends.remove(di)
    assert_converged(world)


def test_of_presence_and_the_document_only_the_last_state_is_sent() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    cy.events.clear()
    stall(world, cy)
    for number in range(20):
        presence = Presence(active_anchor=f"heading:{number}", typing=number % 2 == 0)
        bo.client.set_presence(presence)
        world.carry(bo)
        while bo.up:
            world.step_up(bo)
        world.master.set_document("plan.md", f"# Plan {number}\n")
        world.carry_master()
    assert waiting(cy) == []
    read(world, cy)
    (seen,) = [peer for peer in cy.client.peers if peer.name == "bo"]
    assert (seen.section, seen.typing) == ("19", False)
    documents = cy.told(DocumentChanged)
    assert [event.text for event in documents] == ["# Plan 19\n"]  # type: ignore[attr-defined]
    assert_converged(world)


def test_relays_wait_for_a_state_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.session.sync.SYNC_PART", 100)
    world = World()
    bo = world.join("bo")
    work(world, bo, count=10)
    late = world.dial("cy")
    world.step_up(late)
    world.step_down(late)
    while late.up:
        world.step_up(late)
    for number in range(10, 20):  # in between the parts
        work(world, bo, count=1, start=number)
        assert sum(isinstance(each, Sync) for each in waiting(late)) <= 1, "one part at a time"
        world.step_down(late)
    world.settle()
    assert late.client.phase is Phase.ONLINE
    assert_converged(world)


@pytest.mark.parametrize("seed", range(30))
def test_whoever_lags_at_any_moment_ends_with_everything(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr("chatter_tui.session.sync.SYNC_PART", rng.choice([60, 500, 10**6]))
    world = World()
    ends = [world.join(name) for name in ("bo", "cy", "di")]
    for step in range(150):
        end = rng.choice(ends)
        roll = rng.random()
        if roll < 0.4:
            random_change(world, end, rng, step)
        elif roll < 0.5 and end.link is not None:
            world.master.full(end.link)
        elif roll < 0.55:
            world.toggle(end)
        elif roll < 0.75 and end.link is not None and end.up:
            world.step_up(end)
        elif end.link is not None and end.down:
            world.step_down(end)
        elif end.link is not None and world.master.drained(end.link):
            world.carry_master()
        world.carry(end)
        assert end.closed is None
    for end in ends:
        if end.link is None:
            world.connect(end)
        read(world, end)
    world.settle()
    assert_converged(world)
