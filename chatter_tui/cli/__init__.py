"""The command line, for people in a terminal and for scripts."""

from __future__ import annotations

import sys

from chatter_tui.startup import archive, garbage


def main() -> None:
    """Run the program with its command-line arguments, and exit."""
    garbage.off()  # until a command has been imported
    with archive.in_use():
        from chatter_tui.cli.app import run  # noqa: PLC0415  (who imports a part needs no commands)

        code = run(sys.argv[1:])
    sys.exit(code)
