"""Sessions of several clients in which anything happens at any time, valid or not."""

from __future__ import annotations

import os
import random
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chatter_tui.authority import Author, Role
from chatter_tui.replica import Replica
from chatter_tui.replica.lib0 import decode_state_vector
from tests.authority.hostile import Attacker
from tests.authority.star import EVIL, Client, Star, block, vector

if TYPE_CHECKING:
    from collections.abc import Callable


SESSIONS = int(os.environ.get("CHATTER_SESSIONS", "16"))
PEERS = (Role.MODERATOR, Role.REVIEWER, Role.VIEWER)
TEXTS = ("", "x", "yé", "😀z", "a😀b", "longer text")
WRITES = (
    "add",
    "reply",
    "reply",
    "react",
    "resolve",
    "edit",
    "edit",
    "edit",
    "extra",
    "anchor",
    "delete",
    "delete-own",
    "bad-type",
    "bad-author",
    "bad-parent",
    "bad-status",
    "bad-json",
    "bad-surrogate",
    "bad-time",
    "bad-size",
    "reuse",
    "forge",
    "mixed",
)


def write(client: Client, rng: random.Random, number: int) -> Callable[[Replica], object]:
    """Something a client does, chosen at random."""
    return _write(rng.choice(WRITES), client, rng, f"{client.name}-{number}")


def _write(kind: str, client: Client, rng: random.Random, new: str) -> Callable[[Replica], object]:
    name = client.name
    blocks = client.fork.blocks
    ids = sorted(blocks)
    if not ids or kind == "add":
        return lambda r: r.add([block(new, name, f"says é😀 {new}")])
    id_ = rng.choice(ids)
    own = rng.choice([i for i in ids if blocks[i].author == name] or ids)
    match kind:
        case "reply":
            return lambda r: r.add([block(new, name, "answer", parent_id=id_)])
        case "react":
            return lambda r: r.add([block(new, name, "👍🏽", type="reaction", parent_id=id_)])
        case "resolve":
            status = rng.choice(('"open"', '"resolved"'))
            return lambda r: r.set_fields(id_, {"status": status})
        case "edit":
            target = own if rng.random() < 0.8 else id_
            text = blocks[target].content
            start = rng.randrange(len(text) + 1)
            stop = min(len(text), start + rng.randrange(4))
            changed = text[:start] + rng.choice(TEXTS) + text[stop:]
            return lambda r: r.edit(target, changed)
        case "extra":
            value = rng.choice(("1.0", "12345678901234567890", '{"a": [1]}', None))
            return lambda r: r.set_fields(own, {"x-extra": value})
        case "anchor":
            anchor = rng.choice(('{"type": "heading", "text": "Risks"}', None))
            return lambda r: r.set_fields(id_, {"anchor": anchor})
        case "delete":
            return lambda r: r.delete([id_])
        case "delete-own":
            return lambda r: r.delete([own])
        case "bad-type":
            return lambda r: r.add([block(new, name, EVIL, type=EVIL)])
        case "bad-author":
            return lambda r: r.add([block(new, EVIL, EVIL)])
        case "bad-parent":
            return lambda r: r.add([block(new, name, EVIL, parent_id=f"no-{new}")])
        case "bad-status":
            return lambda r: r.set_fields(id_, {"status": f'"{EVIL}"'})
        case "bad-json":
            return lambda r: r.set_fields(own, {"x-extra": f"{{{EVIL}"})
        case "bad-surrogate":
            return lambda r: r.set_fields(own, {"x-extra": rf'"{EVIL} \ud83d"'})
        case "bad-time":
            return lambda r: r.add([block(new, name, EVIL, timestamp="2099-01-01T00:00:00Z")])
        case "bad-size":
            return lambda r: r.add([block(new, name, f"{EVIL} 😀" * 9000)])
        case "reuse":
            return lambda r: r.add([block(id_, name, EVIL)])
        case "forge":
            return lambda r: r.set_fields(id_, {"author": f'"{EVIL}"'})
    fine = block(new, name, "good in a mixed batch")
    evil = block(f"{new}-evil", name, EVIL, parent_id=f"no-{new}")
    below = block(f"{new}-below", name, EVIL, parent_id=evil.id)

    def mixed(replica: Replica) -> None:
        replica.add([fine, below, evil])
        replica.set_fields(id_, {"status": '"resolved"'})
        replica.delete([own])

    return mixed


def test_random_sessions_converge() -> None:
    for seed in range(SESSIONS):
        try:
            _session(random.Random(seed))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


def _session(rng: random.Random) -> None:
    star = Star(rng.randrange(1, 2**31))
    for _ in range(3):
        star.join(rng.randrange(1, 2**31), rng.choice(PEERS[:2]))
    for step in range(120):
        client = rng.choice(star.clients)
        chance = rng.random()
        if chance < 0.35:
            client.write(write(client, rng, step))
        elif chance < 0.62 and client.up:
            star.deliver_up(client)
        elif chance < 0.9 and client.down:
            star.deliver_down(client)
        elif chance < 0.92:
            (star.go_offline if client.online else star.go_online)(client)
        elif chance < 0.95:
            star.write(partial(Replica.add, blocks=[block(f"owner-{step}", "Olga")]))
        elif chance < 0.96:
            star.restart(rng.randrange(1, 2**31))
        elif chance < 0.97:
            client.role = rng.choice(PEERS)
    star.settle()
    star.check_replay(lambda order: rng.sample(order, len(order)))
    star.check_liveness()


class Sessions(RuleBasedStateMachine):
    """The same, with Hypothesis choosing, so that a failure shrinks to what matters."""

    def __init__(self) -> None:
        super().__init__()
        self.star = Star()
        self.number = 0
        self.attacker: Attacker | None = None

    @initialize(ids=st.permutations([2, 3, 4]))
    def join(self, ids: list[int]) -> None:
        for id_ in ids:
            client = self.star.join(id_)
            self.star.authority.bind(id_, client.name)  # as a host does before anything is sent
        self.star.seed(*(block(f"mallory-{i}", "Mallory", "mine 😀") for i in range(2)))

    @rule(
        who=st.integers(0, 2), kind=st.sampled_from(WRITES), rng=st.randoms(use_true_random=False)
    )
    def write(self, who: int, kind: str, rng: random.Random) -> None:
        self.number += 1
        client = self.star.clients[who]
        client.write(_write(kind, client, rng, f"{client.name}-{self.number}"))

    @rule(who=st.integers(0, 2), count=st.integers(1, 5))
    def up(self, who: int, count: int) -> None:
        client = self.star.clients[who]
        for _ in range(min(count, len(client.up))):
            self.star.deliver_up(client)

    @rule(who=st.integers(0, 2), count=st.integers(1, 5))
    def down(self, who: int, count: int) -> None:
        client = self.star.clients[who]
        for _ in range(min(count, len(client.down))):
            self.star.deliver_down(client)

    @rule(who=st.integers(0, 2))
    def toggle(self, who: int) -> None:
        client = self.star.clients[who]
        (self.star.go_offline if client.online else self.star.go_online)(client)

    @rule(who=st.integers(0, 2), role=st.sampled_from(PEERS))
    def promote(self, who: int, role: Role) -> None:
        self.star.clients[who].role = role

    @rule()
    def owner(self) -> None:
        self.number += 1
        self.star.write(lambda r: r.add([block(f"owner-{self.number}", "Olga")]))

    @rule()
    @precondition(lambda self: self.number)
    def restart(self) -> None:
        self.number += 1
        taken = self.star.authority.ledger.owners
        self.star.restart(next(id_ for id_ in count(1000) if id_ not in taken))

    @rule(rng=st.randoms(use_true_random=False), role=st.sampled_from(PEERS))
    @precondition(lambda self: len(self.star.authority.blocks) >= 4)  # some are for deleting
    def attack(self, rng: random.Random, role: Role) -> None:
        star = self.star
        if self.attacker is None:
            self.attacker = Attacker(rng, star.authority)
        else:
            self.attacker.rng, self.attacker.authority = rng, star.authority
            self.attacker.refresh()
        star.attack(Author("mallory", "Mallory", role), self.attacker.update())

    @rule(data=st.binary(max_size=60))
    def noise(self, data: bytes) -> None:
        self.star.attack(Author("mallory", "Mallory", Role.MODERATOR), data)

    @invariant()
    def the_master_is_ahead_of_what_is_confirmed(self) -> None:
        ends = vector(self.star.authority)
        for client in self.star.clients:
            confirmed = decode_state_vector(client.fork.state_vector())
            assert all(clock <= ends[id_] for id_, clock in confirmed.items())

    def teardown(self) -> None:
        if self.star.clients:
            self.star.settle()
            self.star.check_replay(lambda order: order[::-1])
            self.star.check_liveness()


Sessions.TestCase.settings = settings(max_examples=max(16, SESSIONS // 2), stateful_step_count=40)
TestSessions = Sessions.TestCase
