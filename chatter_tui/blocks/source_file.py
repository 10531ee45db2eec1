"""A Markdown file with blocks; every byte outside a changed block is preserved."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from chatter_tui.blocks.block import Block
from chatter_tui.blocks.problem import BlockError, Problem
from chatter_tui.blocks.slots import Plain, Slot, mixed_slots, plain_slots
from chatter_tui.blocks.splicing import Edit, apply, deletions, ending, fence, payload, replacement
from chatter_tui.blocks.strict_json import Field, JSONError, read_fields
from chatter_tui.markdown import Markdown, canonical
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NEWLINE = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"


class EncodingError(ValueError):
    """A file is not UTF-8."""


class StoredBlock(NamedTuple):
    """A block and its location; `line` counts from 1, `span` is in the canonical text."""

    block: Block
    encoding: Literal["fence", "comment"]
    line: int
    span: tuple[int, int]


class Reading(NamedTuple):
    """The contents of a slot, wherever it is, and faults in how it is written."""

    block: Block | None
    faults: Sequence[Problem]


class SourceFile:
    r"""A Markdown file: its blocks in order, and the faults of each by itself.

    `text` is canonical: without a BOM and with `\n` newlines, whatever the file has. `plain` is set
    if all blocks are plain fences. To save parsing, blocks spelled as in the file `like` are shared
    with it, and those spelled as this program writes one of `expected` are that one.
    """

    def __init__(self, raw: str, like: Self | None = None, expected: Iterable[Block] = ()) -> None:
        self._raw = raw
        self.text = canonical(raw)
        plain = plain_slots(self.text, like.plain if like else None)
        self.plain: Plain | None = None if plain is None else Plain(self.text, plain)
        self._slots = mixed_slots(self.text) if plain is None else plain
        self._occupied: list[Slot] = []
        self.readings: dict[str, Reading] = {}  # by payload
        self.blocks: Sequence[StoredBlock] = self._read(like, expected)

    @classmethod
    def parse(cls, data: bytes, like: Self | None = None, expected: Iterable[Block] = ()) -> Self:
        """Parse a file's contents.

        Raises:
            EncodingError: They are not UTF-8.
        """
        try:
            return cls(data.decode(), like, expected)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            byte = data[error.start]
            raise EncodingError(f"not UTF-8: byte 0x{byte:02x} on line {line}") from None

    def _read(self, like: Self | None, expected: Iterable[Block]) -> Sequence[StoredBlock]:
        known = like.readings if like else {}
        written = {payload(block): Reading(block, ()) for block in giving_way(expected)}
        stayed = self._stayed(like) if like else 0
        before = iter(like.blocks if like else ())
        blocks: list[StoredBlock] = []
        for number, slot in enumerate(giving_way(self._slots)):
            reading = known.get(slot.payload) or written.get(slot.payload)
            if reading is None:
                reading = _reading(slot.payload)
            self.readings[slot.payload] = reading
            if reading.block is not None:
                stored = (
                    next(before)
                    if number < stayed
                    else StoredBlock(reading.block, slot.encoding, slot.line, slot.outer)
                )
                blocks.append(stored)
                self._occupied.append(slot)
        return blocks

    def _stayed(self, like: Self) -> int:
        """Return how many leading slots, and so their blocks, are shared with `like`."""
        pairs = enumerate(zip(self._slots, like._slots, strict=False))
        shorter = min(len(self._slots), len(like._slots))
        return next((number for number, (one, other) in pairs if one is not other), shorter)

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """The faults of each block by itself. The first access parses all blocks."""
        found: list[Problem] = []
        for slot in self._slots:
            block, faults = self.readings[slot.payload]
            here = (*(block.problems() if block else ()), *faults)
            found += (problem._replace(line=slot.line) for problem in here)
        return found

    @property
    def raw(self) -> str:
        """The text of the file as it is on disk."""
        return self._raw

    @cached_property
    def markdown(self) -> Markdown:
        """The parsed canonical text."""
        return Markdown(self.text)

    def rewrite(self, changes: Mapping[str, Block | None], appended: Iterable[Block] = ()) -> bytes:
        """Return the file's bytes with blocks replaced, deleted (None) and appended.

        Of blocks with equal ids, the last one is meant.

        Raises:
            KeyError: There is no block with an id.
            BlockError: The file ends within unclosed HTML, or a comment within a paragraph cannot
                hold its block.
        """
        counting = {stored.block.id: number for number, stored in enumerate(self.blocks)}
        slots = {self._occupied[counting[id_]]: block for id_, block in changes.items()}
        edits = [replacement(slot, block) for slot, block in slots.items() if block is not None]
        doomed = sorted(slot for slot, block in slots.items() if block is None)
        data = self._spliced(
            [*edits, *self._deletions(doomed)], "\n".join(fence(block) for block in appended)
        )
        if any(slot.encoding == "comment" and not slot.separates for slot in slots):
            _require(data, (block.id for block in slots.values() if block is not None))
        return data

    def append(self, blocks: Iterable[Block]) -> bytes:
        """Return the file's bytes with blocks appended; raises as `rewrite` does."""
        return self.rewrite({}, blocks)

    def splice(self, edits: Iterable[Edit]) -> bytes:
        """Return the file's bytes after edits of its canonical text, in order and disjoint."""
        return self._spliced(edits, "")

    def strip(self) -> bytes:
        """Return the file's bytes without its blocks."""
        return self._spliced(self._deletions(self._occupied), "")

    @cached_property
    def cuts(self) -> Sequence[Edit]:
        """The edits of the canonical text made by `strip`, in order."""
        return self._deletions(self._occupied)

    def _deletions(self, doomed: Sequence[Slot]) -> list[Edit]:
        doomed = sorted(doomed, key=lambda slot: slot.outer)
        return list(deletions(self.text, self._slots, doomed))

    def _spliced(self, edits: Iterable[Edit], appended: str) -> bytes:
        in_order = sorted(edits)
        raw = apply(self._raw, [self._spelled(edit) for edit in in_order])
        if appended:
            text = apply(self.text, in_order)
            # Adding plain fences or removing blocks leaves only plain fences.
            appended = ending(text, plain=self.plain is not None) + appended
            raw += self._lines_of(appended, len(self.text))
        return raw.encode()

    def _spelled(self, edit: Edit) -> Edit:
        """Convert an edit of the canonical text into one of the file."""
        text = self._lines_of(edit.text, edit.start)
        return Edit(self._raw_offset(edit.start), self._raw_offset(edit.end), text)

    def _lines_of(self, text: str, offset: int) -> str:
        """Return `text` with the line endings used in the file at `offset`."""
        if self._raw == self.text:
            return text
        newlines = self._newlines
        line = min(bisect_right(self.line_starts, offset), len(newlines)) - 1
        return text.replace("\n", newlines[line]) if newlines else text

    def _raw_offset(self, offset: int) -> int:
        if self._raw == self.text:
            return offset
        line = bisect_right(self.line_starts, offset) - 1
        return self._raw_starts[line] + offset - self.line_starts[line]

    @cached_property
    def _newlines(self) -> Sequence[str]:
        return _NEWLINE.findall(self._raw)

    @cached_property
    def _raw_starts(self) -> Sequence[int]:
        bom = len(self._raw) - len(self._raw.lstrip(_BOM))
        return [bom, *(match.end() for match in _NEWLINE.finditer(self._raw))]

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """The offset of each line of `text`."""
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n")[:-1])]


def _reading(text: str) -> Reading:
    try:
        fields = list(read_fields(text))
        block = Block.from_read(fields)
    except JSONError as error:
        return Reading(None, (Problem.of("malformed-json", str(error)),))
    except BlockError as error:
        return Reading(None, (Problem.of(error.code, str(error)),))
    return Reading(block, tuple(_doubled(fields, block)))


def _require(data: bytes, ids: Iterable[str]) -> None:
    """Check that blocks written into paragraphs are still found there."""
    found = {stored.block.id for stored in SourceFile.parse(data).blocks}
    for id_ in ids:
        if id_ not in found:
            message = f"{id_} is in a comment within a paragraph, which cannot hold this"
            raise BlockError("limit", message)


def _doubled(fields: Sequence[Field], block: Block) -> Iterable[Problem]:
    if len(fields) == len(block.fields):
        return
    counts = Counter(field.name for field in fields)
    for name in (name for name, count in counts.items() if count > 1):
        message = f"{name} occurs more than once, and the last one counts"
        yield Problem.of("invalid-field", message, block=block.id)
