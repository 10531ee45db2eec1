"""Search a text in the document and the threads."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatter_tui.tui.model.model import Model

LIMIT: Final = 10_000  # matches; nobody steps through more


@dataclass(slots=True)
class Search:
    """A search and its matches: offsets in the document, ids of blocks in display order.

    The search ignores case unless the needle contains a capital.
    """

    needle: str = ""
    offsets: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, needle: str, model: Model) -> Search:
        """Search everything for a text; an empty one matches nothing."""
        if not needle:
            return cls()
        exact = needle != needle.casefold()
        pattern = re.compile(re.escape(needle), 0 if exact else re.IGNORECASE)
        offsets: list[int] = []
        for match in pattern.finditer(model.document.text):
            offsets.append(match.start())
            if len(offsets) == LIMIT:
                break
        ids = [
            thread.block.id
            for root in model.threads.roots
            for _, thread in root.walk()
            if pattern.search(f"{thread.block.author or ''}\n{thread.block.content}")
        ]
        return cls(needle, offsets, ids)

    def __bool__(self) -> bool:
        return bool(self.needle)

    def offset(self, after: int, by: int) -> int | None:
        """Return the next match in the document in a direction, wrapping around."""
        if not self.offsets:
            return None
        at = bisect_right(self.offsets, after) if by > 0 else bisect_left(self.offsets, after) - 1
        return self.offsets[at % len(self.offsets)]

    def block(self, after: str, by: int) -> str | None:
        """Return the next match among the blocks in a direction, wrapping around."""
        if not self.ids:
            return None
        if after not in self.ids:
            return self.ids[0 if by > 0 else -1]
        return self.ids[(self.ids.index(after) + by) % len(self.ids)]
