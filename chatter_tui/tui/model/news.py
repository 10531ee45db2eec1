"""Notices about what others did, louder if they concern the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.tui.model.notices import Notice, excerpt, mentions, verb

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.notices import Severity


def added(model: Model, block: Block, now: float) -> Notice:
    """Return the notice for a block added by somebody else."""
    author, words = block.author or "somebody", excerpt(block.content)
    if mentions(block.content, model.name):
        return _loud(now, "mention", f"{author} mentions you: “{words}”", "mentions of you")
    root = model.threads.root_of(block.id)
    parent = model.threads.blocks.get(block.parent_id or "")
    if block.type != "reaction" and parent is not None:
        if model.is_mine(parent):
            return _loud(now, "reply", f"{author} replied to you: “{words}”", "replies to you")
        if _takes_part(model, root):
            where = excerpt(root.block.content, 30)
            many, kind = f"new comments in “{where}”", f"thread {root.block.id}"
            text = f"{author} replied in “{where}”: “{words}”"
            return Notice(now, kind, text, toast=True, many=many)
    return Notice(now, "comment", f"{author} {verb(block)}: “{words}”")


def changed(model: Model, before: Block, after: Block, who: str, now: float) -> Notice | None:
    """Return the notice for a block changed by somebody else, or None if it needs none."""
    words = excerpt(after.content)
    decision = decision_of(after)
    if decision != decision_of(before):
        mine = model.is_mine(after)
        outcome = "reopened" if decision is None else decision.outcome
        text = f"{who} {outcome} {'your' if mine else 'a'} suggestion: “{words}”"
        return Notice(now, "decision", text, toast=mine)
    if before.status != after.status:
        done = "resolved" if after.status == "resolved" else "reopened"
        mine = _takes_part(model, model.threads.root_of(after.id))
        return Notice(now, "status", f"{who} {done} “{words}”", toast=mine)
    if mentions(after.content, model.name) and not mentions(before.content, model.name):
        return _loud(now, "mention", f"{who} mentions you: “{words}”", "mentions of you")
    return None


def deleted(model: Model, block: Block, who: str, now: float) -> Notice:
    """Return the notice for a block deleted by somebody else."""
    words, mine = excerpt(block.content), model.is_mine(block)
    severity: Severity = "warning" if mine else "information"
    owner = "your " if mine else ""
    return Notice(now, "deleted", f"{who} deleted {owner}“{words}”", severity, toast=mine)


def _takes_part(model: Model, root: Thread) -> bool:
    """Return whether the user has written in a thread."""
    return any(model.is_mine(thread.block) for _, thread in root.walk())


def _loud(now: float, kind: str, text: str, many: str) -> Notice:
    return Notice(now, kind, text, toast=True, bell=True, many=many)
