"""`.chattermatter/`, beside the document: what a session keeps on disk for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.storage.atomic import read_file, replace_file
from chatter_tui.storage.errors import storage_errors

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".chattermatter"


class SessionFolder:
    """The folder in `directory`; it is made when something is first kept in it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FOLDER

    def save_state(self, session: str, state: bytes) -> None:
        """Keep the Yjs state of a session, as one update that any Yjs tool reads.

        Raises:
            StorageError: when it cannot be written.
        """
        target = self.path / "sessions" / f"{session}.crdt"
        with storage_errors(target):
            self._make(target.parent)
            replace_file(target, state, expected=read_file(target))

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")  # it holds secrets and copies, nothing to share
