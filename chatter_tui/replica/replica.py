"""One Yjs document as blocks, with a cache whose cost depends only on what changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from weakref import finalize, ref

from pycrdt import Doc, Map, Text

from chatter_tui.blocks import Block, dumps
from chatter_tui.replica.edits import splices
from chatter_tui.replica.lib0 import decode_state_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pycrdt import TransactionEvent

ROOT = "blocks"
CONTENT = "content"
NOTHING = b"\0\0"  # an empty update
_read_json = json.JSONDecoder().raw_decode
# The module of the exceptions that Rust panics become, which cannot be imported.
_PANICS = "pyo3_runtime"


class NativeFaultError(RuntimeError):
    """Native code failed on an update. The replica is in an unknown state and must be replaced."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction did to a block: added (no `before`), deleted (no `after`), or changed."""

    id: str
    before: Block | None
    after: Block | None


@dataclass(frozen=True, slots=True)
class Written:
    """A local transaction: the Yjs update it made (`NOTHING` for none) and its changes."""

    update: bytes
    changes: tuple[Change, ...]


def merged(state: bytes, updates: Iterable[bytes]) -> bytes:
    """Return one update equivalent to a state and the updates after it; all must be trusted."""
    document: Doc[Any] = Doc()
    document[ROOT] = Map()
    for update in (state, *updates):
        document.apply_update(update)
    return document.get_update()


class Replica:
    """A Yjs document whose `blocks` are plain values.

    Args:
        client_id: Yjs client id of local changes.
        state: Yjs update v1 to start from. It must come from a trusted place (the local disk or the
            master), since native code reads it.
        known: Blocks of a replica of that very state, all or some, which are not read again.
        whole: Whether `known` is all of them. Native code, which takes fifteen times as much memory
            as the bytes, then holds nothing until it is needed.
    """

    def __init__(
        self,
        client_id: int,
        state: bytes = NOTHING,
        known: Mapping[str, Block] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        self.client_id = client_id
        self._state: bytes | None = state  # until native code holds it
        self._touched: set[str] = set()
        self._update = NOTHING
        self._blocks = dict(known or {})
        if not whole:
            self._blocks = self._read_all()

    @cached_property
    def _doc(self) -> Doc[Map[Any]]:
        # The document must be able to give everything to a replica that is far behind, and
        # tombstones of deleted blocks cost little; Yjs would collect them by default.
        doc: Doc[Map[Any]] = Doc(client_id=self.client_id)
        root: Map[Any] = Map()
        doc[ROOT] = root
        self._load(doc)
        self._state = None
        self._root = root
        # Native events: wrapping everything they can report costs more than the transaction.
        self._watching = root.integrated.observe_deep(_weakly(self._on_events))
        # It keeps the document alive, undetectably for the collector, so it must be ended
        # explicitly.
        watching = doc.observe(_weakly(self._on_transaction))
        finalize(self, doc.unobserve, watching).atexit = False
        return doc

    def _load(self, doc: Doc[Map[Any]]) -> None:
        doc.apply_update(self._state or NOTHING)

    @property
    def _map(self) -> Map[Any]:
        _ = self._doc  # integrates the pending state
        return self._root

    # -- reading -----------------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks by id, always current."""
        return MappingProxyType(self._blocks)

    def read(self, ids: Iterable[str]) -> dict[str, Block | None]:
        """Read blocks from native code, whatever was said to be known.

        None for ids without a block.
        """
        with self._doc.transaction():
            return {id_: self._read(id_) for id_ in ids}

    def state(self) -> bytes:
        """Return everything as one Yjs update."""
        return self._doc.get_update() if self._state is None else self._state

    def state_vector(self) -> bytes:
        """Return the state vector in Yjs's encoding."""
        return self._doc.get_state()

    def clock(self, client: int | None = None) -> int:
        """Return the next clock of `client`, by default this replica's own."""
        vector = decode_state_vector(self._doc.get_state())
        return vector.get(self.client_id if client is None else client, 0)

    def diff(self, state_vector: bytes) -> bytes:
        """Return what a replica with `state_vector` lacks, as an update.

        Raises:
            CodecError: `state_vector` is malformed.
        """
        decode_state_vector(state_vector)  # native code must not see unchecked bytes
        return self._doc.get_update(state_vector)

    # -- changing ----------------------------------------------------------------------------

    def apply(self, update: bytes) -> tuple[Change, ...]:
        """Integrate another replica's update, which the master must have validated."""
        return self.integrate(update).changes

    def integrate(self, update: bytes) -> Written:
        """Integrate a validated update and return its effect here.

        Raises:
            NativeFaultError: Native code raised an exception; Rust panics count.
        """
        try:
            return self._transact(lambda: self._doc.apply_update(update))
        except BaseException as error:
            # A panic is not an Exception, and neither is what interrupts a program or a test.
            if isinstance(error, Exception) or type(error).__module__ == _PANICS:
                raise NativeFaultError(repr(error)) from error
            raise

    def add(self, blocks: Iterable[Block]) -> Written:
        """Add blocks; existing ones are replaced."""
        added = {block.id: block for block in blocks}
        return self._transact(lambda: self._insert(added.values()), added)

    def set_fields(self, id_: str, fields: Mapping[str, str | None]) -> Written:
        """Set fields of a block to JSON texts, or remove them (None); use `edit` for `content`.

        Raises:
            KeyError: There is no such block.
        """
        self._require(id_)
        return self._transact(lambda: _set_fields(self._map[id_], fields), (id_,))

    def edit(self, id_: str, content: str) -> Written:
        """Replace the text of a block, touching only what differs.

        Raises:
            KeyError: There is no such block.
        """
        self._require(id_)
        return self._transact(lambda: _edit(self._map[id_][CONTENT], content), (id_,))

    def delete(self, ids: Iterable[str]) -> Written:
        """Delete blocks; ids without a block are ignored."""
        doomed = tuple(ids)
        return self._transact(lambda: _delete(self._map, doomed), doomed)

    def batch(self, change: Callable[[Replica], object], ids: Iterable[str] = ()) -> Written:
        """Make several changes, to the blocks `ids`, in one transaction.

        `blocks` is updated at its end.
        """
        return self._transact(lambda: change(self), ids)

    # -- internals ---------------------------------------------------------------------------------

    def _transact(
        self,
        write: Callable[[], object],
        ids: Iterable[str] = (),  # noqa: ARG002 - of the blocks it changes, for subclasses
    ) -> Written:
        self._touched.clear()
        self._update = NOTHING
        with self._doc.transaction():
            write()
        return Written(self._update, tuple(self._refresh()))

    def _insert(self, blocks: Iterable[Block]) -> None:
        # Natively: a wrapper for each map and text costs three times as much.
        root = self._map.integrated
        with self._doc.transaction() as transaction:
            native = transaction._txn  # noqa: SLF001
            for block in blocks:
                shared = root.insert_map_prelim(native, block.id)
                for name, text in block.fields.items():
                    if name not in ("id", CONTENT):
                        shared.insert(native, name, text)
                shared.insert_text_prelim(native, CONTENT).insert(native, 0, block.content)

    def _require(self, id_: str) -> None:
        if id_ not in self._blocks:
            raise KeyError(id_)

    def _refresh(self) -> Iterable[Change]:
        changes = tuple(self._look())
        self._store(changes)
        return changes

    def _look(self) -> Iterator[Change]:
        """Read the touched blocks again and yield their changes."""
        for id_ in sorted(self._touched):
            before = self._blocks.get(id_)
            after = self._read(id_)
            if before is not after and before != after:
                yield Change(id_, before, after)

    def _store(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.after is None:
                self._blocks.pop(change.id, None)
            else:
                self._blocks[change.id] = change.after

    def _read_all(self) -> dict[str, Block]:
        known = self._blocks
        with self._doc.transaction():
            if not known:  # reading all at once takes half as long as one by one
                everything = cast("dict[str, object]", json.loads(str(self._map)))
                found = {id_: self._block(id_, fields) for id_, fields in everything.items()}
                return {id_: block for id_, block in found.items() if block}
            ids = list(self._map.keys())
            return {id_: block for id_ in ids if (block := known.get(id_) or self._read(id_))}

    def _read(self, id_: str) -> Block | None:
        # The native map: a wrapper for each block costs more than reading it. JSON is three times
        # as fast as entry by entry.
        blocks = self._map.integrated
        with self._doc.transaction() as transaction:  # otherwise each read would be one
            native = transaction._txn  # noqa: SLF001
            try:
                shared = blocks.get(native, id_)
            except ValueError:  # raised if there is none
                return None
            if not isinstance(shared, type(blocks)):
                return None
            return self._block(id_, _read_json(shared.to_json(native))[0])

    def _block(self, id_: str, fields: object) -> Block | None:
        if not isinstance(fields, dict):
            return None
        content = fields.pop(CONTENT, None)
        if not isinstance(content, str):
            return None
        fields |= {"id": dumps(id_), CONTENT: dumps(content)}
        likely = self._likely(id_)
        if likely is not None and likely.fields == fields:
            return likely
        texts = {name: text for name, text in fields.items() if isinstance(text, str)}
        return (Block(texts) if likely is None else likely.respelled(texts)).canonical()

    def _likely(self, id_: str) -> Block | None:
        """Return the block's probable value, which avoids decoding unchanged parts."""
        return self._blocks.get(id_)

    def _on_events(self, events: list[Any]) -> None:
        for event in events:
            self._touched.update((event.path[0],) if event.path else event.keys)

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._update = event.update


def _weakly(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap a method weakly: the garbage collector cannot see references held by native code."""
    owner, function = ref(method.__self__), method.__func__  # type: ignore[attr-defined]

    def call(event: Any) -> None:
        if (found := owner()) is not None:
            function(found, event)

    return call


def _set_fields(shared: Map[Any], fields: Mapping[str, str | None]) -> None:
    for name, text in fields.items():
        if text is not None:
            shared[name] = text
        elif name in shared:
            del shared[name]


def _edit(text: Text, content: str) -> None:
    for start, removed, inserted in splices(str(text), content):
        if removed:
            del text[start : start + removed]
        if inserted:
            text.insert(start, inserted)


def _delete(shared: Map[Any], ids: Iterable[str]) -> None:
    for id_ in ids:
        if id_ in shared:
            del shared[id_]
