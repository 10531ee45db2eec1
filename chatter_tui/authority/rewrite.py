"""Replace rejected parts by tombstones of the same length, so that no clock has a gap.

A rejected run in a text that others see keeps its place as deleted content; everything else becomes
garbage. The other way round, replicas would disagree: garbage has no place in a text, and deleted
content in a map would delete the value before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatter_tui.authority.causal import causal_order
from chatter_tui.authority.codec import DELETED, GC, Ranges, Struct, Update, encode
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.ledger import DeadSpan
from chatter_tui.authority.places import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatter_tui.authority.codes import RejectCode
    from chatter_tui.authority.index import Index
    from chatter_tui.authority.places import Container
    from chatter_tui.authority.screen import Screened


@dataclass(slots=True)
class Rewritten:
    """What is applied instead of an update: its structs with their containers, and dead spans."""

    structs: dict[int, list[Struct]] = field(default_factory=dict)
    deletes: IdSet = field(default_factory=IdSet)
    dead: list[DeadSpan] = field(default_factory=list)

    def in_order(self) -> Iterable[Struct]:
        """Return the structs of all clients, each after the ones it refers to."""
        if len(self.structs) == 1:  # one client's own order is such an order
            return next(iter(self.structs.values()))
        return causal_order(self.structs)

    def clocks(self) -> dict[int, tuple[int, int]]:
        """Return the clocks (start, end) that it adds per client."""
        groups = self.structs.items()
        return {client: (structs[0].clock, structs[-1].end) for client, structs in groups}

    def encode(self) -> bytes:
        """Return the bytes to apply and relay."""
        deletes: Ranges = {}
        for client, start, end in self.deletes:
            deletes.setdefault(client, []).append((start, end))
        return encode(Update(self.structs, deletes))


def rewrite(screened: Screened, refused: Mapping[str, RejectCode], index: Index) -> Rewritten:
    """Replace rejected blocks' structs by tombstones, and drop what they delete."""
    if screened.whole and not refused:
        return Rewritten({**screened.structs})
    result = Rewritten()
    for client, structs in screened.structs.items():
        out = result.structs.setdefault(client, [])
        for struct in structs:
            place = struct.place
            if isinstance(place, Lost) or (place and place.block in refused):
                _bury(result.dead, struct, place, refused[place.block])
                _append(out, _tombstone(struct, index))
            else:
                _append(out, struct)
    for client, start, end, container in screened.deletions:
        if container.block not in refused:
            result.deletes.add(client, start, end)
    return result


def erase(screened: Screened, refused: Mapping[str, RejectCode], code: RejectCode) -> Rewritten:
    """Turn everything into garbage, which cannot fail to apply."""
    result = Rewritten()
    for client, structs in screened.structs.items():
        out = result.structs.setdefault(client, [])
        for struct in structs:
            if place := struct.place:
                _bury(result.dead, struct, place, refused.get(place.block, code))
            _append(out, _garbage(struct))
    return result


def _tombstone(struct: Struct, index: Index) -> Struct:
    place = struct.place
    if (
        isinstance(place, Lost)
        or place is None
        or not place.is_text
        or index.live_text(place.block) != place.owner
    ):
        return _garbage(struct)
    return Struct(
        struct.client,
        struct.clock,
        struct.length,
        DELETED,
        struct.origin,
        struct.right,
        struct.parent,
        place=place,
    )


def _garbage(struct: Struct) -> Struct:
    return Struct(struct.client, struct.clock, struct.length, GC)


def _append(out: list[Struct], struct: Struct) -> None:
    if out and struct.kind == GC == out[-1].kind:
        first = out[-1]
        out[-1] = Struct(first.client, first.clock, first.length + struct.length, GC)
    else:
        out.append(struct)


def _bury(dead: list[DeadSpan], struct: Struct, place: Container | Lost, code: RejectCode) -> None:
    span = DeadSpan(struct.client, struct.clock, struct.end, place.block, code)
    if dead and dead[-1][:1] + dead[-1][2:] == (span.client, span.start, span.block, span.code):
        span = DeadSpan(span.client, dead.pop().start, span.end, span.block, code)
    dead.append(span)
