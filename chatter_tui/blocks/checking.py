"""Find what is wrong in a review's files without holding all of their blocks.

The parsed form of a file needs ten times the memory of its bytes. What an earlier part of the
files means for a later one is kept: the ids so far, and who replies to whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.blocks.fences import PART, is_simple, parts
from chatter_tui.blocks.review import duplicate
from chatter_tui.blocks.threads import misplaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatter_tui.blocks.problem import Problem


class Place(NamedTuple):
    """A file, by its number, and a line in it; None for no line."""

    file: int
    line: int | None


class Checked(NamedTuple):
    """The faults found in some files, by place; how many blocks each has, and whether it is simple."""

    faults: Sequence[tuple[Place, Problem]]
    counts: Sequence[int]
    simple: Sequence[bool]


def check(*files: bytes, size: int = PART) -> Checked:
    """Return all faults in the files of one review but those of anchors; takes a while.

    Not much more than `size` bytes of simple files are parsed at a time.

    Raises:
        EncodingError: A file is not UTF-8.
    """
    faults: list[tuple[Place, Problem]] = []
    blocks: dict[str, tuple[Place, str | None]] = {}  # where each is, and what it replies to
    counts: list[int] = []
    simple: list[bool] = []
    for number, data in enumerate(files):
        count, plain = 0, True
        for lines, part in parts(data, size):
            faults += (_placed(number, lines, problem) for problem in part.problems)
            plain = plain and is_simple(part)
            count += len(part.blocks)
            for stored in part.blocks:
                id_ = stored.block.id
                if earlier := blocks.pop(id_, None):
                    faults.append((earlier[0], duplicate(id_, earlier[0].line)))
                    plain = False
                blocks[id_] = Place(number, lines + stored.line), stored.block.parent_id
        counts.append(count)
        simple.append(plain)
    faults += _between(blocks)
    return Checked(sorted(faults, key=_in_order), counts, simple)


def _placed(file: int, lines: int, problem: Problem) -> tuple[Place, Problem]:
    """Return a problem of a part that begins after so many lines."""
    line = None if problem.line is None else lines + problem.line
    return Place(file, line), problem._replace(line=line)


def _between(blocks: dict[str, tuple[Place, str | None]]) -> Iterator[tuple[Place, Problem]]:
    parents = {id_: parent for id_, (_, parent) in blocks.items() if parent is not None}
    for problem in misplaced(parents, blocks):
        place, _ = blocks[problem.block or ""]
        yield place, problem._replace(line=place.line)


def _in_order(fault: tuple[Place, Problem]) -> tuple[int, int]:
    place, _ = fault
    return place.file, place.line or 0
