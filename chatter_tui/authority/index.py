"""Container index: which block, field or text each item of the document belongs to.

Updates name most items by their neighbours only. This index tells what a change is about without
asking native code. It is built once from the whole state, and extended with each accepted update.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from chatter_tui.authority.causal import causal_order, references
from chatter_tui.authority.codec import ANY, DELETED, GC, STRING, TYPE, Id, Struct, Update
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.order import Run, TextOrder
from chatter_tui.authority.places import Container, Lost
from chatter_tui.authority.tracks import Codes, Holders, Items, Track
from chatter_tui.replica.replica import CONTENT, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from chatter_tui.authority.codec import Part, Ranges


class MisplacedError(ValueError):
    """An item is where no client could have put it."""


class Index:
    """Maps (client, clock) to containers; knows what is deleted, and which block ids are taken."""

    def __init__(self) -> None:
        self._holders = Holders()
        self._codes = Codes(self._holders)
        self._tracks: dict[int, Track] = {}
        self.deleted = IdSet()
        self.entries = Items(self._holders)  # every block id ever used → its entry
        self.texts = Items(self._holders)  # block → the item that holds its text
        # The runs of each text, by the number of its holder; ordered on first use.
        self._runs: dict[int, list[Run] | TextOrder] = {}
        self._alone = array("I")  # by the same, the length of an only run right after the holder

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

    def _live(self, items: Items, block: str) -> Id | None:
        id_ = items.get(block)
        return None if id_ is None or id_ in self.deleted else id_

    def order(self, text: Id) -> TextOrder:
        """Return the order of the runs of the text that an item holds, or will hold."""
        number = self._holders.find(text)
        runs = None if number is None else self._apart(number)
        if number is None or runs is None:
            return TextOrder()
        if not isinstance(runs, TextOrder):
            runs = self._runs[number] = TextOrder(runs)
        return runs

    def forget(self, block: str) -> None:
        """Drop what only edits of a block need, now that it is deleted."""
        if (number := self.texts.number(block)) is not None:
            self._runs.pop(number, None)
            if number < len(self._alone):
                self._alone[number] = 0

    def learn(self, update: Update) -> None:
        """Add a trusted update, such as one of the master's own."""
        known: dict[int, list[Struct]] = {}
        for client, structs in update.structs.items():
            end = self.end(client)
            known[client] = [struct for struct in structs if struct.end > end]
        self._append(causal_order(known))
        self.deleted.update(update.deletes)

    def learning(self, parts: Generator[Part, None, Ranges]) -> Iterator[Part]:
        """Fill an empty index with a trusted state while that is decoded; pass its parts on.

        The index must not be used before the last one.
        """
        waiting: dict[int, list[Struct]] = {}
        deletes: Ranges = yield from self._taken(parts, waiting)
        self._append(causal_order(waiting))
        self.deleted.update(deletes)

    def _taken(
        self, parts: Generator[Part, None, Ranges], waiting: dict[int, list[Struct]]
    ) -> Generator[Part, None, Ranges]:
        while True:
            try:
                part = next(parts)
            except StopIteration as end:
                deletes: Ranges = end.value
                return deletes
            if part.client in waiting:
                waiting[part.client] += part.structs
            else:
                ready = self._ready(part.structs)
                self._append(part.structs[:ready])
                if ready < len(part.structs):  # it refers to what is still to come
                    waiting[part.client] = part.structs[ready:]
            yield part

    def _ready(self, structs: Sequence[Struct]) -> int:
        """Return how many of a client's next structs refer only to known items and each other."""
        for number, struct in enumerate(structs):
            for client, clock in references(struct):
                if client != struct.client and clock >= self.end(client):
                    return number
        return len(structs)

    def _append(self, structs: Iterable[Struct]) -> None:
        at = lru_cache(maxsize=64)(self.at)  # all fields of a block refer to the same item

        def placed() -> Iterator[Struct]:
            for struct in structs:
                struct.place = place(struct, at)
                yield struct

        self.extend(placed())

    def extend(self, structs: Iterable[Struct]) -> None:
        """Add the next structs of their clients, whose places are known."""
        tracks, number_of = self._tracks, self._codes.of
        for struct in structs:
            container, kind = struct.place, struct.kind
            assert not isinstance(container, Lost), "what is lost becomes garbage"
            track = tracks.get(struct.client)
            if track is None:
                track = tracks[struct.client] = Track(self._codes)
            number = number_of(container)
            if number != track.last:
                track.starts.append(struct.clock)
                track.numbers.append(number)
                track.last = number
            track.end = struct.clock + struct.length
            if kind == STRING and (halves := second_halves(struct)):
                track.halves.extend(halves)
            if kind != ANY and container is not None:  # most are fields
                self._register(struct, container)

    def _register(self, struct: Struct, container: Container) -> None:
        """Note a block's entry or text, or a run of a text."""
        block, name, owner = container
        kind = struct.kind
        if owner and name is None:
            self._insert(owner, block, struct)
        elif kind == TYPE:
            number = self._holders.number((struct.client, struct.clock), block)
            (self.texts if owner else self.entries).put(block, number)
        elif kind == DELETED and not owner and block not in self.entries:
            self.entries.put(block, self._holders.number((struct.client, struct.clock), block))

    def _insert(self, text: Id, block: str, struct: Struct) -> None:
        number = self._codes.holder(text, block)
        runs = self._apart(number)
        run = Run.of(struct)
        if isinstance(runs, TextOrder):
            runs.integrate(run)
        elif runs is not None:
            runs.append(run)
        elif (run.client, run.clock - 1) == text and not (run.origin or run.right):
            self._alone.extend([0] * (number + 1 - len(self._alone)))
            self._alone[number] = run.length
        else:
            self._runs[number] = [run]

    def _apart(self, number: int) -> list[Run] | TextOrder | None:
        """Return the runs of a text as objects; None when it has none."""
        if number < len(self._alone) and (length := self._alone[number]):
            client, clock = self._holders.id(number)
            self._alone[number] = 0
            self._runs[number] = [Run(client, clock + 1, length, None, None)]
        return self._runs.get(number)


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
