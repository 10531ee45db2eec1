"""A terminal driver that waits for keys without polling ten times a second."""

from __future__ import annotations

import os
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from select import select
from signal import SIGHUP
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.message import Message

_LOOK: Final = 0.1  # seconds between asking the parser whether an Escape was a key of its own
_AWAKE: Final = ESCAPE_DELAY + 0.5  # seconds of asking after the last input
_LAST: Final = 0.1  # seconds for the terminal to answer while leaving
_MOST_LAST: Final = 1.0  # seconds, however much more arrives
_MOST: Final = 4096  # bytes


class KeyboardDriver(LinuxDriver):
    """Textual's driver, but its thread sleeps until there is input or the terminal is gone.

    Invalid UTF-8 from the terminal stands for a character that cannot be displayed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bell = self.exit_event = _Bell()

    def write(self, data: str) -> None:
        """See LinuxDriver; while another program has the terminal, writing could block forever."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def run_input_thread(self) -> None:
        """See LinuxDriver."""
        parser, decoder = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace")

        def take(*others: _Bell, within: float | None) -> bool:
            """Handle input that comes within some seconds, or before one of `others`.

            Return False if none.
            """
            ready, _, _ = select([self.fileno, *others], [], [], within)
            if self.fileno in ready and (text := decoder.decode(self._read())):
                self._process(parser.feed(text))
            self._process(parser.tick())
            return self.fileno in ready

        awake = 0.0
        try:
            while not self.exit_event.is_set():
                now = time.monotonic()
                if take(self._bell, within=_LOOK if now < awake else None):
                    awake = time.monotonic() + _AWAKE
            until = time.monotonic() + _MOST_LAST
            while take(within=_LAST) and time.monotonic() < until:
                pass  # Textual discards what is left
        except EOFError:
            if not self.exit_event.is_set():
                # A program without a controlling terminal gets no signal when its terminal goes
                # away. Not sent by the event loop, which may be blocked writing to it.
                os.kill(os.getpid(), SIGHUP)
        finally:
            with suppress(EOFError, ParseError):
                list(parser.feed(""))

    def _read(self) -> bytes:
        """Read input.

        Raises:
            EOFError: The terminal is gone.
        """
        try:
            data = os.read(self.fileno, _MOST)
        except OSError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        return data

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)


class _Bell(Event):
    """An event that `select` can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)

    def fileno(self) -> int:
        return self._out

    def set(self) -> None:
        super().set()
        os.write(self._in, b"!")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._out, _MOST)
