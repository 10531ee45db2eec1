"""Dialogs in front of the review; their styles are loaded with the first one."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType

from chatter_tui.tui.compat import Sized


class Window(Sized, ModalScreen[ScreenResultType]):
    """A dialog in front of the review, dismissed with an answer."""

    CSS_PATH = "window.tcss"
