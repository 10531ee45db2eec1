"""Links that are closed or slowed down: invalid messages, silence, and costly updates."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgpack
import pytest

from chatter_tui.authority import Authority, codec
from chatter_tui.authority.codec import MAP, TYPE, Struct, Update
from chatter_tui.session import sync
from chatter_tui.session.effects import Close, Send
from chatter_tui.session.events import (
    Failed,
    PeerLeft,
    Rejected,
)
from chatter_tui.session.messages import Ack, Auth, Error, Ping, Side, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode, encode
from tests.session.world import World, assert_converged, block


def test_what_only_merging_shows_is_charged() -> None:
    world = World()
    bo = world.join("bo")
    assert bo.link is not None
    long = "a" * 30_000 + "界" * 10_000
    world.write(bo, block("b1", "bo", long))
    world.settle()
    pending = bo.client.write(lambda replica: replica.edit("b1", "界" * 10_000 + long[10_000:]))
    assert pending
    update = encode(Sync(sync.encode(sync.Step.UPDATE, pending.update), pending.seq))
    assert world.master.received(bo.link, update, world.now) > 0.5


def test_a_state_is_not_asked_for_without_end() -> None:
    world = World()
    bo = world.join("bo")
    assert bo.link is not None
    ask = encode(Sync(sync.encode(sync.Step.STATE_VECTOR, b"\0")))
    waits = [world.master.received(bo.link, ask, world.now) for _ in range(6)]
    assert waits[-1] > 0.5
    more = encode(Sync(sync.encode(sync.Step.STATE_VECTOR, b"\1\7\7")))
    for _ in range(3):
        world.master.received(bo.link, more, world.now)
    world.carry_master()
    assert len(world.told(Failed)) == 1  # that it has what is not here


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"{",
        b"[]",
        b'{"type": 5}',
        b'{"type": "nonsense"}',
        encode(Ack(1)),
        encode(Ping(1)),
        encode(Sync(b"\x02\x00", 1)),
        b"\x85" * 1000,
        b"\x81\xa4type\xa4auth",
        b"x" * 2_000_000,
    ],
)
def test_garbage_before_auth_closes_that_link_and_no_other(data: bytes) -> None:
    world = World()
    bo = world.join("bo")
    world.master.opened(77, b"b" * 32, world.now)
    world.master.received(77, data, world.now)
    closes = [effect for effect in world.master.effects() if isinstance(effect, Close)]
    assert [close.link for close in closes] == [77]
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert_converged(world)


@pytest.mark.parametrize(
    "data",
    [
        encode(Sync(b"\x02\x02\x00\x00")),  # an update without a number
        encode(Sync(b"\x01\x02\x00\x00", 1)),  # a diff nobody asked for
        encode(Sync(b"\x09\x00", 1)),
        encode(Sync(b"", 1)),
        encode(Sync(b"\x02\x04\xff\xff\xff\xff", 1)),
        encode(Sync(b"\x00\x03\xff\xff\xff")),
        encode(Auth("tokenid1", b"", "peer-bo", "bo", 5)),
        encode(Ack(1)),
    ],
)
def test_a_member_that_breaks_the_protocol_is_parted_from_with_a_reason(data: bytes) -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    assert bo.link is not None
    world.master.received(bo.link, data, world.now)
    world.carry_master()
    assert bo.closed
    world.settle()
    assert [event.peer.name for event in world.told(PeerLeft)] == ["bo"]  # type: ignore[attr-defined]
    world.write(cy, block("c1", "cy"))
    world.settle()
    assert "c1" in world.master.blocks


def test_refusals_by_the_hundred_are_charged() -> None:
    world = World()
    world.authority.seed([block(f"b{n}", "ana") for n in range(450)])
    bo = world.join("bo")
    assert bo.link is not None
    pending = bo.client.write(lambda replica: replica.delete(list(bo.client.blocks)))
    assert pending
    update = encode(Sync(sync.encode(sync.Step.UPDATE, pending.update), 1))
    assert world.master.received(bo.link, update, world.now) > 0.1
    world.carry(bo)
    world.settle()
    assert len(bo.told(Rejected)) == 451
    assert_converged(world)


@pytest.mark.parametrize("blocks", [500, 4_000])
def test_an_update_that_would_take_long_is_not_looked_at(
    blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    assert bo.link is not None
    entries = [
        Struct(77, clock, 1, TYPE, parent="blocks", key=f"n{clock}", keyed=True, content=MAP)
        for clock in range(blocks + 1)
    ]
    update = codec.encode(Update({77: entries}))
    steps = Counter[str]()
    for module, name in ((codec, "_struct"), (Authority, "_try")):
        taken = getattr(module, name)

        def counted(*given: Any, name: str = name, taken: Any = taken) -> Any:
            steps[name] += 1
            return taken(*given)

        monkeypatch.setattr(module, name, counted)
    world.master.received(
        bo.link, encode(Sync(sync.encode(sync.Step.UPDATE, update), 1)), world.now
    )
    assert not steps["_try"], "native code never sees it"
    assert steps["_struct"] <= 501, "too many are not even read"
    world.carry_master()
    assert bo.closed
    world.write(cy, block("c1", "cy"))
    world.settle()
    assert "c1" in world.master.blocks


def test_a_stranger_is_not_listened_to_for_long() -> None:
    world = World()
    world.master.opened(5, b"b" * 32, world.now)
    long = msgpack.packb({"type": "auth", "later": [[]] * 500, "more": "x" * 20_000})
    world.master.received(5, long, world.now)
    assert Close(5, "message too large") in world.master.effects()


def test_silence_is_noticed_on_both_sides_and_sleep_is_forgiven() -> None:
    world = World()
    bo = world.join("bo")
    world.master.tick(world.now)
    for _ in range(4):
        world.now += 3
        world.master.tick(world.now)
    world.carry_master()
    assert bo.closed == "nothing received for 8.5 seconds"
    bo.client.tick(world.now)
    assert bo.client.phase is Phase.OFFLINE

    world = World()
    bo = world.join("bo")
    world.master.tick(world.now)
    world.now += 3600  # the master's machine slept
    world.master.tick(world.now)
    world.carry_master()
    assert bo.closed is None


def test_a_clock_that_is_set_back_parts_nobody_and_the_dead_are_noticed_after_it() -> None:
    world = World()
    bo = world.join("bo")
    world.master.tick(world.now)
    bo.client.tick(world.now)
    world.now -= 3600
    for _ in range(30):
        world.now += 1
        world.master.tick(world.now)
        bo.client.tick(world.now)
        world.carry(bo)
        world.settle()
    assert bo.client.phase is Phase.ONLINE
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert_converged(world)
    for _ in range(12):  # and now nothing gets through
        world.now += 1
        bo.client.tick(world.now)
    assert str(bo.client.phase) == "offline"


def test_nobody_may_stay_without_saying_who_they_are() -> None:
    world = World()
    world.master.opened(5, b"b" * 32, world.now)
    for _ in range(12):
        world.now += 1
        world.master.tick(world.now)
    effects = world.master.effects()
    assert Close(5, "no authentication within 10 seconds") in effects


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (encode(Ping(1)), "auth-first"),
        (b"noise", "malformed"),
        (encode(Ack(1)), "malformed"),
        (None, "auth-timeout"),
    ],
)
def test_a_stranger_is_told_why_it_has_to_go(said: bytes | None, code: str) -> None:
    world = World()
    world.master.opened(5, b"b" * 32, world.now)
    if said is not None:
        world.master.received(5, said, world.now)
    for _ in range(12):
        world.now += 1
        world.master.tick(world.now)
    last, close = world.master.effects()
    assert isinstance(last, Send)
    told = decode(last.data, sender=Side.MASTER)
    assert isinstance(told, Error)
    assert (told.code, close) == (code, Close(5, told.reason))


def test_a_member_is_told_why_it_has_to_go() -> None:
    world = World()
    bo, cy, di = (world.join(name) for name in ("bo", "cy", "di"))
    lines = [end.lines[0] for end in (bo, cy, di)]
    unnumbered = encode(Sync(b"\x02\x02\x00\x00"))
    world.master.received(lines[0].number, unnumbered, world.now)
    world.connect(cy)
    world.step_up(cy)
    for _ in range(12):
        world.now += 1
        world.master.tick(world.now)
        world.master.received(cy.lines[-1].number, encode(Ping(1)), world.now)
    world.carry_master()
    codes = []
    for line in lines:
        told = decode(line.down[-1], sender=Side.MASTER)
        assert isinstance(told, Error)
        assert told.reason == line.closed
        codes.append(told.code)
    assert codes == ["unexpected", "replaced", "silent"]


def test_pings_are_answered_and_measure_the_way() -> None:
    world = World()
    bo = world.join("bo")
    world.now += 4
    bo.client.tick(world.now)
    world.carry(bo)
    world.now += 0.05
    world.settle()
    assert bo.client.latency == pytest.approx(0.05, abs=0.01)


def test_a_violation_puts_the_unsent_aside_as_drafts_and_the_client_goes_on() -> None:
    world = World()
    bo = world.join("bo")
    assert bo.link is not None
    first = block("b1", "bo")
    bo.client.write(lambda replica: replica.add([first]))
    world.carry(bo)
    bo.up.popleft()
    cut = Sync(sync.encode(sync.Step.UPDATE, b"\1\1"), 1)
    world.master.received(bo.link, encode(cut), world.now)
    world.settle()
    (rejected,) = bo.told(Rejected)
    assert isinstance(rejected, Rejected)
    assert rejected.block == first
    assert rejected.code == "violation"
    assert rejected.reason == "The update is not a Yjs update. (malformed)"
    world.connect(bo)
    world.settle()
    world.write(bo, block("b2", "bo"))
    world.settle()
    assert set(world.master.blocks) == {"root", "b2"}
    assert_converged(world)


def test_a_master_that_never_ends_a_state_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.session.client.MAX_STATE", 1000)
    world = World()
    bo = world.join("bo")
    assert bo.link is not None
    for _ in range(11):
        bo.client.received(bo.link, encode(Sync(b"x" * 100, more=True)), world.now)
    assert bo.client.phase is Phase.OFFLINE
