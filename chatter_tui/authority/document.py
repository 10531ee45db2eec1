"""The authority's replica: what is tried on it counts once it is kept, and native faults are survived."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatter_tui.authority.codec import NO_DELETES, Ranges, decode_deletes
from chatter_tui.replica import Replica
from chatter_tui.replica.replica import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pycrdt import Doc, Map, TransactionEvent

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change, Written

# How much longer than a quarter of the state the updates since then get, in bytes, before the state is
# taken anew: playing them again never takes much longer than loading, nor taking it than judging them.
_LOOSE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Applied:
    """A transaction: its update as the document itself words it, what it deleted and changed."""

    update: bytes
    delete_set: bytes
    changes: tuple[Change, ...]

    @property
    def deletes(self) -> Ranges:
        """What it deleted, which only who commits needs to know."""
        return {} if self.delete_set == NO_DELETES else decode_deletes(self.delete_set)


class Document(Replica):
    """A replica on which a change is tried before it counts.

    After `merge` or `write` native code holds the change already, while `blocks` are as before. It
    is either kept, or the document is replaced by what `reverted` makes of all that was kept; no
    other method may be called between.
    """

    _known: Mapping[str, Block] = MappingProxyType({})
    _expected: Mapping[str, Block] = MappingProxyType({})
    _deletes = NO_DELETES

    def __init__(
        self,
        client_id: int,
        state: bytes = NOTHING,
        known: Mapping[str, Block] | None = None,
        *,
        whole: bool = False,
        since: tuple[bytes, ...] = (),
    ) -> None:
        self._kept = state
        self._since = [*since]  # updates that were kept after that
        self._loose = sum(map(len, since))
        super().__init__(client_id, state, known, whole=whole)

    def state(self) -> bytes:
        """Everything that was kept, as one Yjs update."""
        if self._since:
            self._kept = self._doc.get_update()
            self._since.clear()
            self._loose = 0
        return self._kept

    def merge(
        self,
        update: bytes,
        known: Mapping[str, Block] = MappingProxyType({}),
        expected: Mapping[str, Block] = MappingProxyType({}),
    ) -> Applied:
        """Try a screened update.

        Args:
            update: what to integrate.
            known: the blocks of a replica that has it already, taken from there unread.
            expected: blocks that are read, and are these very objects if they read the same.

        Raises:
            NativeFaultError: when native code cannot take it.
        """
        self._known = known
        self._expected = expected
        self._deletes = NO_DELETES
        try:
            written = self.integrate(update)
        finally:
            self._known = self._expected = MappingProxyType({})
        return self._applied(written)

    def write(self, change: Callable[[Replica], object]) -> Applied:
        """Try several changes in one transaction."""
        self._deletes = NO_DELETES
        return self._applied(self.batch(change))

    def keep(self, update: bytes, changes: Iterable[Change]) -> None:
        """Let what was tried count: the `update` that it was, and the changes it came to."""
        self._since.append(update)
        self._store(changes)
        self._loose += len(update)
        if self._loose > len(self._kept) // 4 + _LOOSE:
            self.state()

    def reverted(self) -> Document:
        """This document with all that was kept, integrated in the same order, and nothing else."""
        since = tuple(self._since)
        return Document(self.client_id, self._kept, self.blocks, whole=True, since=since)

    def _load(self, doc: Doc[Map[Any]]) -> None:
        super()._load(doc)
        for update in self._since:
            doc.apply_update(update)

    def _applied(self, written: Written) -> Applied:
        return Applied(written.update, self._deletes, written.changes)

    def _refresh(self) -> Iterable[Change]:
        return self._look()

    def _read(self, id_: str) -> Block | None:
        return self._known.get(id_) or super()._read(id_)

    def _likely(self, id_: str) -> Block | None:
        return self._expected.get(id_) or super()._likely(id_)

    def _on_transaction(self, event: TransactionEvent) -> None:
        super()._on_transaction(event)
        self._deletes = event.delete_set  # type: ignore[attr-defined]  # left out of its stub


def write_anew(replica: Replica, ids: Iterable[str]) -> None:
    """Delete all of these blocks' texts and insert them as one run each."""
    for id_ in ids:
        replica.edit(id_, "")
        replica.edit(id_, replica.blocks[id_].content)
