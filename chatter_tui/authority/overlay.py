"""The index as it will be with an update: what is new is found here, everything else there."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.authority.codec import STRING, TYPE, Id, Struct
from chatter_tui.authority.codes import RejectCode
from chatter_tui.authority.index import Container, Index, second_halves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority.ledger import Ledger


class Lost(NamedTuple):
    """Where an item would be had its surroundings not been refused or deleted before."""

    block: str
    code: RejectCode


class Placed(NamedTuple):
    """A new struct and where it belongs; None for garbage."""

    struct: Struct
    place: Container | Lost | None


class Overlay:
    """An update's new structs over the index of the document.

    All of them are expected first, client by client, and then added in causal order.
    """

    def __init__(self, index: Index, ledger: Ledger) -> None:
        self.new: dict[int, Sequence[Struct]] = {}
        self.placed: dict[int, list[Placed]] = {}
        self._index = index
        self._ledger = ledger
        self._halves: set[Id] = set()
        self._found: dict[Id, Container | Lost] = {}  # most items of an update name the same few
        self._types: set[Id] = set()

    def expect(self, client: int, structs: Sequence[Struct]) -> None:
        """Announce the new structs of one client."""
        self.new[client] = structs
        self.placed[client] = []
        for struct in structs:
            if struct.kind == STRING:
                self._halves.update((client, clock) for clock in second_halves(struct))

    def add(self, struct: Struct, place: Container | Lost | None) -> None:
        """Say where the next struct of its client belongs."""
        self.placed[struct.client].append(Placed(struct, place))
        if place:
            self._found[struct.client, struct.clock] = place
        if struct.kind == TYPE and isinstance(place, Container):
            self._types.add((struct.client, struct.clock))

    def field_of_new(self, struct: Struct) -> Container | None:
        """Where a struct belongs that sets a field of a block of this same update, as most do."""
        parent = struct.parent
        if struct.key is None or not isinstance(parent, tuple) or parent not in self._types:
            return None
        entry = self._found[parent]
        if not isinstance(entry, Container) or entry.owner:
            return None
        return Container(entry.block, struct.key, parent)

    def end(self, client: int) -> int:
        """The clock after the last of one client."""
        new = self.new.get(client)
        return new[-1].end if new else self._index.end(client)

    def splits(self, client: int, clock: int) -> bool:
        """Say whether a cut before `clock` would halve a surrogate pair."""
        return (client, clock) in self._halves or self._index.splits(client, clock)

    def at(self, id_: Id) -> Container | Lost:
        """The container of an item, or why nothing beside or below it can stand."""
        found = self._found.get(id_)
        if found is None:
            found = self._found[id_] = self._look_up(id_)
        return found

    def _look_up(self, id_: Id) -> Container | Lost:
        pending = self._pending(id_)
        if place := pending.place if pending else self._index.at(id_):
            return place
        if span := self._ledger.dead_at(*id_):
            return Lost(span.block, RejectCode.DEPENDS_ON_REJECTED)
        return Lost("", RejectCode.BLOCK_DELETED)

    def holds(self, container: Container) -> bool:
        """Say whether the map or text that a container is part of is there, or new."""
        if container.owner is None or container.owner in self._types:
            return True
        live = self._index.live_text if container.is_text else self._index.live_entry
        return live(container.block) == container.owner

    def _pending(self, id_: Id) -> Placed | None:
        client, clock = id_
        if clock < self._index.end(client):
            return None
        placed = self.placed[client]
        return placed[bisect_right(placed, clock, key=lambda item: item.struct.clock) - 1]
