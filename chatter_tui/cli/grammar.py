"""All commands and their help, each imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from chatter_tui import __version__
from chatter_tui.cli.exits import Exit
from chatter_tui.cli.failure import Failure
from chatter_tui.startup import garbage

if TYPE_CHECKING:
    from collections.abc import Sequence

_SESSIONS = "Sessions"
_FILES = "Files, without a session"


class _Command(NamedTuple):
    """The location of a command: a function whose signature defines its arguments."""

    module: str
    function: str
    panel: str
    help: str


# A new command needs one line here. Its module is imported when it is called.
COMMANDS: Final = {
    "demo": _Command("demo", "demo", _SESSIONS, "Show a review with a second reviewer."),
    "review": _Command("sessions", "review", _SESSIONS, "Review a document alone."),
    "host": _Command("sessions", "host", _SESSIONS, "Review a document with others."),
    "join": _Command("sessions", "join", _SESSIONS, "Join a session with an invite."),
    "resume": _Command("resume", "resume", _SESSIONS, "Resume a session."),
    "end": _Command("resume", "end", _SESSIONS, "End a session that runs in the background."),
    "sessions": _Command(
        "stored_sessions", "sessions", _SESSIONS, "List the sessions of this folder."
    ),
    "history": _Command("stored_sessions", "history", _SESSIONS, "Show who did what in a session."),
    "keys": _Command("keys", "keys", _SESSIONS, "Show the keys, including your own."),
    "signal": _Command("signal", "signal", _SESSIONS, "Run a signaling server."),
    "list": _Command("files", "list_", _FILES, "Show the comments of a document."),
    "check": _Command("files", "check", _FILES, "Check the comments of a document."),
    "strip": _Command("files", "strip", _FILES, "Write a document without its comments."),
    "add": _Command("changes", "add", _FILES, "Add a comment."),
    "edit": _Command("changes", "edit", _FILES, "Change the text of a comment."),
    "resolve": _Command("changes", "resolve", _FILES, "Resolve a thread."),
    "reopen": _Command("changes", "reopen", _FILES, "Reopen a thread."),
    "accept": _Command("deciding", "accept", _FILES, "Accept a suggestion into the document."),
    "reject": _Command("deciding", "reject", _FILES, "Reject a suggestion, or withdraw it."),
    "revert": _Command("deciding", "revert", _FILES, "Undo a decision on a suggestion."),
    "delete": _Command("changes", "delete", _FILES, "Delete a comment and its replies."),
}


class _LazyGroup(TyperGroup):
    """Lists commands by their line in COMMANDS, and imports only the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, command in COMMANDS.items():
            self.add_command(TyperCommand(name, help=command.help, rich_help_panel=command.panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name in COMMANDS else command, rest


def _load(name: str) -> Any:
    command = COMMANDS[name]
    module = import_module(f"chatter_tui.cli.{command.module}")
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(module, command.function))
    garbage.spare()  # see `cli.main`
    garbage.on()
    return typer.main.get_command(alone)


app = typer.Typer(cls=_LazyGroup, invoke_without_command=True)


def _show_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"chatter-tui {__version__}\n")
        raise typer.Exit


@app.callback()
def _program(
    ctx: typer.Context,
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Review one Markdown document together, live, in your terminals."""
    del version, debug  # handled elsewhere: see `_show_version` and `app.run`
    if ctx.invoked_subcommand is None:
        sys.stdout.write(ctx.get_help() + "\n")
        raise typer.Exit(Exit.USAGE)


def call(arguments: Sequence[str]) -> int:
    """Call the command that the arguments name; return its exit code.

    Raises:
        Failure: The command failed, or its arguments are wrong.
    """
    command = typer.main.get_command(app)
    try:
        code = command.main([*arguments], prog_name="chatter-tui", standalone_mode=False)
    except typer.TyperException as error:
        message, code = error.format_message(), error.exit_code
        if code == Exit.USAGE:
            message = f"{message.rstrip('.')} (see --help)"
        raise Failure(message, Exit(code)) from error
    return int(code or Exit.DONE)
