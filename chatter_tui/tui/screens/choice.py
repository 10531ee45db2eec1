"""A question answered by one key: delete, quit, filter, reaction, copy."""

from __future__ import annotations

from string import ascii_letters
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.lines import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType


NARROWEST: Final = 32  # cells
# All possible keys of answers, so that they are handled in order with others: see `order`.
KEYS: Final = {**{sign: sign for sign in ascii_letters}, "+": "plus", "-": "minus"}


class ChoiceScreen(Window[str | None]):
    """Dismissed with the key of the answer, or None if cancelled.

    `answers` maps keys to labels. Enter is never an answer, so that nothing is done by habit.
    `live` returns the current answers, for `renew`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", priority=True),
        *(Binding(key, f"answer({sign!r})", priority=True) for sign, key in KEYS.items()),
    ]

    def __init__(
        self,
        question: str,
        answers: Mapping[str, str],
        text: str = "",
        live: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self._question = question
        self._answers = answers
        self._text = text
        self._live = live
        # Created early: `renew` may be called before mounting and after unmounting.
        self._shown = Static(Content("\n").join(self._lines()), id="answers")

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window", classes="-choice") as window:
            title = clip(safe_line(self._question), 60)
            window.border_title = Content(title)
            # Otherwise it would be cut off.
            window.styles.min_width = max(NARROWEST, cell_len(title) + 6)
            window.border_subtitle = Content("Esc back")
            if self._text:
                yield Static(Content(clip(safe_line(self._text), 300)), id="text")
            yield self._shown

    def renew(self) -> None:
        """Update the answers, whose labels may have changed."""
        if self._live is not None and (answers := self._live()) != self._answers:
            self._answers = answers
            self._shown.update(Content("\n").join(self._lines()))

    def _lines(self) -> Iterator[Content]:
        for key, words in self._answers.items():
            yield Content.assemble((f" {key} ", "$text-accent bold"), f" {safe_line(words)}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See DOMNode; only answers are accepted."""
        if action == "answer":
            return parameters[0] in self._answers
        return super().check_action(action, parameters)

    def action_answer(self, key: str) -> None:
        """Dismiss with an answer."""
        self.dismiss(key)
