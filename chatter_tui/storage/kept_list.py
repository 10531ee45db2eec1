"""A user's list for a document (drafts, read marks) in one small file.

The file is rewritten as a whole in the background, so typing never waits for a disk.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from chatter_tui.blocks import loads
from chatter_tui.storage.atomic import read_file, replace_file, unused
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

VERSION: Final = 1
_LARGEST: Final = 16 * 2**20  # bytes, more than anybody types
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")

T = TypeVar("T")


class _NotOursError(ValueError):
    """A file is not in the format that this version writes."""


class KeptList(Generic[T]):
    """A user's list for a document, stored in `.chattermatter/` beside it.

    Args:
        name: What the list contains, for file names and messages.
        item: Parses one item from its JSON value.
    """

    def __init__(self, name: str, item: type[T]) -> None:
        self._name = name
        self._item = item
        self._path: Path | None = None
        self._tell: Callable[[str], None] = lambda _: None
        self._value: Sequence[T] = ()
        self._written: Sequence[T] = ()
        self._let_go: Sequence[T] | None = None
        self._complained = False
        self._writer: ThreadPoolExecutor | None = None

    def open(
        self, folder: Path, document: str, user: str, tell: Callable[[str], None]
    ) -> Sequence[T]:
        """Load the list, and remember where to store it.

        An unusable file is set aside and reported to `tell`, which may also be called later and
        from another thread.
        """
        # The session loads it anyway, before there is a document; importing it here would come
        # first.
        from chatter_tui.storage.session_folder import SessionFolder  # noqa: PLC0415

        self._folder, self._tell = SessionFolder(folder), tell
        path = self._folder.path / self._name / file_name(document, user)
        try:
            with storage_errors(path):
                found = self._read(path)
        except StorageError as error:
            self._tell(f"{self._name} are not kept: {error}")
            return ()
        self._path = path
        return found

    def save(self, value: Sequence[T]) -> None:
        """Store a new list soon. It must not be modified afterwards."""
        self._value = value
        if self._path is not None:
            if self._writer is None:
                self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"keep-{self._name}")
            self._writer.submit(self._write, self._path)

    def release(self) -> None:
        """Stop writing because another process has the file now. May be called from any thread."""
        self._path, self._let_go = None, self._value

    @property
    def unkept(self) -> Sequence[T]:
        """The items saved after `release`, which are not on disk."""
        let_go = self._let_go
        return () if let_go is None else [item for item in self._value if item not in let_go]

    def close(self) -> None:
        """Wait until everything is on disk."""
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None

    def _read(self, path: Path) -> Sequence[T]:
        try:
            if path.exists() and path.stat().st_size > _LARGEST:
                raise _NotOursError("too large")
            data = read_file(path)
            return () if data is None else self._decode(data)
        except ValueError as error:
            aside = unused(path, "aside")
            path.rename(aside)
            self._tell(f"{self._name} of before cannot be used ({error}): they are in {aside}")
            return ()

    def _decode(self, data: bytes) -> Sequence[T]:
        value = loads(data.decode())
        if not isinstance(value, dict) or not isinstance(version := value.get("version"), int):
            raise _NotOursError("not a file of this program")
        if version > VERSION:
            raise _NotOursError("written by a newer version")
        items = value.get(self._name)
        if not isinstance(items, list) or not all(isinstance(i, self._item) for i in items):
            raise _NotOursError("not a file of this program")
        return items

    def _write(self, path: Path) -> None:
        value = self._value
        if value is self._written:
            return  # a later list has been written in its place
        data = json.dumps({"version": VERSION, self._name: value}, indent=1).encode()
        try:
            self._folder.make()
            with storage_errors(path):
                path.parent.mkdir(mode=0o700, exist_ok=True)
                replace_file(path, data, mode=0o600)
        except StorageError as error:
            if not self._complained:
                self._complained = True
                self._tell(f"{self._name} are not kept: {error}")
        else:
            self._written, self._complained = value, False


def file_name(document: str, user: str) -> str:
    """Return a file name for a user of a document that is unique and safe whatever their names."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which a first screen does without

    digest = hashlib.sha256(json.dumps([document, user]).encode()).hexdigest()[:12]
    words = (_UNSAFE.sub("_", name).lstrip(".")[:40] for name in (document, user))
    return f"{'-'.join(words)}-{digest}.json"
