"""Independent parts of a state: what one client wrote and nobody else ever referred to.

Blocks from files are such parts as long as nobody changes them. To native code they are like
updates of a client it has not heard of: it can do without them, and integrate them at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.authority.causal import references
from chatter_tui.replica.lib0 import Reader, uint
from chatter_tui.replica.replica import ROOT

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Set as AbstractSet

    from chatter_tui.authority.codec import Part, Ranges


class Section(NamedTuple):
    """The bytes of all structs of one client in an update, and the client's next clock."""

    data: bytes
    end: int


class Sections:
    """Determines, part by part, which sections of a state are independent."""

    def __init__(self, clients: AbstractSet[int]) -> None:
        self._clients = clients  # clients that may be independent
        self._spans: dict[int, tuple[int, int]] = {}  # in bytes
        self._ends: dict[int, int] = {}  # next clocks
        self._makers: dict[str, int] = {}  # block → the client of its entry
        self._tied: set[int] = set()  # clients that are not independent

    def watch(self, parts: Generator[Part, None, Ranges]) -> Generator[Part, None, Ranges]:
        """Pass the parts of a state on, noting what they refer to."""
        while True:
            try:
                part = next(parts)
            except StopIteration as end:
                deletes: Ranges = end.value
                self._tied |= deletes.keys()
                return deletes
            self._look(part)
            yield part

    def _look(self, part: Part) -> None:
        own = part.client
        start = part.start if part.first else self._spans[own][0]
        self._spans[own] = start, part.end
        self._ends[own] = part.structs[-1].end
        for struct in part.structs:
            for client, _ in references(struct):
                if client != own:
                    self._tied |= {own, client}
            if struct.parent == ROOT and struct.key is not None:
                maker = self._makers.setdefault(struct.key, own)
                if maker != own:  # native code must choose between two entries with the same id
                    self._tied |= {own, maker}

    def split(self, data: bytes) -> tuple[bytes, Mapping[int, Section]]:
        """Return the state without its independent sections, and those, by client."""
        alone = self._spans.keys() & self._clients - self._tied
        found = {
            client: Section(data[start:end], self._ends[client])
            for client, (start, end) in self._spans.items()
            if client in alone
        }
        rest = [
            data[start:end] for client, (start, end) in self._spans.items() if client not in alone
        ]
        last = max((end for _, end in self._spans.values()), default=1)
        return uint(len(rest)) + b"".join(rest) + data[last:], found


def with_sections(update: bytes, sections: Iterable[Section]) -> bytes:
    """Return an update extended by sections of clients that are not in it."""
    added = [section.data for section in sections]
    if not added:
        return update
    reader = Reader(update)
    count = reader.uint()
    return b"".join([uint(count + len(added)), *added, update[reader.position :]])
