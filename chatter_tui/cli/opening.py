"""Open a session for `host`, `join` or `review`, independently of the command line."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.running import run_session
from chatter_tui.startup import garbage
from chatter_tui.startup.lazily import lazily

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.cli.local import Local
    from chatter_tui.controller import SessionRun
    from chatter_tui.session.invites import Address
    from chatter_tui.transport import Transport

INVITE_VARIABLE: Final = "CHATTER_INVITE"


def review(file: Path, *, name: str = "", plain: bool = False) -> int:
    """Review a document alone; return the exit code, like the functions below."""
    text, shown = _document(file), _name(name)

    def make() -> SessionRun:
        from chatter_tui.controller.host import HostSession  # noqa: PLC0415

        return HostSession(new_session(), file, shown, None)

    return run_session(make, (file.name, text), plain=plain)


def host(
    file: Path,
    *,
    name: str = "",
    listen: str | None = None,
    signal: Sequence[str] = (),
    ice: Sequence[str] = (),
    role: str = "reviewer",
    headless: bool = False,
    plain: bool = False,
) -> int:
    """Review a document with others, listening at an address or on every interface."""
    address = listening_address(listen)
    text, shown = _document(file), _name(name)

    def make() -> SessionRun:
        from chatter_tui.authority import Role  # noqa: PLC0415
        from chatter_tui.controller.host import DEFAULT_PORT, HostSession  # noqa: PLC0415
        from chatter_tui.controller.listening import Listening  # noqa: PLC0415
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
        return HostSession(new_session(), file, shown, listening, role=Role(role))

    return run_session(make, (file.name, text), headless=headless, plain=plain, keeps=True)


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
    invite: str | None = None,
    *,
    name: str = "",
    directory: Path = Path(),
    transport: Transport = "auto",
    signal: Sequence[str] = (),
    ice: Sequence[str] = (),
    headless: bool = False,
    plain: bool = False,
) -> int:
    """Join with an invite (`-` reads it from stdin), or else a session on this machine."""
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

        reaching = Reaching(transport, tuple(signal), tuple(ice))
        return JoinSession(parsed, shown, directory, reaching)

    return run_session(make, headless=headless, plain=plain)


def _invite(argument: str | None, directory: Path, *, headless: bool) -> str | Local | None:
    """Return the invite line, or a session on this machine; None if those were only listed."""
    if argument == "-":
        if sys.stdin.isatty():
            sys.stderr.write("The invite: ")
            sys.stderr.flush()
        return sys.stdin.readline()
    line = (argument or os.environ.get(INVITE_VARIABLE, "")).strip()
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
    with lazily():
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
