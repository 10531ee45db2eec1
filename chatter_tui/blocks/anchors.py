"""Resolve an anchor to a place in a document, and make an anchor for a place."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from chatter_tui.blocks.finder import Finder
from chatter_tui.blocks.strict_json import dumps
from chatter_tui.blocks.values import Quote, anchor_chain, heading_text, text_quote
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chatter_tui.markdown import Markdown

Key = TypeVar("Key")

# Enough to find a passage again after an edit, yet short enough to read in a file.
_CONTEXT: Final = 32
# A passage that even this does not distinguish is in a text that repeats itself for pages.
_LONGEST_CONTEXT: Final = 2048
# Characters that rarely occur twice by coincidence: some four words.
_TELLING: Final = 24
# A shorter quote says too little, even at the beginning or end of the document.
_LEAST: Final = 12
# Bytes of a quote that fallbacks may repeat: the whole anchor must fit into a field of 16 KiB.
_REPEATED: Final = 4096


class Location(NamedTuple):
    """A span of the document, end exclusive, and the type of the anchor that led there."""

    start: int
    end: int
    via: Literal["text", "heading", "block_index"]


class Resolver:
    """Resolves anchors in one document, which is the text without its embedded blocks."""

    def __init__(self, document: Markdown, finder: Finder | None = None) -> None:
        self.document = document
        self._finder = finder or Finder(document.text)

    def prepare(self, quotes: Iterable[str]) -> None:
        """Look up many quotes (`first_quote`) in one pass, so that none is searched for later."""
        self._finder.look_up(quotes)

    def copy(self) -> Resolver:
        """Return an independent copy, for another thread."""
        return Resolver(self.document, self._finder.copy())

    def after(self, document: Markdown) -> Resolver:
        """Return a resolver for the document after an edit, at a cost that depends on the edit."""
        return Resolver(document, self._finder.after(document.text))

    def resolve(self, anchor: Mapping[str, object]) -> Location | None:
        """Return where the anchor points, or else the first of its fallbacks that resolves."""
        for link in anchor_chain(anchor):
            if location := self._resolve(link):
                return location
        return None

    def resolve_all(
        self, anchors: Iterable[tuple[Key, Mapping[str, object]]]
    ) -> Iterator[tuple[Key, Location | None]]:
        """Resolve many valid anchors in any order, each under a key of the caller's.

        Anchors whose quotes have been looked up before are not kept. All others are looked up
        together, and so are their fallbacks, if needed.
        """
        waiting = []
        for key, anchor in giving_way(anchors):
            quote = text_quote(anchor)
            if quote is not None and not self._finder.has(quote.whole):
                waiting.append((key, anchor))
            else:
                yield key, self._text(quote) if quote else self.resolve(anchor)
        chains = [anchor_chain(anchor) for _, anchor in waiting]
        while chains:
            quoted = [(quote.whole, chain) for chain in chains if (quote := _next_quote(chain))]
            self._finder.look_up(whole for whole, _ in quoted)
            chains = [chain for whole, chain in quoted if self._finder.find(whole) < 0]
        for key, anchor in waiting:
            yield key, self.resolve(anchor)

    def _resolve(self, link: Mapping[str, object]) -> Location | None:
        if quote := text_quote(link):
            return self._text(quote)
        match link["type"]:
            case "heading":
                return self._heading(link)
            case "block_index":
                return self._block(link)
            case _:
                return None

    def _text(self, quote: Quote) -> Location | None:
        found = self._finder.find(quote.whole)
        start = found + len(quote.before)
        return None if found < 0 else Location(start, start + len(quote.exact), "text")

    def _heading(self, link: Mapping[str, object]) -> Location | None:
        return self._headings.get((_words(str(heading_text(link))), link.get("level")))

    def _block(self, link: Mapping[str, object]) -> Location | None:
        index, blocks = link["index"], self.document.blocks
        assert isinstance(index, (int, float)), "a sound anchor"
        if index >= len(blocks):
            return None
        block = blocks[int(index)]
        return Location(block.start, block.end, "block_index")

    @cached_property
    def _headings(self) -> Mapping[tuple[str, object], Location]:
        """The first heading of each text and level; None stands for any level.

        A heading is found by its visible text and by its source, as tools differ in this.
        """
        found: dict[tuple[str, object], Location] = {}
        for heading in self.document.headings:
            location = Location(heading.start, heading.end, "heading")
            for text in (heading.text, self.document.text[heading.start : heading.end]):
                for level in (heading.level, None):
                    found.setdefault((_words(text), level), location)
        return found


def first_quote(anchor: Mapping[str, object]) -> str | None:
    """Return the quote of a valid anchor, with its contexts; None for other types."""
    quote = text_quote(anchor)
    return None if quote is None else quote.whole


def make_anchor(
    document: Markdown, start: int, end: int, last: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return an anchor for a span of the document: a quote that occurs once, and fallbacks.

    The fallbacks quote the same words with less context, as far as that is still unique, so that
    edits beside the words do not matter. The last one is `last`, or else the heading of the
    section, or the index of the top-level block. A span that pages of context do not distinguish
    gets the index only.

    Raises:
        ValueError: The span is empty or not in the document.
    """
    text = document.text
    if not 0 <= start < end <= len(text):
        raise ValueError("the span is empty or outside the document")
    left = _context_size(text, start, end, before=True)
    right = _context_size(text, start, end, before=False)
    quote = _quote(text, start, end, left, right)
    if not _is_unique(text, quote.whole) and (block := _block_anchor(document, start)):
        return block if last is None else block | {"fallback": last}
    if last is None:
        last = _heading_anchor(document, start) or _block_anchor(document, start)
    if len(dumps(quote.whole).encode()) <= _REPEATED:
        for weaker in reversed(_weaker(text, start, end, left // 2, right // 2)):
            last = _text_anchor(weaker, last)
    return _text_anchor(quote, last)


def _quote(text: str, start: int, end: int, left: int, right: int) -> Quote:
    """Return a span as a quote with up to `left` and `right` characters of context."""
    return Quote(text[max(0, start - left) : start], text[start:end], text[end : end + right])


def _weaker(text: str, start: int, end: int, left: int, right: int) -> list[Quote]:
    """Return quotes of the same span with less context, each of which is unique.

    A few words are never quoted without context: once they are gone, others like them would match.
    """
    if end - start >= _TELLING and _is_unique(text, text[start:end]):
        return [_quote(text, start, end, 0, 0)]
    sides = _quote(text, start, end, left, 0), _quote(text, start, end, 0, right)
    return [q for q in sides if len(q.whole) >= _LEAST and _is_unique(text, q.whole)]


def _text_anchor(quote: Quote, fallback: Mapping[str, object] | None) -> dict[str, object]:
    anchor: dict[str, object] = {"type": "text", "exact": quote.exact}
    if quote.before:
        anchor["context_before"] = quote.before
    if quote.after:
        anchor["context_after"] = quote.after
    if fallback is not None:
        anchor["fallback"] = fallback
    return anchor


def _context_size(text: str, start: int, end: int, *, before: bool) -> int:
    """Return how much context to quote on one side: twice what makes the quote unique."""
    size = _CONTEXT
    while size < _LONGEST_CONTEXT:
        half = size // 2
        if _is_unique(
            text, text[max(0, start - half) : end] if before else text[start : end + half]
        ):
            break
        size *= 2
    return size


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


def _next_quote(chain: Iterator[Mapping[str, object]]) -> Quote | None:
    return next((quote for link in chain if (quote := text_quote(link))), None)


def _words(text: str) -> str:
    return " ".join(text.split())
