"""The document pane: rendered Markdown with exact source positions, marks and selection."""

from chatter_tui.tui.document.marks import Mark
from chatter_tui.tui.document.view import DocumentView

__all__ = ["DocumentView", "Mark"]
