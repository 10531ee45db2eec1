"""The containers of all items as numbers in arrays, a few bytes for each.

A document of ten thousand blocks has a hundred thousand items. As objects, their containers would
take ten times the memory of the document's bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from chatter_tui.authority.places import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.authority.codec import Id

# A container is one number: 0 for none, otherwise its kind in the lower bits and above those the
# number of what it is in: a block for an entry, a holder for everything else.
_BITS: Final = 24
_KIND: Final = (1 << _BITS) - 1
_ENTRY: Final = 1
_RUN: Final = 2
_FIELDS: Final = 3  # the first number for a field's name


class Holders:
    """Numbers the items that hold a map or a text, each with the block it belongs to."""

    def __init__(self) -> None:
        self.blocks: list[str] = []  # ids, by number
        self._clients = array("Q")
        self._clocks = array("I")
        self._blocks = array("I")
        self._numbers: dict[str, int] = {}  # of blocks
        self._of: dict[int, tuple[array[int], array[int]]] = {}  # client → clocks, numbers

    def block(self, id_: str) -> int:
        """Return the number of a block, assigning one if it has none."""
        number = self._numbers.get(id_)
        if number is None:
            number = self._numbers[id_] = len(self.blocks)
            self.blocks.append(id_)
        return number

    def known(self, id_: str) -> int | None:
        """Return the number of a block, or None."""
        return self._numbers.get(id_)

    def number(self, id_: Id, block: str) -> int:
        """Return the number of a holder, assigning one if it has none."""
        client, clock = id_
        clocks, numbers = self._of.get(client) or self._of.setdefault(
            client, (array("I"), array("I"))
        )
        at = len(clocks)
        if clocks and clocks[-1] >= clock:  # rare: something deleted that holds something
            at = bisect_left(clocks, clock)
            if clocks[at] == clock:
                return numbers[at]
        number = len(self._clients)
        clocks.insert(at, clock)
        numbers.insert(at, number)
        self._clients.append(client)
        self._clocks.append(clock)
        self._blocks.append(self.block(block))
        return number

    def find(self, id_: Id) -> int | None:
        """Return the number of a holder, or None."""
        own = self._of.get(id_[0])
        if own is None:
            return None
        clocks, numbers = own
        at = bisect_left(clocks, id_[1])
        return numbers[at] if at < len(clocks) and clocks[at] == id_[1] else None

    def id(self, number: int) -> Id:
        """Return the item with a number."""
        return self._clients[number], self._clocks[number]

    def block_of(self, number: int) -> str:
        """Return the block that a holder belongs to."""
        return self.blocks[self._blocks[number]]


class Items:
    """Maps a block to one of the items that belong to it, such as its entry."""

    def __init__(self, holders: Holders) -> None:
        self._holders = holders
        self._found = array("I")  # by number of the block: 1 + the number of the item

    def __contains__(self, block: object) -> bool:
        return isinstance(block, str) and self.number(block) is not None

    def __getitem__(self, block: str) -> Id:
        number = self.number(block)
        if number is None:
            raise KeyError(block)
        return self._holders.id(number)

    def get(self, block: str) -> Id | None:
        """Return the item, or None."""
        number = self.number(block)
        return None if number is None else self._holders.id(number)

    def number(self, block: str) -> int | None:
        """Return the number of the item as a holder, or None."""
        at = self._holders.known(block)
        if at is None or at >= len(self._found) or not self._found[at]:
            return None
        return self._found[at] - 1

    def put(self, block: str, number: int) -> None:
        """Set the item of a block, by its number as a holder."""
        at, found = self._holders.block(block), self._found
        if at == len(found):
            found.append(number + 1)
            return
        if at > len(found):
            found.extend([0] * (at + 1 - len(found)))
        found[at] = number + 1


class Codes:
    """Converts containers to numbers and back."""

    def __init__(self, holders: Holders) -> None:
        self._holders = holders
        self._names: list[str] = []
        self._kinds: dict[str | None, int] = {None: _RUN}  # by field
        self._last: Id | None = None  # most items are in the same container as the previous one
        self._last_number = 0

    def of(self, container: Container | None) -> int:
        """Return the number of a container."""
        if container is None:
            return 0
        block, name, owner = container
        if owner is None:
            return self._holders.block(block) << _BITS | _ENTRY
        # As `holder`, without the call: this is done for every field.
        number = self._last_number if owner == self._last else self.holder(owner, block)
        return number << _BITS | (self._kinds.get(name) or self._kind(name))

    def _kind(self, name: str | None) -> int:
        assert name is not None, "runs have their kind"
        kind = self._kinds[name] = _FIELDS + len(self._names)
        self._names.append(name)
        return kind

    def holder(self, owner: Id, block: str) -> int:
        """Return the number of an item's holder."""
        if owner != self._last:
            self._last, self._last_number = owner, self._holders.number(owner, block)
        return self._last_number

    def container(self, code: int) -> Container | None:
        """Return the container with a number."""
        if not code:
            return None
        number, kind = code >> _BITS, code & _KIND
        holders = self._holders
        if kind == _ENTRY:
            return Container(holders.blocks[number])
        name = None if kind == _RUN else self._names[kind - _FIELDS]
        return Container(holders.block_of(number), name, holders.id(number))


class Track:
    """The items of one client: contiguous spans of clocks, each with one container.

    `Index.extend` adds to it in place, where a call for every item would cost as much as the rest.
    """

    __slots__ = ("_codes", "end", "halves", "last", "numbers", "starts")

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.last = -1  # the last one in `numbers`
        self.starts = array("I")
        self.numbers = array("Q")  # the container's number, for each span
        self.halves = array("I")  # clocks of second halves of surrogate pairs
        self.end = 0

    def at(self, clock: int) -> Container | None:
        """Return the container of a known clock."""
        return self._codes.container(self.numbers[bisect_right(self.starts, clock) - 1])

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int, Container | None]]:
        """Yield the containers of a range of known clocks."""
        starts, numbers = self.starts, self.numbers
        at = bisect_right(starts, start)
        while start < end:
            stop = starts[at] if at < len(starts) and starts[at] < end else end
            yield start, stop, self._codes.container(numbers[at - 1])
            start, at = stop, at + 1

    def splits(self, clock: int) -> bool:
        """Return whether a cut before a clock would split a surrogate pair."""
        at = bisect_left(self.halves, clock)
        return at < len(self.halves) and self.halves[at] == clock
