"""A master and clients in memory, with nothing between them but bytes: the whole protocol."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgpack
import pytest

from chatter_tui.authority import Authority, Role, codec
from chatter_tui.authority.codec import MAP, TYPE, Struct, Update
from chatter_tui.blocks import dumps
from chatter_tui.session import awareness, sync
from chatter_tui.session.admission import REFUSALS
from chatter_tui.session.awareness import Presence
from chatter_tui.session.effects import Admit, Close, Effect, Send
from chatter_tui.session.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    DocumentChanged,
    Ended,
    Failed,
    PeerJoined,
    PeerLeft,
    PresenceChanged,
    Rejected,
    RoleChanged,
    Synced,
)
from chatter_tui.session.messages import Ack, Auth, AuthRejected, Awareness, Error, Ping, Side, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode, encode
from tests.session.world import SESSION, World, assert_converged, block, random_change


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


def test_a_name_is_made_unique_and_a_returning_peer_keeps_it() -> None:
    world = World()
    bo = world.join("bo")
    other = world.join("Bo", peer_id="peer-2")
    assert other.client.credentials.name == "Bo-2"
    imposter = world.join("ana", peer_id="peer-3")
    assert imposter.client.credentials.name == "ana-2"
    world.disconnect(bo)
    world.connect(bo)
    world.settle()
    assert bo.client.credentials.name == "bo"
    assert bo.client.phase is Phase.ONLINE


@pytest.mark.parametrize(
    ("token", "credentials", "code"),
    [
        ({}, {"secret": b"f" * 16}, "wrong-secret"),
        ({}, {"token": "tokenid2"}, "unknown-invite"),
        ({"expires": 0.0}, {}, "expired"),
        ({"uses_left": 0}, {}, "used-up"),
        ({"revoked": True}, {}, "revoked"),
        ({}, {"token": "", "resume": b"r" * 16}, "unknown-peer"),
        ({}, {"peer_id": "owner"}, "peer-id-taken"),
        ({}, {"peer_id": ""}, "peer-id-taken"),
        ({}, {"peer_id": "owner", "resume": b""}, "peer-id-taken"),
    ],
)
def test_who_was_not_invited_is_told_why(
    token: dict[str, object], credentials: dict[str, object], code: str
) -> None:
    world = World(**token)
    end = world.join("eve", **credentials)
    (ended,) = end.told(Ended)
    assert isinstance(ended, Ended)
    assert ended.code == code
    assert end.client.phase is Phase.OFFLINE
    assert not end.client.blocks
    assert not world.told(PeerJoined)


@pytest.mark.parametrize("limit", ["MAX_PEERS", "MAX_MEMBERS"])
def test_a_session_is_full_while_so_many_are_there(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"chatter_tui.session.admission.{limit}", 3)
    world = World()
    bo = world.join("bo")
    world.join("cy")
    di = world.join("di")
    assert [event.code for event in di.told(Ended)] == ["full"]  # type: ignore[attr-defined]
    world.disconnect(bo)
    late = world.join("late", peer_id="peer-late")
    assert (late.client.phase is Phase.ONLINE) is (limit == "MAX_PEERS")
    world.connect(bo)  # who belongs to it comes back
    world.settle()
    assert bo.client.phase is Phase.ONLINE


def test_another_version_of_the_protocol_is_refused() -> None:
    world = World()
    world.master.opened(5, b"b" * 32, world.now)
    world.master.received(5, encode(Auth("tokenid1", b"", "peer-5", "bo", 5, 2)), world.now)
    said, closed = world.master.effects()
    assert isinstance(said, Send)
    assert decode(said.data, sender=Side.MASTER) == AuthRejected("version", REFUSALS["version"])
    assert closed == Close(5, REFUSALS["version"])


def test_an_invite_for_one_serves_one_who_may_return() -> None:
    world = World(uses_left=1)
    bo = world.join("bo")
    late = world.join("cy")
    assert [event.code for event in late.told(Ended)] == ["used-up"]  # type: ignore[attr-defined]
    world.disconnect(bo)
    world.connect(bo)
    world.settle()
    assert bo.client.phase is Phase.ONLINE


def test_somebody_in_between_gets_nowhere() -> None:
    """Both ends see another binding when a third party terminates the channel."""
    world = World()
    bo = world.join("bo")
    world.disconnect(bo)
    line = world.connect(bo, binding=b"1" * 32, seen=b"2" * 32)
    world.step_up(bo)
    bo.client.received(line.number, line.down.popleft(), world.now)
    (close,) = bo.client.effects()
    assert close == Close(line.number, "the connection to the host is being intercepted")
    assert str(bo.client.phase) == "offline"
    world.disconnect(bo)
    # The secret worked before, so the client knows it is right and keeps trying.
    assert not bo.told(Ended)
    world.connect(bo)
    world.settle()
    assert bo.client.phase is Phase.ONLINE
    cy = world.dial("cy")
    world.disconnect(cy)
    world.connect(cy, binding=b"1" * 32, seen=b"2" * 32)
    world.settle()
    (ended,) = cy.told(Ended)
    assert isinstance(ended, Ended)
    assert ended.code == "wrong-secret"
    assert "secret is wrong" in ended.reason
    assert "the connection is being intercepted" in ended.reason


def test_a_false_master_is_left_at_once() -> None:
    world = World()
    bo = world.join("bo")
    world.disconnect(bo)
    bo.client.opened(99, b"x" * 32, world.now)
    bo.client.effects()
    from chatter_tui.session.messages import AuthOk

    lie = AuthOk(b"z" * 32, "peer-bo", "bo", "owner", SESSION, "eve", "plan.md", 9, b"r" * 16)
    bo.client.received(99, encode(lie), world.now)
    closes = [effect for effect in bo.client.effects() if isinstance(effect, Close)]
    assert closes
    assert "secret" in closes[0].reason
    assert bo.client.role is Role.REVIEWER


def test_only_who_has_proved_who_they_are_is_no_stranger_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admitted: list[int] = []
    carry = World._carry_master

    def watch(self: World, effect: Effect) -> None:
        if isinstance(effect, Admit):
            admitted.append(effect.link)
        carry(self, effect)

    monkeypatch.setattr(World, "_carry_master", watch)
    world = World()
    bo = world.join("bo")
    assert admitted == [bo.lines[0].number]
    world.join("eve", secret=b"?" * 16)
    assert admitted == [bo.lines[0].number]
    world.disconnect(bo)
    world.connect(bo)
    world.settle()
    assert admitted[1:] == [bo.lines[0].number]


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


def test_a_master_that_never_ends_a_state_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.session.client.MAX_STATE", 1000)
    world = World()
    bo = world.join("bo")
    assert bo.link is not None
    for _ in range(11):
        bo.client.received(bo.link, encode(Sync(b"x" * 100, more=True)), world.now)
    assert bo.client.phase is Phase.OFFLINE


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


def test_who_is_removed_is_gone_for_good() -> None:
    world = World()
    bo, cy = world.join("bo"), world.join("cy")
    world.master.remove("peer-bo")
    world.settle()
    assert [event.code for event in bo.told(Ended)] == ["removed"]  # type: ignore[attr-defined]
    assert cy.told(PeerLeft)
    bo.events.clear()
    world.connect(bo)
    world.settle()
    assert [event.code for event in bo.told(Ended)] == ["removed"]  # type: ignore[attr-defined]
    assert bo.client.phase is Phase.OFFLINE


def test_a_newcomer_that_was_removed_before_it_heard_of_being_in_stays_out() -> None:
    world = World()
    bo = world.dial("bo")
    world.step_up(bo)
    world.disconnect(bo)
    world.master.remove("peer-bo")
    world.connect(bo)
    world.settle()
    assert [event.code for event in bo.told(Ended)] == ["removed"]  # type: ignore[attr-defined]


def test_nobody_comes_in_under_the_client_id_of_another() -> None:
    world = World()
    bo = world.join("bo")
    world.new_client_id = lambda: bo.client._merging.client_id
    eve = world.join("eve")
    assert eve.parted == "The update uses the client id of another peer. (foreign-client)"
    assert [peer.name for peer in world.master.peers] == ["ana", "bo"]
    world.write(bo, block("b1", "bo"))
    world.settle()
    assert "b1" in world.master.blocks


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
