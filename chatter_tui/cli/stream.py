"""`--headless`: a session as JSON lines, commands on stdin and events on stdout."""

from __future__ import annotations

import queue
import select
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from chatter_tui.cli.exits import exit_code
from chatter_tui.cli.lines import MAX_LINE, CommandError, decode, encode, fields_of
from chatter_tui.controller import SessionController, commands as do, events as told
from chatter_tui.controller.signals import on_signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from chatter_tui.controller import SessionRun


def run(
    make_session: Callable[[], SessionRun], source: TextIO = sys.stdin, sink: TextIO = sys.stdout
) -> int:
    """Run a session until it ends; return the exit code.

    The end of `source` does not end the session; `quit`, SIGINT and SIGTERM do. SIGHUP and a closed
    `sink` end the process, and the session can be resumed.
    """
    # Events wait here, so that a consumer that stops reading does not block the session.
    events: queue.SimpleQueue[told.Event] = queue.SimpleQueue()
    controller = SessionController(make_session, events.put)
    quits = partial(controller.submit, do.Quit(at_once=True))
    leaves = partial(controller.submit, do.Quit(at_once=True, ends=False))
    on_signals({signal.SIGINT: quits, signal.SIGTERM: quits, signal.SIGHUP: leaves})
    controller.start()
    threading.Thread(target=_read, args=(source, controller, events), daemon=True).start()
    threading.Thread(target=_await_hang_up, args=(sink, leaves), daemon=True).start()
    while True:
        event = events.get()
        try:
            sink.write(encode(event) + "\n")
            sink.flush()
        except (BrokenPipeError, ValueError):
            controller.close()
            return 0
        if isinstance(event, told.Ended):
            controller.close()
            return exit_code(event.code)


def _await_hang_up(sink: TextIO, then: Callable[[], object]) -> None:
    """Detect that the reader has gone, even while there is nothing to write."""
    poll = select.poll()
    poll.register(sink, 0)  # errors and hang-ups are always reported
    poll.poll()
    then()


def _read(
    source: TextIO, controller: SessionController, events: queue.SimpleQueue[told.Event]
) -> None:
    while line := source.readline(MAX_LINE):
        if not line.strip():
            continue
        ref: object = None
        try:
            fields = fields_of(line)
            ref = fields.get("ref")
            controller.submit(decode(fields))
        except CommandError as error:
            events.put(told.Failed(str(error), ref))
