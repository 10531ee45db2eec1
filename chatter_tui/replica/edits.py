"""The difference of two texts as small operations, so that concurrent edits merge.

yrs counts text in UTF-8 bytes, Python in code points. This is the only place where the two meet.
"""

from __future__ import annotations

from typing import NamedTuple

# Beyond this product of lengths the differing middle is replaced as a whole. A finer difference
# would take more than 10 ms, and nobody expects concurrent edits to survive within that much
# rewritten text.
_FINE = 4_000_000


class Splice(NamedTuple):
    """At byte `start` of the text so far, remove `removed` bytes and insert `inserted`."""

    start: int
    removed: int
    inserted: str


def splices(old: str, new: str) -> list[Splice]:
    """Return operations that turn `old` into `new` when applied in order, last position first."""
    # Four megabytes that a read-only review does not need.
    from rapidfuzz.distance import Indel, Postfix, Prefix  # noqa: PLC0415

    head = Prefix.similarity(old, new)
    tail = Postfix.similarity(old[head:], new[head:])
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if not before and not after:
        return []
    base = len(old[:head].encode())
    if len(before) * len(after) > _FINE:
        return [Splice(base, len(before.encode()), after)]
    found: list[Splice] = []
    position = base
    pending: Splice | None = None
    for step in Indel.opcodes(before, after):
        source = before[step.src_start : step.src_end]
        size = len(source.encode())
        if step.tag == "equal":
            if pending:
                found.append(pending)
                pending = None
        else:
            removed = size if step.tag != "insert" else 0
            inserted = after[step.dest_start : step.dest_end] if step.tag != "delete" else ""
            pending = (
                Splice(pending.start, pending.removed + removed, pending.inserted + inserted)
                if pending
                else Splice(position, removed, inserted)
            )
        position += size
    if pending:
        found.append(pending)
    return found[::-1]
