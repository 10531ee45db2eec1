"""The document pane: a Markdown text to read and select, with the marks of its threads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from rich.color import Color, ColorParseError
from textual.strip import Strip

from chatter_tui.tui.document import motion
from chatter_tui.tui.document.annotations import Annotations
from chatter_tui.tui.document.changed import changed
from chatter_tui.tui.document.highlight import learn
from chatter_tui.tui.document.keys import BINDINGS
from chatter_tui.tui.document.layout import NOTHING
from chatter_tui.tui.document.look import ANSI_LOOK, CSS, LOOK
from chatter_tui.tui.document.paint import GUTTER, MARGIN, Layer, Overlay, Painter
from chatter_tui.tui.document.pointer import PointerView
from chatter_tui.tui.document.runs import Row, Run
from chatter_tui.tui.document.selection import Selection
from chatter_tui.tui.document.shift import Shift
from chatter_tui.tui.document.viewport import CONTEXT
from chatter_tui.tui.looks import rich_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.binding import BindingType

    from chatter_tui.markdown import Markdown
    from chatter_tui.tui.document.leaves import Leaf
    from chatter_tui.tui.document.marks import Mark
    from chatter_tui.tui.document.motion import Motion


EMPTY: Final = Row((Run("The document is empty.", kind="html"),))


class DocumentView(PointerView, can_focus=True):
    """A document with a cursor; all positions are offsets into its canonical text.

    `show` a text, `mark` it, and listen to `CursorMoved` and `SelectionChanged`. With `ascii`, it
    is drawn with ASCII characters only.
    """

    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS

    def __init__(
        self,
        *,
        ascii: bool | None = None,  # noqa: A002 - the option's name everywhere
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii=ascii, name=name, id=id, classes=classes)
        self._annotations = Annotations()
        self._painter_now: Painter | None = None
        self._learning: set[str] = set()
        self._is_named = False

    # --- what is shown --------------------------------------------------------------------------

    def show(self, document: Markdown, leaves: Sequence[Leaf] = (), *, grows: bool = False) -> None:
        """Show a document; cursor, selection and scroll position stay with their text.

        `leaves` are its leaves, if known. Differences are marked until `seen` or the next change,
        unless the document only `grows` while it is being loaded.
        """
        stays = self._has_cursor()
        old, self.document, self._leaves = self.document.text, document, leaves
        shift = Shift(old, document.text)
        if old != document.text:
            self._annotations.changed(changed(shift) if old and not grows else ())
        self.cursor, self._top = shift(self.cursor), shift(self._top)
        if self._selecting is not None:
            start, end = self._selecting.anchor
            self._selecting = Selection(self._selecting.mode, (shift(start), shift(end)))
        self._lay_out(shift)
        if stays:  # changes above may have pushed it out of view
            self._show_cursor()

    def named(self, name: str) -> None:
        """Note the name of the document: from then on, no text is an empty one."""
        if bool(name) != self._is_named:
            self._is_named = bool(name)
            self.refresh()

    def seen(self) -> None:
        """Remove the marks of changes."""
        self._annotate(lambda: self._annotations.changed(()))

    def mark(self, marks: Iterable[Mark]) -> None:
        """Replace all marks."""
        self._annotate(lambda: self._annotations.mark(marks))

    def remark(self, marks: Mapping[str, Mark | None]) -> None:
        """Replace some marks, by id; None removes one."""
        news = self._annotations.news(marks)
        if news:
            self._annotate(lambda: self._annotations.remark(news))

    def marks_at(self, offset: int) -> list[Mark]:
        """Return the marks that cover an offset, ordered by their start."""
        return self._annotations.marks_at(offset)

    def current(self, id: str | None) -> None:  # noqa: A002 - the mark's field
        """Make the mark with this id the current one."""

        def change() -> None:
            self._annotations.current = id

        if id != self._annotations.current:
            self._annotate(change)

    def others(self, positions: Mapping[str, tuple[int, str]]) -> None:
        """Show where others are: name -> (offset, colour); an unknown colour means none."""
        plain = self.app.native_ansi_color
        checked = {
            name: (offset, "" if plain else _color(color))
            for name, (offset, color) in positions.items()
        }

        def change() -> None:
            self._annotations.others = checked

        if checked != self._annotations.others:
            self._annotate(change)

    # --- actions --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `e` and Escape to the application while nothing is being selected."""
        if action == "deselect" or parameters == ("word_end",):
            return self._selecting is not None
        return super().check_action(action, parameters)

    def action_down(self) -> None:
        """Move one row down."""
        self._rows(1)

    def action_up(self) -> None:
        """Move one row up."""
        self._rows(-1)

    def action_half_down(self) -> None:
        """Move half a screen down."""
        self._page(max(self.size.height // 2, 1))

    def action_half_up(self) -> None:
        """Move half a screen up."""
        self._page(-max(self.size.height // 2, 1))

    def action_page_down(self) -> None:
        """Move a screen down, keeping two rows visible."""
        self._page(max(self.size.height - CONTEXT, 1))

    def action_page_up(self) -> None:
        """Move a screen up, keeping two rows visible."""
        self._page(-max(self.size.height - CONTEXT, 1))

    def action_first(self) -> None:
        """Move to the first character."""
        self._go(0)
        self._to_top()

    def action_last(self) -> None:
        """Move to the last row."""
        self._go(motion.row_start(self._layout, len(self.document.text)))

    def action_block_next(self) -> None:
        """Move to the next leaf block."""
        self._go(motion.next_block(self._layout, self.cursor))

    def action_block_previous(self) -> None:
        """Move to the start of this leaf block, or to the previous one."""
        self._go(motion.previous_block(self._layout, self.cursor))

    def action_move(self, name: str) -> None:
        """Move along the text by one of the motions."""
        # A selection grows by whole words, without the first letter of the next one.
        if name == "next_word" and self._selecting is not None:
            name = "word_end"
        self._go(_MOTIONS[name](self._layout, self.cursor))

    def action_select_words(self) -> None:
        """Select the word at the cursor and start extending; if selecting, deselect."""
        if self._selecting is not None and self._selecting.mode == "text":
            self.deselect()
            return
        anchor = motion.word(self._layout, self.cursor)
        self._change(max(anchor[1] - 1, anchor[0]), Selection("text", anchor))

    def action_select_blocks(self) -> None:
        """Select the leaf block at the cursor and start extending; if selecting, deselect."""
        if self._selecting is not None and self._selecting.mode == "block":
            self.deselect()
            return
        self._change(self.cursor, Selection("block", self.block))

    def action_deselect(self) -> None:
        """Clear the selection."""
        self.deselect()

    def action_source(self) -> None:
        """Switch between the rendered document and its source."""
        self.raw = not self.raw
        self._lay_out()
        self._show_cursor()

    # --- painting -------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Drop styles of the previous theme."""
        self._painter_now = None
        super().notify_style_update()

    @property
    def _painter(self) -> Painter:
        if self._painter_now is None:
            look = ANSI_LOOK if self.app.native_ansi_color else LOOK
            self._painter_now = Painter(
                lambda kind: rich_style(look[kind]), self.rich_style, self.glyphs
            )
        return self._painter_now

    def _overlay(self, y: int) -> Overlay:
        place = self._layout.place(y)
        overlay = self._annotations.overlay(self._layout, place)
        found = self._layout.find(self.cursor)
        layers = [*self._layout.colours(place), *overlay.layers]
        self._learn()
        if selection := self.selection:
            layers.append(Layer(*selection, "selection"))
        if found is None or found[0] != place:
            return overlay._replace(layers=layers)
        if self.has_focus:
            layers.append(Layer(*motion.span(self._layout, self.cursor), "cursor"))
        return overlay._replace(cursor=True, layers=layers)

    def _learn(self) -> None:
        """Learn the languages on screen in the background, and repaint their code."""

        async def learn_all(languages: Iterable[str]) -> None:
            for language in languages:
                await asyncio.to_thread(learn, language)
            for y in self._visible:
                if any(self._layout.colours(self._layout.place(y))):
                    self.refresh_line(y)

        if unknown := self._layout.unknown - self._learning:
            self._learning |= unknown
            self.run_worker(learn_all(unknown))

    def render_line(self, y: int) -> Strip:
        """Paint a row of the screen."""
        y += self.scroll_offset.y
        width = self.size.width
        if not 0 <= y < self._layout.height or width <= GUTTER + MARGIN:
            return Strip.blank(width, self.rich_style)
        text = self.document.text  # long, so it is not copied for each row
        if self._is_named and (not text or text.isspace()):
            return self._painter.strip(EMPTY if not y else NOTHING, Overlay(), width)
        return self._painter.strip(self._layout.row(y), self._overlay(y), width)

    def _change(self, offset: int, selecting: Selection | None, *, far: bool = False) -> None:
        """See CursorView; while selecting, other marks are dimmed."""
        is_selecting = selecting is not None

        def change() -> None:
            self._annotations.selecting = is_selecting

        if is_selecting != self._annotations.selecting:
            self._annotate(change)
        super()._change(offset, selecting, far=far)

    def _annotate(self, change: Callable[[], None]) -> None:
        """Change annotations and repaint the affected rows."""
        places = [(y, self._layout.place(y)) for y in self._visible]
        before = [self._annotations.overlay(self._layout, place) for _, place in places]
        change()
        for (y, place), was in zip(places, before, strict=True):
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
    """Return a peer's colour if it is valid, else an empty string."""
    try:
        return Color.parse(name).name
    except ColorParseError:
        return ""
