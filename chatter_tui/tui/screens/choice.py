"""A question answered by one key: delete, quit, filter, reaction, what to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.lines import clip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.events import Key


class ChoiceScreen(ModalScreen[str | None]):
    """Ends with the key of the answer, None when backed out of.

    `answers` maps a key to its words; no answer is given by Enter, so that nothing is done by habit.
    """

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, answers: Mapping[str, str], text: str = "") -> None:
        super().__init__()
        self._question = question
        self._answers = answers
        self._text = text

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window", classes="-choice") as window:
            window.border_title = Content(clip(safe_line(self._question), 60))
            window.border_subtitle = Content("Esc back")
            if self._text:
                yield Static(Content(clip(safe_line(self._text), 300)), id="text")
            lines = (
                Content.assemble((f" {key} ", "$text-accent bold"), f" {safe_line(words)}")
                for key, words in self._answers.items()
            )
            yield Static(Content("\n").join(lines))

    def on_key(self, event: Key) -> None:
        """Take an answer; other keys do nothing."""
        if event.character in self._answers:
            event.stop()
            self.dismiss(event.character)
