"""The index as it will be after an update: new items here, existing ones in the index."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from chatter_tui.authority.codec import STRING, TYPE, Id, Struct
from chatter_tui.authority.codes import RejectCode
from chatter_tui.authority.index import second_halves
from chatter_tui.authority.places import Container, Lost

if TYPE_CHECKING:
    from chatter_tui.authority.index import Index
    from chatter_tui.authority.ledger import Ledger


_clock = attrgetter("clock")


class UnknownReferenceError(ValueError):
    """An item is neither in the document nor in the update."""


class Overlay:
    """An update's new structs on top of the document's index.

    All of `new` is known from the start; the structs are given a place and added in causal order.
    """

    def __init__(self, index: Index, ledger: Ledger) -> None:
        self.new: dict[int, list[Struct]] = {}  # structs to be added, by client
        self._index = index
        self._ledger = ledger
        self._halves: set[Id] = set()
        # Most items of an update refer to the same few.
        self._found: dict[Id, Container | Lost] = {}
        self._types: set[Id] = set()
        self.entries: dict[object, str] = {}  # new blocks so far, by the item that holds them

    def add(self, struct: Struct) -> None:
        """Add the next struct of its client, whose place is known."""
        if struct.kind == STRING:
            halves = second_halves(struct)
            self._halves.update([(struct.client, clock) for clock in halves])
        elif struct.kind == TYPE and isinstance(struct.place, Container):
            id_ = (struct.client, struct.clock)
            self._types.add(id_)
            if struct.place.is_entry:
                self.entries[id_] = struct.place.block

    def is_new(self, id_: Id) -> bool:
        """Return whether an item holds a map or text of this update."""
        return id_ in self._types

    def end(self, client: int) -> int:
        """Return the next clock of a client."""
        new = self.new.get(client)
        return new[-1].end if new else self._index.end(client)

    def may_split(self, client: int) -> bool:
        """Return whether a client has any surrogate pair that a cut could split."""
        return bool(self._halves) or self._index.may_split(client)

    def splits(self, client: int, clock: int) -> bool:
        """Return whether a cut before `clock` would split a surrogate pair."""
        return (client, clock) in self._halves or self._index.splits(client, clock)

    def at(self, id_: Id) -> Container | Lost:
        """Return the container of an item, or why nothing beside or below it can be kept.

        Raises:
            UnknownReferenceError: There is no such item.
        """
        found = self._found.get(id_)
        if found is None:
            found = self._found[id_] = self._look_up(id_)
        return found

    def _look_up(self, id_: Id) -> Container | Lost:
        if place := self._place(*id_):
            return place
        if span := self._ledger.dead_at(*id_):
            return Lost(span.block, RejectCode.DEPENDS_ON_REJECTED)
        return Lost("", RejectCode.BLOCK_DELETED)

    def holds(self, container: Container) -> bool:
        """Return whether the map or text that a container is part of exists, or is new."""
        if container.owner is None or container.owner in self._types:
            return True
        live = self._index.live_text if container.is_text else self._index.live_entry
        return live(container.block) == container.owner

    def _place(self, client: int, clock: int) -> Container | Lost | None:
        if clock < self._index.end(client):
            return self._index.at((client, clock))
        if clock >= self.end(client):
            raise UnknownReferenceError(f"{client}:{clock}")
        new = self.new[client]
        return new[bisect_right(new, clock, key=_clock) - 1].place
