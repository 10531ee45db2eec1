"""What an update does to each block, derived from its structs before anything is applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatter_tui.authority.codec import ANY, DELETED, STRING, TYPE, Struct, utf16_length
from chatter_tui.authority.idset import IdSet
from chatter_tui.authority.places import Container
from chatter_tui.blocks import Block, dumps, in_order
from chatter_tui.replica.lib0 import MAX_CLOCK
from chatter_tui.replica.replica import CONTENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority.index import Index
    from chatter_tui.authority.screen import Screened

# The clocks of a struct that is kept as a whole.
_ALL: Sequence[tuple[int, int]] = ((0, MAX_CLOCK),)
_UNIT_BYTES = 3  # most UTF-8 bytes per UTF-16 code unit


@dataclass(slots=True)
class Intent:
    """The part of an update that concerns one block.

    `entries` counts new entries of the root map under the block's id, `created` says that one of
    them is not deleted in the same update, and `removed` that the existing block is deleted.
    `fields` are the field values that may win (several if written concurrently), `written` all
    fields touched. `runs` are the inserted texts, and `cut` is how much text is deleted, in UTF-16
    code units.
    """

    entries: int = 0
    created: bool = False
    removed: bool = False
    texts: int = 0
    written: set[str] = field(default_factory=set)
    fields: dict[str, list[str]] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    cut: int = 0
    edited: bool = False

    @property
    def alternatives(self) -> int:
        """Return the largest number of values that may win for one field."""
        return max(map(len, self.fields.values()), default=1)

    def text_length(self, before: Block) -> int:
        """Return the length of an existing block's text afterwards, in UTF-16 code units."""
        added = sum(map(utf16_length, self.runs))
        return utf16_length(before.content) + added - self.cut

    def least_bytes(self, before: Block) -> int:
        """Return the least size of an existing block's text afterwards, in UTF-8 bytes."""
        length = self.text_length(before)
        if before.content.isascii() and all(map(str.isascii, self.runs)):
            return length
        written = sum(len(text.encode()) for text in (before.content, *self.runs))
        return max(length, written - _UNIT_BYTES * self.cut)

    def predict(self, id_: str, before: Block | None, choice: int = 0) -> Block:
        """Return the block afterwards, as far as is known without merging.

        Text edits of an existing block are ignored. A new block has its runs in the order they were
        written. Of fields with several values, the one at index `choice` is used.
        """
        fields = {
            name: values[choice if choice < len(values) else -1]
            for name, values in self.fields.items()
        }
        if self.created or before is None:
            text = "".join(self.runs)
            spelled = in_order({"id": dumps(id_), CONTENT: dumps(text), **fields})
            return Block(spelled, {"id": id_, CONTENT: text})
        if self.edited and not self.text_length(before):
            fields[CONTENT] = '""'
        kept = {
            name: text
            for name, text in before.fields.items()
            if name in fields or name not in self.written
        }
        return before.respelled(kept | fields).canonical()


def gather(screened: Screened, index: Index) -> dict[str, Intent]:
    """Sort an update's parts by block."""
    if screened.intents is not None:
        return screened.intents
    intents: dict[str, Intent] = {}
    gone: IdSet | None = None
    block = intent = None
    for client, start, end, container in screened.deletions:
        stop = index.end(client)
        if end > stop:  # deletes part of what it writes itself
            gone = gone or IdSet()
            gone.add(client, start, end)
        else:
            stop = end
        if intent is None or container.block != block:
            block, intent = container.block, _of(container.block, intents)
        _delete(intent, container, index, (client, start, stop))
    for structs in screened.structs.values():
        block = intent = None
        for struct in structs:
            place = struct.place
            if isinstance(place, Container):
                if intent is None or place.block != block:
                    block, intent = place.block, _of(place.block, intents)
                _write(intent, struct, place, gone)
    return intents


def _of(block: str, intents: dict[str, Intent]) -> Intent:
    intent = intents.get(block)
    if intent is None:
        intent = intents[block] = Intent()
    return intent


def _delete(intent: Intent, container: Container, index: Index, span: tuple[int, int, int]) -> None:
    """Note that everything known in a span (client, start, end) is deleted."""
    client, start, end = span
    block, name, owner = container
    if owner is None:
        live = index.live_entry(block)
        intent.removed |= live is not None and live[0] == client and start <= live[1] < end
    elif name is None:
        intent.edited = True
        intent.cut += end - start if end > start else 0
    else:
        intent.written.add(name)


def _write(intent: Intent, struct: Struct, container: Container, gone: IdSet | None) -> None:
    kind, content = struct.kind, struct.content
    stands = list(gone.gaps(struct.client, struct.clock, struct.end)) if gone else _ALL
    _, name, owner = container
    if name is not None:
        intent.written.add(name)
        if kind == ANY:
            assert isinstance(content, str), "as it was decoded"
            if stands:
                intent.fields.setdefault(name, []).append(content)
        elif kind == TYPE:
            intent.texts += 1
    elif owner is None:
        intent.entries += 1
        intent.created |= kind == TYPE and bool(stands)
    else:
        intent.edited = True
        if kind == STRING and stands:
            intent.runs.append(_standing(struct, stands))
    assert kind in (ANY, TYPE, STRING, DELETED), "the screen lets nothing else through"


def _standing(struct: Struct, stands: Sequence[tuple[int, int]]) -> str:
    text = str(struct.content)
    if stands is _ALL or stands == [(struct.clock, struct.end)]:
        return text
    units = text.encode("utf-16-le")
    start = struct.clock
    kept = b"".join(units[2 * (low - start) : 2 * (high - start)] for low, high in stands)
    return kept.decode("utf-16-le")
