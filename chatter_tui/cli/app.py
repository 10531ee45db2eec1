"""Run a command line; the one place that prints errors."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.cli.exits import Exit
from chatter_tui.cli.failure import Failure
from chatter_tui.startup import garbage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; errors become one line on stderr."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # neither closed nor replaced by a test
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = (at_once(arguments) or _parsed(arguments))()
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  (nobody should have to read a traceback)
        if debug:
            traceback.print_exc()
        return _fail(error)
    return code


def at_once(arguments: Sequence[str]) -> Callable[[], int] | None:
    """Return the call for a session command with one argument; None for other command lines.

    Most sessions are opened this way; loading the parser would take a fifteenth of the startup time.
    """
    match arguments:
        case [("host" | "join" | "review") as command, argument]:
            # A variable may set an option, or request completion.
            if not argument.startswith("-") and not any("CHATTER_" in name for name in os.environ):
                from chatter_tui.cli import opening  # noqa: PLC0415 - like all commands

                garbage.on()  # see `cli.main`
                if command == "join":
                    return partial(opening.join, argument)
                return partial(getattr(opening, command), Path(argument))
    return None


def _parsed(arguments: Sequence[str]) -> Callable[[], int]:
    from chatter_tui.cli import grammar  # noqa: PLC0415 - see `at_once`

    return partial(grammar.call, arguments)


def _fail(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        # The reader has gone. Python flushes at exit, and needs a valid stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    if isinstance(error, Failure):
        message, code = str(error), error.exit_code
    elif isinstance(error, OSError):
        message, code = describe(error), Exit.FAILED
    else:
        message = f"internal error, {type(error).__name__}: {error} (--debug shows where)"
        code = Exit.FAILED
    from chatter_tui.cli.sanitize import sanitize  # noqa: PLC0415 - only needed here

    sys.stderr.write(f"chatter-tui: {sanitize(message, lines=False)}\n")
    return code


def describe(error: OSError) -> str:
    """Return the message of a system error, with its file."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason.lower()}" if error.filename else reason
