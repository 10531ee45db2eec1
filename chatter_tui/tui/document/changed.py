"""Find the lines of a document that have changed."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.tui.document.shift import Shift

# Beyond this product of line counts, everything between the first and the last difference counts as
# changed: a finer comparison would take a noticeable moment.
_FINE: Final = 4_000_000


def changed(shift: Shift) -> list[tuple[int, int]]:
    """Return the spans of lines in the new text that are not in the old one, in order.

    Where lines were only removed, it is the line that follows. A span does not include its final
    line break.
    """
    new, (less, more) = shift.new, shift.lines
    before = shift.old[slice(*less)].splitlines(keepends=True)
    after = new[slice(*more)].splitlines(keepends=True)
    starts = [*accumulate(map(len, after), initial=more[0])]
    found: list[tuple[int, int]] = []
    for first, last in _ranges(before, after):
        start, end = starts[first], starts[max(last, min(first + 1, len(after)))]
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    trimmed = ((start, start + len(new[start:end].rstrip("\n"))) for start, end in found)
    return [(start, end) for start, end in trimmed if start < end]


def _ranges(before: list[str], after: list[str]) -> Iterator[tuple[int, int]]:
    """Yield ranges of changed lines in `after`; an empty range means that lines were removed."""
    # Slow to import, and not needed before the first change.
    from rapidfuzz.distance import Indel, Postfix, Prefix  # noqa: PLC0415

    head = Prefix.similarity(before, after)
    tail = Postfix.similarity(before[head:], after[head:])
    gone, come = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(gone) * len(come) > _FINE:
        yield head, head + len(come)
    elif gone or come:
        steps = [step for step in Indel.opcodes(gone, come) if step.tag != "equal"]
        replaced = {edge for s in steps if s.tag != "delete" for edge in (s.dest_start, s.dest_end)}
        for step in steps:
            if step.tag != "delete" or step.dest_start not in replaced:
                yield head + step.dest_start, head + step.dest_end
