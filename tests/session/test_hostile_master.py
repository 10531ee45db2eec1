"""False or hostile masters: the client leaves them, and loses nothing of its own."""

from __future__ import annotations

import pytest

from chatter_tui.authority.codec import (
    ANY,
    Struct,
    Update as YjsUpdate,
    encode as encode_update,
)
from chatter_tui.replica import NativeFaultError, Replica
from chatter_tui.session import sync
from chatter_tui.session.events import Ended, Rejected
from chatter_tui.session.invites import proof
from chatter_tui.session.messages import AuthOk, AuthRejected, Error, Message, Reject, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.records import Noted, Queued, Requeued, Update
from chatter_tui.session.wire import encode
from tests.authority.hostile import crossed
from tests.session.world import SECRET, SESSION, End, World, block

NESTED = b"\1\1\5\0\x28\1\6blocks\1k\1" + b"\x75\1" * 9_000 + b"\x7e\0"  # JSON, 9,000 levels deep
UNREADABLE = [b"\xff" * 10, b"", b"\0\0 and more", NESTED, b"\1\1\5\0\x07\1\6blocks\1"]


def wraps(kind: str, update: bytes) -> Message:
    if kind == "reject":
        return Reject(1, (), update)
    return Sync(sync.encode(sync.Step.DIFF if kind == "state" else sync.Step.UPDATE, update))


def hear(world: World, end: End, message: Message) -> None:
    end.down.append(encode(message))
    world.step_down(end)


def with_work(world: World) -> tuple[End, list[object]]:
    """A member with something that has not reached the master, and its disk from now on."""
    bo = world.join("bo")
    world.disconnect(bo)
    world.write(bo, block("unsent", "bo"))
    world.disks.clear()
    return bo, world.disks["peer-bo"]  # type: ignore[return-value]


def let_in(world: World, end: End, disk: list[object]) -> None:
    """Let a member in, with nothing more on its way to it and nothing new on its disk."""
    world.connect(end)
    world.step_up(end)
    world.step_down(end)
    disk.clear()
    end.down.clear()


def come_back(world: World, end: End) -> None:
    world.disconnect(end)
    world.connect(end)
    world.settle()


@pytest.mark.parametrize("update", UNREADABLE, ids=["noise", "empty", "more", "nested", "short"])
@pytest.mark.parametrize("kind", ["state", "update", "reject"])
def test_an_update_that_is_none_is_not_taken_in_and_not_kept(kind: str, update: bytes) -> None:
    world = World()
    bo, disk = with_work(world)
    let_in(world, bo, disk)
    hear(world, bo, wraps(kind, update))
    assert "unreadable" in (bo.closed or "")
    assert not [record for record in disk if isinstance(record, Update)]
    come_back(world, bo)
    assert "unsent" in world.master.blocks
    assert bo.client.phase is Phase.ONLINE


@pytest.mark.parametrize("kind", ["state", "update", "reject"])
def test_where_native_code_fails_the_session_ends_and_the_state_is_not_kept(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    bo, disk = with_work(world)
    let_in(world, bo, disk)

    def fail(*_: object) -> None:
        raise RuntimeError("block parent must be deleted")

    monkeypatch.setattr(Replica, "_transact", fail)
    hear(world, bo, wraps(kind, b"\0\0"))
    (ended,) = bo.told(Ended)
    assert isinstance(ended, Ended)
    assert ended.code == "failed"
    assert bo.client.spoilt
    assert not [r for r in disk if isinstance(r, Update | Requeued)]  # the queue is as it was


def test_a_replica_tells_what_native_code_cannot_take() -> None:
    orphan = Struct(7, 0, 1, ANY, parent=(9, 0), key="k", keyed=True, content="x")
    replica = Replica(1)
    replica.apply(encode_update(YjsUpdate({7: [orphan]})))  # waits for what it belongs to
    with pytest.raises(NativeFaultError):
        replica.apply(b"\xff")


@pytest.mark.parametrize("code", ["violation", "malformed", "removed"])
def test_whoever_has_not_proved_to_be_the_host_cannot_empty_the_queue(code: str) -> None:
    world = World()
    bo, disk = with_work(world)
    world.connect(bo)
    hear(world, bo, Error(code, "says somebody in between"))
    assert not bo.told(Rejected)
    assert not bo.told(Ended)
    assert not [record for record in disk if isinstance(record, Requeued)]
    come_back(world, bo)
    assert "unsent" in world.master.blocks


def test_whoever_claims_not_to_know_a_member_does_not_make_it_a_stranger() -> None:
    world = World()
    bo, _ = with_work(world)
    world.connect(bo)
    hear(world, bo, AuthRejected("unknown-peer", "says somebody in between"))
    world.disconnect(bo)
    for _ in range(2):  # first with the invite, as if it were new; then as the member it is
        world.connect(bo)
        world.settle()
    assert not bo.told(Ended)
    assert bo.client.phase is Phase.ONLINE
    assert "unsent" in world.master.blocks


def test_a_member_that_is_not_known_keeps_its_way_back() -> None:
    """The host may have been restored from an older copy, and the invite be of no use any more."""
    world = World()
    bo, _ = with_work(world)
    world.connect(bo)
    hear(world, bo, AuthRejected("unknown-peer", "the host no longer knows you"))
    world.disconnect(bo)
    world.connect(bo)
    hear(world, bo, AuthRejected("expired", "the invite has expired"))
    assert [event.code for event in bo.told(Ended)] == ["expired"]  # type: ignore[attr-defined]
    who, queue = bo.client.records()
    assert isinstance(who, Noted)
    assert who.values["resume"]
    assert isinstance(queue, Requeued)
    assert [type(each) for each in queue.updates] == [Queued]


def test_a_master_that_gives_no_way_to_return_is_left() -> None:
    world = World()
    bo = world.dial("bo")
    shown = proof(SECRET, "master", SESSION, "peer-bo", b"b" * 32)
    hear(world, bo, AuthOk(shown, "peer-bo", "bo", "owner", SESSION, "eve", "plan.md", 1, b""))
    assert "no resume secret" in (bo.closed or "")


def test_texts_that_would_be_read_differently_from_disk_are_shown_like_that() -> None:
    world = World()
    world.authority.seed([block(f"b{number}", "ana") for number in range(250)])
    world.authority.seed([block("torn", "ana", "some text")])
    bo = world.join("bo")
    owner, start = world.authority._index.texts["torn"]
    for update in crossed(owner, start):
        hear(world, bo, wraps("update", update))
        if Replica(0, bo.client.state()).blocks["torn"] != bo.client.blocks["torn"]:
            break
    else:
        pytest.fail("there is nothing to see to")
    bo.events.clear()
    steps = sum(1 for _ in bo.client.verify())
    world.carry(bo)
    assert steps > 2, "others have their turn in between"
    assert bo.client.blocks["torn"] == Replica(0, bo.client.state()).blocks["torn"]
    assert [event.id for event in bo.events] == ["torn"]  # type: ignore[attr-defined]
