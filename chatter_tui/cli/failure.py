"""The one error of the commands: a message and an exit code."""

from __future__ import annotations

from chatter_tui.cli.exits import Exit


class Failure(Exception):  # noqa: N818 - a command failed, as its user asked for what cannot be
    """A command cannot do what was requested."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = code
