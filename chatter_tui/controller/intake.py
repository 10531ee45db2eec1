"""Merge external edits of a review's files into the session as the owner's edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.storage import Theirs


@dataclass(slots=True)
class Intake:
    """What to change in the session: blocks in their new form, and ids of blocks to delete.

    `conflicts` describe edits that could not be merged.
    """

    wanted: list[Block] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def merge(theirs: Iterable[Theirs], blocks: Mapping[str, Block]) -> Intake:
    """Merge external edits into the session's `blocks`, field by field."""
    intake = Intake()
    for item in theirs:
        current = blocks.get(item.id)
        if item.after is None:
            if current is not None and item.before is not None and current == item.before:
                intake.deleted.append(item.id)
            elif current is not None:
                intake.conflicts.append(
                    f"block {item.id} was deleted on disk and changed here: it stays"
                )
        elif current is None and item.before is not None:
            intake.conflicts.append(
                f"block {item.id} was changed on disk and deleted here: it stays deleted;"
                f" on disk it said: {_quoted(item.after)}"
            )
        elif current is None or item.before is None:
            intake.wanted.append(item.after)
        else:
            intake.wanted.append(_merged(item.before, item.after, current, intake.conflicts))
    return intake


def _merged(before: Block, after: Block, current: Block, conflicts: list[str]) -> Block:
    fields = dict(current.fields)
    for name in before.fields.keys() | after.fields.keys():
        theirs, base, ours = (b.fields.get(name) for b in (after, before, current))
        if theirs == base:
            continue
        if name == "content" and ours not in (base, theirs):
            conflicts.append(
                f"the text of block {current.id} was changed both here and on disk, where it"
                f" said: {_quoted(after)}"
            )
        elif theirs is None:
            fields.pop(name, None)
        else:
            fields[name] = theirs
    return type(current)(fields).canonical()


def _quoted(block: Block) -> str:
    return block.content if len(block.content) <= 2000 else block.content[:2000] + "…"
