"""Finding things: search, filters, and the next question, suggestion, mention or orphan."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chatter_tui.tui.model.kinds import KINDS, list_of
from chatter_tui.tui.model.rows import count
from chatter_tui.tui.model.search import Search
from chatter_tui.tui.plural import plural
from chatter_tui.tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from textual.widgets import Input

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.rows import Filter
    from chatter_tui.tui.screens.review import ReviewScreen

FILTERS: Final[Mapping[str, Filter]] = {
    "a": "all",
    "o": "open",
    "d": "resolved",
    "u": "unread",
    "q": "questions",
    "s": "suggestions",
    "i": "AI",
    "m": "mine",
    "w": "author",
}


class Finding:
    """The commands that search."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "search.open": self._open_search,
            "search.next": self._next_match,
            "search.previous": self._previous_match,
            "filter.open": self._filter,
            "kind.next": self._choose_kind,
            **{f"{kind}.next": self._next(kind) for kind in KINDS.values()},
        }

    # The next of a kind

    async def _choose_kind(self) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                self._go_next(KINDS[key])

        await self._screen.app.push_screen(ChoiceScreen("To the next", self._kinds()), chosen)

    def _kinds(self) -> dict[str, str]:
        found = {key: len(list_of(self._work.model, kind)) for key, kind in KINDS.items()}
        return {key: f"{KINDS[key]}  {number}" for key, number in found.items()}

    def _next(self, kind: str) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            self._go_next(kind)

        return go

    def _go_next(self, kind: str) -> None:
        """Go to the next block of a kind after the current one, wrapping around."""
        screen, model = self._screen, self._work.model
        wanted = set(list_of(model, kind))
        order = [(root, t.block.id) for root in model.threads.roots for _, t in root.walk()]
        at = self._start(order)
        found = next((id_ for _, id_ in order[at:] + order[:at] if id_ in wanted), None)
        if found is None:
            screen.sessions.tell_none(f"There is no {kind} that is open.")
            return
        if found == screen.current and len(wanted) == 1:
            screen.sessions.tell(f"This is the only {kind} that is open.")
        screen.navigation.uncover(found)
        self._work.jumps.leave(screen.document.cursor)
        screen.show_threads()
        screen.select(found)

    def _start(self, order: Sequence[tuple[Thread, str]]) -> int:
        """Return where to start searching: after the current block, or at the document's cursor."""
        screen, current = self._screen, self._screen.current
        if current is None:
            return 0
        root = self._work.model.threads.root_of(current)
        if not screen.document.has_focus or screen.navigation.is_here(root.block.id):
            return [id_ for _, id_ in order].index(current) + 1
        cursor = screen.document.cursor
        starts = (root.location.start if root.location else -1 for root, _ in order)
        return next((i for i, start in enumerate(starts) if start > cursor), 0)

    # Filters

    async def _filter(self) -> None:
        async def chosen(key: str | None) -> None:
            if key == "w":
                await self._choose_author()
            elif key is not None:
                self._show(FILTERS[key])

        screen = ChoiceScreen("Show threads", self._filters(), live=self._filters)
        await self._screen.app.push_screen(screen, chosen)

    def _filters(self) -> dict[str, str]:
        model = self._work.model
        counted = {k: f"{name:12}{count(model, name):5}" for k, name in FILTERS.items()}
        return {**counted, "w": "by an author"}

    async def _choose_author(self) -> None:
        from chatter_tui.tui.screens.finder import Entry, FinderScreen  # noqa: PLC0415 - on demand

        model = self._work.model
        written = Counter(block.author for block in model.threads.blocks.values() if block.author)
        entries = [
            Entry(author, author, right=plural(count(model, "author", author), "thread"))
            for author, _ in written.most_common()
        ]

        def chosen(author: str | None) -> None:
            if author is not None:
                self._show("author", author)

        finder = FinderScreen("Show threads by", entries, empty="Nobody has written anything.")
        await self._screen.app.push_screen(finder, chosen)

    def _show(self, name: Filter, author: str = "") -> None:
        view = self._work.view
        view.filter, view.author = name, author
        self._screen.show_threads()

    # Search

    async def _open_search(self) -> None:
        from chatter_tui.tui.widgets.searchbar import SearchBar  # noqa: PLC0415 - on demand

        if not self._screen.query("#search"):
            bar = SearchBar()
            await self._screen.mount(bar, before="#footer")
        self._screen.query_one(SearchBar).open()

    def search(self, field: Input) -> None:
        """Search for what was typed, and go to the first match."""
        found = self._work.search = Search.of(field.value, self._work.model)
        self.search_closed(field)
        if found:
            self._match(1)
        if not found.offsets and not found.ids:
            self._work.search = Search()  # otherwise its keys would do nothing
            self._screen.bars.update()

    def search_closed(self, field: Input) -> None:
        """Close the search line."""
        field.display = False
        self._screen.go_pane(self._screen.pane)

    async def _next_match(self) -> None:
        self._match(1)

    async def _previous_match(self) -> None:
        self._match(-1)

    def _match(self, by: int) -> None:
        search, screen = self._work.search, self._screen
        if screen.pane == "threads":
            id_ = search.block(screen.threads.cursor, by)
            if id_ is not None:
                self._screen.navigation.uncover(id_)
                screen.show_threads()
                screen.select(id_)
                return
        else:
            offset = search.offset(screen.document.cursor, by)
            if offset is not None:
                self._screen.navigation.jump(offset)
                return
        others, where = len(search.ids), "threads"
        if screen.pane == "threads":
            others, where = len(search.offsets), "document"
        key = self._work.keymap.key(f"pane.{where}")
        elsewhere = f" here, but in the {where} ({others}); {key} goes there" if others else ""
        screen.sessions.tell(f"“{search.needle}” is not found{elsewhere}.")
