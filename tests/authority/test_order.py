"""The order of a text's runs is the one Yjs has, and what honest people type is always admitted."""

from __future__ import annotations

import os
import random

import pytest

from chatter_tui.authority import Authority
from chatter_tui.authority.causal import references
from chatter_tui.authority.codec import STRING, Id, Struct, Update, decode, encode
from chatter_tui.authority.index import Index
from chatter_tui.authority.order import Run, TextOrder
from chatter_tui.replica import Replica
from tests.authority.star import Star, block
from tests.authority.test_sessions import TEXTS

SESSIONS = int(os.environ.get("CHATTER_SESSIONS", "16"))


def read(source: Authority | Replica, order: TextOrder) -> str:
    """The text that runs in this order have."""
    update = decode(source.state())
    letters: dict[tuple[int, int], bytes] = {}
    for structs in update.structs.values():
        for struct in structs:
            if struct.kind == STRING:
                data = str(struct.content).encode("utf-16-le")
                for at in range(struct.length):
                    letters[struct.client, struct.clock + at] = data[2 * at : 2 * at + 2]
    for client, ranges in update.deletes.items():
        for start, end in ranges:
            for clock in range(start, end):
                letters.pop((client, clock), None)
    found = b"".join(
        letters.get((run.client, run.clock + at), b"") for run in order for at in range(run.length)
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


def units(order: TextOrder) -> list[Id]:
    return [(run.client, run.clock + at) for run in order for at in range(run.length)]


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


def test_refuses_what_only_who_was_known_can_have_seen_apart() -> None:
    order = runs((1, 0, 4))
    order.integrate(Run(2, 0, 1, (1, 3), None))
    order.integrate(Run(3, 0, 1, (1, 3), (2, 0)))
    assert order.admits([typed(9, 0, (1, 3), (2, 0))]), "2 did not know 3"
    assert not order.admits([typed(9, 0, None, (2, 0))]), "2 knew 1:3"
    assert not order.admits([typed(9, 0, (1, 0), (2, 0))]), "and so all of 1 before that"
    named = typed(9, 0, (3, 0), (2, 0))
    assert order.admits([named])
    assert not order.admits([named, typed(9, 1, (1, 3), (9, 0))]), "9 itself named 3"


def test_refuses_what_was_known_from_runs_elsewhere_in_the_text() -> None:
    order = runs((1, 0, 4))
    order.integrate(Run(2, 0, 1, (1, 1), (1, 2)))
    order.integrate(Run(3, 0, 1, (2, 0), (1, 2)))
    order.integrate(Run(3, 1, 1, (1, 3), None))
    assert order.admits([typed(9, 0, (1, 1), (1, 2))])
    aside = typed(9, 0, (3, 1), None)
    assert order.admits([aside])
    assert not order.admits([aside, typed(9, 1, (1, 1), (1, 2))]), "who knows 3:1 knows 2 and 3"


def test_knows_again_what_was_known_after_a_new_start() -> None:
    order = runs((1, 0, 2), (2, 0, 1), (3, 0, 1))
    # They came in before 4 and 5, which had not seen them.
    order.integrate(Run(4, 0, 1, (1, 1), None))
    again = TextOrder(Run(r.client, r.clock, r.length, r.origin, r.right) for r in order)
    assert spans(again) == spans(order) == [(1, 0, 2), (2, 0, 1), (3, 0, 1), (4, 0, 1)]
    for known in (order, again):
        assert known.admits([typed(5, 0, (4, 0), None), typed(5, 1, (1, 1), (4, 0))])
        assert not known.admits([typed(5, 0, (3, 0), None), typed(5, 1, (1, 1), (3, 0))])


def test_looks_once_at_what_an_author_knew_however_much_it_typed() -> None:
    order = runs(*((1 + at % 2, at // 2, 1) for at in range(5_000)))
    last = (2, 2_499)
    order.integrate(Run(3, 0, 1, last, None))
    many = [typed(9, clock, (9, clock - 1) if clock else last, None) for clock in range(100)]
    assert order.admits(many), "3 came later than all that 9 names"
    order.integrate(Run(4, 0, 1, (1, 0), (2, 0)))
    named = typed(9, 0, (4, 0), (2, 0))
    many = [typed(9, clock, (9, clock - 1) if clock > 1 else last, None) for clock in range(1, 100)]
    assert order.admits([named, *many]), "4 came later, but did not know 3"


def test_gives_up_a_search_that_takes_too_long() -> None:
    order = runs((1, 0, 4))
    order.integrate(Run(2, 0, 1, (1, 3), None))
    many = [typed(3, clock, (1, 3), (2, 0) if clock == 0 else (3, clock - 1)) for clock in range(9)]
    assert order.admits(many)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chatter_tui.authority.order._MOST_STEPS", 8)
        assert order.admits(many), "typing among nobody costs nothing"
        for run in many:
            order.integrate(Run.of(run))
        assert not order.admits([typed(9, 0, (1, 3), (2, 0))])


BASE = Struct(1, 0, 2, STRING, parent=(9, 9), content="ab")
DISHONEST = [
    [
        BASE,
        typed(4, 0, (1, 1), None),
        typed(4, 1, (1, 0), (4, 0)),  # as if 4 had not known what precedes its own run
        typed(5, 0, (1, 1), None),
    ],
    [
        BASE,
        typed(6, 0, (1, 0), None),
        typed(7, 0, (1, 0), (1, 1)),
        typed(7, 1, None, (7, 0)),  # nor 7
    ],
]


def in_any_order(rng: random.Random, structs: list[Struct]) -> list[Struct]:
    """The same, each after what it refers to and otherwise at random."""
    groups: dict[int, list[Struct]] = {}
    for struct in structs:
        groups.setdefault(struct.client, []).append(struct)
    ends = dict.fromkeys(groups, 0)
    found: list[Struct] = []
    while any(groups.values()):
        ready = [
            group
            for group in groups.values()
            if group
            and all(clock < ends.get(client, clock + 1) for client, clock in references(group[0]))
        ]
        struct = rng.choice(ready).pop(0)
        ends[struct.client] = struct.end
        found.append(struct)
    return found


@pytest.mark.parametrize("history", DISHONEST)
def test_refuses_what_replicas_would_order_differently(history: list[Struct]) -> None:
    arrivals = [in_any_order(random.Random(seed), history) for seed in range(50)]
    assert len({tuple(units(TextOrder(map(Run.of, structs)))) for structs in arrivals}) > 1
    assert not any(TextOrder().admits(structs) for structs in arrivals)


def test_what_is_admitted_ends_alike_in_whatever_order_it_arrives() -> None:
    start = Replica(1)
    start.add([block("text", "author", "")])
    state = start.state()
    index = Index()
    index.learn(decode(state))
    admitted = refused = 0
    for seed in range(10 * SESSIONS):
        rng = random.Random(seed)
        order, history, tried = dishonest_session(rng, index.texts["text"])
        admitted += len(history)
        refused += tried - len(history)
        for _ in range(3):
            again = in_any_order(rng, history)
            assert units(TextOrder(map(Run.of, again))) == units(order)
            replica = Replica(0, state)
            for struct in again:
                replica.apply(encode(Update({struct.client: [struct]})))
            assert replica.blocks["text"].content == read(replica, order)
            assert Replica(0, replica.state()).blocks == replica.blocks
    assert min(admitted, refused) > 10 * SESSIONS


def dishonest_session(rng: random.Random, text: Id) -> tuple[TextOrder, list[Struct], int]:
    """Runs between any two others, as far as they are admitted, and how many there were."""
    order = TextOrder()
    history: list[Struct] = []
    ends = dict.fromkeys(rng.sample(range(2, 20), rng.randrange(2, 6)), 0)
    tries = rng.choice((6, 12, 30))
    for number in range(tries):
        client = rng.choice(sorted(ends))
        known = units(order)
        first = rng.randrange(-1, len(known))
        last = first + rng.choice((1, 1, 2, 3, 5, rng.randrange(1, len(known) + 2)))
        origin = known[first] if first >= 0 else None
        right = known[last] if last < len(known) else None
        # Letters of its own each time, so that where they went cannot be mistaken.
        content = "".join(chr(0x4E00 + 3 * number + at) for at in range(rng.choice((1, 1, 2, 3))))
        parent = None if origin or right else text
        struct = Struct(
            client, ends[client], len(content), STRING, origin, right, parent, content=content
        )
        if order.admits([struct]):
            order.integrate(Run.of(struct))
            history.append(struct)
            ends[client] = struct.end
    return order, history, tries


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
