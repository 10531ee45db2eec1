"""One's own last actions, and what takes each of them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks import loads
from chatter_tui.controller.commands import Add, Delete, Edit, Resolve

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.outbox import Change

DEPTH = 100


class Undo:
    """A stack of inverse commands; each is checked against the present when it is asked for."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, list[Change]]] = []

    def record(self, model: Model, change: Change) -> None:
        """Remember how to take back a change, before it is made."""
        what, inverse = _inverse(model, change)
        if inverse:
            self._stack.append((what, inverse))
            del self._stack[:-DEPTH]

    def pop(self, model: Model) -> tuple[str, list[Change]] | None:
        """What the last action was, and the commands that take it back; None when there is none.

        Actions whose block is gone are skipped: they were refused, or somebody deleted it.
        """
        while self._stack:
            what, inverse = self._stack.pop()
            found = [now for change in inverse if (now := _still(model, change)) is not None]
            if found:
                return what, found
        return None


def _inverse(model: Model, change: Change) -> tuple[str, list[Change]]:
    if isinstance(change, Add):
        what = "reaction" if change.fields["type"] == "reaction" else "comment"
        return what, [Delete(str(change.fields["id"]))]
    block = model.threads.blocks[change.id]
    if isinstance(change, Edit):
        return "edit", [Edit(block.id, block.content)]
    if isinstance(change, Resolve):
        return "status", [Resolve(block.id, not change.resolved)]
    gone = [thread.block for _, thread in model.threads[block.id].walk()]
    return "deletion", [Add(_fields(each)) for each in gone if model.is_mine(each)]


def _still(model: Model, change: Change) -> Change | None:
    blocks = model.threads.blocks
    if isinstance(change, Add):
        return None if change.fields.get("id") in blocks else change
    return change if change.id in blocks else None


def _fields(block: Block) -> dict[str, object]:
    return {name: loads(text) for name, text in block.fields.items()}
