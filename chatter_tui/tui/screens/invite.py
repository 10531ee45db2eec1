"""The invite: one line to pass on, to read out of a picture, or to send to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


class InviteScreen(ModalScreen[None]):
    """Shows the line whole, so that it can be selected where no clipboard is reached."""

    BINDINGS: ClassVar = [
        Binding("y", "copy", "Clipboard"),
        Binding("escape,q,i", "dismiss(None)", "Close"),
    ]

    def __init__(self, line: str, copy: Callable[[str], None]) -> None:
        super().__init__()
        self._line = line
        self._copy = copy

    def compose(self) -> ComposeResult:
        """See Screen."""
        with Vertical(id="window", classes="-invite") as window:
            window.border_title = Content("Invite")
            window.border_subtitle = Content("y to the clipboard · Esc")
            yield Static(Content("Whoever has this line can join:"), classes="-label")
            yield Static(Content(safe_line(self._line)), id="invite")
            yield Static(Content(""), id="sent")
            code = qr_code(self._line)  # half blocks, which ASCII has no likeness for
            if self.app.has_class("-ascii"):
                return
            if self.app.size.height >= len(code) + 9 and self.app.size.width >= len(code[0]) + 8:
                yield Static(Content("\n".join(code)), id="qr")

    def action_copy(self) -> None:
        """Send the line to the clipboard."""
        self._copy(self._line)
        self.query_one("#sent", Static).update(Content("Sent to the terminal's clipboard."))


def qr_code(text: str) -> list[str]:
    """A QR code in half blocks, dark on light, with its quiet zone; two modules a row of text."""
    import segno  # noqa: PLC0415 - only for this

    code = segno.make(text, error="l", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append(bytes(len(rows[0])))
    signs = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    return [
        "".join(signs[bool(upper), bool(lower)] for upper, lower in zip(top, bottom, strict=True))
        for top, bottom in zip(rows[::2], rows[1::2], strict=True)
    ]
