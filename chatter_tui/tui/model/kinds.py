"""Kinds of threads to jump to: questions, suggestions, mentions, orphans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.tui.model.notices import mentions

if TYPE_CHECKING:
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model

KINDS: Final = {"q": "question", "s": "suggestion", "m": "mention", "o": "orphan"}


def list_of(model: Model, kind: str) -> list[str]:
    """Return the blocks of a kind in display order, without resolved ones."""
    return [
        thread.block.id
        for root in model.threads.roots
        if root.block.status == "open"
        for _, thread in root.walk()
        if _is(model, root, thread, kind)
    ]


def _is(model: Model, root: Thread, thread: Thread, kind: str) -> bool:
    block = thread.block
    match kind:
        case "question":
            return block.type == "question"
        case "suggestion":
            return block.type == "suggestion"
        case "mention":
            return mentions(block.content, model.name)
        case _:
            return thread is root and root.is_lost
