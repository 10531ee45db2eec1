"""State beside the document: owners of client ids, and clocks of rejected changes.

Storage appends `since(mark)` in the transaction that stores an accepted update, and passes all
entries in again when the master restarts.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chatter_tui.authority.codes import RejectCode

MASTER = ""  # stands for the master as an owner of client ids


class Owner(NamedTuple):
    """Only peer `peer` may write under client id `client`."""

    client: int
    peer: str


class DeadSpan(NamedTuple):
    """The clocks of `client` from `start` up to `end` are tombstones of a rejected change.

    `block` is empty if it is unknown which block the change was for.
    """

    client: int
    start: int
    end: int
    block: str
    code: RejectCode


Entry = Owner | DeadSpan


class Ledger:
    """An append-only, indexed list of entries."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        self._owners: dict[int, str] = {}
        self._clients: dict[str, int] = {}
        self._dead: dict[int, list[DeadSpan]] = {}
        for entry in entries:
            self.append(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def since(self, mark: int) -> tuple[Entry, ...]:
        """Return the entries added since the ledger's length was `mark`."""
        return tuple(self._entries[mark:])

    def append(self, entry: Entry) -> None:
        """Add an entry; spans of one client must come in the order of their clocks."""
        if isinstance(entry, Owner):
            if entry.client in self._owners:
                return
            self._owners[entry.client] = entry.peer
            self._clients[entry.peer] = self._clients.get(entry.peer, 0) + 1
        else:
            self._dead.setdefault(entry.client, []).append(entry)
        self._entries.append(entry)

    @property
    def owners(self) -> Mapping[int, str]:
        """The owner of each client id."""
        return self._owners

    def clients_of(self, peer: str) -> int:
        """Return how many client ids a peer has."""
        return self._clients.get(peer, 0)

    def dead(self, client: int, start: int, end: int) -> Iterator[DeadSpan]:
        """Yield the spans that overlap a range of clocks."""
        spans = self._dead.get(client, [])
        at = max(0, bisect_right(spans, start, key=lambda span: span.start) - 1)
        while at < len(spans) and spans[at].start < end:
            if spans[at].end > start:
                yield spans[at]
            at += 1

    def dead_at(self, client: int, clock: int) -> DeadSpan | None:
        """Return the span that contains a clock."""
        return next(self.dead(client, clock, clock + 1), None)
