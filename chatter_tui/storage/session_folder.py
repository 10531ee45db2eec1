"""`.chattermatter/`, next to the document: the folder of session stores."""

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
    """The folder in `directory`; it is made when something is first kept in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / FOLDER
        self.sessions = self.path / "sessions"

    def make(self) -> None:
        """Make the folder, readable by its owner only and not to be shared by version control.

        Raises:
            StorageError: when it cannot be made.
        """
        with storage_errors(self.path):
            for folder in (self.path, self.sessions):
                if not folder.is_dir():
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")  # it holds secrets and copies, nothing to share

    def session(self, session: str) -> SessionStore:
        """What is or will be kept of a session."""
        return SessionStore(self, session)

    @contextmanager
    def host(self, document: str) -> Iterator[None]:
        """Be the only one who hosts a document of this folder.

        Raises:
            HeldError: when somebody does already.
        """
        with self._only(self.path / f"{document}.lock"):
            yield

    @contextmanager
    def attend(self, session: str, *, detached: bool = False) -> Iterator[None]:
        """Be the only one who is in a session from this folder, `detached` from any screen.

        Raises:
            HeldError: when somebody is already.
        """
        with self._only(self.sessions / f"{session}.lock", detached=detached):
            self.asked(session)  # of somebody before
            yield

    def attending(self, session: str) -> Holder | None:
        """Who is in a session from this folder; None when nobody is."""
        return holder(self.sessions / f"{session}.lock")

    def ask(self, session: str, what: Ask) -> None:
        """Ask whoever is in a session from this folder to leave it, or to end it for everyone.

        Raises:
            StorageError: when that cannot be done.
        """
        path = self.sessions / f"{session}.ask"
        with storage_errors(path):
            replace_file(path, what.encode(), mode=0o600)

    def asked(self, session: str) -> Ask | None:
        """What another process asks of the one that is in a session; each is told once."""
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
                pass  # nothing can be written here, so there is nothing to fight over
            yield

    def all(self) -> list[SessionStore]:
        """The sessions kept here, the newest first."""
        if not self.sessions.is_dir():
            return []
        names = {path.stem for path in self.sessions.glob("*.db")}
        found = sorted((name for name in names if _SESSION.fullmatch(name)), reverse=True)
        return [self.session(name) for name in found]
