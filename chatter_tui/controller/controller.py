"""The session's thread, and the two ways across: commands in, events out."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from chatter_tui import garbage
from chatter_tui.controller.commands import Quit
from chatter_tui.controller.events import Ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Event

log = logging.getLogger(__name__)

_TURN: Final = 0.0005  # seconds; Python's own 5 ms, twenty times in a row, are a visible delay


class SessionRun(Protocol):
    """What a controller runs: a host's session, a client's, or a review without others."""

    async def run(self, commands: asyncio.Queue[Command], tell: Callable[[Event], None]) -> None:
        """Run until the session ends; `tell` an `Ended` last."""


class SessionController:
    """One session in its own thread.

    Args:
        make_session: makes what to run; it is called on the thread, so that the screen is there
            before the network libraries, which are slow to import.
        on_event: is called on the session's thread, one event after another; the last is `Ended`.
    """

    def __init__(
        self, make_session: Callable[[], SessionRun], on_event: Callable[[Event], None]
    ) -> None:
        self._make_session = make_session
        self._on_event = on_event
        self._thread = threading.Thread(target=self._main, name="session", daemon=True)
        self._lock = threading.Lock()
        self._early: deque[Command] = deque()  # commands from before the loop runs
        self._loop: asyncio.AbstractEventLoop | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue()
        self._over = False
        self._ended = False

    def start(self) -> None:
        """Start the session; returns at once."""
        garbage.keep_together()
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Ask something of the session, from any thread; returns at once."""
        with self._lock:
            if self._over:
                return
            if self._loop is None:
                self._early.append(command)
            else:
                self._loop.call_soon_threadsafe(self._commands.put_nowait, command)

    def close(self, timeout: float = 5.0, *, ends: bool = False) -> bool:
        """Leave, and wait until that is done; False when it took longer than `timeout`.

        A host's session can be resumed unless it `ends` for everyone.
        """
        self.submit(Quit(at_once=True, ends=ends))
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _main(self) -> None:
        # The session's loop lets go of the interpreter at each message it sends, and gets it back
        # from a thread that computes, the screen's or one that writes files, only after so long.
        sys.setswitchinterval(_TURN)
        try:
            asyncio.run(self._run())
        except Exception as error:
            log.exception("the session failed")
            if not self._ended:
                self._on_event(Ended(f"internal error: {error}", "internal"))
        finally:
            with self._lock:
                self._over = True

    async def _run(self) -> None:
        with self._lock:
            self._loop = asyncio.get_running_loop()
            while self._early:
                self._commands.put_nowait(self._early.popleft())
        try:
            await self._make_session().run(self._commands, self._tell)
        finally:
            with self._lock:
                self._over = True

    def _tell(self, event: Event) -> None:
        self._ended = self._ended or isinstance(event, Ended)
        self._on_event(event)
