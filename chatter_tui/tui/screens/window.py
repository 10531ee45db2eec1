"""What lies over the review for a while, and is styled when there is the first of its kind."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType

from chatter_tui.tui.compat import Sized


class Window(Sized, ModalScreen[ScreenResultType]):
    """A screen in front of the review, which gives an answer."""

    CSS_PATH = "window.tcss"
