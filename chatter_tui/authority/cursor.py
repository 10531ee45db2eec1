"""A reader of structs that caches the parent shared by most structs of an update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.replica.lib0 import MAX_CLOCK, Reader

if TYPE_CHECKING:
    from chatter_tui.authority.codec import Id


class Cursor(Reader):
    """A cursor over an update."""

    __slots__ = ("_parent", "_spelling")

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._parent: str | Id = ""
        self._spelling = b""

    def parent(self) -> str | Id:
        """Read a parent: a root's name or an item. All fields of a block spell the same one."""
        start = self.position
        # No encoded number or text is a prefix of another, so equal bytes mean equal values.
        if not (self._spelling and self.skips(self._spelling)):
            self._parent = self._read_parent()
            self._spelling = self.data[start : self.position]
        return self._parent

    def _read_parent(self) -> str | Id:
        return self.string() if self.uint(1) else (self.uint(), self.uint(MAX_CLOCK))
