"""Machines whose disks are restored from older copies: all converge, and nothing shown is lost."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chatter_tui.authority import Authority, Ledger, Role
from chatter_tui.blocks import Block, dumps
from chatter_tui.replica import Fork, Replica
from chatter_tui.session.authentication import Credentials
from chatter_tui.session.client import Client
from chatter_tui.session.events import BlockAdded, Ended, Failed, MasterBehind, Rejected
from chatter_tui.session.master import Master
from chatter_tui.session.members import Member
from chatter_tui.session.records import Record, Update
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.session_store import Stored
from tests.session.world import SECRET, SESSION, End, World, assert_converged, block

RUNS = int(os.environ.get("CHATTER_RESTORED", "60"))
SHARED_MEMORY = Path("/dev/shm")


@contextmanager
def kept(records: list[Record]) -> Iterator[Stored]:
    """Return the stored form of records; the first of them are an older copy of the disk."""
    where = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        store = SessionFolder(Path(folder)).session(SESSION)
        store.commit(records)
        yield store.load()
        store.close()


class Lasting(World):
    """A world whose machines go on from any moment of what they kept."""

    def __init__(self) -> None:
        super().__init__()
        self.disks["owner"] += [*self.master.records(), Update(self.master.state())]

    def restart_master(self, records: int | None = None) -> None:
        """Kill the master and go on from the first `records` of what it kept."""
        for end in self.ends:
            while end.lines:
                self.disconnect(end)
        disk = self.disks["owner"] = self.disks["owner"][:records]
        with kept(disk) as stored:
            members = [Member.returning(member) for member in stored.members]
            owner = next(member for member in members if member.role is Role.OWNER)
            owner.client_id = self.new_client_id()
            self.authority = Authority(
                owner.client_id, state=stored.state, ledger=Ledger(stored.ledger)
            )
            self.master = Master(
                SESSION,
                owner,
                self.authority,
                self.master.document,
                {token.id: token for token in stored.tokens},
                secret=random.Random(owner.client_id).randbytes,
                members=members,
            )
        disk += [*self.master.records(), Update(self.master.state())]

    def restart_client(self, end: End, records: int | None = None) -> None:
        """Kill a client and go on from the first `records` of what it kept."""
        while end.lines:
            self.disconnect(end)
        mine = end.client.credentials
        disk = self.disks[mine.peer_id] = self.disks[mine.peer_id][:records]
        with kept(disk) as stored:
            fork = Fork(self.new_client_id(), stored.state)
            for update in stored.pending:
                fork.restore(update)
            resume = bytes.fromhex(stored.notes.get("resume", ""))
            end.client = Client(
                SESSION,
                Credentials(mine.peer_id, mine.name, self.token.id, SECRET, resume),
                fork,
                new_client_id=self.new_client_id,
                role=Role(stored.notes.get("role", "viewer")),
            )
        disk += end.client.records()

    def return_all(self) -> None:
        """Have everybody online, as often as it takes, until nothing is under way."""
        for _ in range(6):
            for end in self.ends:
                if not end.lines:
                    self.connect(end)
            self.settle()
            if all(end.lines for end in self.ends):
                return
        raise AssertionError("somebody does not get in again")

    def owner_adds(self, id_: str) -> None:
        self.master.write(lambda replica: replica.add([block(id_, "ana")]), self.now)
        self.carry_master()


def contents(world: World) -> dict[str, str]:
    return {id_: found.content for id_, found in world.master.blocks.items()}


def divergences(end: End) -> list[MasterBehind]:
    return [event for event in end.events if isinstance(event, MasterBehind)]


def test_what_a_restored_host_lacks_of_ones_own_is_sent_again() -> None:
    world = Lasting()
    bo, cy = world.join("bo"), world.join("cy")
    world.write(bo, block("b1", "bo", "first"))
    world.settle()
    copy = len(world.disks["owner"])
    bo.client.write(lambda replica: replica.edit("b1", "first, and better"))
    world.write(bo, block("b2", "bo", "second"), block("b3", "bo", "a reply", parent_id="b2"))
    bo.client.write(lambda replica: replica.set_fields("root", {"status": dumps("resolved")}))
    world.write(cy, block("c1", "cy", "of cy"))
    world.owner_adds("a1")
    world.settle()
    world.restart_master(copy)
    assert contents(world) == {"root": "the first comment", "b1": "first"}
    world.connect(bo)
    world.settle()
    assert world.master.blocks["root"].status == "resolved"
    (back,) = divergences(bo)
    assert set(back.again) == {"b1", "b2", "b3", "root"}
    assert {lost.id for lost in back.lost} == {"a1", "c1"}
    (told,) = world.told(Failed)
    assert "bo has changes that this disk has lost" in told.message  # type: ignore[attr-defined]
    world.connect(cy)
    world.settle()
    assert contents(world) == {
        "root": "the first comment",
        "b1": "first, and better",
        "b2": "second",
        "b3": "a reply",
        "c1": "of cy",
    }
    assert_converged(world)
    world.write(bo, block("b4", "bo"))
    world.settle()
    assert "b4" in cy.client.blocks
    assert not [event for end in (bo, cy) for event in end.events if isinstance(event, Rejected)]


def test_an_only_deletion_that_a_restored_host_lacks_is_noticed_and_told() -> None:
    world = Lasting()
    bo, cy = world.join("bo"), world.join("cy")
    world.write(bo, block("b1", "bo"))
    world.settle()
    copy = len(world.disks["owner"])
    bo.client.write(lambda replica: replica.delete(["b1"]))
    world.carry(bo)
    world.settle()
    world.restart_master(copy)
    world.return_all()
    for end in (bo, cy):
        assert [event.back for event in divergences(end)] == [("b1",)]
    assert_converged(world)
    assert "b1" in bo.client.blocks


def test_unsent_work_goes_to_a_restored_host_too() -> None:
    world = Lasting()
    bo = world.join("bo")
    world.write(bo, block("b1", "bo"))
    world.settle()
    copy = len(world.disks["owner"])
    world.write(bo, block("b2", "bo"))
    world.settle()
    world.disconnect(bo)
    world.write(bo, block("b3", "bo", parent_id="b2"))
    bo.client.write(lambda replica: replica.delete(["b1"]))
    world.carry(bo)
    world.restart_master(copy)
    world.return_all()
    assert set(contents(world)) == {"root", "b2", "b3"}
    assert_converged(world)


def test_whom_a_restored_host_does_not_know_comes_back_with_the_invite() -> None:
    world = Lasting()
    copy = len(world.disks["owner"])
    bo = world.join("bo")
    world.write(bo, block("b1", "bo"))
    world.settle()
    world.restart_master(copy)
    world.return_all()
    assert not bo.told(Ended)
    assert bo.client.credentials.peer_id == "peer-bo"
    assert set(contents(world)) == {"root", "b1"}
    assert_converged(world)
    world.disconnect(bo)  # and is known from then on
    world.token = world.token.used()
    world.return_all()
    assert_converged(world)


def test_without_an_invite_it_is_told_and_keeps_what_it_has() -> None:
    world = Lasting()
    copy = len(world.disks["owner"])
    bo = world.join("bo")
    world.write(bo, block("b1", "bo"))
    world.settle()
    world.restart_master(copy)
    world.master.add_token(world.token.__class__("tokenid1", SECRET, Role.REVIEWER, 0.0))
    world.connect(bo)
    world.settle()
    world.connect(bo)
    world.settle()
    assert [event.code for event in bo.told(Ended)] == ["expired"]  # type: ignore[attr-defined]
    assert "b1" in bo.client.blocks


def test_a_client_restored_from_an_older_copy_writes_nothing_twice() -> None:
    world = Lasting()
    bo, cy = world.join("bo"), world.join("cy")
    world.write(bo, block("b1", "bo"))
    world.settle()
    copy = len(world.disks["peer-bo"])
    world.write(bo, block("b2", "bo", "same length"))
    world.settle()
    world.restart_client(bo, copy)
    world.write(bo, block("b3", "bo", "equal long!"))  # where the clocks of b2 would be
    world.return_all()
    assert set(contents(world)) == {"root", "b1", "b2", "b3"}
    assert_converged(world)
    assert not [event for event in bo.events if isinstance(event, Rejected | Failed | MasterBehind)]
    assert not divergences(cy)


class Restored(RuleBasedStateMachine):
    """A host and two clients that die and go on from copies of their disks, older or not."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Lasting()
        self.ends: dict[str, End] = {}
        self.copies: dict[str, int] = {}
        self.deleted: set[str] = set()
        self.shown: dict[str, set[str]] = {}
        self.number = 0

    @initialize()
    def join(self) -> None:
        self.ends = {name: self.world.join(name) for name in ("bo", "cy")}
        self.copies = {name: len(disk) for name, disk in self.world.disks.items()}
        self.shown = {name: set() for name in self.ends}

    @rule(name=st.sampled_from(["bo", "cy"]), kind=st.integers(0, 4), pick=st.integers(0, 99))
    def write(self, name: str, kind: int, pick: int) -> None:
        end, self.number = self.ends[name], self.number + 1
        mine = sorted(id_ for id_, b in end.client.blocks.items() if b.author == name)
        everything = sorted(end.client.blocks)
        target = everything[pick % len(everything)]
        if kind == 0 or not mine:
            self.world.write(end, block(f"{name}{self.number}", name, f"text {self.number} 😀"))
        elif kind == 1:
            reply = block(f"{name}{self.number}", name, "a reply", parent_id=target)
            self.world.write(end, reply)
        elif kind == 2:
            own = mine[pick % len(mine)]
            text = f"{end.client.blocks[own].content}+{self.number}"
            end.client.write(lambda replica: replica.edit(own, text))
        elif kind == 3:
            fields = {"status": dumps(["open", "resolved"][pick % 2])}
            end.client.write(lambda replica: replica.set_fields(target, fields))
        else:
            own = mine[pick % len(mine)]
            self.deleted.add(own)
            end.client.write(lambda replica: replica.delete([own]))
        self.world.carry(end)

    @rule()
    def owner(self) -> None:
        self.number += 1
        self.world.owner_adds(f"ana{self.number}")

    @rule(name=st.sampled_from(["bo", "cy"]), count=st.integers(1, 6), down=st.booleans())
    def deliver(self, name: str, count: int, down: bool) -> None:
        end = self.ends[name]
        for _ in range(count):
            if not end.lines or end.closed is not None:
                return
            if down and end.down:
                self.world.step_down(end)
            elif not down and end.up:
                self.world.step_up(end)

    @rule()
    def settle(self) -> None:
        self.world.settle()

    @rule(name=st.sampled_from(["bo", "cy"]))
    def toggle(self, name: str) -> None:
        end = self.ends[name]
        if end.lines:
            self.world.disconnect(end)
        else:
            self.world.connect(end)

    @rule(name=st.sampled_from(["bo", "cy"]))
    def take_over(self, name: str) -> None:
        if 0 < len(self.ends[name].lines) < 3:
            self.world.connect(self.ends[name])

    @rule(name=st.sampled_from(["owner", "peer-bo", "peer-cy"]))
    def copy(self, name: str) -> None:
        self.copies[name] = len(self.world.disks[name])

    @rule(older=st.booleans())
    def restart_host(self, older: bool) -> None:
        self.world.restart_master(self.copies["owner"] if older else None)

    @rule(name=st.sampled_from(["bo", "cy"]), older=st.booleans())
    def restart_client(self, name: str, older: bool) -> None:
        self.world.restart_client(self.ends[name], self.copies[f"peer-{name}"] if older else None)
        if older:
            self.shown[name].clear()
        self.world.carry(self.ends[name])

    @invariant()
    def remember(self) -> None:
        for name, end in self.ends.items():
            self.shown[name] |= end.client.blocks.keys()

    def teardown(self) -> None:
        if not self.ends:
            return
        self.world.return_all()
        assert_converged(self.world)
        for name, end in self.ends.items():
            given_back = {b.id for event in divergences(end) for b in event.lost}
            given_back |= {event.id for event in end.events if isinstance(event, Rejected)}
            lost = self.shown[name] - end.client.blocks.keys() - given_back - self.deleted
            assert not self._with_parents(lost, end), lost
            read = Replica(0, self.world.master.state()).blocks
            assert dict(read) == dict(end.client.blocks)

    def _with_parents(self, ids: set[str], end: End) -> set[str]:
        """Without replies to what was deleted, which go with it."""
        added = {e.id: e.block for e in end.events if isinstance(e, BlockAdded)}
        left = set()
        for id_ in ids:
            at: Block | None = added.get(id_)
            while at is not None and at.id not in self.deleted:
                at = added.get(at.parent_id or "")
            if at is None:
                left.add(id_)
        return left


Restored.TestCase.settings = settings(max_examples=RUNS, stateful_step_count=40)
TestRestored = pytest.mark.timeout(60 + 5 * RUNS)(Restored.TestCase)
