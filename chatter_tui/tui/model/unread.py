"""Unread comments: never the user's own, and not marked read by scrolling past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set as AbstractSet
    from pathlib import Path

    from chatter_tui.blocks import Block


class ReadMarks(Protocol):
    """Storage of read marks."""

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """Open the marks of a user for a document; then call `load`.

        Problems are reported to `tell`, on any thread.
        """

    def close(self) -> None:
        """Wait until everything is stored."""

    def load(self) -> Iterable[str]:
        """Return the marks of all read blocks: see `Unread`."""

    def save(self, marks: Iterable[str], *, read: bool) -> None:
        """Add marks, or remove them."""


class MemoryReadMarks:
    """Read marks that live as long as the process."""

    def __init__(self, marks: Iterable[str] = ()) -> None:
        self._kept = set(marks)

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """See `ReadMarks`."""

    def close(self) -> None:
        """See `ReadMarks`."""

    def load(self) -> Iterable[str]:
        """See `ReadMarks`."""
        return tuple(self._kept)

    def save(self, marks: Iterable[str], *, read: bool) -> None:
        """See `ReadMarks`."""
        (self._kept.update if read else self._kept.difference_update)(marks)


class Unread:
    """The unread blocks, kept up to date as blocks come, change and go.

    A mark is a block's id and, after a space, a digest of its text when it was read: text that
    changed while the user was away is unread again. Reactions have no card of their own and are
    never unread.
    """

    def __init__(self, marks: ReadMarks) -> None:
        self._marks = marks
        self._read: dict[str, str] = {}  # digests by id; empty if unknown
        self._unread: dict[str, Block] = {}
        self._name = ""
        self._learn()

    def _learn(self) -> None:
        for mark in self._marks.load():
            id_, _, digest = mark.partition(" ")
            self._read[id_] = digest

    @property
    def ids(self) -> AbstractSet[str]:
        """The unread blocks."""
        return self._unread.keys()

    def rename(self, name: str, blocks: Mapping[str, Block]) -> set[str]:
        """Set the user's name, which decides which blocks are own; return the changed ones."""
        self._name = name
        return self._count(blocks)

    def load(self, blocks: Mapping[str, Block]) -> set[str]:
        """Load what was read before; return the blocks that this changes."""
        self._learn()
        return self._count(blocks)

    def _count(self, blocks: Mapping[str, Block]) -> set[str]:
        before = set(self._unread)
        self._unread = {id_: block for id_, block in blocks.items() if self._counts(block)}
        return before ^ self._unread.keys()

    def add(self, block: Block) -> None:
        """Note a new block."""
        if self._counts(block):
            self._unread[block.id] = block

    def change(self, before: Block, after: Block) -> None:
        """Note that somebody else changed a block: a new text is unread."""
        if before.content != after.content or before.suggestion != after.suggestion:
            self._forget([after.id])
        self._unread.pop(after.id, None)
        self.add(after)

    def remove(self, id_: str) -> None:
        """Note that a block is gone."""
        self._unread.pop(id_, None)

    def read(self, ids: Iterable[str]) -> set[str]:
        """Mark blocks read; return those that were not."""
        news = self._unread.keys() & set(ids)
        self._forget(news)  # replace the marks of other texts
        self._read |= {id_: _digest(self._unread.pop(id_)) for id_ in news}
        self._marks.save([f"{id_} {self._read[id_]}" for id_ in news], read=True)
        return news

    def unread(self, block: Block) -> bool:
        """Mark a block unread; return False if it can never be."""
        self._forget([block.id])
        self.add(block)
        return block.id in self._unread

    def _forget(self, ids: Iterable[str]) -> None:
        known = [(id_, self._read.pop(id_)) for id_ in ids if id_ in self._read]
        if known:
            self._marks.save([f"{id_} {digest}".rstrip() for id_, digest in known], read=False)

    def _counts(self, block: Block) -> bool:
        if block.type == "reaction" or (block.author is not None and block.author == self._name):
            return False
        known = self._read.get(block.id)
        return known is None or known not in ("", _digest(block))


def _digest(block: Block) -> str:
    """Return a short digest of a block's text; nobody gains from a collision."""
    words = "\0".join((block.content, *(block.suggestion or ())))
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which a first screen does without

    return hashlib.blake2b(words.encode(errors="replace"), digest_size=6).hexdigest()
