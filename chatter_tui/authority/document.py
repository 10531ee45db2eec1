"""The authority's replica: changes are staged on it, and failures of native code survived."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatter_tui.authority.codec import NO_DELETES, Ranges, decode_deletes
from chatter_tui.authority.sections import Section, with_sections
from chatter_tui.replica import Replica
from chatter_tui.replica.lib0 import decode_state_vector, encode_state_vector
from chatter_tui.replica.replica import NOTHING, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pycrdt import Doc, Map, TransactionEvent

    from chatter_tui.authority.codec import Id
    from chatter_tui.authority.tracks import Items
    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change

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

    Sections stay `aside` until one of their blocks is changed: native code takes fifteen times as
    much memory as the bytes. Until then it is like a replica that has not heard of some clients
    yet. `entries` maps each block to its entry.
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
        aside: Mapping[int, Section] = MappingProxyType({}),
        entries: Mapping[str, Id] | Items = MappingProxyType({}),
    ) -> None:
        self._aside = {**aside}
        self._entries = entries
        self._kept = state
        self._since = [*since]  # updates committed since the last state
        self._loose = sum(map(len, since))
        super().__init__(client_id, state, known, whole=whole)

    def state(self) -> bytes:
        """Return everything that was committed, as one Yjs update."""
        return with_sections(self.held(), self._aside.values())

    def held(self) -> bytes:
        """Return the part that native code holds, as one Yjs update."""
        if self._since:
            self._kept = self._doc.get_update()
            self._since.clear()
            self._loose = 0
        return self._kept

    @property
    def aside(self) -> Mapping[int, Section]:
        """The sections that native code does not hold, by client."""
        return self._aside

    def state_vector(self) -> bytes:
        """Return the state vector, sections included, in Yjs's encoding."""
        vector = super().state_vector()
        if not self._aside:
            return vector
        ends = {client: section.end for client, section in self._aside.items()}
        return encode_state_vector(decode_state_vector(vector) | ends)

    def clock(self, client: int | None = None) -> int:
        """Return the next clock of `client`, by default this replica's own."""
        section = None if client is None else self._aside.get(client)
        return super().clock(client) if section is None else section.end

    def diff(self, state_vector: bytes) -> bytes:
        """Return what a replica with `state_vector` lacks, as an update.

        Raises:
            CodecError: `state_vector` is malformed.
        """
        known = decode_state_vector(state_vector)
        aside = self._aside.items()
        self._hold([client for client, s in aside if 0 < known.get(client, 0) < s.end])
        lacked = [section for client, section in aside if not known.get(client)]
        return with_sections(super().diff(state_vector), lacked)

    def portions(
        self, blocks: Mapping[str, Block | None]
    ) -> list[tuple[bytes, dict[str, Block | None]]]:
        """Return the parts of the state that contain some blocks: updates, each with its blocks."""
        parts: dict[int | None, dict[str, Block | None]] = {}
        for id_, block in blocks.items():
            entry = self._entries.get(id_)
            client = entry[0] if entry and entry[0] in self._aside else None
            parts.setdefault(client, {})[id_] = block
        return [
            (self.held() if client is None else with_sections(NOTHING, [self._aside[client]]), part)
            for client, part in parts.items()
        ]

    def need(self, ids: Iterable[str], clients: Iterable[int] = ()) -> None:
        """Load into native code what a change of these blocks by these clients may refer to."""
        if self._aside:
            found = [entry[0] for id_ in ids if (entry := self._entries.get(id_))]
            self._hold({*found, *clients} & self._aside.keys())

    def _hold(self, clients: Iterable[int]) -> None:
        sections = [self._aside.pop(client) for client in clients]
        if sections:
            update = with_sections(NOTHING, sections)
            self._doc.apply_update(update)
            self._since.append(update)

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

    def write(self, change: Callable[[Replica], Written]) -> Applied:
        """Stage a change by one method of a replica; `batch` must be given the ids."""
        self._deletes = NO_DELETES
        return self._applied(change(self))

    def _transact(self, write: Callable[[], object], ids: Iterable[str] = ()) -> Written:
        if ids:
            self.need(ids)  # before the transaction, which would contain what is loaded
        return super()._transact(write, ids)

    def keep(self, update: bytes, changes: Iterable[Change]) -> None:
        """Commit the staged `update` and its `changes`."""
        self._since.append(update)
        self._store(changes)
        self._loose += len(update)
        if self._loose > len(self._kept) // 4 + _LOOSE:
            self.held()

    def reverted(self) -> Document:
        """Return the committed document, rebuilt from the same updates in the same order."""
        return Document(
            self.client_id,
            self._kept,
            self.blocks,
            whole=True,
            since=tuple(self._since),
            aside=self._aside,
            entries=self._entries,
        )

    def without(self, state: bytes, aside: Mapping[int, Section], entries: Items) -> Document:
        """Return this committed document with sections aside; `state` is the rest of it."""
        return Document(
            self.client_id, state, self.blocks, whole=True, aside=aside, entries=entries
        )

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


def write_anew(replica: Replica, ids: Sequence[str]) -> Written:
    """Delete the texts of these blocks, and insert each again as one run."""

    def change(all_: Replica) -> None:
        for id_ in ids:
            all_.edit(id_, "")
            all_.edit(id_, all_.blocks[id_].content)

    return replica.batch(change, ids)
