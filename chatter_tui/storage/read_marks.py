"""Read marks on disk, so that they survive a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.storage.kept_list import KeptList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LIMIT: Final = 100_000  # marks; the oldest are dropped first, as their comments are long gone


class ReadMarksFile:
    """The blocks that one user of a document has read. Each mark is an opaque text."""

    def __init__(self) -> None:
        self._list = KeptList("read", str)
        self._marks: dict[str, None] = {}

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """Load the marks, and remember where to store them; see `KeptList.open`."""
        kept = self._list.open(folder, document, user, tell)
        new = self._marks.keys() - set(kept)
        self._marks = dict.fromkeys((*kept, *self._marks))
        if new:
            self._list.save(tuple(self._marks))

    def load(self) -> Iterable[str]:
        """Return all marks."""
        return tuple(self._marks)

    def save(self, marks: Iterable[str], *, read: bool) -> None:
        """Add marks, or remove them."""
        changed = [mark for mark in marks if (mark in self._marks) != read]
        for mark in changed:
            if read:
                self._marks[mark] = None
            else:
                del self._marks[mark]
        if changed:
            self._list.save(tuple(self._marks)[-LIMIT:])

    def release(self) -> None:
        """Stop writing; see `KeptList.release`."""
        self._list.release()

    def close(self) -> None:
        """Wait until everything is on disk."""
        self._list.close()
