"""Which cards the thread list shows, from the threads, the filter and what is folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model

Filter = Literal["all", "open", "resolved", "unread", "questions", "suggestions", "mine"]

MAX_DEPTH = 8  # deeper replies are indented no further: there is no room


@dataclass(slots=True)
class View:
    """How one looks at the threads.

    `folded` are roots folded or, with resolved ones, unfolded by hand: both differ from what their
    status suggests.
    """

    filter: Filter = "all"
    resolved: bool = False
    folded: set[str] = field(default_factory=set)

    def is_folded(self, root: Thread) -> bool:
        """Whether a thread shows its first card only; resolved ones do unless asked."""
        return (root.block.status == "resolved") != (root.block.id in self.folded)


@dataclass(frozen=True, slots=True)
class Row:
    """One card: `hidden` counts the replies folded under it and `unread` those among them.

    A heading between cards has no thread and an empty id.
    """

    id: str
    thread: Thread | None = None
    depth: int = 0
    folded: bool = False
    hidden: int = 0
    unread: int = 0
    title: str = ""


def rows(model: Model, view: View) -> list[Row]:
    """The cards to show, in order, with headings before orphans and after hidden threads."""
    found: list[Row] = []
    orphans = hidden = 0
    roots = model.threads.roots
    total = sum(root.orphaned for root in roots)
    for root in roots:
        if not shown(model, view, root):
            hidden += root.block.status == "resolved"
            continue
        if root.orphaned and not orphans:
            found.append(Row("", title=f"Orphans {total}: what they point to is gone"))
        orphans += root.orphaned
        found.extend(_thread_rows(model, view, root))
    if hidden and not view.resolved and view.filter == "all":
        found.append(Row("", title=f"{hidden} resolved: Z shows them"))
    return found


def shown(model: Model, view: View, root: Thread) -> bool:
    """Whether a thread passes the filter."""
    block = root.block
    match view.filter:
        case "all":
            return view.resolved or block.status == "open"
        case "open" | "resolved":
            return block.status == view.filter
        case "unread":
            return any(thread.block.id in model.unread.ids for _, thread in root.walk())
        case "questions":
            return block.type == "question"
        case "suggestions":
            return block.type == "suggestion"
        case "mine":
            return any(model.is_mine(thread.block) for _, thread in root.walk())


def _thread_rows(model: Model, view: View, root: Thread) -> Iterator[Row]:
    below = [(depth, t) for depth, t in root.walk() if depth and _has_card(t)]
    folded = bool(below) and view.is_folded(root)
    unread = sum(thread.block.id in model.unread.ids for _, thread in below) if folded else 0
    yield Row(root.block.id, root, 0, folded, len(below), unread)
    if not folded:
        for depth, thread in below:
            yield Row(thread.block.id, thread, min(depth, MAX_DEPTH))


def _has_card(thread: Thread) -> bool:
    """Reactions are shown on the card they answer, unless somebody replied to one."""
    return thread.block.type != "reaction" or bool(thread.replies)


def reactions(thread: Thread) -> dict[str, list[str]]:
    """The reactions to a block, and who gave each."""
    given: dict[str, list[str]] = {}
    for reply in thread.replies:
        if reply.block.type == "reaction" and not reply.replies:
            given.setdefault(reply.block.content, []).append(reply.block.author or "somebody")
    return given
