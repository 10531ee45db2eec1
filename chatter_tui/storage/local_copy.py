"""A client's copy of the document and the sidecar."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks import SourceFile
from chatter_tui.session.records import Noted
from chatter_tui.storage.atomic import read_file, replace_file, unused
from chatter_tui.storage.errors import storage_errors
from chatter_tui.storage.filing import Filing
from chatter_tui.storage.review_files import SIDECAR_SUFFIX, ReviewFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.storage.session_store import SessionStore

_UNSAFE: Final = re.compile(r"[^\w.@+ -]")
_TEXTS: Final = re.compile(
    "md|markdown|mdown|mkdn?|mdwn|mdx|[qr]md|txt|text|rst|a(scii)?doc|org|wiki"
)
_LONGEST: Final = 120  # bytes, which leaves room for the suffixes of sidecars and files set aside
_NAME: Final = "copy"
_DIGESTS: Final = "copy digests"


class LocalCopy:
    """The files of one session in `directory`.

    The master chooses the document's name, so only its last component is used. A different document
    of that name is left alone; the copy gets another name.

    Args:
        directory: Where the copy goes.
        document: The document's name on the master.
        store: The session's store.
        notes: The notes of an earlier run.
    """

    def __init__(
        self,
        directory: Path,
        document: str,
        store: SessionStore,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        notes = notes or {}
        self._store = store
        self._plain = directory / safe_name(document)
        self._own = self._plain.with_stem(f"{self._plain.stem}.{store.session[-8:].lower()}")
        self._digests: list[str] = json.loads(notes.get(_DIGESTS, "[]"))
        self._filing: Filing | None = None
        self.path = directory / notes[_NAME] if _NAME in notes else self._plain

    def read(self) -> str | None:
        """Return the document as an earlier run left it, or None.

        Raises:
            StorageError: It cannot be read.
        """
        with storage_errors(self.path):
            data = read_file(self.path)
        if data is None or _digest(data) not in self._digests:
            return None
        self._open()
        return data.decode()

    def set_document(self, text: str) -> None:
        """Write the master's current document. A copy edited by somebody else is left alone.

        Raises:
            StorageError: It cannot be written.
        """
        data = text.encode()
        digest = _digest(data)
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            path, present = self._place({digest, *self._digests})
            if path != self.path:
                self.path, self._filing = path, None
            # Noted first, so that the copy is recognized even if this process is killed in between.
            digests = [*self._digests[-1:], digest]
            self._store.commit([Noted({_NAME: self.path.name, _DIGESTS: json.dumps(digests)})])
            if present != data:
                replace_file(self.path, data, expected=present)
            self._digests = [digest]
        self._open()

    def _place(self, known: set[str]) -> tuple[Path, bytes | None]:
        """Return a path with no file, or with one that this program wrote, and its contents."""
        number = 1
        path = self.path
        while (present := read_file(path)) is not None and _digest(present) not in known:
            path = self._own if number == 1 else self._own.with_stem(f"{self._own.stem}-{number}")
            number += 1
        return path, present

    def save(self, blocks: Mapping[str, Block]) -> None:
        """Write the blocks to the sidecar.

        Raises:
            StorageError: They cannot be written.
        """
        if self._filing:
            self._filing.save(blocks)

    def forget(self) -> None:
        """Free the parsed files until they are needed again."""
        if self._filing:
            self._filing.forget()

    def set_aside(self, blocks: Iterable[Block]) -> Path:
        """Write blocks that the session has lost to a file beside the sidecar; return its path.

        Raises:
            StorageError: They cannot be written.
        """
        sidecar = self.path.with_name(self.path.name + SIDECAR_SUFFIX)
        aside = unused(sidecar, "lost")
        with storage_errors(aside):
            replace_file(aside, SourceFile("").append(blocks), expected=None)
        return aside

    def _open(self) -> None:
        if self._filing is None:
            files = ReviewFiles.open(self.path, may_edit_document=False)
            self._filing = Filing(files, self._store, alone=True)
        else:
            self._filing.files.reread()


def safe_name(name: str) -> str:
    """Return a text file's name without folders, control characters or a leading dot.

    A host could name its document `Makefile` or `conftest.py`, which other programs would run here.
    """
    last = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).lstrip(". ") or "document"
    stem, dot, suffix = last.rpartition(".")
    if not stem or not _TEXTS.fullmatch(suffix.lower()):
        stem, dot, suffix = last, ".", "md"
    most = _LONGEST - len(suffix) - 1
    return stem.encode()[:most].decode(errors="ignore") + dot + suffix


def _digest(data: bytes) -> str:
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which a first screen does without

    return hashlib.sha256(data).hexdigest()
