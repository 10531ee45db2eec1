"""Run a session on screen, with the user's settings; imported only when needed."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.cli.exits import Exit
from chatter_tui.cli.running import Attended
from chatter_tui.cli.settings import settings
from chatter_tui.controller.events import DocumentChanged, Ended
from chatter_tui.storage.user_data import Welcome
from chatter_tui.tui.app import ReviewApp
from chatter_tui.tui.compat import count_spacing_marks
from chatter_tui.tui.loop import screen_loop
from chatter_tui.tui.model.kept_drafts import KeptDrafts
from chatter_tui.tui.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller import SessionController, SessionRun
    from chatter_tui.controller.events import Event, Ready


def on_screen(
    make: Callable[[], SessionRun],
    own: tuple[str, str] | None,
    *,
    keeps: bool,
    also: Callable[[Event], None] | None,
) -> int:
    """Run a session in the terminal; see `run_session`."""
    session = Attended(make)

    def open_session(deliver: Callable[[Event], None]) -> SessionController:
        def hear(event: Event) -> None:
            if isinstance(event, Ended) and session.began is None:
                app.call_later(app.exit)  # nothing to show: the reason is printed below the prompt
            if also:
                also(event)
            deliver(event)

        if own:
            name, text = own
            deliver(DocumentChanged(name, 0, text))
        return session.open(hear)

    config, keymap, complaints = settings()
    options = Options.detect().chosen(theme=config.theme, ascii=config.ascii, mouse=config.mouse)
    options = replace(options, bell=config.bell, desktop=config.desktop)
    if options.tmux:
        count_spacing_marks()
    app = ReviewApp(
        open_session,
        options=options,
        keymap=keymap,
        complaints=complaints,
        drafts=KeptDrafts(session.drafts),
        read_marks=session.read_marks,
        keeps=keeps,
        welcome=Welcome(),
    )
    session.keep = app.keep
    with asyncio.Runner(loop_factory=screen_loop) as runner:
        code = runner.run(app.run_async(mouse=options.mouse))
    if app.failure is not None:
        raise app.failure
    session.require_good_end()
    if app.workspace.leaving == "keep" and session.began is not None:
        _keep_running(session.began)
    return code or app.return_code or Exit.DONE


def _keep_running(session: Ready) -> None:
    """Continue the session in a background process, and print how to resume it."""
    from chatter_tui.cli.background import start  # noqa: PLC0415

    for number in (signal.SIGTERM, signal.SIGHUP):
        # A user who closes the terminal now wants this all the more.
        signal.signal(number, signal.SIG_IGN)
    document = Path(session.document)
    sys.stdout.write("Handing over to the background …\n")
    sys.stdout.flush()
    pid = start(session.session, document.parent)
    there = Path.cwd() == document.parent.resolve()
    where = "" if there else f" --dir {shlex.quote(str(document.parent))}"
    sys.stdout.write(
        f"{document.name} continues in the background (process {pid}).\n"
        f"  chatter-tui resume{where}    brings it back here\n"
        f"  chatter-tui end{where}       ends it for everyone\n"
    )
