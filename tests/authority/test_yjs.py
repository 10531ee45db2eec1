"""The authority and Yjs in JavaScript, which is what other clients are made of."""

from __future__ import annotations

import base64
import json
import os
import random
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import pytest

from chatter_tui.authority import Author, Authority, Ledger, Role
from tests.authority.star import EVIL, NOW, OWNER, Network, Star, block, from_files, verified
from tests.authority.test_sessions import TEXTS, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority import Verdict
    from tests.authority.conftest import Node

SESSIONS = int(os.environ.get("CHATTER_YJS_SESSIONS", "8"))

ROLES = (Role.REVIEWER, Role.REVIEWER, Role.REVIEWER, Role.MODERATOR, Role.VIEWER)


def plain(authority: Authority) -> dict[str, dict[str, str]]:
    """An authority's blocks as Yjs's `toJSON` has them."""
    found = {}
    for id_, known in authority.blocks.items():
        fields = {name: text for name, text in known.fields.items() if name != "id"}
        found[id_] = fields | {"content": known.content}
    return found


def test_a_passive_yjs_replica_stays_equal(node: Node) -> None:
    rng = random.Random(1)
    star = Star()
    for id_ in (2, 3, 4):
        star.join(id_, Role.MODERATOR)
    node.ask("replica", name="passive", update=star.authority.state())
    for step in range(300):
        client = rng.choice(star.clients)
        client.write(write(client, rng, step))
        if client.up and rng.random() < 0.7:
            relays = star.deliver_up(client).relays
            seen = [node.ask("replica", name="passive", update=relay) for relay in relays]
            if seen:
                assert seen[-1]["blocks"] == plain(star.authority)
        while client.down:
            star.deliver_down(client)
    from_bytes = node.ask("replica", name="late", update=star.authority.state())["blocks"]
    assert from_bytes == plain(star.authority)


class Remote:
    """A JavaScript client and its queues."""

    def __init__(self, node: Node, name: str, author: str, id_: int) -> None:
        self.node = node
        self.name = name
        self.author = author
        self.online = False
        self.up: deque[tuple[int, bytes]] = deque()
        self.down: deque[tuple[str, dict[str, Any]]] = deque()
        self.ask("client", id=id_)

    def ask(self, what: str, **parameters: object) -> dict[str, Any]:
        return self.node.ask(what, name=self.name, **parameters)

    def take(self) -> None:
        """Put what it sent on the way."""
        for seq, update in self.ask("take")["sent"]:
            if self.online:
                self.up.append((seq, base64.b64decode(update)))


class Session(Network[Remote]):
    """An authority among JavaScript clients."""

    def __init__(self, node: Node, rng: random.Random, authors: Sequence[str]) -> None:
        self.node = node
        self.rng = rng
        roots = [block(f"root-{i}", "Olga", f"root 😀 {i}") for i in range(3)]
        self.authority = from_files(1, roots)
        self.clients = [
            Remote(node, f"peer-{i}", author, 10 + i) for i, author in enumerate(authors)
        ]
        self.number = 100
        self.outcomes: Counter[str] = Counter()
        for client in self.clients:
            self.go_online(client)

    def go_online(self, client: Remote) -> None:
        client.online = True
        self.number += 1
        if self.rng.random() < 0.3:
            client.ask("rename", id=self.number)
        known = base64.b64decode(client.ask("state")["vector"])
        client.ask("resync", update=self.authority.diff(known))
        if self.rng.random() < 0.5:
            client.ask("merge", raw=self.rng.random() < 0.5)
        client.take()

    def deliver_up(self, client: Remote) -> Verdict:
        seq, update = client.up.popleft()
        author = Author(client.author, client.author, self.rng.choice(ROLES))
        verdict = self.authority.receive(author, update, NOW)
        assert EVIL.encode() not in self.authority.state()
        assert not verdict.retried
        self.outcomes["accepted" if verdict.accepted else "refused"] += 1
        self._send(verdict.relay, client)
        if verdict.accepted:
            client.down.append(("ack", {"seq": seq}))
        else:
            client.down.append(("reject", {"seq": seq, "fixed": verdict.fixed}))
        self._send(verdict.cascade)
        return verdict

    def deliver_down(self, client: Remote) -> None:
        what, parameters = client.down.popleft()
        client.ask(what, **parameters)

    def owner(self) -> None:
        self.number += 1
        new = block(f"owner-{self.number}", "Olga")
        self._send(self.authority.write(OWNER, lambda r: r.add([new]), NOW).relay)

    def restart(self) -> None:
        for client in self.clients:
            self.go_offline(client)
        old = self.authority
        self.number += 1
        ledger = Ledger(old.ledger.since(0))
        self.authority = Authority(self.number, state=old.state(), ledger=ledger)

    def write(self, client: Remote) -> None:
        local = client.ask("state")["local"]
        changes = [self._change(client, local) for _ in range(self.rng.choice((1, 1, 1, 3)))]
        # One edit of a text at a time: positions are those before the transaction.
        writes = {change.get("edit", at): change for at, change in enumerate(changes)}
        client.ask("write", writes=list(writes.values()))
        client.take()

    def _change(self, client: Remote, local: dict[str, dict[str, str]]) -> dict[str, object]:
        rng = self.rng
        self.number += 1
        new = f"{client.name}-{self.number}"
        name = json.dumps(client.author)
        ids = sorted(local)
        own = [i for i in ids if local[i].get("author") == name] or ids
        fields = {"type": '"comment"', "author": name}
        match rng.randrange(9) if ids else 0:
            case 0 | 1:
                return {"add": new, "fields": fields, "content": f"é😀 {new}"}
            case 2:
                reply = fields | {"parent_id": json.dumps(rng.choice(ids))}
                return {"add": new, "fields": reply, "content": "answer"}
            case 3:
                value = rng.choice(('"open"', '"resolved"', f'"{EVIL}"'))
                return {"set": rng.choice(ids), "field": "status", "value": value}
            case 4:
                return {"remove": rng.choice(own)}
            case 5:
                return {"add": new, "fields": fields | {"type": f'"{EVIL}"'}, "content": EVIL}
            case 6:
                return {"unset": rng.choice(own), "field": "status"}
        target = rng.choice(own) if rng.random() < 0.8 else rng.choice(ids)
        # Cuts only where no character is halved, as an editor would.
        text = local[target].get("content", "")
        starts = [len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)]
        first = rng.randrange(len(starts))
        last = min(len(text), first + rng.randrange(3))
        cut = starts[last] - starts[first]
        return {"edit": target, "at": starts[first], "cut": cut, "insert": rng.choice(TEXTS)}

    def settle(self) -> None:
        self.deliver_all()
        for client in self.clients:
            state = client.ask("state")
            assert state["pending"] == 0
            assert state["local"] == state["confirmed"] == plain(self.authority)
        assert verified(self.authority)

    def _send(self, update: bytes | None, but: Remote | None = None) -> None:
        for client in self.clients:
            if update is not None and client.online and client is not but:
                client.down.append(("relay", {"update": update}))


# With one author for all, everybody edits the same texts at the same time.
@pytest.mark.parametrize("authors", [("Ann", "Bob", "Cid"), ("Ann", "Ann", "Ann")])
def test_active_yjs_clients_converge(node: Node, authors: Sequence[str]) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(SESSIONS):
        rng = random.Random(seed)
        session = Session(node, rng, authors)
        for _ in range(120):
            client = rng.choice(session.clients)
            chance = rng.random()
            if chance < 0.35:
                session.write(client)
            elif chance < 0.62 and client.up:
                session.deliver_up(client)
            elif chance < 0.9 and client.down:
                session.deliver_down(client)
            elif chance < 0.95:
                (session.go_offline if client.online else session.go_online)(client)
            elif chance < 0.97:
                session.owner()
            elif chance < 0.98:
                session.restart()
        session.settle()
        outcomes += session.outcomes
    assert min(outcomes["accepted"], outcomes["refused"]) > 10 * SESSIONS
