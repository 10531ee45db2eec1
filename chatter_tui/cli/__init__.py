"""The command line, for people in a terminal and for scripts."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the program with the arguments it was started with, and exit."""
    gc.disable()  # until a command is imported: none of that is garbage
    from chatter_tui.cli.app import run  # noqa: PLC0415  (who imports a part needs no commands)

    sys.exit(run(sys.argv[1:]))
