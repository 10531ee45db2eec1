from __future__ import annotations

import itertools

from hypothesis import given, strategies as st

from chatter_tui.authority.idset import IdSet

ranges = st.tuples(st.integers(0, 1), st.integers(0, 30), st.integers(1, 6)).map(
    lambda t: (t[0], t[1], t[1] + t[2])
)


@given(st.lists(ranges), ranges)
def test_is_the_set_of_what_was_added(
    added: list[tuple[int, int, int]], asked: tuple[int, int, int]
) -> None:
    found = IdSet()
    model: set[tuple[int, int]] = set()
    for client, start, end in added:
        found.add(client, start, end)
        model |= {(client, clock) for clock in range(start, end)}
    assert {(c, k) for c, start, end in found for k in range(start, end)} == model
    assert all(((c, k) in found) == ((c, k) in model) for c in range(2) for k in range(40))
    client, start, end = asked
    gaps = list(found.gaps(*asked))
    missing = {k for k in range(start, end) if (client, k) not in model}
    assert {k for low, high in gaps for k in range(low, high)} == missing
    assert all(a[1] < b[0] for a, b in itertools.pairwise(gaps)), "as few as possible"


@given(st.lists(ranges))
def test_ranges_are_sorted_and_do_not_touch(added: list[tuple[int, int, int]]) -> None:
    found = IdSet()
    for client, start, end in added:
        found.add(client, start, end)
    for client in range(2):
        own = [(start, end) for c, start, end in found if c == client]
        assert all(a[1] < b[0] for a, b in itertools.pairwise(own))
