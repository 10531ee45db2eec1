"""Shortcut for the most common update, one new block as clients write it.

Decodes, screens and gathers in one pass: each struct is recognized by the bytes expected next, so
nothing is looked up. The result is exactly that of `decode`, `screen` and `gather` in sequence.
Anything else, and anything faulty, is left to those.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Final

from chatter_tui.authority.codec import (
    ANY,
    KEYED,
    MAP,
    NO_DELETES,
    ONE_STRING,
    STRING,
    TEXT,
    TYPE,
    Struct,
    utf16_length,
)
from chatter_tui.authority.intent import Intent
from chatter_tui.authority.places import Container
from chatter_tui.authority.screen import NEW_ID, Screened
from chatter_tui.replica.lib0 import MAX_CLOCK, CodecError, Reader, string, uint
from chatter_tui.replica.replica import CONTENT, ROOT

if TYPE_CHECKING:
    from chatter_tui.authority.codec import Id
    from chatter_tui.authority.index import Index
    from chatter_tui.authority.ledger import Ledger
    from chatter_tui.authority.limits import Limits

# The beginning of items without neighbours; the name or id of what they are in follows.
_ENTRY: Final = bytes((KEYED | TYPE, 1)) + string(ROOT)
_VALUE: Final = bytes((KEYED | ANY, 0))
_TEXT: Final = bytes((KEYED | TYPE, 0))
_RUN: Final = bytes((STRING, 0))
# What follows that for a block's text, and for an entry its id.
_CONTENT: Final = string(CONTENT) + bytes((TEXT,))
_MAP: Final = bytes((MAP,))


def screen_new_block(
    data: bytes, peer: str, index: Index, ledger: Ledger, limits: Limits
) -> Screened | None:
    """Screen a peer's update if it is exactly one new block; return None if it may be more."""
    reader = Reader(data)
    try:
        if len(data) > limits.update or reader.uint() != 1:
            return None
        count, client, clock = reader.uint(limits.structs), reader.uint(), reader.uint(MAX_CLOCK)
        if ledger.owners.get(client) != peer or index.end(client) != clock:
            return None
        if not reader.skips(_ENTRY):
            return None
        block = reader.string()
        if not (reader.skips(_MAP) and NEW_ID.fullmatch(block)):
            return None
        return _filled(reader, block, (client, clock), count, limits.name)
    except (CodecError, UnicodeDecodeError, IndexError):
        return None


def _filled(reader: Reader, block: str, entry: Id, count: int, longest: int) -> Screened | None:
    """Read the fields and the text of the block whose entry is the item `entry`."""
    client, clock = entry
    structs = [Struct(client, clock, 1, TYPE, None, None, ROOT, block, True, MAP, Container(block))]
    intent = Intent(entries=1, created=True, written={CONTENT})
    fields = intent.fields
    data, spelled = reader.data, uint(client) + uint(clock)
    value, content = _VALUE + spelled, _TEXT + spelled + _CONTENT
    while len(structs) < count:
        clock += 1
        if data.startswith(value, reader.position):
            # Reader.string without its bounds checks: reading beyond the end cannot match what must
            # follow.
            start = reader.position + len(value) + 1
            stop = start + data[start - 1]
            name = intern(data[start:stop].decode())
            if stop - start > 0x7F or not data.startswith(ONE_STRING, stop):
                return None
            if len(name) > longest or name in fields or name == CONTENT:
                return None
            reader.position = stop + len(ONE_STRING)
            text = reader.string()
            fields[name] = [text]
            place = Container(block, name, entry)
            structs.append(
                Struct(client, clock, 1, ANY, None, None, entry, name, True, text, place)
            )
        elif reader.skips(content) and not intent.texts:
            intent.texts = 1
            place = Container(block, CONTENT, entry)
            structs.append(
                Struct(client, clock, 1, TYPE, None, None, entry, CONTENT, True, TEXT, place)
            )
            if run := _run(reader, block, (client, clock)):
                structs.append(run)
                intent.edited = True
                intent.runs.append(str(run.content))
                clock += run.length
        else:
            return None
    if not intent.texts or len(structs) > count or clock >= MAX_CLOCK:
        return None
    if reader.left != len(NO_DELETES) or not reader.skips(NO_DELETES):
        return None
    intent.written.update(fields)
    return Screened({client: structs}, whole=True, intents={block: intent})


def _run(reader: Reader, block: str, text: Id) -> Struct | None:
    """Read the run after the item that holds its text, unless that is empty."""
    client, clock = text
    if not reader.skips(_RUN + uint(client) + uint(clock)):
        return None
    written = reader.string()
    length, place = utf16_length(written), Container(block, None, text)
    if not length:
        raise CodecError("an empty run")
    return Struct(client, clock + 1, length, STRING, None, None, text, None, False, written, place)
