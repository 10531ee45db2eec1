"""Keys take effect one after another, however fast they come.

Textual hands a key to whatever has the focus when it arrives, although an earlier key on its way
may be about to move the focus; over a slow line, where keys come in bursts, what is typed after `r`
would run commands instead of becoming a reply. So each key waits until the one before it is done.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App
    from textual.events import Key, Paste
    from textual.timer import Timer

_LOST: Final = 0.5  # seconds after which a key counts as done that closed what was to say so


class KeyDone(Message):
    """Follows a key through the same widgets, up to the application."""


class TypeAhead:
    """Lets one key or paste at a time into an application.

    Args:
        app: the application.
        forward: gives an event to whatever has the focus.
    """

    def __init__(self, app: App[int], forward: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._forward = forward
        self._waiting: deque[Key | Paste] = deque()
        self._busy = False
        self._giving_up: Timer | None = None

    async def take(self, event: Key | Paste) -> None:
        """A key or a paste arrived."""
        self._waiting.append(event)
        if not self._busy:
            await self._next()

    def done(self) -> None:
        """The marker came back; what the key asked for later is done before the next key."""
        self._app.call_later(self._next)

    async def _next(self) -> None:
        if self._giving_up is not None:
            self._giving_up.stop()
            self._giving_up = None
        self._busy = bool(self._waiting)
        if not self._waiting:
            return
        event = self._waiting.popleft()
        target = self._app.focused or self._app.screen
        await self._forward(event)
        if target.post_message(KeyDone()):
            self._giving_up = self._app.set_timer(_LOST, self._next)
        else:
            self.done()
