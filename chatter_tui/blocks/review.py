"""A document and its sidecar as one set of blocks."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.blocks.anchors import Location, Resolver
from chatter_tui.blocks.problem import Problem
from chatter_tui.blocks.source_file import SourceFile
from chatter_tui.blocks.splicing import Edit, apply
from chatter_tui.blocks.threads import Arrangement, arrange
from chatter_tui.markdown import Markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.blocks.block import Block
    from chatter_tui.blocks.source_file import StoredBlock


class Fault(NamedTuple):
    """A problem, and the file that its line refers to."""

    file: SourceFile
    problem: Problem


class Place(NamedTuple):
    """Where an effective block is stored."""

    file: SourceFile
    stored: StoredBlock


class Review:
    """The blocks of a document and its sidecar, anchored in the document without its blocks.

    `text` is the canonical text of that document; locations are offsets into it.
    """

    def __init__(self, document: SourceFile, sidecar: SourceFile | None = None) -> None:
        self.document = document
        self.sidecar = sidecar
        self.text = apply(document.text, document.cuts)
        self.places: Mapping[str, Place]
        self.places, self._duplicates = self._merge()

    def _merge(self) -> tuple[Mapping[str, Place], Sequence[Fault]]:
        places: dict[str, Place] = {}
        duplicates = []
        for file in self.files:
            for stored in file.blocks:
                id_ = stored.block.id
                if earlier := places.pop(id_, None):
                    duplicates.append(Fault(earlier.file, duplicate(id_, earlier.stored.line)))
                places[id_] = Place(file, stored)
        return places, duplicates

    @property
    def files(self) -> Sequence[SourceFile]:
        """The document and the sidecar, if there is one."""
        return [self.document] if self.sidecar is None else [self.document, self.sidecar]

    @property
    def blocks(self) -> Sequence[Block]:
        """The effective blocks in file order, the document's before the sidecar's."""
        return [place.stored.block for place in self.places.values()]

    @cached_property
    def markdown(self) -> Markdown:
        """The parsed document without its blocks."""
        if not self.document.cuts:
            return self.document.markdown
        return Markdown(self.text)

    @cached_property
    def arrangement(self) -> Arrangement:
        """The blocks as threads in display order."""
        return arrange(self.blocks, Resolver(self.markdown))

    @cached_property
    def faults(self) -> Sequence[Fault]:
        """All faults in either file and between blocks, by file and line."""
        found = [Fault(file, problem) for file in self.files for problem in file.problems]
        found += self._duplicates
        for problem in self.arrangement.problems:
            place = self.places[problem.block or ""]
            found.append(Fault(place.file, problem._replace(line=place.stored.line)))
        return sorted(
            found, key=lambda fault: (fault.file is self.sidecar, fault.problem.line or 0)
        )

    @property
    def problems(self) -> Sequence[Problem]:
        """All problems; lines refer to the file that contains the block."""
        return [fault.problem for fault in self.faults]

    def disk_position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column, in the document's file, of an offset into `text`."""
        return self._position(self._on_disk(offset))

    def disk_span(self, location: Location) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the start and end, exclusive, of a location in the document's file."""
        start, end, _ = location
        # The end belongs to the last character, not to what follows an embedded block.
        last = self._on_disk(end - 1) + 1 if end > start else self._on_disk(end)
        return self.disk_position(start), self._position(last)

    def with_text(self, start: int, end: int, text: str) -> Review:
        """Return the review after replacing a span of its document's text on disk.

        Blocks within the span are kept, after the new text, which gets the line endings used there.
        """
        edits = []
        for first, last in self._pieces(start, end):
            at = self._on_disk(first)
            edits.append(Edit(at, self._on_disk(last - 1) + 1 if last > first else at, text))
            text = ""
        return Review(SourceFile.parse(self.document.splice(edits)), self.sidecar)

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a span between embedded blocks, as spans of the file."""
        if start == end:
            yield start, end
        shift = 0
        for cut in self.document.cuts:
            at = cut.start - shift
            if at >= end:
                break
            if start < at:
                yield start, at
            start = max(start, at + len(cut.text))
            shift += cut.end - cut.start - len(cut.text)
        if start < end:
            yield start, end

    def _position(self, offset: int) -> tuple[int, int]:
        starts = self.document.line_starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def _on_disk(self, offset: int) -> int:
        """Return an offset into the canonical text of the document's file, including blocks."""
        starts, shifts = self._shifts
        return offset + shifts[bisect_right(starts, offset) - 1]

    @cached_property
    def _shifts(self) -> tuple[Sequence[int], Sequence[int]]:
        starts, shifts = [0], [0]
        for start, shift in self._after_cuts():
            starts.append(start)
            shifts.append(shift)
        return starts, shifts

    def _after_cuts(self) -> Iterator[tuple[int, int]]:
        shift = 0
        for cut in self.document.cuts:
            # What fills a cut is at its start; what follows it, at its end.
            yield cut.start - shift, shift
            shift += cut.end - cut.start - len(cut.text)
            yield cut.end - shift, shift


def duplicate(id_: str, line: int | None) -> Problem:
    """Return the problem of a block, on a line, whose id a later one has."""
    message = "another block has this id, and the last one counts"
    return Problem.of("duplicate-id", message, block=id_, line=line)
