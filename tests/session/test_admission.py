"""Who may join: invites, resume secrets, proofs on both sides."""

from __future__ import annotations

import pytest

from chatter_tui.authority import Role
from chatter_tui.session.admission import REFUSALS
from chatter_tui.session.effects import Admit, Close, Effect, Send
from chatter_tui.session.events import (
    Ended,
    PeerJoined,
    PeerLeft,
)
from chatter_tui.session.messages import Auth, AuthRejected, Side
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode, encode
from tests.session.world import SESSION, World, block


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
