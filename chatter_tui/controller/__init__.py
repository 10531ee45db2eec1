"""Run one session over transports and storage, for a screen or a script.

`SessionController` owns a thread with its own event loop: a terminal that stops reading blocks the
loop that draws on it, and a master must go on serving others meanwhile.
"""

from chatter_tui.controller.controller import SessionController, SessionRun

__all__ = ["SessionController", "SessionRun"]
