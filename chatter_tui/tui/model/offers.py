"""Offer new places for threads whose text has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatter_tui.blocks import Location
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.markdown import Markdown


class Offers:
    """Offered places, each computed once per document because searching takes a while."""

    def __init__(self) -> None:
        self._document: Markdown | None = None
        self._found: dict[tuple[str, str], Location | None] = {}

    def of(self, document: Markdown, thread: Thread) -> Location | None:
        """Return where the text of a thread has moved, if that is certain."""
        anchor = thread.block.anchor
        if anchor is None or not thread.is_lost:
            return None
        if document is not self._document:
            self._document, self._found = document, {}
        key = (thread.block.id, thread.block.fields["anchor"])
        if key not in self._found:
            from chatter_tui.blocks.moved import find_moved  # noqa: PLC0415 - slow to import

            moved = find_moved(anchor, document)
            self._found[key] = None if moved is None else moved.location
        return self._found[key]
