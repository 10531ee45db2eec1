"""Container index: which block, field or text each item of the document belongs to.

Updates name most items by their neighbours only. This index tells what a change is about without
asking native code. It is built once from the whole state, and extended with each accepted update.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from chatter_tui.authority.causal import causal_order
from chatter_tui.authority.codec import ANY, DELETED, GC, STEP, STRING, TYPE, Id, Struct, Update
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.order import Run, TextOrder
from chatter_tui.authority.places import Container, Lost
from chatter_tui.replica.replica import CONTENT, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class MisplacedError(ValueError):
    """An item is where no client could have put it."""


class Index:
    """Maps (client, clock) to containers; knows what is deleted, and which block ids are taken."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self.deleted = IdSet()
        self.entries: dict[str, Id] = {}  # every block id ever used → its entry
        self.texts: dict[str, Id] = {}  # block → the item that holds its text
        # The runs of each text, by the item that holds it; ordered on first use.
        self._runs: dict[Id, list[Run] | TextOrder] = {}

    def vector(self) -> dict[int, int]:
        """Return the next clock of each client."""
        return {client: track.end for client, track in self._tracks.items()}

    def end(self, client: int) -> int:
        """Return the next clock of a client."""
        track = self._tracks.get(client)
        return track.end if track else 0

    def at(self, id_: Id) -> Container | None:
        """Return the container of an item; None for garbage and unknown items."""
        track = self._tracks.get(id_[0])
        return track.at(id_[1]) if track and id_[1] < track.end else None

    def spans(
        self, client: int, start: int, end: int
    ) -> Iterator[tuple[int, int, Container | None]]:
        """Yield the containers of a range of known clocks."""
        track = self._tracks.get(client)
        return track.spans(start, end) if track else iter(())

    def may_split(self, client: int) -> bool:
        """Return whether any text of a client contains a surrogate pair."""
        track = self._tracks.get(client)
        return track is not None and bool(track.halves)

    def splits(self, client: int, clock: int) -> bool:
        """Return whether a cut before `clock` would split a surrogate pair."""
        track = self._tracks.get(client)
        return track is not None and track.splits(clock)

    def live_entry(self, block: str) -> Id | None:
        """Return the item that holds a block, unless the block is deleted."""
        return self._live(self.entries, block)

    def live_text(self, block: str) -> Id | None:
        """Return the item that holds a block's text, unless the block is deleted."""
        return self._live(self.texts, block)

    def _live(self, items: dict[str, Id], block: str) -> Id | None:
        id_ = items.get(block)
        return None if id_ is None or id_ in self.deleted else id_

    def order(self, text: Id) -> TextOrder:
        """Return the order of the runs of the text that an item holds, or will hold."""
        runs = self._runs.get(text)
        if runs is None:
            return TextOrder()
        if not isinstance(runs, TextOrder):
            runs = self._runs[text] = TextOrder(runs)
        return runs

    def forget(self, block: str) -> None:
        """Drop what only edits of a block need, now that it is deleted."""
        if block in self.texts:
            self._runs.pop(self.texts[block], None)

    def learn(self, update: Update) -> None:
        """Add a trusted update: the whole state, or the master's own."""
        for _ in self.learning(update):
            pass

    def learning(self, update: Update) -> Iterator[None]:
        """Do the same in steps; the index must not be used before the last one."""
        known: dict[int, list[Struct]] = {}
        for client, structs in update.structs.items():
            end = self.end(client)
            known[client] = [struct for struct in structs if struct.end > end]
            yield
        at = lru_cache(maxsize=64)(self.at)  # all fields of a block refer to the same item
        for number, struct in enumerate(causal_order(known), 1):
            struct.place = place(struct, at)
            self.append(struct)
            if not number % STEP:
                yield
        self.deleted.update(update.deletes)

    def append(self, struct: Struct) -> None:
        """Add the next struct of its client, whose place is known."""
        container, kind = struct.place, struct.kind
        assert not isinstance(container, Lost), "what is lost becomes garbage"
        track = self._tracks.get(struct.client)
        if track is None:
            track = self._tracks[struct.client] = _Track()
        places = track.places
        if not places or places[-1] != container:
            track.starts.append(struct.clock)
            places.append(container)
        track.end = struct.clock + struct.length
        if kind == STRING:
            track.halves.extend(second_halves(struct))
        if container is None or kind == ANY:
            return
        block, name, owner = container
        if owner and name is None:
            self._insert(owner, struct)
        elif kind == TYPE:
            (self.texts if owner else self.entries)[block] = (struct.client, struct.clock)
        elif kind == DELETED and not owner:
            self.entries.setdefault(block, (struct.client, struct.clock))

    def _insert(self, text: Id, struct: Struct) -> None:
        runs = self._runs.setdefault(text, [])
        run = Run.of(struct)
        if isinstance(runs, TextOrder):
            runs.integrate(run)
        else:
            runs.append(run)


def place(struct: Struct, at: Callable[[Id], Container | None]) -> Container | None:
    """Return the container of a struct, using `at` for its neighbours' and parent's.

    Return None if the struct or one of those is garbage.

    Raises:
        MisplacedError: No client could have put it there.
    """
    if struct.kind == GC:
        return None
    if struct.origin or struct.right:
        return _beside(struct, at)
    if isinstance(struct.parent, str):
        if struct.parent != ROOT or struct.key is None:
            raise MisplacedError(f"in root {struct.parent!r}")
        return Container(struct.key)
    assert struct.parent, "an item without neighbours names its parent"
    parent = at(struct.parent)
    if parent is None:
        return None
    if parent.is_entry and struct.key is not None:
        return Container(parent.block, struct.key, struct.parent)
    if parent.field == CONTENT and struct.key is None:
        return Container(parent.block, None, struct.parent)
    raise MisplacedError("parent holds nothing of this kind")


def _beside(struct: Struct, at: Callable[[Id], Container | None]) -> Container | None:
    beside = [at(id_) for id_ in (struct.origin, struct.right) if id_]
    if None in beside:
        return None
    if beside[0] != beside[-1] or struct.origin == struct.right:
        raise MisplacedError("between items that are not neighbours")
    found = beside[0]
    if struct.right and found and not found.is_text:
        raise MisplacedError("before an item of a map")
    return found


class _Track:
    """The items of one client: contiguous spans of clocks, each with one container."""

    __slots__ = ("end", "halves", "places", "starts")

    def __init__(self) -> None:
        self.starts = array("q")
        self.places: list[Container | None] = []
        self.halves = array("q")  # clocks of second halves of surrogate pairs
        self.end = 0

    def at(self, clock: int) -> Container | None:
        return self.places[bisect_right(self.starts, clock) - 1]

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int, Container | None]]:
        starts, places = self.starts, self.places
        at = bisect_right(starts, start)
        while start < end:
            stop = starts[at] if at < len(starts) and starts[at] < end else end
            yield start, stop, places[at - 1]
            start, at = stop, at + 1

    def splits(self, clock: int) -> bool:
        at = bisect_left(self.halves, clock)
        return at < len(self.halves) and self.halves[at] == clock


def second_halves(struct: Struct) -> Sequence[int]:
    """Return the clocks in a run of text that are the second half of a surrogate pair."""
    text = struct.content
    if not isinstance(text, str) or text.isascii():
        return ()
    found = []
    clock = struct.clock
    for character in text:
        if ord(character) > 0xFFFF:
            clock += 1
            found.append(clock)
        clock += 1
    return found
