"""Which comments one has read, on disk, so that unread is still unread tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.storage.drafts import KeptList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LIMIT: Final = 100_000  # marks; the oldest go first, their comments long gone


class ReadMarksFile:
    """The ids of the blocks that one user of a document has read."""

    def __init__(self) -> None:
        self._list = KeptList("read", str)
        self._ids: dict[str, None] = {}

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """Learn where they are kept, and what is; see `KeptList`."""
        kept = self._list.open(folder, document, user, tell)
        new = self._ids.keys() - set(kept)
        self._ids = dict.fromkeys((*kept, *self._ids))
        if new:
            self._list.save(tuple(self._ids))

    def load(self) -> Iterable[str]:
        """The ids of all read blocks."""
        return tuple(self._ids)

    def save(self, ids: Iterable[str], *, read: bool) -> None:
        """Keep blocks as read, or as unread again."""
        changed = [id_ for id_ in ids if (id_ in self._ids) != read]
        for id_ in changed:
            if read:
                self._ids[id_] = None
            else:
                del self._ids[id_]
        if changed:
            self._list.save(tuple(self._ids)[-LIMIT:])

    def release(self) -> None:
        """Keep nothing more; see `KeptList`."""
        self._list.release()

    def close(self) -> None:
        """Wait until they are on disk."""
        self._list.close()
