"""`.chattermatter/` beside the document: the folder of session stores."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Literal

from chatter_tui.storage.atomic import replace_file
from chatter_tui.storage.errors import StorageError, storage_errors
from chatter_tui.storage.lock import HeldError, Holder, hold, holder
from chatter_tui.storage.session_store import SessionStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Ask = Literal["leave", "end"]

FOLDER: Final = ".chattermatter"
_SESSION: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class SessionFolder:
    """The folder in `directory`, created when something is first stored in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / FOLDER
        self.sessions = self.path / "sessions"

    def make(self) -> None:
        """Create the folder, readable by its owner only and ignored by version control.

        Raises:
            StorageError: It cannot be created.
        """
        with storage_errors(self.path):
            for folder in (self.path, self.sessions):
                if not folder.is_dir():
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                # It holds secrets and copies, which do not belong in a repository.
                ignore.write_text("*\n")

    def session(self, session: str) -> SessionStore:
        """Return the store of a session, which need not exist."""
        return SessionStore(self, session)

    @contextmanager
    def host(self, document: str) -> Iterator[None]:
        """Be the only host of a document in this folder while the block runs.

        Raises:
            HeldError: Another process is.
        """
        with self._only(self.path / f"{document}.lock"):
            yield

    @contextmanager
    def attend(self, session: str, *, detached: bool = False) -> Iterator[None]:
        """Be the only process in a session while the block runs; `detached` if it has no screen.

        Raises:
            HeldError: Another process is in it.
        """
        with self._only(self.sessions / f"{session}.lock", detached=detached):
            self.asked(session)  # discard what an earlier process was asked
            yield

    def attending(self, session: str) -> Holder | None:
        """Return the process that is in a session, or None."""
        return holder(self.sessions / f"{session}.lock")

    def ask(self, session: str, what: Ask) -> None:
        """Ask the process that is in a session to leave it, or to end it for everyone.

        Raises:
            StorageError: It cannot be asked.
        """
        path = self.sessions / f"{session}.ask"
        with storage_errors(path):
            replace_file(path, what.encode(), mode=0o600)

    def asked(self, session: str) -> Ask | None:
        """Return what another process asks of the one in a session.

        Each request is returned once.
        """
        path = self.sessions / f"{session}.ask"
        try:
            text = path.read_bytes()
            path.unlink()
        except OSError:
            return None
        return "end" if text == b"end" else "leave"

    @contextmanager
    def _only(self, path: Path, *, detached: bool = False) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                self.make()
                stack.enter_context(hold(path, detached=detached))
            except HeldError:
                raise
            except StorageError:
                pass  # nothing can be written here, so nothing needs protection
            yield

    def all(self) -> list[SessionStore]:
        """Return the stores in this folder, newest first."""
        if not self.sessions.is_dir():
            return []
        names = {path.stem for path in self.sessions.glob("*.db")}
        found = sorted((name for name in names if _SESSION.fullmatch(name)), reverse=True)
        return [self.session(name) for name in found]
