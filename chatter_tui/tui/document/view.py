"""The document pane: a Markdown text to read and select from, with the marks of its threads."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.color import Color, ColorParseError
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatter_tui.markdown import Markdown
from chatter_tui.tui.document import motion
from chatter_tui.tui.document.annotations import Annotations
from chatter_tui.tui.document.glyphs import ASCII, UNICODE
from chatter_tui.tui.document.layout import Layout, Place
from chatter_tui.tui.document.paint import GUTTER, MARGIN, Layer, Painter
from chatter_tui.tui.document.selection import Selection, block_span
from chatter_tui.tui.document.shift import shifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual import events

    from chatter_tui.tui.document.marks import Mark
    from chatter_tui.tui.document.motion import Motion
    from chatter_tui.tui.document.paint import Overlay

# What is parsed before the first screen of a long text; the rest follows from a thread.
FIRST_LENGTH: Final = 30_000
# Rows measured beyond the screen, so that few key presses change the height of the whole.
AHEAD: Final = 200
# Rows kept visible above and below the cursor.
CONTEXT: Final = 2


class DocumentView(ScrollView, can_focus=True):
    """A document with a cursor; all positions are offsets into its canonical text.

    Widget for one reader: `show` or `load` a text, `mark` it, and listen to `CursorMoved` and
    `SelectionChanged`. With `ascii` it is drawn with ASCII signs only.
    """

    DEFAULT_CSS = """
    DocumentView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 0;
        & > .document--cursor-line { background: $surface; }
        & > .document--cursor { text-style: reverse underline; }
        & > .document--selection { background: $primary-muted; text-style: bold; }
        & > .document--heading { color: $text-primary; text-style: bold; }
        & > .document--table-head { text-style: bold; }
        & > .document--emphasis { text-style: italic; }
        & > .document--strong { text-style: bold; }
        & > .document--strike { text-style: strike; }
        & > .document--marker { color: $text-accent; }
        & > .document--quote, & > .document--table, & > .document--rule { color: $secondary; }
        & > .document--inline-code { color: $text-warning; background: $surface; }
        & > .document--code { background: $surface; }
        & > .document--html { color: $foreground-muted; }
        & > .document--image { color: $text-accent; text-style: italic; }
        & > .document--link { color: $text-accent; text-style: underline; }
        & > .document--mark-open { background: $warning-muted; text-style: bold underline; }
        & > .document--mark-suggestion { background: $success-muted; text-style: bold underline; }
        & > .document--mark-orphan { text-style: underline; }
        & > .document--mark-resolved { text-style: underline; }
        & > .document--mark-current { text-style: bold reverse; }
        & > .document--gutter { color: $text-accent; text-style: bold; }
        & > .document--gutter-open { color: $text-warning; }
        & > .document--gutter-suggestion { color: $text-success; }
        & > .document--gutter-orphan { color: $text-error; }
        & > .document--gutter-resolved { color: $foreground-muted; }
        & > .document--gutter-current { color: $text-warning; text-style: bold reverse; }
        & > .document--other { color: $text-success; text-style: bold; }
        & > .document--syntax-comment { color: $foreground-muted; text-style: italic; }
        & > .document--syntax-keyword { color: $text-primary; text-style: bold; }
        & > .document--syntax-string { color: $text-success; }
        & > .document--syntax-number { color: $text-accent; }
        & > .document--syntax-name { color: $text-warning; }
    }
    DocumentView:ansi {
        & > .document--selection { background: ansi_default; text-style: reverse; }
        & > .document--mark-open, & > .document--mark-suggestion { background: ansi_default; }
        & > .document--html, & > .document--syntax-comment { color: ansi_default; }
        & > .document--gutter-resolved { color: ansi_default; }
    }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"document--{kind}"
        for kind in (
            *("cursor-line", "cursor", "selection", "heading", "table-head", "marker", "quote"),
            *(
                "emphasis",
                "strong",
                "strike",
                "table",
                "rule",
                "inline-code",
                "code",
                "html",
                "image",
                "link",
                "other",
            ),
            *("mark-open", "mark-suggestion", "mark-orphan", "mark-resolved", "mark-current"),
            *("gutter", "gutter-open", "gutter-suggestion", "gutter-orphan"),
            *("gutter-resolved", "gutter-current", "syntax-comment", "syntax-keyword"),
            *("syntax-string", "syntax-number", "syntax-name"),
        )
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "down", "Down", id="move.down", show=False),
        Binding("k,up", "up", "Up", id="move.up", show=False),
        Binding("ctrl+d", "half_down", "Half a page down", id="move.half-down", show=False),
        Binding("ctrl+u", "half_up", "Half a page up", id="move.half-up", show=False),
        Binding("pagedown", "page_down", "Page down", id="move.page-down", show=False),
        Binding("pageup", "page_up", "Page up", id="move.page-up", show=False),
        Binding("g,home", "first", "First", id="move.first", show=False),
        Binding("G,end", "last", "Last", id="move.last", show=False),
        Binding("J", "block_next", "Next block", id="block.next", show=False),
        Binding("K", "block_previous", "Previous block", id="block.previous", show=False),
        Binding("v", "select_words", "Select text", id="select.words", show=False),
        Binding("V", "select_blocks", "Select blocks", id="select.blocks", show=False),
        Binding("S", "source", "Markdown source", id="view.source", show=False),
        Binding("l,right", "move('right')", "Right", show=False),
        Binding("h,left", "move('left')", "Left", show=False),
        Binding("w", "move('next_word')", "Next word", show=False),
        Binding("b", "move('previous_word')", "Previous word", show=False),
        Binding("e", "move('word_end')", "End of word", show=False),
        Binding("0", "move('row_start')", "Start of row", show=False),
        Binding("dollar_sign", "move('row_end')", "End of row", show=False),
        Binding("escape", "deselect", "Deselect", show=False),
    ]

    @dataclass
    class CursorMoved(Message):
        """The cursor is at another offset."""

        view: DocumentView
        offset: int

        @property
        def control(self) -> DocumentView:
            """The view, for `on`."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, DocumentView.CursorMoved)

    @dataclass
    class SelectionChanged(Message):
        """The selection is another source span, or none."""

        view: DocumentView
        selection: tuple[int, int] | None

        @property
        def control(self) -> DocumentView:
            """The view, for `on`."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Only what is selected now matters."""
            return isinstance(message, DocumentView.SelectionChanged)

    ascii: bool = False

    def __init__(
        self,
        *,
        ascii: bool | None = None,  # noqa: A002 - the option's name everywhere
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        if ascii is not None:
            self.ascii = ascii
        self.document = Markdown("")
        self.cursor = 0
        self.raw = False
        self._column = 0
        self._top = 0  # the offset that is to stay at the top of the screen
        self._selecting: Selection | None = None
        self._annotations = Annotations()
        self._layout = Layout(self.document, 1, UNICODE, raw=False)
        self._cached_painter: Painter | None = None

    # --- what is shown --------------------------------------------------------------------------

    def load(self, text: str) -> None:
        """Show a canonical text soon: its beginning at once, the rest when it has been parsed."""
        if len(text) <= FIRST_LENGTH:
            self.show(Markdown(text))
            return
        if self.document.text[:FIRST_LENGTH] != text[:FIRST_LENGTH]:
            self.show(Markdown(text[: text.rfind("\n", 0, FIRST_LENGTH) + 1]))
        self.run_worker(lambda: self._parse(text), thread=True, exclusive=True, group="parse")

    def _parse(self, text: str) -> None:
        document = Markdown(text)
        self.app.call_from_thread(self._parsed, document)

    def _parsed(self, document: Markdown) -> None:
        self.show(document)
        gc.freeze()  # a long document is many objects that only ever go all together

    def show(self, document: Markdown) -> None:
        """Show a document; cursor, selection and top stay at the text they are at."""
        old, self.document = self.document.text, document
        self.cursor = shifted(self.cursor, old, document.text)
        self._top = shifted(self._top, old, document.text)
        if self._selecting is not None:
            start, end = self._selecting.anchor
            anchor = shifted(start, old, document.text), shifted(end, old, document.text)
            self._selecting = Selection(self._selecting.mode, anchor)
        self._lay_out()

    def mark(self, marks: Iterable[Mark]) -> None:
        """Replace all marks."""
        self._annotate(lambda: self._annotations.mark(marks))

    def current(self, id: str | None) -> None:  # noqa: A002 - the mark's field
        """Make the mark with this id the current one."""

        def change() -> None:
            self._annotations.current = id

        self._annotate(change)

    def others(self, positions: Mapping[str, tuple[int, str]]) -> None:
        """Show where others are: name -> (offset, colour); an unknown colour is none."""
        plain = self.app.native_ansi_color
        checked = {
            name: (offset, "" if plain else _color(color))
            for name, (offset, color) in positions.items()
        }
        self._annotate(lambda: self._annotations.others(checked))

    @property
    def selection(self) -> tuple[int, int] | None:
        """The selected source span."""
        if self._selecting is None:
            return None
        start, end = self._selecting.span(self._layout, self.cursor)
        return start, min(end, len(self.document.text))

    @property
    def block(self) -> tuple[int, int]:
        """The source span of the leaf block at the cursor: a paragraph, an item, a heading."""
        return block_span(self._layout, self.cursor)

    def reveal(self, offset: int) -> None:
        """Bring an offset into view, a third from the top if it was not, and the cursor there."""
        self._go(offset, far=True)

    # --- actions --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `e` and Escape to the application while nothing is being selected."""
        if action == "deselect" or parameters == ("word_end",):
            return self._selecting is not None
        return super().check_action(action, parameters)

    def action_down(self) -> None:
        """One row down."""
        self._rows(1)

    def action_up(self) -> None:
        """One row up."""
        self._rows(-1)

    def action_half_down(self) -> None:
        """Half a screen down."""
        self._page(max(self.size.height // 2, 1))

    def action_half_up(self) -> None:
        """Half a screen up."""
        self._page(-max(self.size.height // 2, 1))

    def action_page_down(self) -> None:
        """A screen down, two rows of which stay visible."""
        self._page(max(self.size.height - CONTEXT, 1))

    def action_page_up(self) -> None:
        """A screen up, two rows of which stay visible."""
        self._page(-max(self.size.height - CONTEXT, 1))

    def action_first(self) -> None:
        """To the first character."""
        self._go(0)
        self._to_top()

    def action_last(self) -> None:
        """To the last row."""
        self._go(motion.row_start(self._layout, len(self.document.text)))

    def action_block_next(self) -> None:
        """To the next leaf block."""
        self._go(motion.next_block(self._layout, self.cursor))

    def action_block_previous(self) -> None:
        """To the start of this leaf block, or to the one before."""
        self._go(motion.previous_block(self._layout, self.cursor))

    def action_move(self, name: str) -> None:
        """Along the text, by one of the motions."""
        self._go(_MOTIONS[name](self._layout, self.cursor))

    def action_select_words(self) -> None:
        """Select the word at the cursor, to extend it; again to deselect."""
        if self._selecting is not None and self._selecting.mode == "text":
            self.deselect()
            return
        anchor = motion.word(self._layout, self.cursor)
        self._select(Selection("text", anchor), max(anchor[1] - 1, anchor[0]))

    def action_select_blocks(self) -> None:
        """Select the leaf block at the cursor, to extend it; again to deselect."""
        if self._selecting is not None and self._selecting.mode == "block":
            self.deselect()
            return
        self._select(Selection("block", self.block), self.cursor)

    def action_deselect(self) -> None:
        """Give up the selection."""
        self.deselect()

    def deselect(self) -> None:
        """Select nothing."""
        self._select(None, self.cursor)

    def action_source(self) -> None:
        """Show the source instead of the rendered document, or the other way round."""
        self.raw = not self.raw
        self._lay_out()

    # --- moving ---------------------------------------------------------------------------------

    def _rows(self, count: int) -> None:
        column = self._column
        target = motion.rows(self._layout, self.cursor, count, column)
        self._go(target)
        self._column = column
        if count < 0 and target == motion.rows(self._layout, target, -1, column):
            self._to_top()

    def _page(self, count: int) -> None:
        """Scroll, and take the cursor along by as many rows; to the very end when there."""
        self._measure(self.scroll_offset.y + min(count, 0), abs(count))
        column = self._column
        place = self._layout.find(self.cursor)
        y = self._layout.y(place[0]) if place else 0
        self._scroll(count)
        self._measure(y + count, 1)
        offset = self._nearest(y + count, 1 if count > 0 else -1, column)
        if offset is not None:
            self._go(offset)
            self._column = column

    def _nearest(self, y: int, step: int, column: int) -> int | None:
        """Return the offset at a column of the nearest row with text, `step` side first."""
        y = min(max(y, 0), self._layout.height - 1)
        for direction in (step, -step):
            at = y
            while 0 <= at < self._layout.height:
                offset = self._layout.row(at).offset(column)
                if offset is not None:
                    return offset
                at += direction
                self._measure(at, 1)
        return None

    def _select(self, selection: Selection | None, cursor: int) -> None:
        before = self.selection
        self._selecting = selection
        self._go(cursor, before=before)

    _UNCHANGED: ClassVar[tuple[int, int]] = (-1, -1)

    def _go(
        self, offset: int, *, far: bool = False, before: tuple[int, int] | None = _UNCHANGED
    ) -> None:
        """Put the cursor somewhere, and repaint and tell what that changes."""
        selected = self.selection if before == self._UNCHANGED else before
        touched = [self.cursor, *(selected or ())]
        moved, self.cursor = offset != self.cursor, max(min(offset, len(self.document.text)), 0)
        found = self._layout.find(self.cursor)
        if found is not None:
            self._column = found[1]
            self._reveal(found[0], far=far)
        self._refresh_rows([*touched, self.cursor, *(self.selection or ())], selected)
        if moved:
            self.post_message(self.CursorMoved(self, self.cursor))
        if selected != self.selection:
            self.post_message(self.SelectionChanged(self, self.selection))

    def _refresh_rows(self, offsets: list[int], selected: tuple[int, int] | None) -> None:
        rows = {self._layout.y(found[0]) for at in offsets if (found := self._layout.find(at))}
        if rows and (selected or self.selection):
            rows = set(range(min(rows), max(rows) + 1))
        top = self.scroll_offset.y
        for y in rows:
            if top <= y < top + self.size.height:
                self.refresh_line(y)

    def _reveal(self, place: Place, *, far: bool) -> None:
        """Scroll so that a row is visible, with some context around."""
        height = self.size.height
        self._measure_around(place)
        y, top = self._layout.y(place), self.scroll_offset.y
        context = min(CONTEXT, (height - 1) // 2)
        if far and not top <= y < top + height:
            self._scroll(y - height // 3 - top)
        elif y < top + context:
            self._scroll(y - context - top)
        elif y >= top + height - context:
            self._scroll(y - height + 1 + context - top)

    # --- rows and where they are ----------------------------------------------------------------

    def _lay_out(self) -> None:
        """Make the layout anew for the document, the width and the mode."""
        width = self.size.width - GUTTER - MARGIN
        if width <= 0:
            return
        glyphs = ASCII if self.ascii else UNICODE
        self._layout = Layout(self.document, width, glyphs, raw=self.raw)
        self._cached_painter = None
        found = self._layout.find(self._top)
        place = found[0] if found else Place(0, 0)
        self._measure_around(place)
        y = self._layout.y(place) if self._top else 0
        self._set_height()
        self.scroll_to(y=y, animate=False, immediate=True)
        self.refresh()

    def _measure_around(self, place: Place) -> None:
        """Make the heights around a place exact, keeping the text at the top where it is."""
        y = self._layout.y(place)
        self._measure(y - self.size.height, self.size.height)
        self._measure(self._layout.y(place), self.size.height)

    def _measure(self, y: int, count: int, keep: int | None = None) -> None:
        """Make the heights of some rows exact; the row `keep` stays where it is on the screen.

        That is the top one unless given.
        """
        keep = self.scroll_offset.y if keep is None else keep
        place = self._layout.place(keep)
        if not self._layout.measure(max(y, 0), y + count):
            return
        self._layout.measure(max(y, 0), y + count + AHEAD)
        self._set_height()
        self._scroll(self._layout.y(place) - keep)

    def _set_height(self) -> None:
        self.virtual_size = Size(self.size.width, self._layout.height)

    def _scroll(self, count: int) -> None:
        """Scroll by rows; the caller has measured them if it matters."""
        if count:
            self.scroll_to(y=self.scroll_offset.y + count, animate=False, immediate=True)

    def _to_top(self) -> None:
        self._measure(0, self.size.height)
        self._scroll(-self.scroll_offset.y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Measure what comes into view, whoever scrolled."""
        super().watch_scroll_y(old_value, new_value)
        old, new = round(old_value), round(new_value)
        near = new < old <= new + self.size.height
        self._measure(new, self.size.height, keep=old if near else new)
        self._keep_top()

    def _keep_top(self) -> None:
        """Remember which text is at the top, unless that is known."""
        for y in range(self.scroll_offset.y, self.scroll_offset.y + self.size.height):
            reach = self._layout.reach(self._layout.place(y))
            if reach is not None:
                if not reach[0] <= self._top < reach[1]:
                    self._top = reach[0]
                return

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new width."""
        if event.size.width != self._layout.width + GUTTER + MARGIN:
            self._lay_out()
        else:
            self._measure(self.scroll_offset.y, self.size.height)

    # --- painting -------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        self._cached_painter = None
        super().notify_style_update()

    @property
    def _painter(self) -> Painter:
        if self._cached_painter is None:
            self._cached_painter = Painter(
                lambda kind: self.get_component_rich_style(f"document--{kind}", partial=True),
                self.rich_style,
                ASCII if self.ascii else UNICODE,
            )
        return self._cached_painter

    def _overlay(self, y: int) -> Overlay:
        place = self._layout.place(y)
        overlay = self._annotations.overlay(self._layout, place)
        found = self._layout.find(self.cursor)
        layers = list(overlay.layers)
        if selection := self.selection:
            layers.append(Layer(*selection, "selection"))
        if found is None or found[0] != place:
            return overlay._replace(layers=layers)
        if self.has_focus:
            layers.append(Layer(*motion.span(self._layout, self.cursor), "cursor"))
        return overlay._replace(cursor=True, layers=layers)

    def render_line(self, y: int) -> Strip:
        """Paint one row of the screen."""
        y += self.scroll_offset.y
        width = self.size.width
        if not 0 <= y < self._layout.height or width <= GUTTER + MARGIN:
            return Strip.blank(width, self.rich_style)
        return self._painter.strip(self._layout.row(y), self._overlay(y), width)

    def _annotate(self, change: Callable[[], None]) -> None:
        """Change annotations and repaint the rows that look different then."""
        top = self.scroll_offset.y
        visible = range(top, min(top + self.size.height, self._layout.height))
        places = [self._layout.place(y) for y in visible]
        before = [self._annotations.overlay(self._layout, place) for place in places]
        change()
        for y, place, was in zip(visible, places, before, strict=True):
            if self._annotations.overlay(self._layout, place) != was:
                self.refresh_line(y)


_MOTIONS: Final[Mapping[str, Motion]] = {
    "right": motion.right,
    "left": motion.left,
    "next_word": motion.next_word,
    "previous_word": motion.previous_word,
    "word_end": motion.word_end,
    "row_start": motion.row_start,
    "row_end": motion.row_end,
}


def _color(name: str) -> str:
    """Return a colour that somebody chose, if it is one."""
    try:
        return Color.parse(name).name
    except ColorParseError:
        return ""
