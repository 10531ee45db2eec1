"""Which blocks reply to which, kept current."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chatter_tui.replica import Change


class Replies:
    """Maps a block id, existing or not, to the blocks that have it as `parent_id`."""

    def __init__(self) -> None:
        self._replies: dict[str, set[str]] = {}

    def update(self, change: Change) -> None:
        """Apply a change of a block."""
        before = change.before.parent_id if change.before else None
        after = change.after.parent_id if change.after else None
        if before == after:
            return
        if before is not None:
            self._replies[before].discard(change.id)
            if not self._replies[before]:
                del self._replies[before]
        if after is not None:
            self._replies.setdefault(after, set()).add(change.id)

    def of(self, id_: str) -> Collection[str]:
        """Return the direct replies to a block."""
        return self._replies.get(id_, ())

    def below(self, ids: Iterable[str]) -> set[str]:
        """Return all direct and indirect replies, without `ids` themselves."""
        roots = set(ids)
        found: set[str] = set()
        todo = list(roots)
        while todo:
            fresh = set(self.of(todo.pop())) - found - roots
            found |= fresh
            todo += fresh
        return found
