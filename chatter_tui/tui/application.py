"""Import Textual's application without its command palette, which saves 5 % of the startup time."""

from __future__ import annotations

from chatter_tui.without import without

with without("textual.command"):
    from textual.app import App

__all__ = ["App"]
