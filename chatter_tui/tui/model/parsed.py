"""Documents parsed on their way to the screen, which a long one would hold up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks import Review, SourceFile
from chatter_tui.markdown import Markdown

if TYPE_CHECKING:
    from chatter_tui.controller.events import DocumentChanged

FIRST_LENGTH: Final = 30_000  # characters; several screens, parsed in the time of a frame


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that changed, and what a reader sees of it."""

    event: DocumentChanged
    markdown: Markdown

    @classmethod
    def of(cls, event: DocumentChanged) -> Parsed:
        """Parse, on any thread; anchors point into the document without the comments in it."""
        return cls(event, Markdown(Review(SourceFile(event.text)).text))


def beginning(text: str) -> str:
    """As much of a text as is worth showing before the rest is parsed: whole lines, or all."""
    return text if len(text) <= FIRST_LENGTH else text[: text.rfind("\n", 0, FIRST_LENGTH) + 1]
