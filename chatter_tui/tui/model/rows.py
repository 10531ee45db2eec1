"""Which cards the thread list shows, from the threads, the filter and what is folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from chatter_tui.tui.keymap import Keymap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model

Filter = Literal[
    "all", "open", "resolved", "unread", "questions", "suggestions", "AI", "mine", "author"
]

MAX_DEPTH = 8  # deeper replies are indented no further: there is no room


@dataclass(slots=True)
class View:
    """How one looks at the threads.

    `folded` are roots folded or, with resolved ones, unfolded by hand: both differ from what their
    status suggests. `author` is whose threads the filter of that name lets pass. `key` says how a command is reached.
    """

    filter: Filter = "all"
    author: str = ""
    resolved: bool = False
    folded: set[str] = field(default_factory=set)
    key: Callable[[str], str] = Keymap().key

    @property
    def label(self) -> str:
        """The filter in words; empty when there is none."""
        names = {"all": "", "author": f"by {self.author}"}
        return names.get(self.filter, self.filter)

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


# A thread and its cards, None when it is not shown.
_Cards: TypeAlias = "tuple[Thread, Sequence[Row] | None]"


class Rows:
    """The cards to show, at the cost of what changed."""

    def __init__(self) -> None:
        self._seen_by: tuple[object, ...] = ()
        self._threads: dict[str, _Cards] = {}
        self.shown = 0  # threads that pass the filter

    def of(self, model: Model, view: View, changed: Iterable[str] = ()) -> list[Row]:
        """Cards in order, with headings before orphans and after hidden threads.

        `changed` are the blocks that are different since the last time, and those above them.
        """
        seen_by = (view.filter, view.author, view.resolved, frozenset(view.folded))
        if seen_by != self._seen_by:
            self._seen_by = seen_by
            self._threads.clear()
        for id_ in changed:
            self._threads.pop(id_, None)
        found: list[Row] = []
        orphans = hidden = 0
        roots = model.threads.roots
        self.shown = 0
        for root in roots:
            known = self._threads.get(root.block.id)
            if known is None or known[0] is not root:
                known = self._look(model, view, root)
            if (cards := known[1]) is None:
                hidden += root.block.status == "resolved"
                continue
            self.shown += 1
            if root.orphaned and not orphans:
                total = sum(root.orphaned and shown(model, view, root) for root in roots)
                found.append(Row("", title=f"Orphans {total}: what they point to is gone"))
            orphans += root.orphaned
            found += cards
        if hidden and not view.resolved and view.filter == "all":
            key = view.key("thread.show-resolved")
            return [*found, Row("", title=f"{hidden} resolved: {key} shows them")]
        return found or [Row("", title=title) for title in _nothing(model, view)]

    def _look(self, model: Model, view: View, root: Thread) -> _Cards:
        cards = tuple(_thread_rows(model, view, root)) if shown(model, view, root) else None
        self._threads[root.block.id] = root, cards
        return root, cards


def rows(model: Model, view: View) -> list[Row]:
    """The cards to show, in order."""
    return Rows().of(model, view)


def _nothing(model: Model, view: View) -> list[str]:
    """What to say where there is no card, and which key leads on."""
    key = view.key
    if view.filter != "all":
        return [f"No threads: {view.label}", f"{key('escape')} shows all of them"]
    if model.role is None or not model.synced:
        return []
    if model.role == "viewer":
        return ["No comments yet"]
    return [
        "No comments yet",
        f"{key('comment.new')} comments on the paragraph",
        f"{key('select.words')} selects words for that first",
        f"{key('comment.document')} comments on the document",
    ]


def shown(model: Model, view: View, root: Thread) -> bool:
    """Whether a thread passes the filter."""
    block, name = root.block, view.filter
    if name == "all":
        return view.resolved or block.status == "open"
    if name in {"open", "resolved"}:
        return block.status == name
    if name in {"questions", "suggestions"}:
        return f"{block.type}s" == name
    return any(_passes(model, view, thread.block) for _, thread in root.walk())


def _passes(model: Model, view: View, block: Block) -> bool:
    """Whether a block has its whole thread shown."""
    match view.filter:
        case "unread":
            return block.id in model.unread.ids
        case "AI":
            return block.type == "ai_feedback"
        case "mine":
            return model.is_mine(block)
        case _:
            return block.author == view.author


def count(model: Model, name: Filter, author: str = "") -> int:
    """How many threads a filter lets pass, resolved ones among them."""
    view = View(name, author, resolved=True)
    return sum(shown(model, view, root) for root in model.threads.roots)


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
