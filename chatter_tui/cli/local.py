"""`join` without an invite: choose among the sessions on this machine."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from chatter_tui.cli.exits import Exit
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.sanitize import sanitize

if TYPE_CHECKING:
    from pathlib import Path

    from chatter_tui.session.invites import Invite

_ID: Final = re.compile(r"0[0-9A-HJKMNP-TV-Z]{3,25}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Local:
    """A session on this machine, which is joined with an invite or resumed in its folder."""

    session: str
    words: str
    invite: Invite | None = None


def looks_like_one(text: str) -> bool:
    """Return whether a text may be a session id or a prefix of one."""
    return _ID.fullmatch(text) is not None


def named(beginning: str, directory: Path) -> Local:
    """Return the session whose id has a prefix.

    Raises:
        Failure: There is none, or more than one.
    """
    found = [each for each in sessions(directory) if each.session.startswith(beginning.upper())]
    if not found:
        raise Failure(
            f"this machine has no session {beginning}: join it with an invite", Exit.NOT_FOUND
        )
    if len(found) > 1:
        raise Failure(f"{beginning!r} is a prefix of more than one session id", Exit.USAGE)
    return found[0]


def chosen(directory: Path) -> Local | None:
    """Let the user at a terminal choose a session; elsewhere print the sessions and return None.

    Raises:
        Failure: There are none, or none is chosen.
    """
    found = sessions(directory)
    if not found:
        raise Failure(
            "an invite is needed, the line the host gave you: nothing is hosted on this machine,"
            " and there is no session in this folder",
            Exit.USAGE,
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        for each in found:
            sys.stdout.write(sanitize(f"{each.session} · {each.words}", lines=False) + "\n")
        sys.stderr.write("note: chatter-tui join SESSION opens one of these\n")
        return None
    sys.stdout.write("Sessions on this machine:\n")
    for row, each in enumerate(found, 1):
        sys.stdout.write(sanitize(f"  {row}  {each.words}", lines=False) + "\n")
    number: int = typer.prompt("Which one? (Ctrl-C for none)", default=1, type=int)
    if not 0 < number <= len(found):
        raise Failure(f"there is no number {number}", Exit.USAGE)
    return found[number - 1]


def sessions(directory: Path) -> list[Local]:
    """Return the sessions hosted now, then those stored in a folder, most recently used first."""
    hosted = _hosted(directory)
    known = {each.session for each in hosted}
    return hosted + [each for each in _kept(directory) if each.session not in known]


def _hosted(directory: Path) -> list[Local]:
    from chatter_tui.storage import StorageError  # noqa: PLC0415
    from chatter_tui.storage.hosting import hosted  # noqa: PLC0415

    found = []
    for each in hosted():
        how = " in the background" if each.holder.detached else ""
        words = f"{each.document.name} · hosted{how} by {each.owner} in {each.document.parent}"
        if each.document.parent == directory.resolve():
            found.append(Local(each.session, words))  # which are taken over rather than joined
            continue
        try:
            invite = each.invite(time.time())
        except StorageError:
            continue
        if invite is not None:
            found.append(Local(each.session, words, invite))
    return found


def _kept(directory: Path) -> list[Local]:
    from chatter_tui.storage import StorageError  # noqa: PLC0415
    from chatter_tui.storage.session_folder import SessionFolder  # noqa: PLC0415

    found = []
    for store in sorted(SessionFolder(directory).all(), key=lambda store: -store.used):
        try:
            notes = store.notes()
        except StorageError:
            continue
        finally:
            store.close()
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(store.used))
        if notes.get("kind") in {"master", "client"} and notes.get("document"):
            role = notes.get("role", "")
            words = f"{notes['document']} · in this folder, last used {used}, you are {role}"
            found.append(Local(store.session, words))
    return found
