"""Change some blocks of a simple file without parsing the others, or parse it part by part.

The parsed form of a file needs ten times the memory of its bytes, and parsing takes longer than
finding the few bytes that change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from chatter_tui.blocks.slots import NAME
from chatter_tui.blocks.source_file import SourceFile
from chatter_tui.blocks.strict_json import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OPENING: Final = f"```{NAME}".encode()
_CLOSING: Final = b"\n```"
PART: Final = 64 * 1024  # bytes: a hundred blocks


Buffer: TypeAlias = bytes | memoryview


class Piece(NamedTuple):
    """A part of a file, as a file of its own; `start` and `end` are offsets in bytes."""

    start: int
    end: int
    source: SourceFile


def fence_of(data: bytes, id_: str) -> Piece | None:
    """Return the fence of a block in a simple file; None if its id is spelled in an unusual way."""
    at = data.rfind(f'"id": {dumps(id_)}'.encode())
    start, end = _start(data, at), data.find(_CLOSING, at)
    if at < 0 or start < 0 or end < 0:
        return None
    end = min(end + len(_CLOSING) + 1, len(data))
    source = SourceFile.parse(data[start:end])
    if source.plain is None or [stored.block.id for stored in source.blocks] != [id_]:
        return None
    return Piece(start, end, source)


def without(data: bytes, piece: Piece) -> tuple[Piece, bytes]:
    """Return the piece that deleting a fence changes, and what remains of it."""
    start = max(_start(data, piece.start), 0)
    end = data.find(b"\n" + _OPENING, piece.end - 1) + 1 or len(data)
    around = Piece(start, end, SourceFile.parse(data[start:end]))
    return around, around.source.rewrite({piece.source.blocks[0].block.id: None})


def last_fence(data: bytes) -> Piece | None:
    """Return the last fence of a simple file, with everything after it."""
    start = _start(data, len(data))
    if start < 0:
        return None
    source = SourceFile.parse(data[start:])
    return None if source.plain is None else Piece(start, len(data), source)


def spliced(data: bytes, parts: Iterable[tuple[Piece, bytes]]) -> list[Buffer]:
    """Return what a file consists of when some of its pieces are replaced, without copying it."""
    found: list[Buffer] = []
    at, view = 0, memoryview(data)
    for piece, new in sorted(parts, key=lambda part: part[0].start):
        found += (view[at : piece.start], new)
        at = piece.end
    return [*found, view[at:]]


def parts(data: bytes, size: int = PART) -> Iterator[tuple[int, SourceFile]]:
    """Yield a file in parts of about `size` bytes, each with the number of lines before it.

    It is divided between the plain fences that it begins with; the rest is one part. Together, the
    parts have the blocks of the whole.

    Raises:
        EncodingError: It is not UTF-8.
    """
    at = lines = 0
    while at < len(data):
        end = data.find(b"\n" + _OPENING, at + size) + 1 or len(data)
        part = SourceFile.parse(data[at:end])
        if part.plain is None and end < len(data):
            end = len(data)
            part = SourceFile.parse(data[at:])
        yield lines, part
        at = end
        lines += part.text.count("\n")


def is_simple(source: SourceFile) -> bool:
    """Return whether a file has plain fences only, each with a block, all with different ids."""
    ids = {stored.block.id for stored in source.blocks}
    return (
        source.plain is not None
        and source.raw == source.text
        and len(source.plain.slots) == len(source.blocks) == len(ids)
    )


def _start(data: bytes, before: int) -> int:
    """Return where the last fence before a byte begins, or -1."""
    at = data.rfind(b"\n" + _OPENING, 0, max(before, 0))
    return at + 1 if at >= 0 else 0 if data.startswith(_OPENING) else -1
