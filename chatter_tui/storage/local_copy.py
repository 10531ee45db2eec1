"""A client's own copy of what it reviews: the document, the sidecar, the session's state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.storage.atomic import read_file, replace_file
from chatter_tui.storage.errors import storage_errors
from chatter_tui.storage.review_files import ReviewFiles
from chatter_tui.storage.session_folder import SessionFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.blocks import Block

_UNSAFE = re.compile(r"[^\w.@+ -]")


class LocalCopy:
    """The files of one session in `directory`.

    The master chose the document's name, so nothing of it but a plain file name is used, and a
    different document that stands there already is left alone: the copy gets a name of its own.
    """

    def __init__(self, directory: Path, document: str, session: str) -> None:
        self._session = session
        self._folder = SessionFolder(directory)
        self._plain = directory / safe_name(document)
        self._own = self._plain.with_stem(f"{self._plain.stem}.{session[-8:].lower()}")
        self._written: bytes | None = None
        self._files: ReviewFiles | None = None
        self.path = self._plain

    def set_document(self, text: str) -> None:
        """Keep the document as the master has it now.

        Raises:
            StorageError: when it cannot be written.
        """
        data = text.encode()
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            present = read_file(self.path)
            if present not in (None, data, self._written):
                self.path = self._own
                present = read_file(self.path)
                self._files = None
            if present != data:
                replace_file(self.path, data, expected=present)
            self._written = data
        if self._files is None:
            self._files = ReviewFiles.open(self.path, may_edit_document=False)
        else:
            self._files.reread()

    def save(self, blocks: Mapping[str, Block], state: bytes) -> None:
        """Keep the blocks in the sidecar, and the confirmed state.

        Raises:
            StorageError: when they cannot be written.
        """
        if self._files:
            self._files.save(blocks)
            self._folder.save_state(self._session, state)


def safe_name(name: str) -> str:
    """A file name without folders, control characters or a leading dot."""
    last = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).lstrip(". ")[:120]
    return last or "document.md"
