"""Which comments one has not read: never one's own, never by passing over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set as AbstractSet
    from pathlib import Path

    from chatter_tui.blocks import Block


class ReadMarks(Protocol):
    """Where it is kept which blocks one has read."""

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """Now it is known who reads which document: there may be more to `load`.

        `tell` hears of what is wrong, on any thread.
        """

    def close(self) -> None:
        """Wait until they are kept."""

    def load(self) -> Iterable[str]:
        """The ids of all read blocks."""

    def save(self, ids: Iterable[str], *, read: bool) -> None:
        """Keep blocks as read, or as unread again."""


class MemoryReadMarks:
    """Read marks that live as long as the process."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = set(ids)

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """See `ReadMarks`."""

    def close(self) -> None:
        """See `ReadMarks`."""

    def load(self) -> Iterable[str]:
        """See `ReadMarks`."""
        return tuple(self._ids)

    def save(self, ids: Iterable[str], *, read: bool) -> None:
        """See `ReadMarks`."""
        (self._ids.update if read else self._ids.difference_update)(ids)


class Unread:
    """The ids of unread blocks, kept up to date as blocks come, change and go.

    Reactions have no card of their own and are never unread.
    """

    def __init__(self, marks: ReadMarks) -> None:
        self._marks = marks
        self._read = set(marks.load())
        self._unread: set[str] = set()
        self._name = ""

    @property
    def ids(self) -> AbstractSet[str]:
        """The unread blocks."""
        return self._unread

    def rename(self, name: str, blocks: Mapping[str, Block]) -> set[str]:
        """Learn one's own name, which says what is one's own; returns what changed by that."""
        self._name = name
        return self._count(blocks)

    def load(self, blocks: Mapping[str, Block]) -> set[str]:
        """Learn what has been read before; returns what changed by that."""
        self._read.update(self._marks.load())
        return self._count(blocks)

    def _count(self, blocks: Mapping[str, Block]) -> set[str]:
        before = set(self._unread)
        self._unread = {id_ for id_, block in blocks.items() if self._counts(block)}
        return before ^ self._unread

    def add(self, block: Block) -> None:
        """A block appeared."""
        if self._counts(block):
            self._unread.add(block.id)

    def change(self, before: Block, after: Block) -> None:
        """Somebody else changed a block: other words are unread again."""
        if before.content != after.content or before.suggestion != after.suggestion:
            self._forget({after.id})
        self._unread.discard(after.id)
        self.add(after)

    def remove(self, id_: str) -> None:
        """A block is gone."""
        self._unread.discard(id_)

    def read(self, ids: Iterable[str]) -> set[str]:
        """Mark blocks read; returns those that were not."""
        news = self._unread.intersection(ids)
        self._unread -= news
        self._read |= news
        self._marks.save(news, read=True)
        return news

    def unread(self, block: Block) -> bool:
        """Mark a block unread again; False when it can never be unread."""
        self._forget({block.id})
        self.add(block)
        return block.id in self._unread

    def _forget(self, ids: set[str]) -> None:
        self._read -= ids
        self._marks.save(ids, read=False)

    def _counts(self, block: Block) -> bool:
        own = block.author is not None and block.author == self._name
        return not own and block.type != "reaction" and block.id not in self._read
