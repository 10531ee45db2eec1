"""Updates that no honest client sends: noise, damaged bytes, valid structs in wrong places.

As a program it feeds them to an authority. It fails, or crashes, which the test that started it
sees, if anything but a verdict or a violation results.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from chatter_tui.authority import Author, Authority, Ledger, Role, Violation
from chatter_tui.authority.codec import (
    ANY,
    DELETED,
    GC,
    SKIP,
    STRING,
    TYPE,
    Id,
    Struct,
    Update,
    decode,
    encode,
)
from chatter_tui.authority.index import Index
from chatter_tui.replica import Fork, Replica
from chatter_tui.replica.lib0 import decode_state_vector
from tests.authority.star import block, from_files, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = 1_800_000_000.0
BOB = Author("bob", "Bob", Role.MODERATOR)
OWNER = Author("owner", "Olga", Role.OWNER)
TEXTS = ("x", "yé", "😀", "a😀b", "\0", "long " * 40, "")
VALUES = (
    '"open"',
    '"resolved"',
    '"comment"',
    '"Mallory"',
    '"root-0"',
    "1.0",
    "{",
    "[" * 99,
    "null",
)
KEYS = ("status", "type", "author", "id", "parent_id", "extra", "content", "k" * 65, "")
IDS = ("root-0", "root-1", "mallory-1", "é", "", "x" * 129)


class Attacker:
    """A peer with several client ids, who knows the document and misuses it at will."""

    def __init__(self, rng: random.Random, authority: Authority) -> None:
        self.rng = rng
        self.authority = authority
        # None that a test gives to somebody else later: a session binds them.
        self.clients = [rng.randrange(2**16, 2**31) for _ in range(3)]
        self.honest: list[bytes] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the document, and make some honest updates to start from."""
        state = self.authority.state()
        known = decode(state)
        self.ids = [(s.client, s.clock + s.length - 1) for g in known.structs.values() for s in g]
        index = Index()
        index.learn(known)
        texts: dict[str, list[Id]] = {}
        for client, end in index.vector().items():
            for start, stop, container in index.spans(client, 0, end):
                if container and container.is_text and container.owner:
                    ids = ((client, clock) for clock in range(start, stop))
                    texts.setdefault(container.block, [container.owner]).extend(ids)
        own = [
            i
            for i in texts
            if i in self.authority.blocks and self.authority.blocks[i].author == "Mallory"
        ]
        self.texts = [texts[i] for i in own or texts]
        self.ends = decode_state_vector(self.authority.state_vector())
        fork = Fork(self.clients[0], state)
        for _ in range(4):
            self._write(fork)
        self.honest = [pending.update for pending in fork.pending]

    def _write(self, fork: Fork) -> None:
        rng = self.rng
        ids = sorted(fork.blocks)
        id_ = rng.choice(ids)
        author = rng.choice(("Mallory", "Mallory", "Olga"))
        new = f"m-{rng.randrange(10**9)}"
        changes: list[Callable[[Replica], object]] = [
            lambda r: r.add([block(new, author, rng.choice(TEXTS), parent_id=id_)]),
            lambda r: r.edit(id_, rng.choice(TEXTS)),
            lambda r: r.edit(id_, fork.blocks[id_].content[1:] + "z😀"),
            lambda r: r.set_fields(id_, {rng.choice(KEYS[:6]): rng.choice(VALUES)}),
            lambda r: r.delete([id_]),
        ]
        change = rng.choice(changes)
        fork.write(lambda replica: replica.batch(change))

    def update(self) -> bytes:
        """Return the next attack."""
        kind = self.rng.random()
        if kind < 0.1:
            return self.rng.randbytes(self.rng.randrange(40))
        if kind < 0.35:
            return self._damaged(self.rng.choice(self.honest))
        if kind < 0.45:
            return self.honest[0]
        if kind < 0.65:
            return self._misplaced(decode(self.honest[0]))
        if kind < 0.9:
            return self._typed()
        return self._invented()

    def _damaged(self, update: bytes) -> bytes:
        damaged = bytearray(update)
        for _ in range(self.rng.randrange(1, 4)):
            at = self.rng.randrange(len(damaged))
            damaged[at] = self.rng.randrange(256)
        if self.rng.random() < 0.2:
            del damaged[self.rng.randrange(len(damaged)) :]
        return bytes(damaged)

    def _misplaced(self, update: Update) -> bytes:
        structs = [struct for group in update.structs.values() for struct in group]
        for struct in self.rng.sample(structs, min(len(structs), self.rng.randrange(1, 3))):
            self._disturb(struct)
        self._delete(update)
        return self._encode(update)

    def _invented(self) -> bytes:
        update = Update()
        for client in self.rng.sample(self.clients, self.rng.randrange(1, 3)):
            clock = self.ends.get(client, 0)
            group = update.structs[client] = []
            for _ in range(self.rng.randrange(1, 6)):
                struct = Struct(client, clock, 1, STRING)
                self._disturb(struct)
                for _ in range(self.rng.randrange(3)):
                    self._disturb(struct)
                clock = struct.end
                group.append(struct)
        self._delete(update)
        return self._encode(update)

    def _typed(self) -> bytes:
        """Return runs between any two items of one text, in any order."""
        update = Update()
        text = self.rng.choice(self.texts)
        for client in self.rng.sample(self.clients, self.rng.randrange(1, 3)):
            clock = self.ends.get(client, 0)
            group = update.structs[client] = []
            for _ in range(self.rng.randrange(1, 4)):
                origin, right = self._neighbours(text)
                run = Struct(client, clock, 1, STRING, origin, right, text[0], content="é")
                if self.rng.random() < 0.1:
                    self._refill(run)
                clock = run.end
                group.append(run)
        if self.rng.random() < 0.3:
            client, clock = self.rng.choice(text)
            update.deletes[client] = [(clock, clock + 1)]
        return self._encode(update)

    def _neighbours(self, text: list[Id]) -> tuple[Id | None, Id | None]:
        """Return two items of a text that were probably adjacent at some time."""
        if self.rng.random() < 0.3:
            origin, right = (self.rng.choice((None, self.rng.choice(text))) for _ in "ab")
            return origin, right
        order = self.authority._index.order(text[0])
        units = [(run.client, run.clock + at) for run in order for at in range(run.length)]
        first = self.rng.randrange(-1, len(units))
        last = first + self.rng.choice((1, 1, 1, 2, 2, 3, 5))
        return (
            units[first] if first >= 0 else None,
            units[last] if last < len(units) else None,
        )

    def _disturb(self, struct: Struct) -> None:
        rng = self.rng
        what = rng.randrange(5)
        if what == 0:
            struct.origin = rng.choice((None, self._id(struct)))
        elif what == 1:
            struct.right = rng.choice((None, self._id(struct)))
        elif what == 2:
            struct.parent = rng.choice(("blocks", "other", self._id(struct), self._id(struct)))
            struct.origin = struct.right = None
            struct.key = rng.choice((None, rng.choice(KEYS), rng.choice(IDS)))
            struct.keyed = struct.key is not None
        else:
            self._refill(struct)
        if not struct.origin and not struct.right and struct.parent is None:
            struct.parent = self._id(struct)

    def _refill(self, struct: Struct) -> None:
        rng = self.rng
        struct.kind = rng.choice((GC, DELETED, STRING, STRING, TYPE, ANY, ANY))
        if rng.random() < 0.02:
            struct.kind = SKIP
        struct.length = 1
        struct.content = 0
        if struct.kind == STRING:
            struct.content = rng.choice(TEXTS[:-1])
            struct.length = len(struct.content.encode("utf-16-le")) // 2
        elif struct.kind == ANY:
            struct.content = rng.choice(VALUES)
        elif struct.kind == TYPE:
            struct.content = rng.choice((1, 2))
        elif struct.kind in (GC, DELETED):
            struct.length = rng.choice((1, 1, 3))

    def _id(self, struct: Struct) -> Id:
        if self.rng.random() < 0.3 and struct.clock:
            return struct.client, self.rng.randrange(max(0, struct.clock - 6), struct.clock + 1)
        client, clock = self.rng.choice(self.ids)
        return client, max(0, clock - self.rng.randrange(3))

    def _delete(self, update: Update) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 3))):
            client, clock = self.rng.choice(self.ids)
            update.deletes[client] = [(clock, clock + self.rng.choice((1, 1, 2, 40)))]

    def _encode(self, update: Update) -> bytes:
        for group in update.structs.values():
            clock = group[0].clock
            for struct in group:
                struct.clock, clock = clock, clock + struct.length
        return encode(update)


class Siege:
    """An attacker among honest peers: the owner, one who writes, and one who only listens."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.outcomes: Counter[str] = Counter()
        self.authority = from_files(
            1,
            [block(f"root-{i}", "Olga", "text 😀 of it") for i in range(3)]
            + [block("own", "Mallory", "mine 😀", parent_id="root-0"), block("bobs", "Bob")],
        )
        self.passive = Replica(0, self.authority.state())
        self.bob = Fork(2, self.authority.state())
        self.attacker = Attacker(rng, self.authority)

    def attack(self) -> None:
        """Feed an update to the authority, and check that all its parts still agree."""
        authority = self.authority
        before = authority.state_vector()
        role = self.rng.choice((Role.REVIEWER, Role.REVIEWER, Role.MODERATOR, Role.VIEWER))
        try:
            verdict = authority.receive(Author("m", "Mallory", role), self.attacker.update(), NOW)
        except Violation as violation:
            self.outcomes[f"violation {violation.code}"] += 1
            assert authority.state_vector() == before
            return
        for rejection in verdict.rejected:
            self.outcomes[f"rejected {rejection.code}"] += 1
        self.outcomes["accepted" if verdict.accepted else "rejected"] += 1
        self.relay(*verdict.relays)
        while len(authority.blocks) < 4:
            new = block(f"root-{self.rng.randrange(10**9)}", "Olga", "text 😀 of it")
            self.relay(*authority.write(OWNER, partial(Replica.add, blocks=[new]), NOW).relays)
        assert self.passive.blocks == authority.blocks
        ends = decode_state_vector(authority.state_vector())
        assert decode_state_vector(self.passive.state_vector()) == ends
        if verdict.relays:
            self.attacker.refresh()

    def relay(self, *updates: bytes) -> None:
        """Integrate updates everywhere but at the attacker."""
        for update in updates:
            self.passive.apply(update)
            self.bob.apply(update)

    def write(self) -> None:
        """Let the honest peer write before it knows the attacker's last change."""
        id_ = self.rng.choice(sorted(self.bob.blocks))
        new = f"bob-{self.rng.randrange(10**9)}"
        self.bob.write(lambda r: r.add([block(new, "Bob", "answer", parent_id=id_)]))
        self.bob.write(lambda r: r.edit(new, "better 😀 answer"))
        self.bob.write(lambda r: r.set_fields(id_, {"status": '"resolved"'}))
        self.attack()
        for pending in self.bob.pending:
            verdict = self.authority.receive(BOB, pending.update, NOW)
            if verdict.relay:
                self.passive.apply(verdict.relay)
            if verdict.fixed is None:
                self.bob.acknowledge(pending.seq)
            else:
                self.bob.reject(pending.seq, verdict.fixed)
        assert self.bob.blocks == self.bob.confirmed == self.authority.blocks
        self.outcomes["honest"] += 1

    def save(self) -> None:
        """Check that what is stored decodes to what everyone sees, after a repair if necessary."""
        if not verified(self.authority):
            self.outcomes["repaired"] += 1
            self.relay(*self.authority.repair().relays)
            assert verified(self.authority)
        read = Replica(0, self.authority.state()).blocks
        assert read == self.passive.blocks == self.bob.blocks == self.authority.blocks

    def restart(self) -> None:
        """Restart the master."""
        ledger = Ledger(self.authority.ledger.since(0))
        self.authority = Authority(
            self.rng.randrange(3, 2**31), state=self.authority.state(), ledger=ledger
        )
        self.attacker.authority = self.authority


def besiege(seed: int, count: int) -> Counter[str]:
    """Make `count` attacks; return the outcomes."""
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for start in range(0, count, 400):
        siege = Siege(rng)
        for number in range(min(400, count - start)):
            siege.attack()
            if number % 20 == 7:
                siege.write()
            if number % 100 == 99:
                siege.save()
                siege.restart()
        siege.save()
        outcomes += siege.outcomes
    return outcomes


def crossed(owner: int, start: int) -> Iterator[bytes]:
    """Yield updates that native code and a decoder of its bytes may order differently.

    Each inserts two letters into the text with the clocks from `start` of `owner`; one of them
    claims that its left neighbour is its right one.
    """
    for number in range(12):
        first, last = (owner, start + 1 + number % 3), (owner, start + 8 - number % 3)
        clients = (80 + number, 60 - number)
        structs = {
            id_: [Struct(id_, 0, 1, STRING, origin, right, content=str(number % 10))]
            for id_, origin, right in zip(clients, (last, first), (first, last), strict=True)
        }
        yield encode(Update(structs))


if __name__ == "__main__":
    for outcome, number in sorted(besiege(int(sys.argv[1]), int(sys.argv[2])).items()):
        print(f"{number:8} {outcome}")
