"""The application: terminal options, session events, and shutdown."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from textual import events

from chatter_tui.startup import garbage
from chatter_tui.tui.application import App, LinuxDriver
from chatter_tui.tui.bridge import Inbox
from chatter_tui.tui.compat import add_filter, once
from chatter_tui.tui.document import glyphs
from chatter_tui.tui.filters import AsciiFilter, ColorlessFilter, SteadyFilter
from chatter_tui.tui.keyboard import KeyboardDriver
from chatter_tui.tui.keymap import Keymap
from chatter_tui.tui.model.drafts import MemoryDrafts
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.notices import Notice
from chatter_tui.tui.model.parsed import Parser
from chatter_tui.tui.model.rows import View
from chatter_tui.tui.model.unread import MemoryReadMarks
from chatter_tui.tui.options import Options
from chatter_tui.tui.screens.review import ReviewScreen
from chatter_tui.tui.signs import ASCII, UNICODE
from chatter_tui.tui.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.driver import Driver

    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Event
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.model.drafts import Drafts
    from chatter_tui.tui.model.unread import ReadMarks
    from chatter_tui.tui.workspace import Session

    Open = Callable[[Callable[[Event], None]], Session]

FLUSH: Final = 0.08  # seconds between repaints under load: 12 per second
BUDGET: Final = 0.02  # seconds of events per flush: more would delay the next key
FLUSH_BLURRED: Final = 0.5  # while the terminal does not have the focus
LAST_RESORT: Final = 8.0  # seconds after a signal, more than an orderly end takes
CLOSING: Final = 5.0  # seconds for the session to end
PATIENCE: Final = 1.0  # seconds that a key may wait for sent changes to be shown
HANDING_OVER: Final = 30.0  # seconds for everything to be on disk before another process takes over


class Welcome(Protocol):
    """Remembers whether the user has been shown the first keys."""

    @property
    def due(self) -> bool:
        """Return whether they are still to be shown."""

    def done(self) -> None:
        """Note that they have been shown."""


class ReviewApp(App[int], inherit_bindings=False):
    """Reviews a document in a session.

    `run` returns 0 when the user left, and 128 + n when signal n ended it. By then the session is
    closed, as `workspace.leaving` says.

    Args:
        open_session: Called with the handler of the session's events, which may be called on any
            thread. Events delivered before it returns are on the first screen; the returned session
            is started after that.
        options: Terminal options; detected by default.
        drafts: Stores unsent texts.
        read_marks: Stores what was read.
        keeps: Whether to offer a host to keep the session running without a screen, which the
            caller then does.
        welcome: Whether the first keys are to be shown.
        keymap: The user's keys.
        complaints: Problems in the user's settings, shown at the start.
        clock: Returns seconds since the epoch.
        new_id: Returns a new block id, a ULID.
    """

    CSS_PATH = "review.tcss"
    TITLE = "chatter-tui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        open_session: Open,
        *,
        options: Options | None = None,
        drafts: Drafts | None = None,
        read_marks: ReadMarks | None = None,
        keeps: bool = False,
        welcome: Welcome | None = None,
        keymap: Keymap | None = None,
        complaints: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.options = options or Options.detect()
        super().__init__(ansi_color=True if self.options.theme.startswith("ansi") else None)
        self.animation_level = "none"
        self.theme = self.options.theme
        add_filter(self, AsciiFilter() if self.options.ascii else SteadyFilter())
        if not self.options.color:
            add_filter(self, ColorlessFilter())
        self._open_session = open_session
        self._session: Session | None = None
        self._inbox = Inbox(self._wake)
        self._news = asyncio.Event()
        self._parser = Parser(glyphs.ASCII if self.options.ascii else glyphs.UNICODE)
        self._armed = False
        self._held: list[events.Event] | None = None  # typed, but on hold
        self._flushed = 0.0
        self._took = 0.0  # seconds of the last flush
        self._left = False
        self._read_marks = read_marks or MemoryReadMarks()
        self._opened = False
        self.failure: Exception | None = None  # the error that ended it
        self._loaded = False
        self._complaints = tuple(complaints)
        keymap = keymap or Keymap()
        self.workspace = Workspace(
            submit=self._submit,
            drafts=drafts or MemoryDrafts(),
            options=self.options,
            signs=ASCII if self.options.ascii else UNICODE,
            clock=clock,
            new_id=new_id or _ulid,
            keymap=keymap,
            model=Model(self._read_marks),
            keeps=keeps,
            newcomer=welcome is not None and welcome.due,
            welcomed=welcome.done if welcome is not None else lambda: None,
            view=View(key=keymap.key),
            catch_up=self._catch_up,
            hold_keys=self._hold_keys,
            let_keys_go=partial(self.call_later, self._let_keys_go),
        )

    def deliver(self, event: Event) -> None:
        """Deliver an event, on the session's thread."""
        if not self._left:
            for each in self._parser.take(event):
                self._inbox.put(each)

    def keep(self) -> None:
        """Save the text being written as a draft; called on the session's thread."""
        kept = threading.Event()

        def keep() -> None:
            self.screen_review.writing.keep()
            kept.set()

        if not (self.call_later(keep) and kept.wait(PATIENCE)):
            with suppress(Exception):  # whatever is blocking the screen
                self.screen_review.writing.keep()

    def on_load(self) -> None:
        """See App."""
        self._ui_loop = asyncio.get_running_loop()
        self._session = self._open_session(self.deliver)
        self.workspace.model.apply(self._inbox.take(), self.workspace.clock())

    def get_driver_class(self) -> type[Driver]:
        """See App; the environment may still choose another one."""
        driver = super().get_driver_class()
        return KeyboardDriver if driver is LinuxDriver else driver

    def get_default_screen(self) -> ReviewScreen:
        """See App; there is no other screen below it."""
        self.screen_review = ReviewScreen(self.workspace, self.size)
        return self.screen_review

    def on_mount(self) -> None:
        """See App."""
        self.set_class(self.options.ascii, "-ascii")
        self.call_after_refresh(self._start)
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                # Not through the loop, which a stalled or closed terminal may be blocking.
                signal.signal(number, self._signalled)

    async def run_action(self, *args: Any, **kwargs: Any) -> bool:
        """See App; keys that wait while leaving find the screens being taken down."""
        if self._left:
            return False
        try:
            return await super().run_action(*args, **kwargs)
        except Exception:
            if self._left:  # in the meantime
                return False
            raise

    async def on_event(self, event: events.Event) -> None:
        """See App; what is typed comes after what it waits for."""
        if self._held is not None and isinstance(event, (events.Key, events.Paste)):
            self._held.append(event)
        else:
            await super().on_event(event)

    def _hold_keys(self) -> None:
        self._held = []

    async def _let_keys_go(self) -> None:
        held, self._held = self._held or (), None
        for event in held:
            await self.on_event(event)

    def exit(self, result: int | None = None, *args: Any, **kwargs: Any) -> None:
        """See App."""
        self._left = True
        super().exit(result, *args, **kwargs)

    async def on_unmount(self) -> None:
        """See App."""
        self._left = True
        self.screen_review.writing.keep()  # it includes keys that were waiting by then
        if self._session is not None:
            leaving = self.workspace.leaving
            closing = HANDING_OVER if leaving == "keep" else CLOSING
            close = partial(self._session.close, closing, ends=leaving == "end")
            await asyncio.to_thread(close)
        for kept in (self.workspace.drafts, self._read_marks):
            await asyncio.to_thread(kept.close)

    def _handle_exception(self, error: Exception) -> None:
        """See App.

        The caller reports the error, without local variables, which may hold secrets.
        """
        super()._handle_exception(error)
        self.failure = self.failure or error
        self._exit_renderables.clear()
        if self._opened:
            with suppress(Exception):  # a second error says less than the first
                self.screen_review.writing.keep()

    def _signalled(self, number: int, _frame: object) -> None:
        last_resort = threading.Timer(LAST_RESORT, self._leave_anyway, (number,))
        last_resort.daemon = True
        last_resort.start()
        self._ui_loop.call_soon_threadsafe(self.call_later, self._leave_by, number)

    def _leave_anyway(self, number: int) -> None:
        """Exit without restoring the terminal, which no longer accepts output."""
        with suppress(Exception):  # whatever state the screen is in
            self.screen_review.writing.keep()
            self.workspace.drafts.close()
        if self._session is not None:
            self._session.close(CLOSING)
        os._exit(128 + number)

    def _leave_by(self, number: int) -> None:
        self.screen_review.writing.keep()
        self.exit(128 + number)

    def _start(self) -> None:
        garbage.on()  # turned off by `on_screen`
        assert self._session is not None, "it is made before the screen"
        self._session.start()
        for i, text in enumerate(self._complaints):
            notice = Notice(self.workspace.clock(), f"complaint {i}", text, "error", toast=True)
            self.screen_review.say(notice)
        self.screen_review.sessions.ask()  # the answer says what kind of session this is

    def _submit(self, command: Command) -> None:
        if self._session is not None:
            self._session.submit(command)

    # Events: at once when it is quiet, a few times a second when not.

    def _wake(self) -> None:
        """Note that something has arrived; called on the session's thread."""
        self.call_later(self._arm)
        self._ui_loop.call_soon_threadsafe(self._news.set)

    async def _catch_up(self, done: Callable[[], bool]) -> bool:
        """Apply what arrives until `done`, while later keys wait.

        Return False if that takes too long.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not done():
                    self._news.clear()
                    self._take()
                    if not done():
                        await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _arm(self) -> None:
        if self._armed:
            return
        self._armed = True
        pause = FLUSH if self.app_focus else FLUSH_BLURRED
        # Slow flushes are less frequent, so that keys get at least half of the time.
        wait = self._flushed + max(pause, self._took) - time.monotonic()
        if wait <= 0:
            self._take()
        else:
            once(self, wait, self._take)

    def _take(self) -> None:
        if not self.is_running:
            return  # the screens are being taken down
        self._armed = False
        began = time.monotonic()
        events = self._inbox.take(BUDGET)
        if self._inbox.waiting and self.screen_review.is_mounted:
            with self.batch_update():
                changes = self.workspace.model.apply(events, self.workspace.clock())
                self._open_kept(changes)
                self.screen_review.apply(changes, more=self._inbox.waiting)
        self._flushed = time.monotonic()
        self._took = self._flushed - began
        if self.workspace.model.synced and not (self._loaded or self.is_headless):
            self._loaded = True
            garbage.spare()
        if self._inbox.waiting:
            self.call_later(self._arm)

    def _open_kept(self, changes: Changes) -> None:
        """Load the user's drafts and read marks, once the document is known."""
        model = self.workspace.model
        if self._opened or model.folder is None or not model.named:
            return
        self._opened = True
        for kept in (self.workspace.drafts, self._read_marks):
            kept.open(model.folder, model.document_name, model.name, self._complain)
        model.load_marks(changes)
        self.screen_review.writing.opened()

    def _complain(self, text: str) -> None:
        self.call_later(self.screen_review.sessions.tell, text, "warning")


def _ulid() -> str:
    from ulid import ULID  # noqa: PLC0415 - on the first comment

    return str(ULID())
