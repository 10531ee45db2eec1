"""Suspend to the shell: Ctrl-Z."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App


def stop(app: App[int]) -> bool:
    """Give the terminal back and stop until the shell continues the program.

    Return False if it cannot.
    """
    try:
        # Without the batch, paints would queue up behind the stopped terminal and block.
        with app.batch_update(), app.suspend():
            # Not SIGTSTP: Textual's handler for it would suspend the program a second time.
            os.kill(os.getpid(), signal.SIGSTOP)
    except SuspendNotSupported:
        return False
    app.refresh(repaint=True, layout=True)
    return True
