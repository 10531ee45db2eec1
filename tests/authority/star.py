"""A session in memory: an authority, clients with queues in both directions, and its invariants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from unittest import mock

from chatter_tui.authority import (
    Author,
    Authority,
    Ledger,
    RejectCode,
    Rejection,
    Role,
    Verdict,
    Violation,
    seeding,
)
from chatter_tui.authority.codec import SKIP, Update, decode
from chatter_tui.blocks import Block, strict_problems
from chatter_tui.replica import Fork, Pending, Replica, Written
from chatter_tui.replica.lib0 import decode_state_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NOW = 1_800_000_000.0
EVIL = "EVIL"  # marks what must never be accepted
OWNER = Author("owner", "Olga", Role.OWNER)
RESOLVED = {"status": '"resolved"'}


def block(id_: str, author: str, content: str = "text", **values: object) -> Block:
    """Return a comment, unless `type` is given."""
    return Block.of({"id": id_, "type": "comment", "author": author, "content": content} | values)


def from_files(client_id: int, blocks: Iterable[Block]) -> Authority:
    """Return an authority that starts with blocks from files, each in a section of its own."""
    first = Authority(10**6, later=True)
    with mock.patch.object(seeding, "SHARE", 1):
        first.seed(blocks)
    return Authority(client_id, state=first.state(), ledger=Ledger(first.ledger.since(0)))


@dataclass(slots=True)
class Answer:
    """The master's answer to an update: its number, and its replacement if it was rejected."""

    seq: int
    fixed: bytes | None = None
    rejected: tuple[Rejection, ...] = ()


@dataclass(slots=True)
class Client:
    """A peer with its fork, and its messages in transit in both directions."""

    name: str
    fork: Fork
    role: Role = Role.REVIEWER
    online: bool = False
    up: deque[Pending] = field(default_factory=deque)
    down: deque[Answer | bytes] = field(default_factory=deque)
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def author(self) -> Author:
        return Author(self.name, self.name, self.role)

    def write(self, change: Callable[[Replica], object]) -> Pending | None:
        """Make a local change, and send it if online."""
        pending = self.fork.write(lambda replica: replica.batch(change))
        if pending and self.online:
            self.up.append(pending)
        return pending


class Queues(Protocol):
    """A client's messages in transit in both directions."""

    online: bool
    up: deque[Any]
    down: deque[Any]


AnyClient = TypeVar("AnyClient", bound=Queues)


class Network(ABC, Generic[AnyClient]):
    """Clients and their queues around an authority."""

    clients: list[AnyClient]

    @abstractmethod
    def go_online(self, client: AnyClient) -> None:
        """Bring a client back."""

    @abstractmethod
    def deliver_up(self, client: AnyClient) -> Verdict:
        """Let the master handle a client's next update."""

    @abstractmethod
    def deliver_down(self, client: AnyClient) -> None:
        """Let a client handle the master's next message."""

    def go_offline(self, client: AnyClient) -> None:
        """Cut a client's link, losing everything in transit."""
        client.online = False
        client.up.clear()
        client.down.clear()

    def deliver_all(self) -> None:
        """Bring all clients back and deliver all messages."""
        for client in self.clients:
            if not client.online:
                self.go_online(client)
        while any(client.up or client.down for client in self.clients):
            for client in self.clients:
                if client.up:
                    self.deliver_up(client)
                if client.down:
                    self.deliver_down(client)


class Star(Network[Client]):
    """The session. Every step checks the invariants, `settle` those that hold at rest."""

    def __init__(self, client_id: int = 1) -> None:
        roots = [block(f"root-{i}", "Olga", f"root 😀 {i}") for i in range(3)]
        self.authority = from_files(client_id, roots)
        self.clients: list[Client] = []
        self.received: list[tuple[Client, bytes, Verdict]] = []
        self.added: set[str] = set()  # by an accepted change
        self.deleted: set[str] = set()

    def join(self, client_id: int, role: Role = Role.REVIEWER) -> Client:
        """Add a new client, online."""
        client = Client(f"peer-{len(self.clients)}", Fork(client_id), role)
        self.clients.append(client)
        self.go_online(client)
        return client

    # -- steps -------------------------------------------------------------------------------

    def deliver_up(self, client: Client) -> Verdict:
        """Let the master handle a client's next update."""
        pending = client.up.popleft()
        verdict = self._receive(client, pending.update)
        answer = Answer(pending.seq, verdict.fixed, verdict.rejected)
        self._send(verdict.relay, but=client)
        client.down.append(answer)
        self._send(verdict.cascade)
        refused = {rejection.block for rejection in verdict.rejected}
        new = {change.id for change in pending.changes if change.after and not change.before}
        self.added |= new - refused
        self.check()
        for id_ in new:
            if id_.endswith("-evil"):
                self._check_mixed(id_.removesuffix("-evil"), verdict)
        return verdict

    def deliver_down(self, client: Client) -> None:
        """Let a client handle the master's next message."""
        message = client.down.popleft()
        if isinstance(message, bytes):
            client.fork.apply(message)
            return
        assert message.seq not in client.answers
        client.answers[message.seq] = message
        if message.fixed is None:
            client.fork.acknowledge(message.seq)
        else:
            clock = client.fork._local.clock()
            client.fork.reject(message.seq, message.fixed)
            assert client.fork._local.clock() == clock, "a rebuild goes on where it was"

    def write(self, change: Callable[[Replica], Written]) -> Verdict:
        """Make a change as the owner."""
        verdict = self.authority.write(OWNER, change, NOW)
        self._note(verdict)
        for relay in verdict.relays:
            self._send(relay)
        self.check()
        return verdict

    def attack(self, author: Author, update: bytes) -> Verdict | Violation:
        """Send an update that no honest client would make."""
        state, blocks = self.authority.state(), dict(self.authority.blocks)
        try:
            verdict = self.authority.receive(author, update, NOW)
        except Violation as violation:
            assert self.authority.state() == state, "nothing of it is used"
            assert self.authority.blocks == blocks
            self.check()
            return violation
        self._note(verdict)
        self._check_changes(blocks, verdict)
        for relay in verdict.relays:
            self._send(relay)
        self.check()
        return verdict

    def seed(self, *blocks: Block) -> None:
        """Add blocks from the owner's files."""
        self._send(self.authority.seed(blocks).relay)
        for client in self.clients:
            while client.down:
                self.deliver_down(client)

    def go_online(self, client: Client) -> None:
        """Bring a client back: it catches up, and sends again what was not answered."""
        client.online = True
        client.fork.resync(self.authority.diff(client.fork.state_vector()))
        client.up.extend(client.fork.pending)

    def restart(self, client_id: int) -> None:
        """Restart the master from what it stored."""
        for client in self.clients:
            self.go_offline(client)
        old = self.authority
        ledger = Ledger(old.ledger.since(0))
        self.authority = Authority(client_id, state=old.state(), ledger=ledger)
        assert self.authority.blocks == old.blocks
        self.check()

    def settle(self) -> None:
        """Bring all clients back, deliver all messages, and check what holds at rest."""
        self.deliver_all()
        self.check_rest()

    def _send(self, update: bytes | None, but: Client | None = None) -> None:
        for client in self.clients:
            if update is not None and client.online and client is not but:
                client.down.append(update)

    # -- what must hold ----------------------------------------------------------------------

    def _receive(self, client: Client, update: bytes) -> Verdict:
        authority = self.authority
        before = dict(authority.blocks)
        expected = _after(vector(authority), decode(update))
        verdict = authority.receive(client.author, update, NOW)
        self.received.append((client, update, verdict))
        assert vector(authority) == expected, "the sender's clocks advance by what it sent"
        refused = {rejection.block for rejection in verdict.rejected}
        assert all(rejection.reason for rejection in verdict.rejected)
        assert not verdict.retried, "honest updates are judged right at first sight"
        gone = self._note(verdict)
        for id_ in refused - gone:
            assert authority.blocks.get(id_) == before.get(id_), "refused is as before"
        self._check_changes(before, verdict)
        assert (verdict.fixed is None) == verdict.accepted
        self.check()
        return verdict

    def _note(self, verdict: Verdict) -> set[str]:
        gone = {change.id for change in verdict.changes if change.after is None}
        self.deleted |= gone
        return gone

    def _check_changes(self, before: Mapping[str, Block], verdict: Verdict) -> None:
        """Check that nobody else's block changed, and that the reported changes happened."""
        blocks = self.authority.blocks
        moved = {i for i in before.keys() | blocks.keys() if before.get(i) != blocks.get(i)}
        assert moved == {change.id for change in verdict.changes}
        for change in verdict.changes:
            assert (change.before, change.after) == (before.get(change.id), blocks.get(change.id))

    def _check_mixed(self, fine: str, verdict: Verdict) -> None:
        """Check that a batch's valid block was accepted, and replies to a rejected one rejected."""
        found = {rejection.block: rejection.code for rejection in verdict.rejected}
        evil, below = found[f"{fine}-evil"], found[f"{fine}-below"]
        if evil is RejectCode.READ_ONLY:
            assert found[fine] is below is RejectCode.READ_ONLY
        else:
            assert (evil, below) == (RejectCode.PARENT_MISSING, RejectCode.PARENT_REJECTED)
            assert fine not in found

    def check(self) -> None:
        """Check what holds after every step."""
        authority = self.authority
        lost = self.added - self.deleted - authority.blocks.keys()
        assert not lost, "accepted is there until somebody deletes it"
        for id_, found in authority.blocks.items():
            assert not strict_problems(found), id_
            assert found.parent_id is None or found.parent_id in authority.blocks
        state = authority.state()
        assert EVIL.encode() not in state
        structs = [struct for group in decode(state).structs.values() for struct in group]
        assert all(struct.kind != SKIP for struct in structs)
        assert all(s.parent == "blocks" for s in structs if isinstance(s.parent, str))
        assert_kept(authority)

    def check_rest(self) -> None:
        """Check what holds when nothing is in transit."""
        blocks = self.authority.blocks
        for client in self.clients:
            assert not client.fork.pending
            assert client.fork.blocks == client.fork.confirmed == blocks
            assert decode_state_vector(client.fork.state_vector()) == vector(self.authority)
        assert verified(self.authority)
        assert Replica(0, self.authority.state()).blocks == blocks

    def check_liveness(self) -> None:
        """Check that everyone can still add a block that all others see."""
        for client in self.clients:
            client.role = Role.REVIEWER
            id_ = f"still-{client.name}"
            client.write(partial(Replica.add, blocks=[block(id_, client.name)]))
        self.settle()
        for client in self.clients:
            assert f"still-{client.name}" in self.authority.blocks

    def check_replay(self, order: Callable[[list[int]], list[int]]) -> None:
        """Check that repeated updates, in any order, change nothing.

        Updates with a rejected deletion are left out: deletions have no clock, so repeating one is
        a new request.
        """
        before = dict(self.authority.blocks)
        old = [
            (client, update)
            for client, update, verdict in self.received
            if verdict.accepted or not decode(update).deletes
        ]
        for at in order(list(range(len(old)))):
            client, update = old[at]
            self._receive(client, update)
        assert self.authority.blocks == before


def vector(authority: Authority) -> dict[int, int]:
    """Return the state vector of an authority."""
    return decode_state_vector(authority.state_vector())


def _after(before: dict[int, int], update: Update) -> dict[int, int]:
    ends = {client: structs[-1].end for client, structs in update.structs.items()}
    return before | {client: max(end, before.get(client, 0)) for client, end in ends.items()}


def codes(rejected: tuple[Rejection, ...]) -> dict[str, RejectCode]:
    """Return the rejected blocks and their codes."""
    return {rejection.block: rejection.code for rejection in rejected}


def written(client: Client, change: Callable[[Replica], object]) -> Pending:
    """Return a client's change, which is now in transit."""
    pending = client.write(change)
    assert pending
    return pending


def assert_kept(authority: Authority) -> None:
    """Check that native code holds what was committed of its sections, as do the stored bytes."""
    document = authority._document
    assert authority._index.vector() == vector(authority)
    again = document.reverted()
    assert decode_state_vector(again.state_vector()) == vector(authority)
    aside = {id_ for id_ in authority.blocks if authority._index.entries[id_][0] in document.aside}
    held = {id_: found for id_, found in authority.blocks.items() if id_ not in aside}
    for each in (document, again):
        ids = set(each._map.keys())
        assert {id_: found for id_ in ids if (found := each._read(id_))} == held
    assert aside <= Replica(0, authority.state()).blocks.keys()


def verified(authority: Authority) -> bool:
    """Return whether the stored bytes decode to the blocks, in one go."""
    steps = authority.verifying()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            agrees: bool = end.value
            return agrees
