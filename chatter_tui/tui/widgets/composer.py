"""The composer: a text being written, kept as a draft until it is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from chatter_tui.tui.bindings import bindings, rebind
from chatter_tui.tui.compat import once
from chatter_tui.tui.model.naming import complete
from chatter_tui.tui.order import InOrder, settled
from chatter_tui.tui.text import safe, safe_line
from chatter_tui.tui.widgets.lines import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.events import Paste
    from textual.timer import Timer

    from chatter_tui.tui.keymap import Keymap
    from chatter_tui.tui.model.drafts import Draft
    from chatter_tui.tui.model.naming import Completion
    from chatter_tui.tui.signs import Signs

TYPES: Final = ("comment", "question")
PAUSE: Final = 0.5  # seconds after a key press when the draft is saved


class Composer(InOrder, TextArea):
    """The text being written; its border says what it is."""

    BINDINGS: ClassVar = bindings("composer")

    class Sent(Message):
        """A text is to be sent."""

        def __init__(self, draft: Draft) -> None:
            super().__init__()
            self.draft = draft

    class Paused(Sent):
        """The user pauses, which is a moment to save the text."""

    class Closed(Sent):
        """The composer is to be closed and its text saved."""

    class EditorWanted(Sent):
        """The text is to be written in an editor."""

    def __init__(self, signs: Signs, keymap: Keymap, names: Callable[[], Iterable[str]]) -> None:
        super().__init__(
            id="composer", tab_behavior="focus", soft_wrap=True, highlight_cursor_line=False
        )
        self.cursor_blink = False
        self.draft: Draft | None = None
        self._signs = signs
        self._names = names
        self._takes = f"{keymap.key('composer.type')} takes"
        rebind(self, keymap)
        self._refused: str | None = None  # the text for which the user declined a completion
        self._completion: Completion | None = None
        self._choice = 0
        self._pause: Timer | None = None

    def open(self, draft: Draft, about: str, kind: str = "") -> None:
        """Edit a draft.

        `about` describes what it answers; `kind` overrides the draft's own.
        """
        self.draft = draft
        self._about, self._kind = about, kind or draft.kind
        self.load_text(draft.text)
        self.move_cursor(self.document.end)
        self._label()

    def allow_focus(self) -> bool:
        """See Widget: Textual may ask for the focus later, when the text has been put away."""
        return self.draft is not None and super().allow_focus()

    def take_back(self, draft: Draft) -> None:
        """Continue with a draft that was edited elsewhere, if it is the open one."""
        if self.draft is not None and self.draft.key == draft.key and self.text != draft.text:
            self.load_text(draft.text)
            self.move_cursor(self.document.end)

    def on_resize(self) -> None:
        """Fit what the border says."""
        self._label()

    def take(self) -> Draft | None:
        """Return the draft with the current text."""
        return None if self.draft is None else self.draft.with_text(self.text)

    def get_line(self, line_index: int) -> Text:
        """Return a line for drawing: made safe, while the text itself is kept as written."""
        return Text(safe(self.document.get_line(line_index)), end="", no_wrap=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See DOMNode."""
        if action == "run":
            return str(parameters[0]).startswith("composer.")
        return super().check_action(action, parameters)

    async def action_run(self, id_: str) -> None:
        """Run a command of the composer, once everything typed before has been applied."""
        await settled(self)
        self._look()
        if self._completion is not None and id_ in {"composer.close", "composer.type"}:
            self._take_name(take=id_ == "composer.type")
            return
        if id_ == "composer.send" and self._completion is not None and not self._is_name:
            self._take_name(take=True)
            return
        {
            "composer.send": lambda: self._post(self.Sent),
            "composer.close": lambda: self._post(self.Closed),
            "composer.editor": lambda: self._post(self.EditorWanted),
            "composer.newline": lambda: self.insert("\n"),
            "composer.type": self._next_type,
        }[id_]()
        if id_ in {"composer.send", "composer.close", "composer.editor"}:
            await settled(self.screen)  # which moves the focus, where later keys go

    # Completing names

    @property
    def _is_name(self) -> bool:
        """Return whether a typed mention is a complete name."""
        return self._completion is not None and self._completion.typed in self._completion.names

    def _look(self) -> None:
        """Look for a mention at the cursor, and show the names that fit."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        found = complete(before, self._names) if before != self._refused else None
        if found != self._completion:
            self._completion, self._choice = found, 0
            self._label()

    def _take_name(self, *, take: bool) -> None:
        """Complete the mention with the chosen name, or stop offering names."""
        row, column = self.cursor_location
        if self._completion is not None and take:
            name, typed = self._completion.names[self._choice], self._completion.typed
            self.replace(f"{name} ", (row, column - len(typed)), (row, column))
        else:
            self._refused = self.document.get_line(row)[:column]
        self._completion = None
        self._label()

    def _choose(self, by: int) -> bool:
        self._look()
        if self._completion is None:
            return False
        self._choice = (self._choice + by) % len(self._completion.names)
        self._label()
        return True

    def action_cursor_down(self, select: bool = False) -> None:
        """See TextArea; while completing, move to the next name."""
        if select or not self._choose(1):
            super().action_cursor_down(select)

    def action_cursor_up(self, select: bool = False) -> None:
        """See TextArea; while completing, move to the previous name."""
        if select or not self._choose(-1):
            super().action_cursor_up(select)

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        self._look()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._look()
        if self._pause is not None:
            self._pause.stop()
        self._pause = once(self, PAUSE, lambda: self._post(self.Paused))

    def on_paste(self, event: Paste) -> None:
        """Convert line ends: terminals paste carriage returns. The rest is kept as it is."""
        event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")

    def _post(self, message: type[Sent]) -> None:
        if (draft := self.take()) is not None:
            self.screen.post_message(message(draft))

    def _next_type(self) -> None:
        if self.draft is not None and self.draft.kind == "comment":
            index = TYPES.index(self.draft.type) if self.draft.type in TYPES else -1
            self.draft = replace(self.draft, type=TYPES[(index + 1) % len(TYPES)])
            self._label()

    def _label(self) -> None:
        if self.draft is None:
            return
        width = max(self.app.size.width - 8, 10)
        kind = self.draft.type if self.draft.kind == "comment" else self._kind
        title = safe_line(f"{kind.capitalize()} {self._about}")
        # The quoted text is cut, and the closing quote kept.
        if cell_len(title) > width and title.endswith("”"):
            title = clip(title[:-1], width - 1, self._signs.ellipsis) + "”"
        self.border_title = Content(clip(title, width, self._signs.ellipsis))
        if self._completion is not None:
            names = (
                Content.styled(f"[{name}]", "bold reverse") if i == self._choice else Content(name)
                for i, name in enumerate(map(safe_line, self._completion.names))
            )
            content = Content(" ").join([Content(self._takes), *names])
            # The border's own style says what is wrong.
            content = content.stylize_before("$text-accent")
            self.border_subtitle = content
            return
        problem = f"{self._signs.rejected} {self.draft.problem}" if self.draft.problem else ""
        self.border_subtitle = Content(clip(safe_line(problem), width, self._signs.ellipsis))
