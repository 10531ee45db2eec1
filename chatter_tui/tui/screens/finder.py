"""A searchable list in a window: help, command list, outline, event log, drafts."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.order import settled
from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.cardlist import CardList
from chatter_tui.tui.widgets.field import Field
from chatter_tui.tui.widgets.lines import clip, spread, width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from chatter_tui.tui.widgets.lines import Line


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a list: a key or sign, a label, details, and something at its right end.

    An entry without an id is a heading.
    """

    id: str
    label: str
    detail: str = ""
    key: str = ""
    right: str = ""
    style: str = ""

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether all words (in lower case) occur in it."""
        text = f"{self.key} {self.label} {self.detail} {self.right}".casefold()
        return all(word in text for word in words)

    def distance(self, words: str) -> int:
        """Return how well its name matches what was typed: as a prefix, within, or not at all."""
        at = self.label.casefold().find(words)
        return 2 if at < 0 else int(at > 0)


SPARE: Final = 10  # rows of a window besides one per entry: the current one may take several
HIGHEST: Final = 40  # rows of a window
MOST: Final = 6  # rows of a label or details, so that 20 rows also show the next entry


class EntryList(CardList[Entry]):
    """The entries; `column` is the width of the keys. The current one is shown in full."""

    def __init__(self, column: int) -> None:
        super().__init__(id="entries")
        self._column = column

    def draw(self, item: Entry, width: int, *, current: bool) -> list[Line]:
        """See CardList."""
        if not item.id:
            return [[(clip(safe_line(item.label), width), "heading")]]
        left: Line = [(">" if current else " ", "key")]
        if self._column:
            left.append((clip(safe_line(item.key), self._column).ljust(self._column) + " ", "key"))
        right = [(safe_line(item.right), "dim")] if item.right else []
        indent, room = width_of(left), width - width_of(right) - 1
        label, style = safe_line(item.label), item.style or "author"
        detail = f"  {safe_line(item.detail)}" if item.detail else ""
        whole: Line = [*left, (label, style), (detail, "dim")]
        if not current or width_of(whole) <= room:
            return [spread(whole, right, width)]
        first, *rest = wrap(label, room - indent, MOST) or [""]
        lines = [(line, style) for line in rest]
        if detail:
            lines += [(line, "dim") for line in wrap(detail.strip(), width - indent, MOST)]
        rows: list[Line] = [[(" " * indent, ""), line] for line in lines]
        return [spread([*left, (first, style)], right, width), *rows]


class FinderScreen(Window[str | None]):
    """Dismissed with the id of the chosen entry, or None if closed.

    `at` is the entry that is current at first. With `ranked` entries, those whose name matches what
    was typed come first.
    """

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("down", "move('move.down')", priority=True),
        Binding("up", "move('move.up')", priority=True),
        Binding("pagedown", "move('move.page-down')", priority=True),
        Binding("pageup", "move('move.page-up')", priority=True),
        Binding("enter", "choose", priority=True),
    ]

    def __init__(
        self,
        title: str,
        entries: Sequence[Entry],
        at: str = "",
        empty: str = "",
        *,
        ranked: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._at = at
        self._ranked = ranked
        self._empty = empty or "Nothing here."
        self._needle: str | None = None

    def compose(self) -> ComposeResult:
        """See Screen."""
        column = min(max((len(entry.key) for entry in self._entries), default=0), 14)
        with Vertical(id="window") as window:
            window.border_title = Content(clip(safe_line(self._title), 60))
            window.styles.max_height = min(len(self._entries) + SPARE, HIGHEST)
            window.border_subtitle = Content("type to search · Enter · Esc")
            entry = Field(placeholder="search", id="needle", compact=True)
            entry.cursor_blink = False
            yield entry
            yield EntryList(column)

    def on_mount(self) -> None:
        """See Screen."""
        self.set_focus(self.query_one(Input))
        self._show("")
        if self._at:
            self.call_after_refresh(self._list.go, self._at)

    @property
    def _list(self) -> EntryList:
        return self.query_one(EntryList)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    async def action_choose(self) -> None:
        """Dismiss with the current entry, once all that was typed has been applied."""
        needle = self.query_one(Input)
        await settled(needle)
        self._show(needle.value)
        if self._list.cursor:
            self.dismiss(self._list.cursor)

    def action_move(self, id_: str) -> None:
        """Move in the list while typing."""
        self._list.action_run(id_)

    def _show(self, needle: str) -> None:
        if needle == self._needle:
            return
        self._needle = needle
        words = needle.casefold().split()
        found = [entry for entry in self._entries if entry.matches(words) or not entry.id]
        if self._ranked and words:
            found.sort(key=lambda entry: entry.distance(" ".join(words)))
        # A heading without entries is omitted.
        kept = [
            entry
            for entry, after in zip_longest(found, found[1:])
            if entry.id or (after is not None and after.id)
        ]
        nothing = f"Nothing matches “{needle.strip()}”." if words and self._entries else self._empty
        self._list.show(kept or [Entry("", nothing)])
        best = next((entry.id for entry in kept if entry.id), "")
        if words and best:
            self._list.go(best)
