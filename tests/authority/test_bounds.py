"""Limits on updates: honest clients stay far below, and costs grow linearly."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chatter_tui.authority import (
    Authority,
    Limits,
)
from chatter_tui.authority.codec import (
    STRING,
    Struct,
    Update,
    decode,
    encode,
)
from chatter_tui.replica import Replica
from tests.authority.star import (
    NOW,
    OWNER,
    Star,
    block,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_honest_client_never_comes_near_the_bounds(star: Star) -> None:
    client, limits = star.clients[0], star.authority.limits
    client.online = False

    def keep(id_: str, content: str) -> None:
        client.write(partial(Replica.edit, id_=id_, content=content))

    large = block("large", "peer-0", "word " * 13_000, metadata={"note": "x" * 10_000})
    client.write(partial(Replica.add, blocks=[large]))
    for number in range(50):
        client.write(partial(Replica.add, blocks=[block(f"offline-{number}", "peer-0")]))
        keep("mine", client.fork.blocks["mine"].content + "é")
        keep("large", f"{number}" + client.fork.blocks["large"].content)
    # The difference of two texts that falls apart the most: more of it is replaced as a whole.
    keep("mine", "b" * 1_414)
    keep("mine", "".join(f"{number % 10}b" for number in range(1_414)))
    updates = [decode(pending.update) for pending in client.fork.pending]
    structs = [sum(map(len, update.structs.values())) for update in updates]
    assert 1_400 < max(structs) < limits.structs // 2
    assert sorted(structs)[-2] < 20, "every other change is small"
    assert all(len(pending.changes) == 1 for pending in client.fork.pending)
    for pending in client.fork.pending:
        assert star.authority.receive(client.author, pending.update, NOW).accepted
    client.write(partial(Replica.delete, ids=["mine", "large"]))
    assert star.authority.receive(client.author, client.fork.pending[-1].update, NOW).accepted


def runs_cut_and_deleted(letters: int, end: int, count: int) -> Update:
    """Letters put in between those from 7:`letters` on, each deleted along with its neighbour."""
    structs = [
        Struct(7, end + i, 1, STRING, (7, letters + 3 * i), (7, letters + 3 * i + 1), content="x")
        for i in range(count)
    ]
    old = [(letters + 3 * i, letters + 3 * i + 1) for i in range(count)]
    return Update({7: structs}, {7: old + [(s.clock, s.end) for s in structs]})


def runs_of_many_clients(letters: int, _: int, count: int) -> Update:
    places = [(letters + 3 * i, letters + 3 * i + 1) for i in range(count)]
    return Update(
        {
            1_000 + i: [Struct(1_000 + i, 0, 1, STRING, (7, left), (7, right), content="x")]
            for i, (left, right) in enumerate(places)
        }
    )


@pytest.mark.parametrize("shape", [runs_cut_and_deleted, runs_of_many_clients])
def test_twice_as_much_takes_twice_as_many_steps(
    shape: Callable[[int, int, int], Update],
) -> None:
    taken = []
    for count in (150, 300):
        star = Star()
        client = star.join(7)
        add = written(client, lambda r: r.add([block("long", "peer-0", "abc" * 300)]))
        assert star.authority.receive(client.author, add.update, NOW).accepted
        structs = decode(add.update).structs[7]
        letters = next(s.clock for s in structs if s.kind == STRING)
        update = encode(shape(letters, structs[-1].end, count))
        steps = 0

        def trace(*_: object) -> Any:
            nonlocal steps
            steps += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            verdict = star.authority.receive(client.author, update, NOW)
        finally:
            sys.settrace(before)
        assert verdict.accepted
        taken.append(steps)
    assert taken[1] < 2.2 * taken[0]


def test_the_owner_deletes_as_much_at_once_as_there_is() -> None:
    authority = Authority(1, limits=Limits(structs=5, ranges=5, touched=3))
    for number in range(20):
        owned = block(f"b{number}", "Olga", status="open", spec_version="0.1")
        add = partial(Replica.add, blocks=[owned])
        assert authority.write(OWNER, add, NOW).accepted
    verdict = authority.write(OWNER, partial(Replica.delete, ids=list(authority.blocks)), NOW)
    assert verdict.accepted
    assert not authority.blocks
