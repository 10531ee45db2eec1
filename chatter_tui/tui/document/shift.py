"""Map offsets across an edit of the text."""

from __future__ import annotations

from chatter_tui.blocks.ends import common_end, common_start

# How much text on each side to search for, in characters.
_CONTEXTS = (64, 16)


class Shift:
    """Maps offsets in an old text to the corresponding ones in a new text.

    Common beginnings and ends are taken to be the same text: `prefix` and `suffix` characters.
    Between them, the surrounding words are searched for; if they are gone, it is the start of the
    change.
    """

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self.prefix, self.suffix = len(old), 0
        if old != new:
            self.prefix = common_start(old, new)
            self.suffix = common_end(old[self.prefix :], new[self.prefix :])

    def __call__(self, offset: int) -> int:
        """Return the new offset of an old one."""
        old, new = self.old, self.new
        if old == new or not old:
            return min(offset, len(new))
        if offset < self.prefix:
            return offset
        if offset >= len(old) - self.suffix:
            return offset + len(new) - len(old)
        return self._nearest(offset)

    def _nearest(self, offset: int) -> int:
        """Return where the text around an offset is now, as near as possible to where it was."""
        old, new = self.old, self.new
        for size in _CONTEXTS:
            start = max(offset - size, 0)
            context = old[start : offset + size]
            found = [
                at for at in (new.find(context, start), new.rfind(context, 0, offset)) if at >= 0
            ]
            if found:
                return min(found, key=lambda at: abs(at - start)) + offset - start
        return self.prefix

    @property
    def lines(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The spans of whole lines in each text outside of which nothing differs.

        Both end with a line that is the same, if there is one.
        """
        old, new = self.old, self.new
        start = old.rfind("\n", 0, self.prefix) + 1
        end = len(old) - self.suffix
        for _ in range(2):
            end = old.find("\n", end) + 1 or len(old)
        return (start, end), (start, end + len(new) - len(old))
