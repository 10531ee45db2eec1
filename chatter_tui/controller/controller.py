"""The session's thread: commands go in, events come out."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from chatter_tui.controller.commands import Quit
from chatter_tui.controller.events import Ended
from chatter_tui.startup import garbage

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Event

log = logging.getLogger(__name__)

# Seconds; Python's default of 5 ms, twenty times in a row, is a visible delay.
_TURN: Final = 0.0005


class SessionRun(Protocol):
    """What a controller runs: a host's session, a client's, or a review without others."""

    async def run(self, commands: asyncio.Queue[Command], tell: Callable[[Event], None]) -> None:
        """Run until the session ends; the last event is `Ended`."""


class SessionController:
    """Runs one session in its own thread.

    Args:
        make_session: Creates the session. Called on the thread, so that the screen appears before
            the network libraries, which are slow to import, are loaded.
        on_event: Called on the session's thread with each event; the last one is `Ended`.
    """

    def __init__(
        self, make_session: Callable[[], SessionRun], on_event: Callable[[Event], None]
    ) -> None:
        self._make_session = make_session
        self._on_event = on_event
        self._thread = threading.Thread(target=self._main, name="session", daemon=True)
        self._lock = threading.Lock()
        self._early: deque[Command] = deque()  # commands submitted before the loop runs
        self._loop: asyncio.AbstractEventLoop | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue()
        self._over = False
        self._ended = False

    def start(self) -> None:
        """Start the session without waiting for it."""
        garbage.keep_together()
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Submit a command, from any thread, without waiting for it."""
        with self._lock:
            if self._over:
                return
            if self._loop is None:
                self._early.append(command)
            else:
                self._loop.call_soon_threadsafe(self._commands.put_nowait, command)

    def close(self, timeout: float = 5.0, *, ends: bool = False) -> bool:
        """Leave, and wait up to `timeout` seconds; return whether the session has ended in time.

        A host's session can be resumed unless it `ends` for everyone.
        """
        self.submit(Quit(at_once=True, ends=ends))
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _main(self) -> None:
        # The session's loop releases the interpreter with every message it sends. A thread that
        # computes (the screen, or one writing files) returns it only after this interval.
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
