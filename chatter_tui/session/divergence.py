"""Recover when the master's disk was restored from an older backup.

The client then has changes that the master lacks, and cannot send them as they are: others' changes
are not its own to send, and its own depend on clocks that the master never saw. So it adopts the
master's state and repeats its own part of the difference. Decisions on suggestions are left to the
master.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from chatter_tui.authority.codec import decode
from chatter_tui.authority.idset import IdSet
from chatter_tui.blocks.suggestions import DECISION, applied
from chatter_tui.replica.replica import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Pending, Replica, Written

_STATUS = "status"  # the only field that may be changed in blocks of others


def lacks_deletes(theirs: bytes, mine: bytes) -> bool:
    """Return whether the update `mine` deletes something that the update `theirs` does not.

    State vectors do not show this: a deletion has no clock.
    """
    ours = IdSet(decode(mine).deletes)
    if not ours:
        return False
    known = IdSet(decode(theirs).deletes)
    return any(gap for client, start, end in ours for gap in known.gaps(client, start, end))


@dataclass(slots=True)
class Difference:
    """What a master lacks: changes to repeat, lost blocks of others, undone deletions."""

    changes: list[tuple[str, Callable[[Replica], Written]]] = field(default_factory=list)
    lost: list[Block] = field(default_factory=list)
    back: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changes or self.lost or self.back)


def difference(
    together: Mapping[str, Block], there: Mapping[str, Block], unsent: Iterable[Pending], name: str
) -> Difference:
    """Compare the master's blocks (`there`) with their merge with the client's (`together`).

    Blocks by `name` and unsent changes are repeated. Of the deletions, only unsent ones are
    repeated: the backup may have been restored to get deleted blocks back.
    """
    found = Difference()
    changes = [change for pending in unsent for change in pending.changes]
    touched = {change.id for change in changes}
    doomed = {change.id for change in changes if change.after is None}
    for id_ in sorted(together, key=partial(_depth, together)):
        block, before = together[id_], there.get(id_)
        mine = block.author == name
        if before is None and (mine or id_ in touched):
            found.changes.append((id_, partial(_add, block)))
        elif before is None:
            found.lost.append(block)
        elif before != block:
            fields = _changed(before, block)
            allowed = fields if mine or id_ in touched else fields & {_STATUS}
            if allowed:
                found.changes.append((id_, partial(_set, block, allowed)))
            if fields - allowed:
                found.lost.append(block)
    for id_ in sorted(there.keys() - together.keys()):
        if id_ in doomed:
            found.changes.append((id_, partial(_delete, id_)))
        else:
            found.back.append(id_)
    return found


def _changed(before: Block, after: Block) -> set[str]:
    names = (before.fields.keys() | after.fields.keys()) - {DECISION}
    return {name for name in names if before.fields.get(name) != after.fields.get(name)}


def _depth(blocks: Mapping[str, Block], id_: str) -> int:
    """Return the depth of a block in its thread: parents must be added first."""
    seen = {id_}
    while (parent := blocks[id_].parent_id) and parent in blocks and parent not in seen:
        seen.add(parent)
        id_ = parent
    return len(seen)


def _add(block: Block, replica: Replica) -> Written:
    return replica.add([applied(block, {DECISION: None})])


def _set(block: Block, names: set[str], replica: Replica) -> Written:
    def change(both: Replica) -> None:
        fields = {name: block.fields.get(name) for name in sorted(names - {CONTENT})}
        both.set_fields(block.id, fields)
        if CONTENT in names:
            both.edit(block.id, block.content)

    return replica.batch(change)


def _delete(id_: str, replica: Replica) -> Written:
    return replica.delete([id_])
