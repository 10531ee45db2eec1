"""The order of a text's runs, deleted ones included, and which of them an author could know.

Yjs resolves concurrent insertions the same way everywhere only for runs whose neighbours were
adjacent when they were written. A run that claims other neighbours reads differently from replica
to replica, so it must not get in. To detect that, the order is kept here for texts that are being
edited. Source: yjs `src/structs/Item.js`, `integrate`.

The author of a run knew everything its client wrote before, the run's neighbours, and recursively
what their authors knew: this is the least that an honest client can have known of the text. If none
of that lies between the neighbours, they were adjacent in exactly that state, so runs that are all
admitted are the outcome of an honest session, whatever else their authors did. Otherwise, no state
exists in which they were adjacent.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chatter_tui.authority.codec import Id, Struct

# Runs between two neighbours come from people typing in the same place at the same time. Examining
# this many, with what their authors knew, takes about 0.1 s.
_MOST_STEPS = 100_000
_clock = attrgetter("clock")


class _TooMuchError(Exception):
    """Judging takes more steps than an update is worth."""


class Run:
    """Clocks of one client that are adjacent in a text; part of a doubly linked list.

    `arrival` numbers runs as they arrive, each after all that its author knew. `latest` is the
    latest arrival among the neighbours of other clients that its client has named so far.
    """

    __slots__ = (
        "after",
        "arrival",
        "before",
        "client",
        "clock",
        "latest",
        "length",
        "origin",
        "right",
    )

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
        self.arrival = self.latest = 0

    @classmethod
    def of(cls, struct: Struct) -> Run:
        """Return the run that a struct inserts."""
        return cls(struct.client, struct.clock, struct.length, struct.origin, struct.right)


class TextOrder:
    """All runs ever inserted into one text, in the order that all replicas share."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._first: Run | None = None
        self._clients: dict[int, list[Run]] = {}
        self._arrived = 0
        for run in runs:
            self.integrate(run)

    def __iter__(self) -> Iterator[Run]:
        run = self._first
        while run:
            yield run
            run = run.after

    def admits(self, structs: Iterable[Struct]) -> bool:
        """Return whether an honest client could have seen the neighbours of runs, causally ordered."""
        tried: list[Run] = []
        knowledge = _Knowledge(self._clients)
        try:
            for struct in structs:
                run = Run.of(struct)
                left, right = self._neighbours(run)
                if not self._were_neighbours(run, left, right, knowledge):
                    return False
                self._insert(run, left, right)
                tried.append(run)
        except _TooMuchError:
            return False
        finally:
            for run in reversed(tried):
                self._remove(run)
        return True

    def _were_neighbours(
        self, run: Run, left: Run | None, right: Run | None, knowledge: _Knowledge
    ) -> bool:
        latest = self._latest(run, left, right)
        between = left.after if left else self._first
        while between is not right:
            knowledge.step()
            if between is None:
                return False
            # What arrived after everything its client named cannot be part of that: the usual case.
            if between.client == run.client or (
                between.arrival <= latest and knowledge.includes(run, between)
            ):
                return False
            between = between.after
        return True

    def _latest(self, run: Run, left: Run | None, right: Run | None) -> int:
        own = self._clients.get(run.client)
        latest = own[-1].latest if own else 0
        for beside in (left, right):
            if beside and beside.client != run.client and beside.arrival > latest:
                latest = beside.arrival
        return latest

    def integrate(self, run: Run) -> None:
        """Insert the next run of its client where every replica has it."""
        self._insert(run, *self._neighbours(run))

    def _insert(self, run: Run, left: Run | None, right: Run | None) -> None:
        self._arrived += 1
        run.arrival = self._arrived
        run.latest = self._latest(run, left, right)
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

    # -- internals ---------------------------------------------------------------------------------

    def _neighbours(self, run: Run) -> tuple[Run | None, Run | None]:
        left = right = None
        if run.origin:
            left = self._find(run.origin)
            self._split(left, run.origin[1] + 1 - left.clock)
        if run.right:
            found = self._find(run.right)
            right = self._split(found, run.right[1] - found.clock)
            if found is left and run.origin:
                left = self._find(run.origin)
        return left, right

    def _find(self, id_: Id) -> Run:
        runs = self._clients[id_[0]]
        return runs[bisect_right(runs, id_[1], key=_clock) - 1]

    def _split(self, run: Run, offset: int) -> Run:
        """Split a run; return the part from `offset`, or the run itself if that is all of it."""
        if not 0 < offset < run.length:
            return run
        clock = run.clock + offset
        tail = Run(run.client, clock, run.length - offset, (run.client, clock - 1), run.right)
        tail.arrival, tail.latest = run.arrival, run.latest
        run.length = offset
        self._link(run, tail)
        runs = self._clients[run.client]
        runs.insert(bisect_right(runs, run.clock, key=_clock), tail)
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
        # Later attempts may have split it: its tails are the last of its client.
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


class _Knowledge:
    """What the authors of an update's runs must have known of a text."""

    def __init__(self, clients: Mapping[int, list[Run]]) -> None:
        self._clients = clients
        self._known: dict[int, dict[int, int]] = {}  # author → client → next clock
        self._left = _MOST_STEPS

    def step(self) -> None:
        """Count an examined run.

        Raises:
            _TooMuchError: There were too many.
        """
        self._left -= 1
        if self._left < 0:
            raise _TooMuchError

    def includes(self, run: Run, other: Run) -> bool:
        """Return whether the author of `run`, the next of its client, must have known `other`."""
        known = self._known.setdefault(run.client, {})
        open_ = [(run.client, run.clock - 1), run.origin, run.right]
        while open_:
            id_ = open_.pop()
            if id_ is None or id_[1] < (start := known.get(id_[0], 0)):
                continue
            known[id_[0]] = id_[1] + 1
            for found in self._runs(id_[0], start, id_[1]):
                self.step()
                open_ += (found.origin, found.right)
        return other.clock < known.get(other.client, 0)

    def _runs(self, client: int, start: int, last: int) -> Iterator[Run]:
        runs = self._clients.get(client, [])
        at = max(0, bisect_right(runs, start, key=_clock) - 1)
        while at < len(runs) and runs[at].clock <= last:
            yield runs[at]
            at += 1
