"""A one-line text input."""

from __future__ import annotations

from textual.widgets import Input

from chatter_tui.tui.order import InOrder


class Field(InOrder, Input):
    """An `Input` that handles keys in the order in which they were pressed."""
