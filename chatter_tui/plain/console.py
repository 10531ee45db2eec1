"""Run plain mode on a terminal or pipes: input, events, signals."""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from ulid import ULID

from chatter_tui.controller.events import Ended
from chatter_tui.controller.signals import on_signals
from chatter_tui.plain.reviewer import Reviewer
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.options import Options
from chatter_tui.tui.signs import ASCII, to_ascii
from chatter_tui.tui.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from chatter_tui.controller.events import Event
    from chatter_tui.tui.model.drafts import Drafts
    from chatter_tui.tui.model.unread import ReadMarks
    from chatter_tui.tui.workspace import Session

LONGEST: Final = 2**20  # characters of one line: the kernel takes 4096 from a terminal
PATIENCE: Final = 3.0  # seconds that a line waits for the answer to the previous one
CLOSING: Final = 5.0  # seconds for the session to end


class Console:
    """One review, which reads lines from `source` and writes to `sink`.

    `open_session` is called with the handler of the session's events, which may be called on any
    thread.
    """

    def __init__(
        self,
        open_session: Callable[[Callable[[Event], None]], Session],
        drafts: Drafts,
        read_marks: ReadMarks,
        source: TextIO = sys.stdin,
        sink: TextIO = sys.stdout,
    ) -> None:
        self._items: queue.SimpleQueue[str | int | Event | None] = queue.SimpleQueue()
        self._source, self._sink = source, sink
        self._options = Options.detect()
        self._kept = (drafts, read_marks)
        self._session = open_session(self._items.put)
        self._lines: deque[str] = deque()  # typed, but not handled yet
        self._typed = 0.0  # when the last line was handled
        self._ended = False  # whether the input has ended
        self._gone = False
        self._code = 0  # the exit code, after a signal
        self._last = 0.0  # when lines typed before the signal must be done
        work = Workspace(
            submit=self._session.submit,
            drafts=drafts,
            options=self._options,
            signs=ASCII,
            clock=time.time,
            new_id=lambda: str(ULID()),
            model=Model(read_marks),
        )
        self._reviewer = Reviewer(work, read_marks, self._print)

    def run(self) -> int:
        """Run until the user leaves, the input ends or the output closes; return the exit code."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        on_signals({number: partial(self._items.put, number) for number in numbers})
        self._session.start()
        threading.Thread(target=self._read, daemon=True).start()
        code = self._loop()
        if code or self._gone:
            self._reviewer.keep_typed(line.rstrip("\n") for line in self._lines)
        self._reviewer.close()
        self._session.close(CLOSING, ends=self._reviewer.left)
        for kept in self._kept:
            kept.close()
        return code

    def _loop(self) -> int:
        while not self._is_over():
            item = self._next()
            if isinstance(item, str):
                self._reviewer.line(item)
            elif isinstance(item, int):
                if item == signal.SIGINT and self._reviewer.welcomed:
                    self._reviewer.interrupt()
                elif self._code or not self._reviewer.welcomed:
                    return 128 + item
                else:  # lines typed before it come first
                    self._code, self._last = 128 + item, time.monotonic() + PATIENCE
            elif item is not None:
                self._reviewer.event(item)
                if isinstance(item, Ended) and not self._reviewer.welcomed:
                    break  # `run_session` reports the reason
        return self._code

    def _is_over(self) -> bool:
        if self._reviewer.left or self._gone:
            return True
        if self._code:
            return not self._lines or time.monotonic() > self._last
        if not self._ended or self._lines or not self._reviewer.welcomed:
            return False
        return self._may_go_on()

    def _may_go_on(self) -> bool:
        """Return whether earlier input has been answered, or has waited long enough."""
        return not self._reviewer.waits or time.monotonic() > self._typed + PATIENCE

    def _next(self) -> str | int | Event | None:
        """Return the next input, or None; lines wait for answers to earlier ones."""
        if self._lines and self._reviewer.welcomed and self._may_go_on():
            self._typed = time.monotonic()
            return self._lines.popleft()
        try:
            item = self._items.get(
                timeout=0.1 if self._lines or self._ended or self._code else None
            )
        except queue.Empty:
            return None
        if item is None:
            self._ended = True
        elif isinstance(item, str):
            self._lines.append(item)
            return None
        return item

    def _read(self) -> None:
        try:
            while line := self._source.readline(LONGEST):
                self._items.put(line)
        except (OSError, ValueError):
            pass  # the terminal is gone, which ends the input, too
        self._items.put(None)

    def _print(self, line: str) -> None:
        try:
            self._sink.write((to_ascii(line) if self._options.ascii else line) + "\n")
            self._sink.flush()
        except (OSError, ValueError):
            self._gone = True
