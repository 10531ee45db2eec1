"""Former texts of the document, to anchor a comment that was begun on one of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.blocks.anchors import Resolver

_TEXTS: Final = 16
_LENGTH: Final = 4_000_000  # characters of all texts together


class Former:
    """The document's latest texts in this run."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()

    def add(self, text: str) -> None:
        """Add a text that is no longer the current one."""
        self._texts.append(text)
        while len(self._texts) > _TEXTS or sum(map(len, self._texts)) > _LENGTH:
            self._texts.popleft()

    def anchored(self, block: Block, resolver: Resolver) -> Block:
        """Return a block anchored to its words in the current document, if those were edited."""
        location = resolver.resolve(block.anchor) if block.anchor else None
        if block.anchor is None or (location is not None and location.via == "text"):
            return block
        from chatter_tui.blocks.reanchoring import reanchored  # noqa: PLC0415 - rarely needed

        document = resolver.document
        for text in reversed(self._texts):
            for found in reanchored(text, document.text, lambda: document, [block]):
                if found is not None:
                    return block.replace({"anchor": found[1]})
        return block
