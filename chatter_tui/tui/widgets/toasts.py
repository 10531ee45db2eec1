"""Toasts: a few at a time, equal ones merged, all of them in the event log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.widget import Widget

from chatter_tui.tui.compat import once
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.lines import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.tui.model.notices import Notice, Severity

LIMIT: Final = 3
ROWS: Final = 2  # per toast, if the screen has room: what can be done is at the end
ROOMY: Final = 15
ANSWER: Final = "screen"  # to the user's last action; an earlier one no longer matters
SECONDS: Final = {"information": 5.0, "warning": 8.0, "error": 12.0}
STYLES: Final = {"information": "", "warning": "$text-warning", "error": "$text-error"}


@dataclass(slots=True)
class Toast:
    """A message shown until `until`; `count` says how many it stands for."""

    kind: str
    text: str
    severity: Severity
    until: float
    count: int = 1
    many: str = ""

    @property
    def line(self) -> str:
        """The text to show."""
        if self.count == 1:
            return self.text
        return f"{self.count} {self.many}" if self.many else f"{self.text} (+{self.count - 1} more)"


class ToastQueue:
    """The messages on screen: at most LIMIT, of which the oldest gives way."""

    def __init__(self) -> None:
        self.toasts: list[Toast] = []

    def push(self, notice: Notice, now: float) -> None:
        """Show a notice, replacing one of its kind."""
        until = now + SECONDS[notice.severity]
        for toast in self.toasts:
            if toast.kind == notice.kind:
                is_news = notice.kind != ANSWER and bool(
                    toast.text != notice.text or toast.count > 1 or notice.many
                )
                toast.count += is_news
                toast.text, toast.severity, toast.until = notice.text, notice.severity, until
                return
        self.toasts.append(
            Toast(notice.kind, notice.text, notice.severity, until, many=notice.many)
        )
        del self.toasts[:-LIMIT]

    def withdraw(self, kind: str) -> None:
        """Remove a message that is no longer true."""
        self.toasts = [toast for toast in self.toasts if toast.kind != kind]

    def expire(self, now: float) -> float | None:
        """Remove expired messages; return the seconds until the next one expires."""
        self.toasts = [toast for toast in self.toasts if toast.until > now]
        return min((toast.until - now for toast in self.toasts), default=None)


class Toasts(Widget):
    """Draws the queue over the last rows of the screen; it takes no keys."""

    DEFAULT_CSS = """
    Toasts {
        layer: toasts; dock: bottom; width: 100%; height: auto;
        offset: 0 -1; display: none; padding: 0 1;
    }
    """

    def __init__(self, clock: Callable[[], float], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.queue = ToastQueue()
        self._clock = clock

    def push(self, notice: Notice) -> None:
        """Show a notice for a moment."""
        self.queue.push(notice, self._clock())
        self._show()

    def withdraw(self, kind: str) -> None:
        """Remove a message, if it is shown."""
        self.queue.withdraw(kind)
        self._show()

    def render(self) -> Content:
        """See Widget."""
        return Content("\n").join(
            Content.styled("\n  ".join(self._lines(toast)), STYLES[toast.severity])
            for toast in self.queue.toasts
        )

    def _lines(self, toast: Toast) -> list[str]:
        width, height = self.app.size
        width, text = max(width - 4, 10), safe_line(toast.line)
        lines = wrap(text, width, ROWS if height >= ROOMY else 1)
        return lines if len(lines) < 2 else wrap(text, width - 2, ROWS)

    def _show(self) -> None:
        left = self.queue.expire(self._clock())
        self.display = bool(self.queue.toasts)
        self.refresh(layout=True)
        if left is not None:
            once(self, left + 0.05, self._show)
