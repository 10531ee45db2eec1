"""`resume`: a session that this folder has been in goes on, as what one was in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatter_tui.cli.exits import Exit, exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.sessions import Headless, Plain, TransportOption, run_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.controller import SessionRun
    from chatter_tui.storage.session_store import SessionStore

Folder = Annotated[
    Path, typer.Option("--dir", metavar="FOLDER", help="The folder of the document.")
]
Session = Annotated[
    str | None,
    typer.Argument(metavar="SESSION", help="A session's id, or enough of its beginning."),
]


def resume(
    session: Session = None,
    *,
    directory: Folder = Path(),
    headless: Headless = False,
    plain: Plain = False,
) -> int:
    """Go on with a session; the one used last if none is named."""
    from chatter_tui.storage import StorageError  # noqa: PLC0415

    store = find(directory, session)
    try:
        notes = store.notes()
    except StorageError as error:
        raise Failure(str(error), exit_code(error.code)) from error
    finally:
        store.close()
    match notes.get("kind"):
        case "master":
            return run_session(lambda: _host(store, notes), headless=headless, plain=plain)
        case "client":
            return run_session(lambda: _join(store, notes), headless=headless, plain=plain)
    raise Failure(f"session {store.session} ended before it began: join it with an invite")


def find(directory: Path, session: str | None) -> SessionStore:
    """The session with this beginning of its id, or the one used last; raises `Failure`."""
    from chatter_tui.storage.session_folder import SessionFolder  # noqa: PLC0415

    stores = SessionFolder(directory).all()
    if session is None:
        if not stores:
            raise Failure("no session has been in this folder", Exit.NOT_FOUND)
        return max(stores, key=lambda store: store.used)
    found = [store for store in stores if store.session.startswith(session.upper())]
    if not found:
        raise Failure(f"this folder has no session {session}", Exit.NOT_FOUND)
    if len(found) > 1:
        raise Failure(f"{session!r} begins more than one session's id", Exit.USAGE)
    return found[0]


def _host(store: SessionStore, notes: Mapping[str, str]) -> SessionRun:
    from chatter_tui.controller.host import HostSession, Listening  # noqa: PLC0415
    from chatter_tui.session.invites import Address  # noqa: PLC0415

    listening = None
    if "addresses" in notes:
        listening = Listening(
            tuple(Address(host, port) for host, port in json.loads(notes["addresses"])),
            Path(notes["certificate"]),
            json.loads(notes["signaling"]),
            json.loads(notes["ice"]),
            strict=True,  # or those who were here would look for it in vain
        )
    document = store.folder.directory / notes["document"]
    return HostSession(store.session, document, notes["owner"], listening, resumes=True)


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
