"""What lies over the review for a while, and is styled when there is the first of its kind."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType


class Window(ModalScreen[ScreenResultType]):
    """A screen in front of the review, which gives an answer."""

    CSS_PATH = "window.tcss"
