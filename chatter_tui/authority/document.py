"""The authority's replica: changes are staged on it, and failures of native code survived."""

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

# Bytes of updates, beyond a quarter of the state, after which the state is encoded again. So
# replaying them never takes much longer than loading, nor encoding longer than judging them.
_LOOSE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Applied:
    """A staged transaction: its update as the document encodes it, its deletions and changes."""

    update: bytes
    delete_set: bytes
    changes: tuple[Change, ...]

    @property
    def deletes(self) -> Ranges:
        """The ranges it deleted, which are only needed to commit."""
        return {} if self.delete_set == NO_DELETES else decode_deletes(self.delete_set)


class Document(Replica):
    """A replica on which a change can be staged.

    After `merge` or `write`, native code already holds the change, while `blocks` are the old ones.
    The next call must be `keep`, or the document must be replaced by the result of `reverted`.
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
        self._since = [*since]  # updates committed since the last state
        self._loose = sum(map(len, since))
        super().__init__(client_id, state, known, whole=whole)

    def state(self) -> bytes:
        """Return everything that was committed, as one Yjs update."""
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
        """Stage a screened update.

        Args:
            update: The update.
            known: Blocks of a replica that already has it, which are taken over without reading.
            expected: Predicted blocks; the same objects are used if they turn out to be right.

        Raises:
            NativeFaultError: Native code cannot integrate it.
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
        """Stage several changes in one transaction."""
        self._deletes = NO_DELETES
        return self._applied(self.batch(change))

    def keep(self, update: bytes, changes: Iterable[Change]) -> None:
        """Commit the staged `update` and its `changes`."""
        self._since.append(update)
        self._store(changes)
        self._loose += len(update)
        if self._loose > len(self._kept) // 4 + _LOOSE:
            self.state()

    def reverted(self) -> Document:
        """Return the committed document, rebuilt from the same updates in the same order."""
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
    """Delete the texts of these blocks, and insert each again as one run."""
    for id_ in ids:
        replica.edit(id_, "")
        replica.edit(id_, replica.blocks[id_].content)
