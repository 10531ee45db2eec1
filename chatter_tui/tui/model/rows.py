"""The rows of the thread list, from the threads, the filter and the folded ones."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from chatter_tui.tui.keymap import Keymap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.threads import Threads

Filter = Literal[
    "all", "open", "resolved", "unread", "questions", "suggestions", "AI", "mine", "author"
]

MANY: Final = 200  # threads: if more have changed, all rows are rebuilt
MAX_DEPTH: Final = 8  # deeper replies are not indented further, for lack of room


@dataclass(slots=True)
class View:
    """The user's view of the threads.

    `folded` are roots whose folding was changed by hand: folded, or unfolded if resolved. `author`
    is the name for the filter by author. `key` returns a command's key for display.
    """

    filter: Filter = "all"
    author: str = ""
    resolved: bool = False
    folded: set[str] = field(default_factory=set)
    key: Callable[[str], str] = Keymap().key

    @property
    def label(self) -> str:
        """The filter in words; empty if there is none."""
        names = {"all": "", "author": f"by {self.author}"}
        return names.get(self.filter, self.filter)

    def is_folded(self, root: Thread) -> bool:
        """Return whether only a thread's first card is shown; by default if it is resolved."""
        return (root.block.status == "resolved") != (root.block.id in self.folded)


@dataclass(frozen=True, slots=True)
class Row:
    """A card: `hidden` counts the replies folded under it, and `unread` those among them.

    A heading between cards has no thread and an empty id.
    """

    id: str
    thread: Thread | None = None
    depth: int = 0
    folded: bool = False
    hidden: int = 0
    unread: int = 0
    title: str = ""


# The index of the first row, how many to remove, and which to insert.
Edit: TypeAlias = "tuple[int, int, Sequence[Row]]"


class Rows:
    """The visible cards, updated at the cost of what changed: thousands, many times per second."""

    def __init__(self) -> None:
        self._seen_by: tuple[object, ...] = ()
        self._placed = -1
        self._cards: dict[str, Sequence[Row]] = {}  # by root; none if the thread is not shown
        self._hidden: set[str] = set()  # resolved roots that are not shown
        self._roots: list[Thread] = []
        self._counts: list[int] = []  # the number of cards of each
        self._orphans = 0  # as shown in the heading
        self._gone = 0  # the index of the first orphan
        self._tail: list[Row] = []

    @property
    def shown(self) -> int:
        """The number of threads that pass the filter."""
        return len(self._counts) - self._counts.count(0)

    def edits(self, model: Model, view: View, changed: Collection[str] = ()) -> list[Edit]:
        """Return the edits, in order, that update the previous rows; at first there are none.

        `changed` are the blocks that were changed, added or deleted since then, and their roots.
        """
        threads = model.threads
        roots = threads.roots
        length = sum(self._counts) + bool(self._orphans) + len(self._tail)
        seen_by = (view.filter, view.author, view.resolved, frozenset(view.folded))
        # An edit of the document places all threads anew, but hardly ever in another order.
        stays = self._roots == roots and self._gone == _first_orphan(roots)
        stays = stays or threads.placed == self._placed
        if seen_by == self._seen_by and stays and len(changed) <= MANY:
            self._placed = threads.placed
            found = [*self._without(threads, changed), *self._with(model, view, changed)]
            if self._roots == roots:
                return found + self._headings(model, view)
        for id_ in tuple(self._cards) if seen_by != self._seen_by else changed:
            self._forget(id_)
        self._seen_by, self._placed = seen_by, threads.placed
        cards = [self._cards.get(r.block.id) or self._look(model, view, r) for r in roots]
        self._roots, self._counts = [*roots], [*map(len, cards)]
        self._orphans, self._tail = 0, []
        rows = [*chain.from_iterable(cards)]
        for at, count, titles in self._headings(model, view):
            rows[at : at + count] = titles
        return [(0, length, rows)]

    def _without(self, threads: Threads, changed: Collection[str]) -> Iterator[Edit]:
        for id_ in changed:
            if id_ in self._cards and not threads.is_root(id_):
                self._forget(id_)
                at = next(i for i, root in enumerate(self._roots) if root.block.id == id_)
                yield self._start(at, self._roots[at]), self._counts[at], ()
                del self._roots[at], self._counts[at]

    def _with(self, model: Model, view: View, changed: Collection[str]) -> Iterator[Edit]:
        threads = model.threads
        places = [(threads.place_of(id_), id_) for id_ in changed if threads.is_root(id_)]
        for at, id_ in sorted(places):  # only once the rows above are in place
            had, root = int(id_ in self._cards), threads[id_]
            rows = self._look(model, view, root)
            yield self._start(at, root), sum(self._counts[at : at + had]), rows
            self._roots[at : at + had] = [root]
            self._counts[at : at + had] = [len(rows)]

    def _start(self, at: int, root: Thread) -> int:
        """Return the index of the first card of a root, or where it would be."""
        return sum(self._counts[:at]) + (root.orphaned and self._orphans > 0)

    def _headings(self, model: Model, view: View) -> list[Edit]:
        """Put a heading before the orphans, and after the last thread a note on what is hidden."""
        gone = self._gone = _first_orphan(self._roots)
        before, found = self._orphans, list[Edit]()
        self._orphans = len(self._counts) - gone - self._counts[gone:].count(0)
        if before != self._orphans:
            title = f"Orphans {self._orphans}: their text is gone"
            rows = [Row("", title=title)] if self._orphans else []
            found.append((sum(self._counts[:gone]), int(before > 0), rows))
        length = sum(self._counts) + bool(self._orphans)
        tail = [] if length else [Row("", title=title) for title in _nothing(model, view)]
        if self._hidden and not view.resolved and view.filter == "all":
            key = view.key("thread.show-resolved")
            tail = [Row("", title=f"{len(self._hidden)} resolved: {key} shows them")]
        if tail != self._tail:
            found.append((length, len(self._tail), tail))
            self._tail = tail
        return found

    def _look(self, model: Model, view: View, root: Thread) -> Sequence[Row]:
        is_shown = shown(model, view, root)
        if not is_shown and root.block.status == "resolved":
            self._hidden.add(root.block.id)
        else:
            self._hidden.discard(root.block.id)
        rows = tuple(_thread_rows(model, view, root)) if is_shown else ()
        self._cards[root.block.id] = rows
        return rows

    def _forget(self, root: str) -> None:
        self._cards.pop(root, None)
        self._hidden.discard(root)


def _first_orphan(roots: Sequence[Thread]) -> int:
    return bisect_left(roots, 1, key=attrgetter("orphaned"))  # they come last


def rows(model: Model, view: View) -> list[Row]:
    """Return the rows to show, in order."""
    return [row for _, _, new in Rows().edits(model, view) for row in new]


def _nothing(model: Model, view: View) -> list[str]:
    """Return the lines to show if there are no cards, with the keys that lead on."""
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
    """Return whether a thread passes the filter."""
    block, name = root.block, view.filter
    if name == "all":
        return view.resolved or block.status == "open"
    if name in {"open", "resolved"}:
        return block.status == name
    if name in {"questions", "suggestions"}:
        return f"{block.type}s" == name
    return any(_passes(model, view, thread.block) for _, thread in root.walk())


def _passes(model: Model, view: View, block: Block) -> bool:
    """Return whether a block makes its whole thread pass the filter."""
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
    """Return how many threads pass a filter, including resolved ones."""
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
    """Return whether a thread has a card; reactions without replies are on their parent's."""
    return thread.block.type != "reaction" or bool(thread.replies)


def reactions(thread: Thread) -> dict[str, list[str]]:
    """Return the reactions to a block, and who gave each."""
    given: dict[str, list[str]] = {}
    for reply in thread.replies:
        if reply.block.type == "reaction" and not reply.replies:
            given.setdefault(reply.block.content, []).append(reply.block.author or "somebody")
    return given
