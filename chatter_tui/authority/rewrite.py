"""Refused parts become tombstones of the same length, so that no clock has a hole.

A refused run in a text that others see keeps its place as deleted content; everything else becomes
garbage. The other way round replicas would disagree: garbage has no place in a text, and deleted
content in a map would delete the value before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatter_tui.authority.causal import causal_order
from chatter_tui.authority.codec import DELETED, GC, Ranges, Struct, Update, encode
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.ledger import DeadSpan
from chatter_tui.authority.overlay import Lost, Placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatter_tui.authority.codes import RejectCode
    from chatter_tui.authority.index import Container, Index
    from chatter_tui.authority.screen import Screened


@dataclass(slots=True)
class Rewritten:
    """What is applied instead of an update: its structs with their containers, and who is dead."""

    structs: dict[int, list[tuple[Struct, Container | None]]] = field(default_factory=dict)
    deletes: IdSet = field(default_factory=IdSet)
    dead: list[DeadSpan] = field(default_factory=list)

    def in_order(self) -> Iterator[tuple[Struct, Container | None]]:
        """The structs of all clients, each after what it refers to."""
        if len(self.structs) == 1:  # the screen saw that its own order is one
            yield from next(iter(self.structs.values()))
            return
        places = {
            (struct.client, struct.clock): container
            for pairs in self.structs.values()
            for struct, container in pairs
        }
        for struct in causal_order(self._groups()):
            yield struct, places[struct.client, struct.clock]

    def encode(self) -> bytes:
        """The bytes that are applied and sent on."""
        deletes: Ranges = {}
        for client, start, end in self.deletes:
            deletes.setdefault(client, []).append((start, end))
        return encode(Update(self._groups(), deletes))

    def _groups(self) -> dict[int, list[Struct]]:
        return {client: [pair[0] for pair in pairs] for client, pairs in self.structs.items()}


def rewrite(screened: Screened, refused: Mapping[str, RejectCode], index: Index) -> Rewritten:
    """Put tombstones in place of the refused blocks' structs and leave out what they delete."""
    result = Rewritten()
    for client, placed in screened.placed.items():
        out = result.structs.setdefault(client, [])
        for item in placed:
            struct, container = item.struct, item.place
            if isinstance(container, Lost) or (container and container.block in refused):
                _bury(result.dead, struct, container, refused[container.block])
                struct, container = _tombstone(item, index)
            _append(out, struct, container)
    for client, start, end, container in screened.deletions:
        if container.block not in refused:
            result.deletes.add(client, start, end)
    return result


def erase(screened: Screened, refused: Mapping[str, RejectCode], code: RejectCode) -> Rewritten:
    """Make garbage of everything: what cannot fail to apply."""
    result = Rewritten()
    for client, placed in screened.placed.items():
        out = result.structs.setdefault(client, [])
        for struct, container in placed:
            if container:
                _bury(result.dead, struct, container, refused.get(container.block, code))
            _append(out, _garbage(struct), None)
    return result


def _tombstone(item: Placed, index: Index) -> tuple[Struct, Container | None]:
    struct, container = item
    if (
        isinstance(container, Lost)
        or container is None
        or not container.is_text
        or index.live_text(container.block) != container.owner
    ):
        return _garbage(struct), None
    return (
        Struct(
            struct.client,
            struct.clock,
            struct.length,
            DELETED,
            struct.origin,
            struct.right,
            struct.parent,
        ),
        container,
    )


def _garbage(struct: Struct) -> Struct:
    return Struct(struct.client, struct.clock, struct.length, GC)


def _append(
    out: list[tuple[Struct, Container | None]], struct: Struct, container: Container | None
) -> None:
    if out and struct.kind == GC == out[-1][0].kind:
        first = out[-1][0]
        struct = Struct(first.client, first.clock, first.length + struct.length, GC)
        out[-1] = (struct, None)
    else:
        out.append((struct, container))


def _bury(dead: list[DeadSpan], struct: Struct, place: Container | Lost, code: RejectCode) -> None:
    span = DeadSpan(struct.client, struct.clock, struct.end, place.block, code)
    if dead and dead[-1][:1] + dead[-1][2:] == (span.client, span.start, span.block, span.code):
        span = span._replace(start=dead.pop().start)
    dead.append(span)
