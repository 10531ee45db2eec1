"""Parts of a state that stand alone: what one client wrote and nobody else ever referred to.

Such are the blocks of files as long as nobody changes them. To native code they are like news from
a client that it has not heard of yet: it can do without them, and take them in at any time.
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
    """The bytes of all structs of one client in an update, and the clock after the last."""

    data: bytes
    end: int


class Sections:
    """Finds out, part by part, which sections of a state stand alone."""

    def __init__(self, clients: AbstractSet[int]) -> None:
        self._clients = clients  # those that may
        self._spans: dict[int, tuple[int, int]] = {}  # of bytes
        self._ends: dict[int, int] = {}  # clocks
        self._makers: dict[str, int] = {}  # block → the client of its entry
        self._tied: set[int] = set()  # clients that do not stand alone

    def watch(self, parts: Generator[Part, None, Ranges]) -> Generator[Part, None, Ranges]:
        """Pass the parts of a state on."""
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
                if maker != own:  # of two entries under one id, native code has to choose
                    self._tied |= {own, maker}

    def split(self, data: bytes) -> tuple[bytes, Mapping[int, Section]]:
        """Return the state without the sections that stand alone, and those, by client."""
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
    """Return an update together with sections of clients that are not in it."""
    added = [section.data for section in sections]
    if not added:
        return update
    reader = Reader(update)
    count = reader.uint()
    return b"".join([uint(count + len(added)), *added, update[reader.position :]])
