"""The threads in display order, updated incrementally as blocks come and go."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.anchors import Resolver
from chatter_tui.blocks.threads import Thread, arrange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.anchors import Location
    from chatter_tui.blocks.threads import Arrangement
    from chatter_tui.markdown import Markdown

Place = tuple[str, "Location | None"]  # the type of an anchor and its location
NOWHERE: Final[MappingProxyType[str, Place | None]] = MappingProxyType({})


class Threads:
    """The result of `arrange`, updated at the cost of what changed.

    Common changes (a new comment or reply, an edit, another anchor, a deleted leaf) are applied in
    place. All others rearrange everything when the roots are next needed.
    """

    def __init__(self, document: Markdown) -> None:
        self._blocks: dict[str, Block] = {}
        self._roots: list[Thread] = []
        self._by_id: dict[str, Thread] = {}
        self._missing: set[str] = set()
        self._cyclic: set[str] = set()
        self._stale = False
        self._open: set[str] = set()  # roots
        self._orphans: set[str] = set()  # open roots
        self.placed = 0  # how many times everything was arranged
        self.moved: set[str] = set()  # blocks that this may have changed, until reported
        self._resolver = Resolver(document)

    @property
    def resolver(self) -> Resolver:
        """Resolves anchors in the current document."""
        return self._resolver

    @property
    def blocks(self) -> Mapping[str, Block]:
        """Every block, in order of arrival."""
        return self._blocks

    @property
    def is_stale(self) -> bool:
        """Whether the next access to the roots rearranges everything."""
        return self._stale

    def defer(self) -> None:
        """Arrange everything later, because many blocks are about to arrive."""
        self._stale = True

    @property
    def roots(self) -> list[Thread]:
        """The root threads in display order."""
        if self._stale:
            self._arrange()
        return self._roots

    @property
    def open(self) -> int:
        """The number of open threads."""
        if self._stale:
            self._arrange()
        return len(self._open)

    @property
    def orphans(self) -> int:
        """The number of open threads that are orphans."""
        return len(self._orphans) if self.open else 0

    def __getitem__(self, id_: str) -> Thread:
        if self._stale:
            self._arrange()
        return self._by_id[id_]

    def root_of(self, id_: str) -> Thread:
        """Return the root of the thread that contains a block."""
        thread = self[id_]
        while (above := self._above(thread.block)) is not None:
            thread = above
        return thread

    def is_root(self, id_: str) -> bool:
        """Return whether a block exists and begins a thread."""
        return id_ in self._blocks and self._above(self[id_].block) is None

    def place_of(self, root: str) -> int:
        """Return the position of a thread among the roots."""
        thread = self[root]
        return self._roots.index(thread, bisect_left(self._roots, _place(thread), key=_place))

    def path(self, id_: str) -> Iterator[Thread]:
        """Yield the blocks above a block, from its parent to the root."""
        thread: Thread | None = self[id_]
        while thread is not None and (thread := self._above(thread.block)) is not None:
            yield thread

    def show(self, resolver: Resolver, places: Mapping[str, Place | None] = NOWHERE) -> None:
        """Use another document's resolver, or one that knows more of the same document.

        `places` are those of `Parsed`; anchors that are not in it are resolved here.
        """
        before, self._resolver = self._resolver.document, resolver
        if not self._stale and before.text != resolver.document.text:
            self._relocate(places)

    def adopt(self, arrangement: Arrangement) -> bool:
        """Use an arrangement made elsewhere, if it has exactly these blocks."""
        threads = {thread.block.id: thread for _, thread in arrangement.walk()}
        fits = len(threads) == len(self._blocks) and all(
            id_ in threads and threads[id_].block is block for id_, block in self._blocks.items()
        )
        if fits:
            self._take(arrangement, threads)
        return fits

    def put(self, block: Block) -> None:
        """Add or replace a block."""
        before = self._blocks.get(block.id)
        self._blocks[block.id] = block
        if self._stale:
            return
        if before is None:
            self._insert(block)
        elif (before.parent_id, before.instant) == (block.parent_id, block.instant):
            thread = self._by_id[block.id]
            thread.block = block
            if before.fields.get("anchor") != block.fields.get("anchor"):
                self._anchor(thread)
            if self._above(block) is None:
                self._count(thread)
        else:
            self._stale = True

    def remove(self, id_: str) -> None:
        """Remove a block."""
        block = self._blocks.pop(id_, None)
        if block is None or self._stale:
            return
        thread = self._by_id.pop(id_)
        if thread.replies or id_ in self._cyclic:
            self._stale = True
        else:
            self._siblings(block).remove(thread)
            self._open.discard(id_)
            self._orphans.discard(id_)

    def _insert(self, block: Block) -> None:
        parent = block.parent_id
        if block.id in self._missing or (parent is not None and parent not in self._by_id):
            self._stale = True
            return
        thread = Thread(block)
        if block.anchor is not None:
            thread.location = self._resolver.resolve(block.anchor)
            thread.orphaned = thread.location is None
        siblings = self._siblings(block)
        self._by_id[block.id] = thread
        key = _place if parent is None else _instant
        siblings.insert(bisect_right(siblings, key(thread), key=key), thread)
        if parent is None:
            self._count(thread)

    def _anchor(self, thread: Thread) -> None:
        """Locate a thread with another anchor, which hardly ever moves it among the roots."""
        was, anchor = thread.orphaned, thread.block.anchor
        thread.location = None if anchor is None else self._resolver.resolve(anchor)
        thread.orphaned = anchor is not None and thread.location is None
        if self._above(thread.block) is None:
            at = self._roots.index(thread)
            places = map(_place, self._roots[max(at - 1, 0) : at + 2])
            in_order = all(one < other for one, other in pairwise(places))
            self._stale = not in_order or thread.orphaned != was

    def _count(self, root: Thread) -> None:
        id_, is_open = root.block.id, root.block.status == "open"
        (self._open.add if is_open else self._open.discard)(id_)
        (self._orphans.add if is_open and root.orphaned else self._orphans.discard)(id_)

    def _count_all(self) -> None:
        still_open = [root for root in self._roots if root.block.status == "open"]
        self._open = {root.block.id for root in still_open}
        self._orphans = {root.block.id for root in still_open if root.orphaned}

    def _above(self, block: Block) -> Thread | None:
        if block.parent_id is None or block.id in self._cyclic:
            return None
        return self._by_id.get(block.parent_id)

    def _siblings(self, block: Block) -> list[Thread]:
        above = self._above(block)
        return self._roots if above is None else above.replies

    def _relocate(self, places: Mapping[str, Place | None]) -> None:
        """Locate every block again; the structure of the threads stays the same."""
        self.placed += 1
        rest = []
        for id_, thread in self._by_id.items():
            if id_ not in places:
                rest.append(thread)
            elif (place := places[id_]) is not None:
                self._move(thread, *place)
        anchored = (((t, str(a["type"])), a) for t in rest if (a := t.block.anchor) is not None)
        for (thread, kind), location in self._resolver.resolve_all(anchored):
            self._move(thread, kind, location)
        roots = {root.block.id: root for root in self._roots}
        ordered = [roots[id_] for id_ in self._blocks if id_ in roots]
        self._roots = sorted(ordered, key=_place)
        self._count_all()

    def _move(self, thread: Thread, kind: str, location: Location | None) -> None:
        before, thread.location = thread.location, location
        thread.orphaned = location is None
        # An anchor without a quote of its own shows the document's text.
        if kind != "text" or (before and before.via) != (location and location.via):
            self.moved.add(thread.block.id)

    def _arrange(self) -> None:
        arrangement = arrange(self._blocks.values(), self._resolver)
        self._take(arrangement, {thread.block.id: thread for _, thread in arrangement.walk()})

    def _take(self, arrangement: Arrangement, threads: dict[str, Thread]) -> None:
        self.placed += 1
        self.moved.update(self._blocks)
        self._roots = list(arrangement.threads)
        self._count_all()
        self._by_id = threads
        self._cyclic = {
            problem.block
            for problem in arrangement.problems
            if problem.code == "thread-cycle" and problem.block is not None
        }
        self._missing = {
            parent
            for block in self._blocks.values()
            if (parent := block.parent_id) is not None and parent not in self._by_id
        }
        self._stale = False


def _instant(thread: Thread) -> tuple[timedelta]:
    return (thread.block.instant or timedelta.min,)


def _place(thread: Thread) -> tuple[int, int, timedelta]:
    where = 1 if thread.location else 2 if thread.orphaned else 0
    start = thread.location.start if thread.location else 0
    return where, start, thread.block.instant or timedelta.min
