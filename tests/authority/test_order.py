"""The order of a text's runs is the one Yjs has, and what honest people type is always admitted."""

from __future__ import annotations

import os
import random

from chatter_tui.authority import Authority
from chatter_tui.authority.codec import STRING, Struct, decode
from chatter_tui.authority.index import Index
from chatter_tui.authority.order import Run, TextOrder
from chatter_tui.replica import Replica
from tests.authority.star import Star, block
from tests.authority.test_sessions import TEXTS

SESSIONS = int(os.environ.get("CHATTER_SESSIONS", "40"))


def read(source: Authority | Replica, order: TextOrder) -> str:
    """The text that runs in this order have."""
    update = decode(source.state())
    units: dict[tuple[int, int], bytes] = {}
    for structs in update.structs.values():
        for struct in structs:
            if struct.kind == STRING:
                data = str(struct.content).encode("utf-16-le")
                for at in range(struct.length):
                    units[struct.client, struct.clock + at] = data[2 * at : 2 * at + 2]
    for client, ranges in update.deletes.items():
        for start, end in ranges:
            for clock in range(start, end):
                units.pop((client, clock), None)
    found = b"".join(
        units.get((run.client, run.clock + at), b"") for run in order for at in range(run.length)
    )
    return found.decode("utf-16-le")


def loaded(source: Authority | Replica) -> TextOrder:
    """The order as a master that starts again has it."""
    index = Index()
    index.learn(decode(source.state()))
    return index.order(index.texts["text"])


def test_several_people_type_in_one_text() -> None:
    for seed in range(SESSIONS):
        rng = random.Random(seed)
        star = Star()
        star.seed(block("text", "author", "some 😀 text"))
        for id_ in rng.sample(range(2, 100), 3):
            star.join(id_).name = "author"
        for _ in range(100):
            client = rng.choice(star.clients)
            chance = rng.random()
            if chance < 0.4:
                text = client.fork.blocks["text"].content
                start = rng.choice((0, len(text), rng.randrange(len(text) + 1)))
                stop = min(len(text), start + rng.choice((0, 0, 0, 1, 2)))
                changed = text[:start] + rng.choice(TEXTS) + text[stop:]
                client.write(lambda r, changed=changed: r.edit("text", changed))  # type: ignore[misc]
            elif chance < 0.7 and client.up:
                star.deliver_up(client)
            elif client.down:
                star.deliver_down(client)
            if chance > 0.98:
                (star.go_offline if client.online else star.go_online)(client)
        content = star.authority.blocks["text"].content
        index = star.authority._index
        assert read(star.authority, index.order(index.texts["text"])) == content
        assert read(star.authority, loaded(star.authority)) == content
        star.settle()


def test_concurrent_typing_in_one_place_ends_as_in_yjs() -> None:
    for seed in range(5 * SESSIONS):
        rng = random.Random(seed)
        start = Replica(1)
        start.add([block("text", "author", "[]")])
        clients = rng.sample(range(2, 100), 3)
        replicas = [Replica(client, start.state()) for client in clients]
        sent: list[bytes] = []
        seen = [0] * len(replicas)
        for number in range(24):
            who = rng.randrange(len(replicas))
            text = replicas[who].blocks["text"].content
            at = min(len(text) - 1, rng.choice((1, 1, 2, 3)))
            # A letter of its own each time, so that where it went cannot be mistaken.
            typed = text[:at] + chr(0x4E00 + number) + text[at:]
            sent.append(replicas[who].edit("text", typed).update)
            reader = rng.randrange(len(replicas))
            until = rng.randrange(seen[reader], len(sent) + 1)
            for update in sent[seen[reader] : until]:
                replicas[reader].apply(update)
            seen[reader] = until
        index = Index()
        index.learn(decode(start.state()))
        for update in sent:
            start.apply(update)
            order = index.order(index.texts["text"])
            assert order.admits(s for g in decode(update).structs.values() for s in g)
            index.learn(decode(update))
        assert read(start, index.order(index.texts["text"])) == start.blocks["text"].content
        assert read(start, loaded(start)) == start.blocks["text"].content


def runs(*spans: tuple[int, int, int]) -> TextOrder:
    """Runs one behind the other."""
    order = TextOrder()
    last: tuple[int, int] | None = None
    for client, clock, length in spans:
        order.integrate(Run(client, clock, length, last, None))
        last = client, clock + length - 1
    return order


def spans(order: TextOrder) -> list[tuple[int, int, int]]:
    return [(run.client, run.clock, run.length) for run in order]


def typed(
    client: int, clock: int, origin: tuple[int, int] | None, right: tuple[int, int] | None
) -> Struct:
    return Struct(client, clock, 1, STRING, origin, right, content="x")


def test_admits_neighbours_and_those_that_were_before_others_came_between() -> None:
    order = runs((1, 0, 4))
    order.integrate(Run(3, 0, 1, (1, 3), None))
    order.integrate(Run(2, 0, 3, (1, 3), (3, 0)))
    assert spans(order) == [(1, 0, 4), (2, 0, 3), (3, 0, 1)]
    assert order.admits([typed(9, 0, (1, 1), (1, 2))])
    assert order.admits([typed(9, 0, (1, 3), (2, 0))])
    assert order.admits([typed(9, 0, (1, 3), (3, 0))]), "2 may have come later"
    assert order.admits([typed(9, 0, (1, 3), None)])
    assert order.admits([typed(9, 0, None, (1, 0))])
    assert order.admits([typed(9, 0, None, None)]), "whoever typed first knew nobody"
    assert order.admits([typed(9, 0, (1, 0), None)]), "so may all the rest"


def test_refuses_what_nobody_can_have_seen() -> None:
    order = runs((1, 0, 4), (2, 0, 3), (3, 0, 1))
    assert not order.admits([typed(9, 0, (2, 0), (1, 2))]), "the wrong way round"
    assert not order.admits([typed(9, 0, (1, 0), (1, 3))]), "who knows 1:3 knows 1:2"
    assert not order.admits([typed(9, 0, (1, 3), (2, 2))]), "who knows 2:2 knows 2:0"
    assert not order.admits([typed(2, 3, (1, 3), (3, 0))]), "everyone knows one's own"
    first, second = typed(9, 0, (1, 3), (2, 0)), typed(9, 1, (1, 3), (2, 0))
    assert not order.admits([first, second]), "the own run of the same update, too"


def test_refuses_what_only_others_knowledge_gives_away() -> None:
    order = runs((1, 0, 4), (2, 0, 3))
    assert order.admits([typed(9, 0, (1, 3), (2, 0))])
    told = [typed(9, 0, (1, 3), (2, 0)), typed(9, 1, None, (9, 0))]
    assert not order.admits(told), "who wrote 9:0 knows 1:3, which is before it"
    order.integrate(Run(9, 0, 1, (1, 3), (2, 0)))
    assert not order.admits([typed(8, 0, None, (9, 0))]), "and so does who knows 9:0"
    assert not order.admits([typed(9, 1, None, (1, 2))]), "even if it names another"
    assert order.admits([typed(8, 0, (1, 3), (9, 0))])


def test_trying_leaves_no_trace() -> None:
    order = runs((1, 0, 4), (2, 0, 3))
    inside = Struct(9, 0, 3, STRING, (1, 1), (1, 2), content="abc")
    deeper = typed(9, 3, (9, 0), (9, 1))
    assert order.admits([inside, deeper])
    assert [span for span in spans(order) if span[0] == 9] == []
    assert order.admits([inside, deeper]), "as often as one likes"
    order.integrate(Run.of(inside))
    order.integrate(Run.of(deeper))
    assert spans(order) == [
        (1, 0, 2),
        (9, 0, 1),
        (9, 3, 1),
        (9, 1, 2),
        (1, 2, 2),
        (2, 0, 3),
    ]
