"""The selection: from its start to the cursor, by words or blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.document import motion

if TYPE_CHECKING:
    from chatter_tui.tui.document.layout import Layout


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection in progress; `anchor` is the span it began with, which stays selected.

    In mode `text` it extends to the character at the cursor, in mode `block` over whole leaf
    blocks.
    """

    mode: Literal["text", "block"]
    anchor: tuple[int, int]

    def span(self, layout: Layout, cursor: int) -> tuple[int, int]:
        """Return the source span of the selection for a cursor."""
        start, end = self.anchor
        if self.mode == "block":
            here = block_span(layout, cursor)
            return min(start, here[0]), max(end, here[1])
        here = motion.span(layout, cursor)
        if cursor >= start:
            return start, max(here[1], start)
        return here[0], end


def block_span(layout: Layout, offset: int) -> tuple[int, int]:
    """Return the source span of the leaf block at an offset."""
    return layout.leaves[layout.leaf_at(offset)].block
