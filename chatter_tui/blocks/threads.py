"""Arrange blocks as threads in display order, in linear time and at any depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.blocks.problem import Problem
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from chatter_tui.blocks.anchors import Location, Resolver
    from chatter_tui.blocks.block import Block


@dataclass(eq=False, repr=False, slots=True)
class Thread:
    """A block and its replies; `orphaned` if its anchor does not resolve.

    Replies can be nested without limit, so they are excluded from comparison and `repr`.
    """

    block: Block
    replies: list[Thread] = field(default_factory=list)
    location: Location | None = None
    orphaned: bool = False

    @property
    def is_displaced(self) -> bool:
        """Whether the quoted text or its context has changed, so that a fallback is used."""
        anchor, location = self.block.anchor, self.location
        return anchor is not None and location is not None and location.via != anchor["type"]

    @property
    def is_lost(self) -> bool:
        """Whether its text has moved or is gone, so that it must be reattached."""
        return self.orphaned or self.is_displaced

    def walk(self) -> Iterator[tuple[int, Thread]]:
        """Yield the thread and everything below it in display order, with depths from 0."""
        pending = [(0, self)]
        while pending:
            depth, thread = pending.pop()
            yield depth, thread
            pending.extend((depth + 1, reply) for reply in reversed(thread.replies))

    def __repr__(self) -> str:
        return f"Thread({self.block.id!r}, {len(self.replies)} replies)"


class Arrangement(NamedTuple):
    """Root threads in display order, and the problems found."""

    threads: Sequence[Thread]
    problems: Sequence[Problem]

    def walk(self) -> Iterator[tuple[int, Thread]]:
        """Yield every thread in display order, with its depth."""
        for thread in self.threads:
            yield from thread.walk()


def arrange(blocks: Iterable[Block], resolver: Resolver) -> Arrangement:
    """Arrange blocks in file order as threads; of blocks with equal ids, the last one counts."""
    by_id: dict[str, Block] = {}
    for block in blocks:
        by_id.pop(block.id, None)
        by_id[block.id] = block
    threads = {block.id: Thread(block) for block in by_id.values()}
    parents = {block.id: block.parent_id for block in by_id.values() if block.parent_id is not None}
    on_cycle = _on_cycle(parents)
    found = [*_locate(threads.values(), resolver), *_misplaced(parents, by_id, on_cycle)]
    roots = []
    for thread in giving_way(sorted(threads.values(), key=_instant)):
        block = thread.block
        parent = threads.get(block.parent_id) if block.parent_id is not None else None
        if parent is None or block.id in on_cycle:
            roots.append(thread)
        else:
            parent.replies.append(thread)
    roots.sort(key=_place)
    return Arrangement(roots, found)


def misplaced(parents: Mapping[str, str], ids: Container[str]) -> Iterator[Problem]:
    """Yield the problems of replies, as `arrange` finds them.

    Args:
        parents: What each reply replies to.
        ids: All blocks.
    """
    return _misplaced(parents, ids, _on_cycle(parents))


def _misplaced(
    parents: Mapping[str, str], ids: Container[str], on_cycle: set[str]
) -> Iterator[Problem]:
    for child_id, parent_id in parents.items():
        if child_id in on_cycle:
            yield Problem.of("thread-cycle", "its parents lead back to it", block=child_id)
        elif parent_id not in ids:
            message = f"there is no block {parent_id!r} to reply to"
            yield Problem.of("orphan-parent", message, block=child_id)


def _locate(threads: Iterable[Thread], resolver: Resolver) -> Iterator[Problem]:
    anchored = ((thread, a) for thread in threads if (a := thread.block.anchor) is not None)
    for thread, location in resolver.resolve_all(anchored):
        thread.location, thread.orphaned = location, location is None
        if thread.orphaned:
            message = "its anchor points to nothing in the document"
            yield Problem.of("unresolved-anchor", message, block=thread.block.id)


def _on_cycle(parents: Mapping[str, str]) -> set[str]:
    cyclic: set[str] = set()
    done: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = None
            at = parents.get(at)
        if at in path:
            steps = list(path)
            cyclic.update(steps[steps.index(at) :])
        done.update(path)
    return cyclic


def _instant(thread: Thread) -> timedelta:
    # A block without a time is taken to be older than those with one.
    instant = thread.block.instant
    return timedelta.min if instant is None else instant


def _place(thread: Thread) -> tuple[int, int]:
    """Sort key: comments on the whole document, then by position, then orphans."""
    if thread.location is not None:
        return 1, thread.location.start
    return (2 if thread.orphaned else 0), 0
