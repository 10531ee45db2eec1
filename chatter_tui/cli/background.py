"""Run a hosted session in a background process until it is resumed or ended."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Final

from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.controller import SessionController, commands as do, events as told
from chatter_tui.controller.signals import on_signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper
    from pathlib import Path
    from typing import IO

    from chatter_tui.controller import SessionRun
    from chatter_tui.storage.lock import Holder
    from chatter_tui.storage.session_folder import Ask, SessionFolder

START: Final = 30.0  # seconds for a process to take a session over
LEAVE: Final = 20.0  # seconds for a process to release one
_LOOK: Final = 0.05  # seconds between checks whether it has
_LOG: Final = 2**20  # bytes; the previous log is kept, too
_READY: Final = "ready"

log = logging.getLogger("chatter_tui.background")


class _Log(RotatingFileHandler):
    """Readable by its owner only, like everything stored of a session."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def start(session: str, directory: Path) -> int:
    """Start a background process that continues a stored session; return its process id.

    Raises:
        Failure: It did not start.
    """
    process = subprocess.Popen(  # noqa: S603 - this program
        [
            *(sys.executable, "-m", "chatter_tui"),
            *("resume", session, "--dir", str(directory), "--background"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # closing this terminal must not end it
        text=True,
        env={name: value for name, value in os.environ.items() if name != "CHATTER_INVITE"},
    )
    assert process.stdout is not None
    last_resort = threading.Timer(START, process.kill)
    last_resort.start()
    said = _said(process.stdout)
    last_resort.cancel()
    if said != _READY:
        raise Failure(
            f"the session could not continue in the background: {said or 'its process ended'}; nothing is lost,"
            " chatter-tui resume continues it here"
        )
    return process.pid


def _said(pipe: IO[str]) -> str:
    """Return the last line a process writes before it is ready or has ended."""
    said = ""
    for line in pipe:
        said = line.strip() or said
        if said == _READY:
            break
    return said


def run(make_session: Callable[[], SessionRun], path: Path) -> int:
    """Run a session whose only output is a log at `path`; return the exit code.

    SIGTERM and SIGINT pause the session, which can be resumed.
    """
    handler = _Log(path, maxBytes=_LOG, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO)
    events: queue.SimpleQueue[told.Event] = queue.SimpleQueue()
    controller = SessionController(make_session, events.put)
    reason = "this process was asked to end"
    quits = partial(controller.submit, do.Quit(at_once=True, ends=False, reason=reason))
    on_signals({signal.SIGINT: quits, signal.SIGTERM: quits})
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    controller.start()
    while True:
        event = events.get()
        if words := _words(event):
            log.info(words)
        if isinstance(event, told.Ready):
            _let_go()
        if isinstance(event, told.Ended):
            controller.close()
            if code := exit_code(event.code):
                raise Failure(event.reason, code)
            return Exit.DONE


def _let_go() -> None:
    """Report readiness to the parent process, and close the pipe to it."""
    with suppress(BrokenPipeError):  # the parent is gone
        sys.stdout.write(f"{_READY}\n")
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)


def _words(event: told.Event) -> str:
    """Return an event as text for the log, without comments, which the history has, and secrets."""
    words = ""
    match event:
        case told.Ready():
            words = f"session {event.session} of {event.document} continues in the background"
        case told.PeerJoined(peer):
            words = f"{peer.name} joined as {peer.role}"
        case told.PeerLeft(peer):
            words = f"{peer.name} left"
        case told.SaveState(saved, problem):
            words = "saved again" if saved else f"not saved: {problem}"
        case told.Failed(message):
            words = message
        case told.Ended(reason):
            words = f"ended: {reason}"
    return words


def release(folder: SessionFolder, session: str, holder: Holder, what: Ask = "leave") -> None:
    """Make a process release a session or end it for everyone, and wait until it has.

    Raises:
        Failure: It has not in time.
        StorageError: It cannot be asked.
    """
    folder.ask(session, what)
    deadline = time.monotonic() + LEAVE
    while folder.attending(session) is not None:
        if time.monotonic() > deadline:
            folder.asked(session)  # withdraw the request
            raise Failure(
                f"{holder} does not release the session; if it hangs, kill -9 {holder.pid} and try"
                " again: what was acknowledged is on disk"
            )
        time.sleep(_LOOK)
