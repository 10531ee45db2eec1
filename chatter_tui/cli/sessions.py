"""`host`, `join`, `review`: turn arguments into a session and run it."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from chatter_tui import garbage
from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.running import run_session

if TYPE_CHECKING:
    from chatter_tui.cli.local import Local
    from chatter_tui.controller import SessionRun
    from chatter_tui.session.invites import Address

_INVITE_VARIABLE: Final = "CHATTER_INVITE"


class InviteRole(StrEnum):
    """The roles that an invite can grant."""

    MODERATOR = "moderator"
    REVIEWER = "reviewer"
    VIEWER = "viewer"


class TransportOption(StrEnum):
    """The transport to use."""

    AUTO = "auto"
    WEBRTC = "webrtc"
    WEBSOCKET = "websocket"


Document = Annotated[Path, typer.Argument(metavar="FILE", help="The Markdown document.")]
Name = Annotated[
    str, typer.Option("--name", help="Your display name.", envvar="CHATTER_NAME", show_envvar=True)
]
Listen = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 is any. [every interface]"),
]
Headless = Annotated[
    bool, typer.Option("--headless", help="No screen: JSON lines on stdin and stdout.")
]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Plain text and typed commands, for screen readers.",
        envvar="CHATTER_PLAIN",
        show_envvar=True,
    ),
]
Signaling = Annotated[
    list[str], typer.Option("--signal", metavar="URL", help="A signaling server to use.")
]
IceServers = Annotated[
    list[str],
    typer.Option("--ice", metavar="URL", help="A STUN or TURN server; none is used by default."),
]


def review(file: Document, *, name: Name = "", plain: Plain = False) -> int:
    """Review a document alone."""
    text, shown = _document(file), _name(name)

    def make() -> SessionRun:
        from chatter_tui.controller.host import HostSession  # noqa: PLC0415

        return HostSession(new_session(), file, shown, None)

    return run_session(make, text, plain=plain)


def host(
    file: Document,
    *,
    name: Name = "",
    listen: Listen = None,
    signal: Signaling = [],  # noqa: B006 - typer copies it
    ice: IceServers = [],  # noqa: B006
    role: Annotated[InviteRole, typer.Option(help="The role of the first invite.")] = (
        InviteRole.REVIEWER
    ),
    headless: Headless = False,
    plain: Plain = False,
) -> int:
    """Review a document with others: they join with the invite that is shown."""
    address = listening_address(listen)
    text, shown = _document(file), _name(name)

    def make() -> SessionRun:
        from chatter_tui.authority import Role  # noqa: PLC0415
        from chatter_tui.controller.host import (  # noqa: PLC0415
            DEFAULT_PORT,
            HostSession,
            Listening,
        )
        from chatter_tui.session.invites import Address  # noqa: PLC0415
        from chatter_tui.storage import user_data  # noqa: PLC0415

        listening = Listening(
            # An empty host means every interface.
            (address or Address("", DEFAULT_PORT),),
            user_data() / "certificate.pem",
            tuple(signal),
            tuple(ice),
            strict=address is not None,
        )
        return HostSession(new_session(), file, shown, listening, role=Role(role.value))

    return run_session(make, text, headless=headless, plain=plain, keeps=True)


def listening_address(listen: str | None) -> Address | None:
    """Parse --listen.

    Raises:
        Failure: It is invalid.
    """
    from chatter_tui.session.invites import Address, InviteError  # noqa: PLC0415

    try:
        return None if listen is None else Address.parse(listen)
    except InviteError as error:
        raise Failure(f"--listen: {error}", Exit.USAGE) from error


def join(
    invite: Annotated[
        str | None,
        typer.Argument(
            metavar="INVITE",
            help=f"The line the host gave you; - reads it from stdin; default: ${_INVITE_VARIABLE}."
            " Without one: a session on this machine, by id or from a list.",
        ),
    ] = None,
    *,
    name: Name = "",
    directory: Annotated[
        Path, typer.Option("--dir", metavar="FOLDER", help="The folder for your copy.")
    ] = Path(),
    transport: Annotated[TransportOption, typer.Option(help="The transport to use.")] = (
        TransportOption.AUTO
    ),
    signal: Signaling = [],  # noqa: B006
    ice: IceServers = [],  # noqa: B006
    headless: Headless = False,
    plain: Plain = False,
) -> int:
    """Join a session with an invite."""
    from chatter_tui.session.invites import Invite, InviteError  # noqa: PLC0415

    if directory.exists() and not directory.is_dir():
        raise Failure(f"{directory} is not a folder", Exit.USAGE)
    try:
        found = _invite(invite, directory, headless=headless)
        if invite == "-" and not (headless or plain):
            _keys_from_terminal()
        parsed = Invite.parse(found) if isinstance(found, str) else found.invite if found else None
    except InviteError as error:
        raise Failure(f"{error}", Exit.USAGE) from error
    if found is None:
        return Exit.DONE
    if parsed is None:
        from chatter_tui.cli.resume import resume  # noqa: PLC0415

        assert not isinstance(found, str), "a line is parsed, or an error"
        return resume(found.session, directory=directory, headless=headless, plain=plain)
    shown = _name(name)

    def make() -> SessionRun:
        from chatter_tui.controller.join import JoinSession, Reaching  # noqa: PLC0415

        reaching = Reaching(transport.value, tuple(signal), tuple(ice))
        return JoinSession(parsed, shown, directory, reaching)

    return run_session(make, headless=headless, plain=plain)


def _invite(argument: str | None, directory: Path, *, headless: bool) -> str | Local | None:
    """Return the invite line, or a session on this machine; None if those were only listed."""
    if argument == "-":
        if sys.stdin.isatty():
            sys.stderr.write("The invite: ")
            sys.stderr.flush()
        return sys.stdin.readline()
    line = (argument or os.environ.get(_INVITE_VARIABLE, "")).strip()
    if not line and headless:
        raise Failure("an invite is needed: the line the host gave you", Exit.USAGE)
    from chatter_tui.cli import local  # noqa: PLC0415

    if not line:
        return local.chosen(directory)
    return local.named(line, directory) if local.looks_like_one(line) else line


def _keys_from_terminal() -> None:
    """Read keys from the terminal after the invite came through a pipe."""
    if not sys.stdin.isatty() and sys.stdout.isatty():
        with contextlib.suppress(OSError):
            terminal = os.open("/dev/tty", os.O_RDWR)
            os.dup2(terminal, sys.stdin.fileno())
            os.close(terminal)


def _document(path: Path) -> str:
    """Return the beginning of the document, which must be readable before a screen opens."""
    garbage.off()  # until a session runs
    from chatter_tui.storage import ReviewFiles, StorageError  # noqa: PLC0415
    from chatter_tui.tui.model.parsed import beginning  # noqa: PLC0415

    try:
        return beginning(ReviewFiles.open(path).document)  # which does not parse the blocks
    except StorageError as error:
        raise Failure(str(error), exit_code(error.code)) from error


def _name(name: str) -> str:
    if name.strip():
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may lack this user
        return "guest"


def new_session() -> str:
    """Return a new session id."""
    from ulid import ULID  # noqa: PLC0415

    return str(ULID())
