"""Where an anchor points in a document, and the anchor for a place in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chatter_tui.blocks.finder import Finder
from chatter_tui.blocks.values import anchor_chain, heading_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatter_tui.markdown import Markdown

# Enough to find a passage again after an edit, and short enough to read in a file.
_CONTEXT: Final = 32
# A passage that even this does not tell apart stands in a text that repeats itself for pages.
_LONGEST_CONTEXT: Final = 2048


class Location(NamedTuple):
    """A span of the document, end exclusive, and the kind of anchor that led there."""

    start: int
    end: int
    via: Literal["text", "heading", "block_index"]


class Resolver:
    """Resolves anchors in one document, which is the text without its inline blocks."""

    def __init__(self, document: Markdown) -> None:
        self._document = document
        self._finder = Finder(document.text)

    def prepare(self, anchors: Iterable[Mapping[str, object]]) -> None:
        """Look up the texts of many anchors at once, so that resolving each takes no scan."""
        links = (link for anchor in anchors for link in anchor_chain(anchor))
        needles = [needle for link in links if (needle := "".join(_quote(link)))]
        self._finder = Finder(self._document.text, needles)

    def resolve(self, anchor: Mapping[str, object]) -> Location | None:
        """Return where the anchor points, or the first of its fallbacks that points anywhere."""
        for link in anchor_chain(anchor):
            if location := self._resolve(link):
                return location
        return None

    def _resolve(self, link: Mapping[str, object]) -> Location | None:
        match link["type"]:
            case "text":
                return self._text(link)
            case "heading":
                return self._heading(link)
            case "block_index":
                return self._block(link)
            case _:
                return None

    def _text(self, link: Mapping[str, object]) -> Location | None:
        # The first occurrence within the contexts is the first occurrence of all three in a row.
        before, exact, after = _quote(link)
        found = self._finder.find(before + exact + after)
        start = found + len(before)
        return None if found < 0 else Location(start, start + len(exact), "text")

    def _heading(self, link: Mapping[str, object]) -> Location | None:
        return self._headings.get((_words(str(heading_text(link))), link.get("level")))

    def _block(self, link: Mapping[str, object]) -> Location | None:
        index, blocks = link["index"], self._document.blocks
        assert isinstance(index, (int, float)), "a sound anchor"
        if index >= len(blocks):
            return None
        block = blocks[int(index)]
        return Location(block.start, block.end, "block_index")

    @cached_property
    def _headings(self) -> Mapping[tuple[str, object], Location]:
        """The first heading of each text and level, None for any level.

        A heading goes by what a reader sees of it and by its source, as tools differ in this.
        """
        found: dict[tuple[str, object], Location] = {}
        for heading in self._document.headings:
            location = Location(heading.start, heading.end, "heading")
            for text in (heading.text, self._document.text[heading.start : heading.end]):
                for level in (heading.level, None):
                    found.setdefault((_words(text), level), location)
        return found


def make_anchor(document: Markdown, start: int, end: int) -> dict[str, object]:
    """Return an anchor for a span of the document: a quote that occurs once, and a fallback.

    A span that only pages of context could tell apart gets its top-level block's index instead.
    Raises ValueError when the span is empty or not in the document.
    """
    text = document.text
    if not 0 <= start < end <= len(text):
        raise ValueError("the span is empty or outside the document")
    size = _CONTEXT
    while not _is_unique(text, text[max(0, start - size) : end + size]):
        size *= 2
        if size > _LONGEST_CONTEXT and (block := _block_anchor(document, start)):
            return block
    anchor: dict[str, object] = {"type": "text", "exact": text[start:end]}
    if before := text[max(0, start - size) : start]:
        anchor["context_before"] = before
    if after := text[end : end + size]:
        anchor["context_after"] = after
    if fallback := _heading_anchor(document, start) or _block_anchor(document, start):
        anchor["fallback"] = fallback
    return anchor


def _is_unique(text: str, quote: str) -> bool:
    return text.find(quote, text.find(quote) + 1) < 0


def _heading_anchor(document: Markdown, start: int) -> dict[str, object] | None:
    heading = document.section_at(start)
    if heading is None or not heading.text.strip():
        return None
    anchor = {"type": "heading", "text": heading.text, "level": heading.level}
    found = Resolver(document).resolve(anchor)
    return anchor if found and found.start == heading.start else None


def _block_anchor(document: Markdown, start: int) -> dict[str, object] | None:
    for index, block in enumerate(document.blocks):
        if block.start <= start < block.end:
            return {"type": "block_index", "index": index}
    return None


def _quote(link: Mapping[str, object]) -> tuple[str, str, str]:
    if link["type"] != "text":
        return "", "", ""
    before, exact, after = (
        # Tools that read the file as it is quote its line endings too.
        str(link.get(name, "")).replace("\r\n", "\n").replace("\r", "\n")
        for name in ("context_before", "exact", "context_after")
    )
    return before, exact, after


def _words(text: str) -> str:
    return " ".join(text.split())
