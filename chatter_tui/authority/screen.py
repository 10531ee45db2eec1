"""The screen: no update reaches native code unless every part of it is in a valid place.

No honest client sends what fails here, whatever its state and ours: that is a violation, not a
rejection. The result says what is new in the update and which block each part concerns.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.authority.causal import CausalCycleError, causal_order, references
from chatter_tui.authority.codec import (
    ANY,
    DELETED,
    GC,
    MAP,
    SKIP,
    STRING,
    TEXT,
    TYPE,
    ForeignContentError,
    Id,
    Struct,
    TooMuchError,
    Update,
    decode,
    utf16_length,
)
from chatter_tui.authority.codes import RejectCode, Violation, ViolationCode
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.index import Index, MisplacedError, place
from chatter_tui.authority.overlay import Overlay, UnknownReferenceError
from chatter_tui.authority.places import Container, Lost
from chatter_tui.replica import CodecError
from chatter_tui.replica.replica import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chatter_tui.authority.intent import Intent
    from chatter_tui.authority.ledger import Ledger
    from chatter_tui.authority.limits import Limits

NEW_ID = re.compile(r"[!-~]{1,128}")
_kind, _clock = attrgetter("kind"), attrgetter("clock")


class Deletion(NamedTuple):
    """Clocks in one container that the update deletes and that were not deleted before."""

    client: int
    start: int
    end: int
    container: Container


@dataclass(slots=True)
class Screened:
    """What is new in an update: structs by client, in order, and deletions.

    `refused` are blocks whose part was rejected before, or cannot be kept. `whole` says that the
    update equals its own re-encoding: all of it is new, and it deletes nothing. `intents` are what
    it does, if that was found along the way, as for one new block.
    """

    structs: Mapping[int, list[Struct]]  # with their places
    deletions: list[Deletion] = field(default_factory=list)
    refused: dict[str, RejectCode] = field(default_factory=dict)
    whole: bool = False
    intents: dict[str, Intent] | None = None


def read(data: bytes, limits: Limits) -> Update:
    """Decode a peer's bytes.

    Raises:
        Violation: They are malformed or exceed a limit.
    """
    if len(data) > limits.update:
        raise Violation(ViolationCode.TOO_LARGE, f"{len(data)} bytes")
    try:
        return decode(data, structs=limits.structs, ranges=limits.ranges)
    except TooMuchError as error:
        raise Violation(ViolationCode.TOO_LARGE, str(error)) from None
    except ForeignContentError as error:
        raise Violation(ViolationCode.FOREIGN_CONTENT, str(error)) from None
    except CodecError as error:
        raise Violation(ViolationCode.MALFORMED, str(error)) from None


def screen(update: Update, peer: str, index: Index, ledger: Ledger, limits: Limits) -> Screened:
    """Check a peer's update against the document.

    Raises:
        Violation: Nothing of the update may be used.
    """
    return _Screening(update, peer, index, ledger, limits).run()


class _Screening:
    def __init__(
        self, update: Update, peer: str, index: Index, ledger: Ledger, limits: Limits
    ) -> None:
        self.update = update
        self.peer = peer
        self.index = index
        self.ledger = ledger
        self.limits = limits
        self.overlay = Overlay(index, ledger)
        self.unbound = 0  # new client ids, bound once the whole update has passed
        self.result = Screened(self.overlay.new, whole=not update.deletes)

    def run(self) -> Screened:
        for client, structs in self.update.structs.items():
            if fresh := self._fresh(client, structs):
                self.overlay.new[client] = fresh
                self._require_owner(client)
        self._place_all()
        if self.update.deletes:
            self._deletions()
        return self.result

    # -- new items ---------------------------------------------------------------------------------

    def _fresh(self, client: int, structs: list[Struct]) -> list[Struct]:
        # Structs are contiguous: if they start at the end of the known ones, all are new.
        if structs[0].clock == self.index.end(client) and SKIP not in map(_kind, structs):
            return structs
        self.result.whole = False
        return list(self._unknown(client, structs))

    def _unknown(self, client: int, structs: list[Struct]) -> Iterator[Struct]:
        known = self.index.end(client)
        own = self.ledger.owners.get(client) == self.peer
        for struct in structs:
            if struct.kind == SKIP or struct.clock > known:
                raise Violation(ViolationCode.GAP, f"{client} goes on at {struct.clock}")
            # A client that knows of the rejection has a tombstone there; one that does not resends
            # what was rejected, and must be told again.
            if own and struct.clock < known and struct.kind not in (GC, DELETED):
                for span in self.ledger.dead(client, struct.clock, min(struct.end, known)):
                    self.result.refused.setdefault(span.block, span.code)
            if struct.end > known:
                yield _tail(struct, known - struct.clock) if struct.clock < known else struct
                known = struct.end

    def _require_owner(self, client: int) -> None:
        owner = self.ledger.owners.get(client)
        if owner is None:
            if self.index.end(client):
                raise Violation(ViolationCode.FOREIGN_CLIENT, f"{client} is nobody's")
            self.unbound += 1
            if self.ledger.clients_of(self.peer) + self.unbound > self.limits.clients:
                raise Violation(ViolationCode.TOO_MANY_CLIENTS, f"{client}")
        elif owner != self.peer:
            raise Violation(ViolationCode.FOREIGN_CLIENT, f"{client} is another peer's")

    # -- where an item belongs ---------------------------------------------------------------------

    def _require_whole(self, client: int, clock: int) -> None:
        if self.overlay.splits(client, clock):
            raise Violation(ViolationCode.SPLIT_CHARACTER, f"{client}:{clock}")

    def _place_all(self) -> None:
        runs: dict[Id, list[Struct]] = {}
        try:
            for struct in self._in_order():
                struct.place = container = self._place(struct)
                if struct.kind != ANY:
                    self.overlay.add(struct)
                if container is None:  # garbage is merged
                    self.result.whole = False
                elif struct.key is None and isinstance(container, Container) and container.is_text:
                    assert container.owner, "an item holds the text"
                    runs.setdefault(container.owner, []).append(struct)
        except CausalCycleError as error:
            raise Violation(ViolationCode.UNKNOWN_REFERENCE, f"cycle at {error}") from None
        except UnknownReferenceError as error:
            raise Violation(ViolationCode.UNKNOWN_REFERENCE, str(error)) from None
        except MisplacedError as error:
            raise Violation(ViolationCode.MISPLACED, str(error)) from None
        for text, structs in runs.items():
            alone = len(structs) == 1 and self.overlay.is_new(text)
            if not alone and not self.index.order(text).admits(structs):
                raise Violation(ViolationCode.MISPLACED, "between runs that never were neighbours")

    def _in_order(self) -> Iterable[Struct]:
        new = self.overlay.new
        # A single client can only depend on itself, so its own order is the only possible one.
        return chain(*new.values()) if len(new) == 1 else causal_order(new)

    def _place(self, struct: Struct) -> Container | Lost | None:
        block = self.overlay.entries.get(struct.parent)
        if block is not None and struct.key is not None:  # most do
            assert isinstance(struct.parent, tuple), "an item holds the block"
            container = Container(block, struct.key, struct.parent)
            self._require_kind(struct, container)
            return container
        return self._place_beside(struct)

    def _place_beside(self, struct: Struct) -> Container | Lost | None:
        around: dict[Id, Container] = {}
        lost: Lost | None = None
        for id_ in references(struct):
            if id_[0] == struct.client and id_[1] >= struct.clock:
                raise CausalCycleError(f"{struct.client}:{struct.clock}")
            found = self.overlay.at(id_)
            if isinstance(found, Container):
                around[id_] = found
            else:
                lost = lost or found
        if struct.origin:
            self._require_whole(struct.origin[0], struct.origin[1] + 1)
        if struct.right:
            self._require_whole(*struct.right)
        if lost:
            return self._refuse(lost)
        container = place(struct, around.get)
        if container is None:
            return None
        self._require_kind(struct, container)
        if self.overlay.holds(container):
            return container
        return self._refuse(Lost(container.block, RejectCode.BLOCK_DELETED))

    def _refuse(self, lost: Lost) -> Lost:
        self.result.refused.setdefault(*lost)
        return lost

    def _require_kind(self, struct: Struct, container: Container) -> None:
        block, name, owner = container
        if owner is None:
            allowed = struct.kind == TYPE and struct.content == MAP
            if block not in self.index.entries and not NEW_ID.fullmatch(block):
                raise MisplacedError("not a block's id")
        elif name is None:
            allowed = struct.kind == STRING
        elif name == CONTENT:
            allowed = struct.kind == TYPE and struct.content == TEXT
        else:
            allowed = struct.kind == ANY
            if len(name) > self.limits.name:
                raise MisplacedError("not a field's name")
        if not allowed and struct.kind != DELETED:
            raise MisplacedError(f"kind {struct.kind} in {container.field}")

    # -- deletions ---------------------------------------------------------------------------------

    def _deletions(self) -> None:
        found = self.result.deletions
        deleted = IdSet(self.update.deletes)
        for client in self.update.deletes:
            known, after = self.index.end(client), self.overlay.end(client)
            may_split = self.overlay.may_split(client)
            for start, end in deleted.of(client):
                if end > after:
                    raise Violation(ViolationCode.UNKNOWN_REFERENCE, f"deletes {client}:{end - 1}")
                if may_split:
                    self._require_whole(client, start)
                    self._require_whole(client, end)
                for deletion in self._known(client, start, min(end, known)):
                    found.append(deletion)
                    if len(found) > self.limits.ranges:
                        raise Violation(ViolationCode.TOO_LARGE, "deletes too much at once")
                if end > known:
                    found += self._fresh_deletions(client, start, end)

    def _known(self, client: int, start: int, end: int) -> Iterator[Deletion]:
        for low, high in self.index.deleted.gaps(client, start, end):
            for first, last, container in self.index.spans(client, low, high):
                if container:
                    yield Deletion(client, first, last, container)

    def _fresh_deletions(self, client: int, start: int, end: int) -> Iterator[Deletion]:
        new = self.overlay.new.get(client, ())
        for at in range(max(0, bisect_right(new, start, key=_clock) - 1), len(new)):
            struct = new[at]
            first, last = max(start, struct.clock), min(end, struct.end)
            if struct.clock >= end:
                break
            if first < last and isinstance(struct.place, Container):
                yield Deletion(client, first, last, struct.place)


def _tail(struct: Struct, known: int) -> Struct:
    """Return a struct without its first `known` clocks."""
    clock, length = struct.clock + known, struct.length - known
    if struct.kind == GC:
        return Struct(struct.client, clock, length, GC)
    content = struct.content
    if isinstance(content, str):
        try:
            content = content.encode("utf-16-le")[2 * known :].decode("utf-16-le")
        except UnicodeDecodeError:
            raise Violation(ViolationCode.SPLIT_CHARACTER, "known in half") from None
        assert utf16_length(content) == length, "clocks count UTF-16"
    origin = (struct.client, clock - 1)
    return Struct(struct.client, clock, length, struct.kind, origin, struct.right, content=content)
