"""Preview of a suggestion: its change in place, and whether it applies."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.tui.bindings import rebind
from chatter_tui.tui.commands import DECIDERS
from chatter_tui.tui.model.drafts import reason_of
from chatter_tui.tui.model.rights import reject_refusal
from chatter_tui.tui.model.suggestions import explained, word_diff
from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.text import safe, safe_line
from chatter_tui.tui.widgets.lines import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.suggestions import Fit
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.suggestions import Piece
    from chatter_tui.tui.workspace import Workspace

CONTEXT: Final = 120  # characters of the document on either side
STYLES: Final = {"same": "", "gone": "$text-error strike", "new": "$text-success bold underline"}
# As in `wdiff`, since colours and strikethrough are not available everywhere.
BRACKETS: Final = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
STATES: Final = {
    "applies": "$text-success",
    "moved": "$text-warning",
    "done": "$text-success",
    "stale": "$text-error",
    "overlaps": "$text-warning",
}


class PreviewScreen(Window[str | None]):
    """Shows the change of a suggestion; dismissed with the command to decide on it, or None.

    The key that opened it also closes it.
    """

    BINDINGS: ClassVar = [
        Binding("escape,q", "dismiss(None)", "Close", priority=True),
        Binding("d", "dismiss(None)", id="suggestion.preview", priority=True),
        Binding("a", "dismiss('suggestion.accept')", id="suggestion.accept", priority=True),
        Binding("x", "dismiss('suggestion.reject')", id="suggestion.reject", priority=True),
        Binding("j,down", "scroll(1)", priority=True),
        Binding("k,up", "scroll(-1)", priority=True),
        Binding("pagedown,ctrl+d,space", "scroll(10)", priority=True),
        Binding("pageup,ctrl+u", "scroll(-10)", priority=True),
    ]

    def __init__(self, work: Workspace, thread: Thread, shown: Fit) -> None:
        super().__init__()
        self._model = work.model
        self._block = thread.block
        self._fit = shown
        self._signs = work.signs
        self._key = work.keymap.key
        rebind(self, work.keymap)

    def compose(self) -> ComposeResult:
        """See Screen."""
        author = self._block.author or "somebody"
        with Vertical(id="window", classes="-preview") as window:
            window.border_title = Content(clip(safe_line(f"Suggestion by {author}"), 60))
            window.border_subtitle = Content(self._keys)
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n\n").join(self._paragraphs()))

    def action_scroll(self, rows: int) -> None:
        """Scroll to what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    @property
    def _keys(self) -> str:
        if decision_of(self._block) is not None or self._block.status == "resolved":
            return "j/k scroll · Esc"
        model, keys = self._model, list[str]()
        if model.role in DECIDERS and self._fit.state != "stale":
            keys.append(f"{self._key('suggestion.accept')} accept")
        if reject_refusal(model, self._block) is None:
            what = "withdraw" if model.is_mine(self._block) else "reject"
            keys.append(f"{self._key('suggestion.reject')} {what}")
        return " · ".join([*keys, "j/k scroll", "Esc"])

    def _paragraphs(self) -> Iterator[Content]:
        decision, state = decision_of(self._block), self._fit.state
        if decision is not None:
            words = safe_line(f"{decision.outcome} by {decision.by or 'somebody'}")
            yield Content.assemble((clip(words, 200, self._signs.ellipsis), "bold"))
        else:
            words = safe_line(f": {explained(self._model, self._fit)}")
            words = clip(words, 200, self._signs.ellipsis)
            yield Content.assemble((state, f"{STATES[state]} bold"), words)
        if reason := reason_of(self._block):
            yield Content(safe(reason))
        yield self._change(self._block)

    def _change(self, block: Block) -> Content:
        assert block.suggestion is not None, "it is a suggestion's preview"
        pieces = word_diff(block.suggestion.original, block.suggestion.replacement)
        before, after = self._around()
        return Content.assemble(
            (safe(before), "$foreground 70%"),
            *map(_marked, pieces),
            (safe(after), "$foreground 70%"),
        )

    def _around(self) -> tuple[str, str]:
        """Return the text on both sides in the same Markdown block, in whole words."""
        if self._fit.span is None:
            return "", ""
        (start, end), document = self._fit.span, self._model.document
        first = max((b.start for b in document.blocks if b.start <= start), default=0)
        last = min((b.end for b in document.blocks if b.end >= end), default=end)
        before, after = document.text[first:start], document.text[end:last]
        if len(before) > CONTEXT:
            before = self._signs.ellipsis + before[-CONTEXT:].partition(" ")[2]
        if len(after) > CONTEXT:
            after = after[:CONTEXT].rpartition(" ")[0] + self._signs.ellipsis
        return before, after


def _marked(piece: Piece) -> tuple[str, str]:
    opening, closing = BRACKETS[piece.kind]
    return f"{opening}{safe(piece.text)}{closing}", STYLES[piece.kind]
