"""The order of a text's runs, deleted ones included, and who could have seen which.

Yjs resolves concurrent insertions alike everywhere only for runs whose neighbours stood side by side
when they were written. A run that claims other neighbours reads differently from replica to replica,
so it must not get in; to tell, the order itself is kept, for texts that are being edited. Source: yjs
`src/structs/Item.js`, `integrate`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatter_tui.authority.codec import Id, Struct

# Runs between two neighbours come of people typing in the same place at the same time. For each of
# those all is looked at that their authors can have known, which is at most the whole text.
_MOST_LOOKS = 100_000


class Run:
    """Clocks of one client that stand side by side in a text, in a list linked both ways."""

    __slots__ = ("after", "before", "client", "clock", "length", "origin", "right")

    def __init__(
        self, client: int, clock: int, length: int, origin: Id | None, right: Id | None
    ) -> None:
        self.client = client
        self.clock = clock
        self.length = length
        self.origin = origin
        self.right = right
        self.before: Run | None = None
        self.after: Run | None = None

    @classmethod
    def of(cls, struct: Struct) -> Run:
        """The run that a struct inserts."""
        return cls(struct.client, struct.clock, struct.length, struct.origin, struct.right)


class TextOrder:
    """All runs ever inserted into one text, in the order in which replicas have them."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._first: Run | None = None
        self._clients: dict[int, list[Run]] = {}
        for run in runs:
            self.integrate(run)

    def __iter__(self) -> Iterator[Run]:
        run = self._first
        while run:
            yield run
            run = run.after

    def admits(self, structs: Iterable[Struct]) -> bool:
        """Say whether runs, in causal order, have neighbours an honest client could have seen."""
        tried: list[Run] = []
        budget = _MOST_LOOKS
        try:
            for struct in structs:
                run = Run.of(struct)
                budget = self._check(run, budget)
                if budget < 0:
                    return False
                self.integrate(run)
                tried.append(run)
        finally:
            for run in reversed(tried):
                self._remove(run)
        return True

    def _check(self, run: Run, budget: int) -> int:
        """Walk from one neighbour to the other; what is left of `budget`, negative for a lie."""
        left, right = self._neighbours(run)
        between = left.after if left else self._first
        if between is right:
            return budget
        known, budget = self._known(run, budget)
        while between is not right:
            budget -= 1
            if between is None or budget < 0 or between.clock <= known.get(between.client, -1):
                return -1
            between = between.after
        return budget

    def _known(self, run: Run, budget: int) -> tuple[dict[int, int], int]:
        """The last clock of each client that the author of a run knew, as far as this text tells.

        Whoever knew an item knew all that its client had made before, and what that client knew.
        """
        known: dict[int, int] = {}
        todo: list[Id | None] = [run.origin, run.right, (run.client, run.clock - 1)]
        while todo and budget >= 0:
            id_ = todo.pop()
            if id_ is None or id_[1] <= known.get(id_[0], -1):
                continue
            client, clock = id_
            runs = self._clients.get(client, [])
            first = bisect_right(runs, known.get(client, -1), key=lambda other: other.clock)
            last = bisect_right(runs, clock, key=lambda other: other.clock)
            known[client] = clock
            budget -= 1 + last - first
            for other in runs[first:last]:
                todo += (other.origin, other.right)
        return known, budget

    def integrate(self, run: Run) -> None:
        """Insert the next run of its client where every replica has it."""
        left, right = self._neighbours(run)
        other = left.after if left else self._first
        passed: set[Run] = set()
        conflicting: set[Run] = set()
        while other and other is not right:
            passed.add(other)
            conflicting.add(other)
            if other.origin == run.origin:
                if other.client < run.client:
                    left = other
                    conflicting.clear()
                elif other.right == run.right:
                    break
            elif other.origin and (source := self._find(other.origin)) in passed:
                if source not in conflicting:
                    left = other
                    conflicting.clear()
            else:
                break
            other = other.after
        self._link(left, run)
        self._clients.setdefault(run.client, []).append(run)

    # -- inside ------------------------------------------------------------------------------

    def _neighbours(self, run: Run) -> tuple[Run | None, Run | None]:
        left = right = None
        if run.origin:
            left = self._find(run.origin)
            self._split(left, run.origin[1] + 1 - left.clock)
        if run.right:
            right = self._find(run.right)
            right = self._split(right, run.right[1] - right.clock)
        if run.origin:
            left = self._find(run.origin)
        return left, right

    def _find(self, id_: Id) -> Run:
        runs = self._clients[id_[0]]
        return runs[bisect_right(runs, id_[1], key=lambda run: run.clock) - 1]

    def _split(self, run: Run, offset: int) -> Run:
        """Cut a run in two and return what starts at `offset`, the run itself if that is all."""
        if not 0 < offset < run.length:
            return run
        clock = run.clock + offset
        tail = Run(run.client, clock, run.length - offset, (run.client, clock - 1), run.right)
        run.length = offset
        self._link(run, tail)
        runs = self._clients[run.client]
        runs.insert(bisect_right(runs, run.clock, key=lambda other: other.clock), tail)
        return tail

    def _link(self, left: Run | None, run: Run) -> None:
        run.before = left
        run.after = left.after if left else self._first
        if left:
            left.after = run
        else:
            self._first = run
        if run.after:
            run.after.before = run

    def _remove(self, run: Run) -> None:
        runs = self._clients[run.client]
        # What was tried after it may have cut it: its tails are the last of its client.
        while True:
            last = runs.pop()
            if last.before:
                last.before.after = last.after
            else:
                self._first = last.after
            if last.after:
                last.after.before = last.before
            if last is run:
                return
