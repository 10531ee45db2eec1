"""Strict codec for Yjs update v1, the only form in which peers' changes are relayed.

The decoder knows what a document of blocks can contain and nothing else, so that no unexpected
value (nested, formatted, embedded) gets in. What it accepts is encoded byte for byte as Yjs and yrs
do. Source: yjs `src/utils/encoding.js`, `src/structs/`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple

from chatter_tui.authority.cursor import Cursor
from chatter_tui.replica.lib0 import MAX_CLOCK, CodecError, Reader, string, uint

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from chatter_tui.authority.places import Container, Lost

GC, DELETED, STRING, TYPE, ANY, SKIP = 0, 1, 4, 7, 8, 10
MAP, TEXT = 1, 2  # type references in a TYPE struct

KEYED = 0x20  # bit of a struct's first byte: it is in a map
_ORIGIN, _RIGHT, _KIND = 0x80, 0x40, 0x1F
_ANY_STRING = 119  # lib0's tag of a string in an ANY struct
ONE_STRING = bytes((1, _ANY_STRING))  # the beginning of a value that is one string
NO_DELETES = b"\0"  # an empty delete set
_UNBOUNDED = 2**62
STEP: Final = 500  # structs of a large state handled within a few ms, before other tasks get a turn

Id = tuple[int, int]  # client, clock
Ranges = dict[int, list[tuple[int, int]]]  # by client: start, end


class TooMuchError(CodecError):
    """There are more structs or deleted ranges than allowed."""


class ForeignContentError(CodecError):
    """Well-formed so far, but of a kind that no block contains."""


@dataclass(slots=True)
class Struct:
    """A struct of one client, covering `length` clocks from `clock`.

    `content` is the text of a STRING, the value of an ANY, or a type reference. An item names its
    container by its neighbours (`origin` left, `right`) or, without any, by `parent` (a root's name
    or the item that holds the type) and, in a map, `key`. `keyed` says that it is in a map. `place`
    is the container once that has been determined; None for garbage.
    """

    client: int
    clock: int
    length: int
    kind: int
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    keyed: bool = False
    content: str | int = 0
    place: Container | Lost | None = field(default=None, compare=False)

    @property
    def end(self) -> int:
        """The clock after its last one."""
        return self.clock + self.length


@dataclass(slots=True)
class Update:
    """Structs by client, contiguous and in order, and deleted ranges (start, end) by client."""

    structs: dict[int, list[Struct]] = field(default_factory=dict)
    deletes: Ranges = field(default_factory=dict)


def utf16_length(text: str) -> int:
    """Return the length as Yjs counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


# -- reading -----------------------------------------------------------------------------------


def decode(data: bytes, *, structs: int = _UNBOUNDED, ranges: int = _UNBOUNDED) -> Update:
    """Decode an update of at most `structs` structs and `ranges` deleted ranges.

    Raises:
        TooMuchError: There are more.
        ForeignContentError: It has content that no block contains.
        CodecError: It is not a well-formed update.
    """
    steps = decoding(data, structs=structs, ranges=ranges)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            update: Update = end.value
            return update


def decoding(
    data: bytes, *, structs: int = _UNBOUNDED, ranges: int = _UNBOUNDED
) -> Generator[None, None, Update]:
    """Do the same in steps of a few ms; return the update at the end."""
    update = Update()
    parts = streaming(data, structs=structs, ranges=ranges)
    while True:
        try:
            part = next(parts)
        except StopIteration as end:
            update.deletes = end.value
            return update
        if part.first:
            update.structs[part.client] = part.structs
        else:
            update.structs[part.client] += part.structs
        yield


class Part(NamedTuple):
    """Structs of one client that follow each other, at most `STEP`.

    The `first` part of a client begins at its byte `start`; `end` is where this one ends.
    """

    client: int
    structs: list[Struct]
    first: bool
    start: int
    end: int


def streaming(
    data: bytes, *, structs: int = _UNBOUNDED, ranges: int = _UNBOUNDED
) -> Generator[Part, None, Ranges]:
    """Do the same in parts, only one of them in memory at a time; return what is deleted."""
    reader = Cursor(data)
    seen: set[int] = set()
    for _ in range(reader.uint(reader.left)):
        start = reader.position
        count = reader.uint(reader.left)
        structs -= count
        if structs < 0:
            raise TooMuchError("too many structs")
        client, clock = reader.uint(), reader.uint(MAX_CLOCK)
        if client in seen or not count:
            raise CodecError("client twice, or without structs")
        seen.add(client)
        first = True
        while count:
            found = _structs(reader, client, clock, min(STEP, count))
            count -= len(found)
            clock = found[-1].end
            yield Part(client, found, first, start, reader.position)
            first = False
    deletes = _deletes(reader, ranges)
    reader.finish()
    return deletes


def clocks(data: bytes) -> dict[int, tuple[int, int]] | None:
    """Return the clocks (start, end) that an update adds per client; None if it is malformed."""
    try:
        found = decode(data).structs
    except CodecError:
        return None
    return {client: (structs[0].clock, structs[-1].end) for client, structs in found.items()}


def decode_deletes(data: bytes) -> Ranges:
    """Decode a delete set.

    Raises:
        CodecError: It is malformed.
    """
    reader = Reader(data)
    deletes = _deletes(reader, _UNBOUNDED)
    reader.finish()
    return deletes


def _deletes(reader: Reader, ranges: int) -> Ranges:
    deletes: Ranges = {}
    for _ in range(reader.uint(reader.left)):
        client = reader.uint()
        count = reader.uint(reader.left)
        ranges -= count
        if ranges < 0:
            raise TooMuchError("too many deleted ranges")
        if client in deletes or not count:
            raise CodecError("deleting client twice, or without ranges")
        deletes[client] = [_range(reader) for _ in range(count)]
    return deletes


def _structs(reader: Cursor, client: int, clock: int, count: int) -> list[Struct]:
    found = []
    for _ in range(count):
        struct = _struct(reader, client, clock)
        clock += struct.length
        if not struct.length or clock > MAX_CLOCK:
            raise CodecError("length out of range")
        found.append(struct)
    return found


def _range(reader: Reader) -> tuple[int, int]:
    start = reader.uint(MAX_CLOCK)
    length = reader.uint(MAX_CLOCK)
    if not length or start + length > MAX_CLOCK:
        raise CodecError("deleted range out of range")
    return start, start + length


def _struct(reader: Cursor, client: int, clock: int) -> Struct:
    info = reader.byte()
    if info in (GC, SKIP):
        return Struct(client, clock, reader.uint(MAX_CLOCK), info)
    origin = right = parent = key = None
    keyed = info & KEYED != 0
    if info & (_ORIGIN | _RIGHT):
        if info & _ORIGIN:
            origin = (reader.uint(), reader.uint(MAX_CLOCK))
        if info & _RIGHT:
            right = (reader.uint(), reader.uint(MAX_CLOCK))
    else:
        parent = reader.parent()
        if keyed:
            key = intern(reader.string())  # most blocks have the same fields
    kind = info & _KIND
    content: str | int
    if kind == ANY and reader.skips(ONE_STRING):  # most are
        length, content = 1, reader.string()
    else:
        length, content = _content(reader, kind)
    return Struct(client, clock, length, kind, origin, right, parent, key, keyed, content)


def _content(reader: Cursor, kind: int) -> tuple[int, str | int]:
    if kind == ANY:
        if reader.uint(reader.left) != 1 or reader.byte() != _ANY_STRING:
            raise ForeignContentError("a value that is not one string")
        return 1, reader.string()
    if kind == STRING:
        text = reader.string()
        return utf16_length(text), text
    if kind == TYPE:
        reference = reader.uint()
        if reference not in (MAP, TEXT):
            raise ForeignContentError("a type that is neither map nor text")
        return 1, reference
    if kind == DELETED:
        return reader.uint(MAX_CLOCK), 0
    raise ForeignContentError(f"content of kind {kind}")


# -- writing -----------------------------------------------------------------------------------


def encode(update: Update) -> bytes:
    """Encode an update; clients keep their order."""
    out = bytearray(uint(len(update.structs)))
    for client, structs in update.structs.items():
        out += uint(len(structs)) + uint(client) + uint(structs[0].clock)
        for struct in structs:
            _encode_struct(struct, out)
    out += encode_deletes(update.deletes)
    return bytes(out)


def encode_deletes(deletes: Mapping[int, Sequence[tuple[int, int]]]) -> bytes:
    """Encode a delete set."""
    out = [uint(len(deletes))]
    for client, ranges in deletes.items():
        out += (uint(client), uint(len(ranges)))
        for start, end in ranges:
            out += (uint(start), uint(end - start))
    return b"".join(out)


def _encode_struct(struct: Struct, out: bytearray) -> None:
    kind = struct.kind
    if kind in (GC, SKIP):
        out.append(kind)
        out += uint(struct.length)
        return
    origin, right, parent = struct.origin, struct.right, struct.parent
    keyed = KEYED if struct.keyed else 0
    out.append(kind | keyed | (_ORIGIN if origin else 0) | (_RIGHT if right else 0))
    if origin:
        out += _reference(origin)
    if right:
        out += _reference(right)
    if not origin and not right:
        assert parent is not None, "an item without neighbours names its parent"
        if isinstance(parent, str):
            out += b"\1" + string(parent)
        else:
            out += b"\0" + _reference(parent)
        if struct.key is not None:
            out += _name(struct.key)
    out += _encode_content(struct)


@lru_cache(maxsize=1024)  # all fields of a block refer to the same item
def _reference(id_: Id) -> bytes:
    return uint(id_[0]) + uint(id_[1])


_name = lru_cache(maxsize=1024)(string)  # most blocks have the same fields

_CONTENT_HEAD: Final = {STRING: b"", ANY: ONE_STRING}


def _encode_content(struct: Struct) -> bytes:
    if isinstance(struct.content, str):
        text = struct.content.encode()
        return _CONTENT_HEAD[struct.kind] + uint(len(text)) + text
    return uint(struct.content if struct.kind == TYPE else struct.length)
