"""A virtual list of cards of any height: only visible, changed rows are drawn."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from chatter_tui.tui.bindings import bindings
from chatter_tui.tui.compat import Scroller
from chatter_tui.tui.looks import rich_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.style import Style
    from textual import events
    from textual.widget import Widget

    from chatter_tui.tui.widgets.lines import Line


class Item(Protocol):
    """Something with a card; the cursor skips those with an empty id."""

    @property
    def id(self) -> str:
        """Its unique id."""


LOOK: Final = {
    "author": "bold",
    "bad": "$text-error",
    "cursor": "on $surface",
    "dim": "$foreground 70%",
    "good": "$text-success",
    "heading": "bold $text-primary",
    "key": "bold $text-accent",
    "quote": "italic $text-secondary",
    "unread": "bold $text-accent",
}
ANSI_LOOK: Final = LOOK | {
    "cursor": "reverse on ansi_default",
    "dim": "dim ansi_default",
    "heading": "bold ansi_bright_blue",
}
FEW: Final = 200  # items whose heights are all measured

T = TypeVar("T", bound=Item)


class _Drawn(NamedTuple, Generic[T]):
    """A card as drawn: where it was, its item, what else its look depends on, and its rows."""

    place: int
    item: T
    looks: tuple[bool, bool, int]
    strips: list[Strip]


class CardList(Scroller, Generic[T], can_focus=True):
    """A list whose cursor is an item's id, so that it stays on that while others come and go.

    Subclasses implement `draw`. A card may be taller while it is current.
    """

    BINDINGS = bindings("panes")

    class Moved(Message):
        """The cursor has moved to another card; `by_key` if the user moved it in the list."""

        def __init__(self, cards: Widget, id_: str, *, by_key: bool) -> None:
            super().__init__()
            self.cards = cards
            self.id = id_
            self.by_key = by_key

        @property
        def control(self) -> Widget:
            """The list, for `@on` selectors."""
            return self.cards

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.items: list[T] = []
        self.cursor = ""
        self._at_cursor = -1
        self._index_now: dict[str, int] | None = None
        self._tops: list[int] = [0]
        self._lines: list[int] = []  # of each card when it is neither current nor first
        self._heights: dict[str, int] = {}  # of measured cards, as above
        # Of those that are current or first: id, current, first.
        self._special: dict[tuple[str, bool, bool], int] = {}
        self._cards: dict[int, list[Strip]] = {}
        self._styles: dict[str, Style] = {}
        self._drawn_width = 0
        self._by_key = False

    def draw(self, item: T, width: int, *, current: bool) -> list[Line]:
        """Return the lines of a card, at least one; `width` is in cells."""
        raise NotImplementedError

    def guess(self, item: T) -> int:  # noqa: ARG002 - for subclasses
        """Estimate the number of lines of a card that has not been drawn."""
        return 1

    def show(self, items: Sequence[T], changed: Iterable[str] = ()) -> None:
        """Show other items; the cards of `changed` ids look different. See `edit`."""
        self.edit([(0, len(self.items), items)], changed)

    def edit(
        self,
        edits: Sequence[tuple[int, int, Sequence[T]]],
        changed: Iterable[str] = (),
        *,
        keep: bool = False,
    ) -> None:
        """Replace ranges of items; an edit is the first index, how many to remove, what to insert.

        The cards of `changed` ids look different, and others may, too, unless `keep`. The cursor
        stays on its item, or near where that was; the top card stays at the top, unless the cursor
        would leave the screen by that.
        """
        before = [self._painted(y) for y in range(self.size.height)]
        scroll = self.scroll_offset.y
        top = self._at(scroll)
        anchor = self.items[top].id if top < len(self.items) else ""
        shift = scroll - self._tops[top] if self.items else 0
        near = self._at_cursor
        read = self._sees(near)
        changed = {*changed}
        for id_ in changed:
            self._forget(id_)
        drawn = self._drawn_cards(changed) if keep else []
        for at, count, items in edits:
            self.items[at : at + count] = items
            known, guess = self._heights.get, self.guess
            self._lines[at : at + count] = [known(item.id) or guess(item) for item in items]
        self._index_now = None
        self._at_cursor = _moved(near, self.cursor, edits)
        if self._at_cursor < 0:
            self._put_cursor(self._nearest(max(near, 0)))
        self._stack()
        self._keep(drawn, edits)
        now = _moved(top, anchor, edits) if anchor else -1
        if shift >= 0 and now > 0:
            self.scroll_to(y=self._tops[now] + shift, animate=False, immediate=True, force=True)
        self._measure()
        if read and not self._sees(self._at_cursor):
            self._reveal(self._at_cursor)
        if self.scroll_offset.y == scroll:  # scrolling repaints everything
            for y, was in enumerate(before):
                if self.render_line(y) != was:
                    self.refresh(Region(0, y, self.size.width, 1))

    def _drawn_cards(self, changed: set[str]) -> list[_Drawn[T]]:
        """Return the cards on screen that have been drawn and are not `changed`."""
        first, last = self._at(self.scroll_offset.y), self._at(self._bottom)
        seen = (i for i in self._cards if first <= i <= last)
        cards = (_Drawn(i, self.items[i], self._looks(i), self._cards[i]) for i in seen)
        return [card for card in cards if card.item.id and card.item.id not in changed]

    def _keep(
        self, drawn: Iterable[_Drawn[T]], edits: Sequence[tuple[int, int, Sequence[T]]]
    ) -> None:
        """Keep cards as they were drawn before some edits."""
        for card in drawn:
            i = _moved(card.place, card.item.id, edits)
            if i >= 0 and self.items[i] is card.item and self._looks(i) == card.looks:
                self._cards[i] = card.strips

    def _looks(self, i: int) -> tuple[bool, bool, int]:
        """Return what a card's look depends on, besides its item."""
        return self._is_current(i), i == 0, self._drawn_width

    def _sees(self, index: int) -> bool:
        """Return whether some of a card is on screen."""
        if not 0 <= index < len(self.items):
            return False
        return self._tops[index] < self._bottom and self._tops[index + 1] > self.scroll_offset.y

    def touch(self, ids: Iterable[str]) -> None:
        """Draw the cards of these ids again, possibly with other heights."""
        touched = [i for id_ in ids if (i := self._index.get(id_)) is not None]
        before = {i: self._tops[i + 1] - self._tops[i] for i in touched if i + 1 < len(self._tops)}
        for i in touched:
            self._cards.pop(i, None)
            self._forget(self.items[i].id)
        seen = range(self._at(self.scroll_offset.y), self._at(self._bottom) + 1)
        heights = {i: self._exact(i) if i in seen else self._height(i) for i in touched}
        if any(heights[i] != before.get(i) for i in touched):
            self._lay_out()
        else:
            for i in touched:
                self._repaint(i)

    def tick(self) -> None:
        """Draw cards again whose look depends on the time, keeping their heights."""
        first, last = (
            self._at(self.scroll_offset.y),
            self._at(self.scroll_offset.y + self.size.height),
        )
        for i in range(first, min(last + 1, len(self.items))):
            before, now = self._cards.pop(i, None), self._strips(i)
            if len(now) == self._tops[i + 1] - self._tops[i]:
                self._cards[i] = now
                if now != before:
                    self._repaint(i)

    def go(self, id_: str) -> None:
        """Move the cursor to a card and make it visible."""
        if id_ not in self._index:
            return
        if id_ != self.cursor:
            before = self._at_cursor
            self._put_cursor(self._index[id_])
            changed = [i for i in (before, self._at_cursor) if i >= 0]
            if any(self._exact(i) != self._tops[i + 1] - self._tops[i] for i in changed):
                self._lay_out()
            else:
                for i in changed:
                    self._cards.pop(i, None)
                    self._repaint(i)
        self._reveal(self._at_cursor)

    # Textual's side

    def render_line(self, y: int) -> Strip:
        """See Scroller."""
        y += self.scroll_offset.y
        i = self._at(y)
        if i >= len(self.items) or not self._drawn_width:
            return Strip.blank(self.size.width, self.rich_style)
        if i not in self._cards:
            if len(self._cards) > 512:  # several screens
                self._cards.clear()
            self._cards[i] = self._strips(i)
        lines, row = self._cards[i], y - self._tops[i]
        if row >= len(lines):  # it has changed, and will be redrawn soon
            return Strip.blank(self.size.width, self.rich_style)
        return lines[row].crop(0, self.size.width)

    def _painted(self, y: int) -> Strip | None:
        """Return a row as painted last; None if unknown, or if cards may differ."""
        i = self._at(y + self.scroll_offset.y)
        if i < len(self.items) and i not in self._cards:
            return None
        return self.render_line(y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Measure cards that come into view, however that was caused."""
        super().watch_scroll_y(old_value, new_value)
        self._measure()

    def notify_style_update(self) -> None:
        """See Widget."""
        self._styles.clear()
        self._cards.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Measure again: the height of cards depends on the width."""
        if self._drawn_width != self.scrollable_content_region.width:
            self._heights.clear()
            self._special.clear()
            self._lines = [*map(self.guess, self.items)]
            self._lay_out()
        if self._at_cursor >= 0:
            self._reveal(self._at_cursor)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked card."""
        offset = event.get_content_offset(self)
        i = -1 if offset is None else self._at(self.scroll_offset.y + offset.y)
        if 0 <= i < len(self.items):
            self._by_key = True
            self.go(self.items[i].id)
            self._by_key = False

    def on_focus(self) -> None:
        """Highlight the cursor more while focused."""
        self._repaint_cursor()

    def on_blur(self) -> None:
        """See `on_focus`."""
        self._repaint_cursor()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See DOMNode."""
        if action == "run":
            return parameters[0] in self._moves
        return super().check_action(action, parameters)

    def action_run(self, id_: str) -> None:
        """Run a command of the panes."""
        self._by_key = True
        self._moves[id_]()
        self._by_key = False

    @property
    def _moves(self) -> Mapping[str, Callable[[], object]]:
        page = max(self.size.height - 1, 1)
        return {
            "move.down": lambda: self._step(1),
            "move.up": lambda: self._step(-1),
            "move.half-down": lambda: self._page(page // 2),
            "move.half-up": lambda: self._page(-(page // 2)),
            "move.page-down": lambda: self._page(page),
            "move.page-up": lambda: self._page(-page),
            "move.first": lambda: self._land(0, 1),
            "move.last": lambda: self._land(len(self.items) - 1, -1),
        }

    def _step(self, by: int) -> None:
        i = self._at_cursor
        if i < 0:
            return
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        # A card taller than the screen is scrolled to its end before the cursor leaves it.
        if (by > 0 and self._tops[i + 1] > bottom) or (by < 0 and self._tops[i] < top):
            step = max(self.size.height // 2, 1)
            self.scroll_to(y=top + by * step, animate=False, immediate=True, force=True)
        else:
            self._land(i + by, by)

    def _page(self, rows: int) -> None:
        i = self._at_cursor
        if i >= 0:
            target = self._at(min(max(self._tops[i] + rows, 0), self._tops[-1] - 1))
            self._land(
                target if target != i else i + (1 if rows > 0 else -1), 1 if rows > 0 else -1
            )

    def _land(self, i: int, by: int) -> None:
        while 0 <= i < len(self.items) and not self.items[i].id:
            i += by
        if 0 <= i < len(self.items):
            self.go(self.items[i].id)

    @property
    def _index(self) -> dict[str, int]:
        if self._index_now is None:
            self._index_now = {item.id: i for i, item in enumerate(self.items) if item.id}
        return self._index_now

    def _put_cursor(self, i: int) -> None:
        self._at_cursor, self.cursor = i, self.items[i].id if i >= 0 else ""
        self.post_message(self.Moved(self, self.cursor, by_key=self._by_key))

    def _nearest(self, index: int) -> int:
        near = chain(range(index, len(self.items)), reversed(range(min(index, len(self.items)))))
        return next((i for i in near if self.items[i].id), -1)

    @property
    def _bottom(self) -> int:
        return self.scroll_offset.y + self.size.height

    def _at(self, y: int) -> int:
        return max(bisect_right(self._tops, y) - 1, 0)

    def _height(self, i: int) -> int:
        """Return the height of a card, estimated for those far from the screen."""
        item = self.items[i]
        if len(self.items) <= FEW or not item.id:
            return self._exact(i)
        if i in {0, self._at_cursor}:
            return self._special.get((item.id, self._is_current(i), i == 0)) or self.guess(item)
        return self._lines[i]

    def _exact(self, i: int) -> int:
        item, current = self.items[i], self._is_current(i)
        if not item.id:
            return self._drawn(i)
        # A card may look different under the cursor, and at the top, where there is no separator.
        if current or not i:
            key = (item.id, current, i == 0)
            if key not in self._special:
                self._special[key] = self._drawn(i)
            return self._special[key]
        if item.id not in self._heights:
            self._heights[item.id] = self._lines[i] = self._drawn(i)
        return self._heights[item.id]

    def _drawn(self, i: int) -> int:
        width = max(self._drawn_width, 8)
        return len(self.draw(self.items[i], width, current=self._is_current(i)))

    def _forget(self, id_: str) -> None:
        """Note that a card looks different, so its height is unknown."""
        self._heights.pop(id_, None)
        for current in (False, True):
            for first in (False, True):
                self._special.pop((id_, current, first), None)

    def _is_current(self, i: int) -> bool:
        return i == self._at_cursor

    def _lay_out(self) -> None:
        self._stack()
        self._measure()
        self.refresh()

    def _stack(self) -> None:
        """Compute the position of each card."""
        width = self.scrollable_content_region.width
        self._cards.clear()
        self._drawn_width = width
        heights = self._lines
        if len(self.items) <= FEW:
            heights = [*map(self._height, range(len(self.items)))]
        else:  # the same, but faster
            heights = heights.copy()
            for i in {0, max(self._at_cursor, 0)}:
                heights[i] = self._height(i)
        self._tops = [*accumulate(heights, initial=0)]
        self.virtual_size = Size(width, self._tops[-1])

    def _measure(self, y: int | None = None) -> None:
        """Measure the cards on the screen, or within a screen of a row; the top one stays in place."""
        height = self.size.height
        scroll = self.scroll_offset.y
        first = scroll if y is None else y - height
        i, last = self._at(max(first, 0)), (scroll if y is None else y) + height
        at, wrong = self._tops[i], False
        while i < len(self.items) and at < last:
            exact = self._exact(i)
            wrong |= exact != self._tops[i + 1] - self._tops[i]
            at += exact
            i += 1
        if wrong:
            top = self._at(scroll)
            shift = scroll - self._tops[top]
            self._stack()
            self.scroll_to(y=self._tops[top] + shift, animate=False, immediate=True, force=True)
            self.refresh()
            self._measure(y)  # lower cards make room for more

    def _reveal(self, i: int) -> None:
        if not self.size.height or i + 1 >= len(self._tops):
            return
        self._measure(self._tops[i])
        first, last = self._tops[i], self._tops[i + 1]
        top, height = self.scroll_offset.y, self.size.height
        if first < top or last - first > height:
            self.scroll_to(y=first, animate=False, immediate=True, force=True)
        elif last > top + height:
            self.scroll_to(y=last - height, animate=False, immediate=True, force=True)

    def _repaint(self, i: int) -> None:
        if i + 1 < len(self._tops):
            y, height = self._tops[i] - self.scroll_offset.y, self._tops[i + 1] - self._tops[i]
            self.refresh(Region(0, y, self.size.width, height).intersection(self.size.region))

    def _repaint_cursor(self) -> None:
        i = self._at_cursor
        if i >= 0:
            self._cards.pop(i, None)
            self._repaint(i)

    def _strips(self, i: int) -> list[Strip]:
        item, width = self.items[i], self._drawn_width
        current = self._is_current(i)
        lines = self.draw(item, max(width, 8), current=current)
        cursor = "+cursor" if current and self.has_focus else ""
        strips = []
        for line in lines:
            base = cursor if line else ""  # the separator belongs to neither card
            segments = [Segment(text, self._style(name + base)) for text, name in line]
            strips.append(Strip(segments).adjust_cell_length(width, self._style(base)))
        return strips

    def _style(self, names: str) -> Style:
        style = self._styles.get(names)
        if style is None:
            style = self.rich_style
            look = ANSI_LOOK if self.app.native_ansi_color else LOOK
            for name in reversed(names.split("+")):
                if name:
                    style += rich_style(look[name])
            self._styles[names] = style
        return style


def _moved(i: int, id_: str, edits: Sequence[tuple[int, int, Sequence[Item]]]) -> int:
    """Return the index of item `i` after some edits; -1 if it is gone."""
    for at, count, items in edits:
        if at <= i < at + count:
            i = next((at + k for k, item in enumerate(items) if item.id == id_), -1)
        elif i >= at:
            i += len(items) - count
    return i
