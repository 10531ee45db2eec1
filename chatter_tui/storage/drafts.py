"""Unsent texts on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatter_tui.storage.kept_list import KeptList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class DraftFile:
    """Drafts as JSON objects. Their contents are up to the caller."""

    def __init__(self) -> None:
        self._list: KeptList[dict[str, Any]] = KeptList("drafts", dict)

    def open(
        self, folder: Path, document: str, user: str, tell: Callable[[str], None]
    ) -> Sequence[Mapping[str, object]]:
        """Load the stored drafts, oldest first; see `KeptList.open`."""
        return self._list.open(folder, document, user, tell)

    def save(self, drafts: Sequence[Mapping[str, object]]) -> None:
        """Replace the stored drafts."""
        self._list.save([dict(draft) for draft in drafts])

    def release(self) -> None:
        """Stop writing; see `KeptList.release`."""
        self._list.release()

    @property
    def unkept(self) -> Sequence[Mapping[str, object]]:
        """The drafts saved after `release`, which are not on disk."""
        return self._list.unkept

    def close(self) -> None:
        """Wait until everything is on disk."""
        self._list.close()
