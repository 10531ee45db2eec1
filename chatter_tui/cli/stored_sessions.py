"""`sessions` and `history`: the sessions stored in a folder."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatter_tui.blocks import timestamp_of
from chatter_tui.cli.exits import exit_code
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.options import AsJson, Folder  # noqa: TC001 - typer reads them at run time
from chatter_tui.cli.resume import find
from chatter_tui.cli.sanitize import sanitize

if TYPE_CHECKING:
    from chatter_tui.storage.session_store import SessionStore

_DAY = 86400.0


def sessions(
    *,
    directory: Folder = Path(),
    prune: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=0, help="Delete sessions unused for this many days."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the sessions of this folder, most recently used first."""
    from chatter_tui.storage.session_folder import SessionFolder  # noqa: PLC0415

    stores = sorted(SessionFolder(directory).all(), key=lambda store: -store.used)
    if prune is not None:
        stores = [store for store in stores if not _pruned(store, prune)]
    rows = [_row(store) for store in stores]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    for row in rows:
        words = row.get("problem") or f"{row['document']} · {row['role']} · {row['open']} open"
        used = _local(datetime.fromisoformat(str(row["used"])).timestamp())
        parts = (str(row["session"]), used, str(words), _running(row["running"]))
        sys.stdout.write(sanitize(" · ".join(filter(None, parts)), lines=False) + "\n")


def _running(process: object) -> str:
    match process:
        case {"pid": pid, "background": background}:
            return f"running{' in the background' if background else ''} (process {pid})"
        case _:
            return ""


def _row(store: SessionStore) -> dict[str, object]:
    from chatter_tui.replica import Replica  # noqa: PLC0415
    from chatter_tui.storage import StorageError  # noqa: PLC0415

    row: dict[str, object] = {"session": store.session, "used": _iso(store.used), "running": None}
    if holder := store.folder.attending(store.session):
        row["running"] = {
            "pid": holder.pid,
            "since": _iso(holder.since),
            "background": holder.detached,
        }
    try:
        stored = store.load()
    except StorageError as error:
        return row | {"problem": str(error)}
    finally:
        store.close()
    blocks = Replica(0, stored.state).blocks.values()
    roots = [b for b in blocks if b.parent_id is None and b.type != "reaction"]
    return row | {
        "document": stored.notes.get("document", ""),
        "role": stored.notes.get("role", ""),
        "open": sum(block.status != "resolved" for block in roots),
        "blocks": len(blocks),
        "pending": len(stored.pending),
    }


def _pruned(store: SessionStore, days: int) -> bool:
    from chatter_tui.storage import HeldError, StorageError  # noqa: PLC0415

    if time.time() - store.used < days * _DAY:
        return False
    try:
        with store.folder.attend(store.session):
            stays = _precious(store)
            if not stays:
                store.remove()
    except HeldError:
        stays = "it is in use"
    except StorageError as error:
        stays = str(error)
    done = f"kept: {stays}" if stays else "deleted"
    sys.stderr.write(sanitize(f"note: {store.session} {done}", lines=False) + "\n")
    return not stays


def _precious(store: SessionStore) -> str:
    """Return what exists only in this session's store; empty if nothing does."""
    from chatter_tui.controller.recovery import OPEN  # noqa: PLC0415

    try:
        stored = store.load(state=False)
    finally:
        store.close()
    if stored.pending:
        return "it has unsent changes"
    if stored.notes.get("kind") == "master" and stored.notes.get(OPEN):
        return "it was interrupted, and its last comments are in no file yet: resume it once"
    return ""


def history(
    session: Annotated[
        str | None,
        typer.Argument(metavar="SESSION", help="A session's id, or a unique prefix."),
    ] = None,
    *,
    directory: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show who did what in a session, and when; by default in the most recently used one."""
    from chatter_tui.session.reporting import WORDS  # noqa: PLC0415
    from chatter_tui.storage import StorageError  # noqa: PLC0415

    store = find(directory, session)
    try:
        entries = store.history()
    except StorageError as error:
        raise Failure(str(error), exit_code(error.code)) from error
    finally:
        store.close()
    if as_json:
        rows = [entry.fields() for entry in entries]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    for entry in entries:
        done = entry.happened
        words = f"{_local(entry.at)}  {done.name or done.peer} {WORDS[done.deed]}"
        parts = (words, done.block, done.detail)
        sys.stdout.write(sanitize("  ".join(filter(None, parts)), lines=False) + "\n")


def _iso(at: float) -> str:
    return timestamp_of(datetime.fromtimestamp(at, UTC))


def _local(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
