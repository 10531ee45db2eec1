"""`resume` and `end`: continue or end a session stored in a folder."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.opening import listening_address
from chatter_tui.cli.options import Folder  # noqa: TC001 - typer reads it at run time
from chatter_tui.cli.running import run_session
from chatter_tui.cli.sessions import Headless, Plain, TransportOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.controller import SessionRun
    from chatter_tui.storage.session_store import SessionStore

Session = Annotated[
    str | None,
    typer.Argument(metavar="SESSION", help="A session's id, or a unique prefix."),
]


def resume(
    session: Session = None,
    *,
    directory: Folder = Path(),
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Host at this address from now on; the others need the new invite.",
        ),
    ] = None,
    headless: Headless = False,
    plain: Plain = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Take the session over from another screen."),
    ] = False,
    background: Annotated[bool, typer.Option("--background", hidden=True)] = False,
) -> int:
    """Continue a session, by default the most recently used one.

    A session that runs in the background is moved to this screen.
    """
    store = find(directory, session)
    notes = _notes(store)
    if not background:
        _have(store, asks=not headless, take_over=take_over)
    address = listening_address(listen)
    match notes.get("kind"):
        case "master":
            if address and "addresses" in notes:
                notes = {**notes, "addresses": json.dumps([(address.host, address.port)])}
            make = partial(_host, store, notes, detached=background)
        case "client" if address:
            raise Failure("--listen is for the host of the session", Exit.USAGE)
        case "client":
            make = partial(_join, store, notes)
        case _:
            raise Failure(f"session {store.session} ended before it began: join it with an invite")
    if background:
        from chatter_tui.cli.background import run  # noqa: PLC0415

        return run(make, store.folder.sessions / f"{store.session}.log")
    return run_session(make, headless=headless, plain=plain, keeps=True)


def end(session: Session = None, *, directory: Folder = Path()) -> None:
    """End a session hosted on this machine for everyone."""
    from chatter_tui.cli.background import release  # noqa: PLC0415

    store = find(directory, session)
    holder = store.folder.attending(store.session)
    if holder is None or _notes(store).get("kind") != "master":
        raise Failure(f"session {store.session} is not hosted now", Exit.NOT_FOUND)
    release(store.folder, store.session, holder, "end")


def _notes(store: SessionStore) -> Mapping[str, str]:
    from chatter_tui.storage import StorageError  # noqa: PLC0415

    try:
        return store.notes()
    except StorageError as error:
        raise Failure(str(error), exit_code(error.code)) from error
    finally:
        store.close()


def _have(store: SessionStore, *, asks: bool, take_over: bool) -> None:
    """Take a session over from another process: from the background, or after confirmation."""
    from chatter_tui.cli.background import release  # noqa: PLC0415

    holder = store.folder.attending(store.session)
    if holder is None:
        return
    if not (holder.detached or take_over):
        if not asks:
            return  # the session itself reports that it is held
        if not sys.stdin.isatty():
            raise Failure(f"the session is on another screen, {holder}: --take-over moves it here")
        question = f"The session is on another screen, {holder}. Move it here?"
        if not typer.confirm(question, default=True):
            raise Failure("the session stays where it is")
    release(store.folder, store.session, holder)


def find(directory: Path, session: str | None) -> SessionStore:
    """Return the store of the session whose id has a prefix, or of the most recently used one.

    Sessions that run in the background come first.

    Raises:
        Failure: There is none, or more than one.
    """
    from chatter_tui.storage.session_folder import SessionFolder  # noqa: PLC0415

    stores = SessionFolder(directory).all()
    if session is None:
        if not stores:
            raise Failure("there is no session in this folder", Exit.NOT_FOUND)
        return max(stores, key=lambda store: (_is_detached(store), store.used))
    found = [store for store in stores if store.session.startswith(session.upper())]
    if not found:
        raise Failure(f"this folder has no session {session}", Exit.NOT_FOUND)
    if len(found) > 1:
        raise Failure(f"{session!r} is a prefix of more than one session id", Exit.USAGE)
    return found[0]


def _is_detached(store: SessionStore) -> bool:
    holder = store.folder.attending(store.session)
    return holder is not None and holder.detached


def _host(store: SessionStore, notes: Mapping[str, str], *, detached: bool) -> SessionRun:
    from chatter_tui.controller.host import HostSession  # noqa: PLC0415
    from chatter_tui.controller.listening import Listening  # noqa: PLC0415
    from chatter_tui.session.invites import Address  # noqa: PLC0415

    listening = None
    if "addresses" in notes:
        listening = Listening(
            tuple(Address(host, port) for host, port in json.loads(notes["addresses"])),
            Path(notes["certificate"]),
            json.loads(notes["signaling"]),
            json.loads(notes["ice"]),
            strict=True,  # otherwise the previous peers would not find it
        )
    document = store.folder.directory / notes["document"]
    return HostSession(
        store.session, document, notes["owner"], listening, resumes=True, detached=detached
    )


def _join(store: SessionStore, notes: Mapping[str, str]) -> SessionRun:
    from chatter_tui.controller.join import JoinSession, Reaching  # noqa: PLC0415
    from chatter_tui.session.invites import Invite  # noqa: PLC0415

    reaching = Reaching(
        TransportOption(notes["transport"]).value,
        json.loads(notes["signaling"]),
        json.loads(notes["ice"]),
    )
    invite = Invite.parse(notes["invite"])
    return JoinSession(invite, notes["name"], store.folder.directory, reaching)
