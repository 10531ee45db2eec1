"""Run a session for its user: on screen, in plain mode, or as JSON lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.startup import garbage
from chatter_tui.startup.lazily import lazily

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.blocks import Block
    from chatter_tui.controller import SessionController, SessionRun
    from chatter_tui.controller.events import Ended, Event, Ready


def run_session(
    make: Callable[[], SessionRun],
    own: tuple[str, str] | None = None,
    *,
    headless: bool = False,
    plain: bool = False,
    keeps: bool = False,
    also: Callable[[Event], None] | None = None,
) -> int:
    """Run a session until its user leaves or it ends; return the exit code.

    Args:
        make: Creates the session, on a thread of its own.
        own: The name and the text of the user's own document, which the screen shows immediately.
        headless: Run it as lines of JSON.
        plain: Run it as lines of text and typed commands.
        keeps: Whether a hosted session may continue in the background after the screen is left.
        also: Receives the events that the screen receives, on the session's thread.

    Raises:
        Failure: The session failed, or there is no terminal for a screen.
    """
    if plain:
        garbage.on()
        return _in_lines(make)
    if headless:
        garbage.on()
        from chatter_tui.cli import stream  # noqa: PLC0415

        return stream.run(make)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure(
            "this needs a terminal; scripts use --headless, screen readers --plain", Exit.USAGE
        )
    if os.environ.get("TERM") == "dumb":  # such as a shell inside an editor
        raise Failure("this terminal shows lines only (TERM=dumb): use --plain", Exit.USAGE)
    garbage.off()  # the first screen turns it on
    garbage.in_small_steps()
    with lazily():
        from chatter_tui.cli.screen import on_screen  # noqa: PLC0415

    return on_screen(make, own, keeps=keeps, also=also)


class Attended:
    """A session with a user: how it began and ended, and the user's own data.

    `keep` is called on the session's thread when another process takes over, to save the text being
    written before the drafts are released.

    Args:
        make: Creates the session, on a thread of its own.
    """

    def __init__(self, make: Callable[[], SessionRun]) -> None:
        from chatter_tui.storage.drafts import DraftFile  # noqa: PLC0415
        from chatter_tui.storage.read_marks import ReadMarksFile  # noqa: PLC0415

        self.drafts, self.read_marks = DraftFile(), ReadMarksFile()
        self.began: Ready | None = None
        self.keep: Callable[[], object] = lambda: None
        self._make = make
        self._ended: Ended | None = None
        self._unsaved: str | None = None  # why something is not on disk
        self._written: dict[str, Block] = {}  # by the user, by id

    def open(self, deliver: Callable[[Event], None]) -> SessionController:
        """Start the session, which delivers its events on its own thread."""
        from chatter_tui.controller import SessionController, events as told  # noqa: PLC0415

        def hear(event: Event) -> None:
            match event:
                case told.BlockAdded() | told.BlockChanged() if event.peer:
                    if self.began is not None and event.peer == self.began.peer:
                        self._written[event.id] = event.block
                case told.BlockDeleted():
                    self._written.pop(event.id, None)
                case told.SaveState():
                    self._unsaved = event.problem
                case told.Ready():
                    self.began = event
                case told.Ended():
                    self._ended = event
                    if event.code == "taken-over":  # the files belong to the other process now
                        self.keep()
                        self.drafts.release()
                        self.read_marks.release()
            deliver(event)

        return SessionController(self._make, hear)

    def require_good_end(self) -> None:
        """Raise `Failure` if the session ended because of an error, or is not all on disk.

        Texts that are stored nowhere are printed: those, and drafts written after another process
        took over.
        """
        from chatter_tui.cli.printing import line  # noqa: PLC0415

        for draft in self.drafts.unkept:
            line(f"Written here after that, and not kept:\n{draft['text']}")
        lost = self._written.values() if self._unsaved else ()
        for block in lost:
            line(f"Written here, and not saved:\n{block.content}")
        if self._ended and self._ended.code:
            raise Failure(self._ended.reason, exit_code(self._ended.code))
        if lost:
            raise Failure(f"not saved: {self._unsaved}")


def _in_lines(make: Callable[[], SessionRun]) -> int:
    """Run a session in plain mode, in a terminal or on pipes."""
    from chatter_tui.plain.console import Console  # noqa: PLC0415
    from chatter_tui.tui.model.kept_drafts import KeptDrafts  # noqa: PLC0415

    session = Attended(make)
    code = Console(session.open, KeptDrafts(session.drafts), session.read_marks).run()
    session.require_good_end()
    return code
