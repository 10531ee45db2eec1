"""Find edited or moved text that an anchor no longer matches. Results are offered, never applied.

A place is only offered if the quoted text, or an edited form of it, is there, the context supports
it, and nothing else in the document comes close. Anything less certain stays an orphan, since a
comment on the wrong words does more harm than one without a place.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from chatter_tui.blocks.anchors import Location
from chatter_tui.blocks.values import anchor_chain, text_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.blocks.values import Quote
    from chatter_tui.markdown import Markdown

# Six characters in a row survive most edits of a sentence, and are more specific than a word.
_GRAM: Final = 6
# A more frequent gram says nothing about its origin.
_COMMON: Final = 40
_CANDIDATES: Final = 8
_SHORTEST: Final = 16  # characters of a quote and its contexts
_LONGEST: Final = 8192  # the comparison takes quadratic time
# How far insertions may have pushed the rest of a quote from most of it.
_REACH: Final = 64
# Similarity in percent above which contexts count as equal, if they are long enough to tell.
_SAME_CONTEXT: Final = 95
_LEAST_CONTEXT: Final = 24
_EDITED: Final = 80
# What lines begin with in Markdown, and the blanks between them.
_MARKS: Final = " \t\n-*+>#|"
# A quote of at least so many characters that is this similar needs one context that is the same, or
# two that are still similar.
_LONG: Final = 64
_NEARLY_SAME: Final = 90
_LIKE_CONTEXT: Final = 60
# How much less similar the next best place must be, in percent of the whole quote.
_MARGIN: Final = 15


class Moved(NamedTuple):
    """Where the quoted text probably is now, and how similar the two are in percent."""

    location: Location
    similarity: float


class _Candidate(NamedTuple):
    start: int
    end: int
    score: float


def find_moved(anchor: Mapping[str, object], document: Markdown) -> Moved | None:
    """Return where the text of an unresolved anchor probably is now, if that is certain enough."""
    quote = next((quote for link in anchor_chain(anchor) if (quote := text_quote(link))), None)
    if quote is None or not _SHORTEST <= len(quote.whole) <= _LONGEST:
        return None
    text = document.text
    candidates = sorted(_candidates(quote, text), key=lambda c: -c.score)
    if not candidates:
        return None
    best = candidates[0]
    rivals = [c for c in candidates if c.end <= best.start or c.start >= best.end]
    if any(rival.score > best.score - _MARGIN for rival in rivals):
        return None
    similarity = fuzz.ratio(quote.exact, text[best.start : best.end])
    if not _is_sure(quote, text, best, similarity):
        return None
    return Moved(Location(best.start, best.end, "text"), similarity)


def _is_sure(quote: Quote, text: str, found: _Candidate, similarity: float) -> bool:
    words = text[found.start : found.end]
    for context in (quote.before, quote.after):
        # When a line is deleted, the next one moves into its place.
        if fuzz.partial_ratio(words, context.strip(_MARKS)) >= similarity and similarity < 100:
            return False
    sides = [*_sides(quote, text, found)]
    telling = [ratio for length, ratio in sides if length >= _LEAST_CONTEXT]
    if similarity == 100 and (100 in telling or (not telling and text.count(quote.exact) == 1)):
        return True  # the context is the same, or was too short to tell where words moved
    if similarity >= _EDITED and len(telling) == 2 and min(telling) >= _SAME_CONTEXT:
        return True
    if similarity < _NEARLY_SAME or len(quote.exact) < _LONG:
        return False
    if any(fuzz.partial_ratio(words, side.strip(_MARKS)) >= _NEARLY_SAME for side in quote[::2]):
        return False  # this was beside the words, or is as like them as other rows of a table
    ratios = [ratio for length, ratio in sides if length >= _LEAST_CONTEXT // 2]
    return bool(ratios) and (max(ratios) >= _SAME_CONTEXT or min(ratios) >= _LIKE_CONTEXT)


def _sides(quote: Quote, text: str, found: _Candidate) -> Iterator[tuple[int, float]]:
    """Yield the length of each context, and how similar the text at its place is, in percent."""
    before = text[max(0, found.start - len(quote.before)) : found.start]
    yield len(quote.before), fuzz.ratio(quote.before, before)
    after = text[found.end : found.end + len(quote.after)]
    yield len(quote.after), fuzz.ratio(quote.after, after)


def _candidates(quote: Quote, text: str) -> Iterator[_Candidate]:
    whole, seen = quote.whole, set()
    for start in _likely_starts(whole, text):
        reach = _REACH + len(whole) // 4
        low = max(0, start - reach)
        window = text[low : start + len(whole) + reach]
        aligned = fuzz.partial_ratio_alignment(whole, window)
        if aligned is None or aligned.dest_end == aligned.dest_start:
            continue
        region = window[aligned.dest_start : aligned.dest_end]
        span = _span(quote, region)
        if span is not None:
            origin = low + aligned.dest_start
            candidate = _Candidate(origin + span[0], origin + span[1], fuzz.ratio(whole, region))
            if candidate not in seen:
                seen.add(candidate)
                yield candidate


def _likely_starts(whole: str, text: str) -> Sequence[int]:
    """Return where in the text the quote would start according to most of its pieces."""
    votes: Counter[int] = Counter()
    step = max(len(whole) // 2, 1)
    for offset in range(0, len(whole) - _GRAM + 1, max(1, len(whole) // 256)):
        places = _places(whole[offset : offset + _GRAM], text)
        votes.update((place - offset) // step for place in places)
    return [bucket * step for bucket, _ in votes.most_common(_CANDIDATES)]


def _places(gram: str, text: str) -> Sequence[int]:
    places: list[int] = []
    at = text.find(gram)
    while at >= 0:
        places.append(at)
        if len(places) > _COMMON:
            return ()
        at = text.find(gram, at + 1)
    return places


def _span(quote: Quote, region: str) -> tuple[int, int] | None:
    """Return the part of a region that corresponds to the exact text, or None."""
    first, last = len(quote.before), len(quote.before) + len(quote.exact)
    start = end = None
    for code in Levenshtein.opcodes(quote.whole, region):
        if code.tag != "equal":
            continue
        low, high = max(code.src_start, first), min(code.src_end, last)
        if low < high:
            shift = code.dest_start - code.src_start
            start = low + shift if start is None else start
            end = high + shift
    if start is None or end is None:
        return None
    # A word that was whole in the quote is whole, whichever of its letters are new.
    if not quote.before[-1:].isalnum():
        while start > 0 and region[start - 1 : start + 1].isalnum():
            start -= 1
    if not quote.after[:1].isalnum():
        while end < len(region) and region[end - 1 : end + 1].isalnum():
            end += 1
    return start, end
