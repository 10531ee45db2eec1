"""Suggestions: whether one still applies, and the result of accepting or rejecting it.

Nothing here writes a file. Results are fields of the block and, if the document changes, a new
`Review` of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from chatter_tui.blocks.anchors import Location, Resolver, make_anchor
from chatter_tui.blocks.strict_json import dumps, loads_fields
from chatter_tui.blocks.values import Suggestion, anchor_chain, text_quote
from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chatter_tui.blocks.block import Block
    from chatter_tui.blocks.review import Review
    from chatter_tui.markdown import Markdown

State = Literal["applies", "moved", "stale", "overlaps", "done"]
Outcome = Literal["accepted", "rejected", "withdrawn"]
Span = tuple[int, int]
Placed = tuple["Block", "Location | None"]

DECISION: Final = "decision"  # the field that records the decision; written by the master only
_OUTCOMES: Final = get_args(Outcome)
_NEWLINE: Final = re.compile(r"\r\n?")
_CONTEXT: Final = 32  # characters stored on either side, to find an accepted text again
_TELLING: Final = 16  # characters of context that do not match by coincidence


class Unfit(Exception):  # noqa: N818 - an answer, not a malfunction
    """A suggestion cannot be decided on like this; `code` is one of docs/protocol.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Fit:
    """How a suggestion fits: `span` is the text it would replace, None if that was not found.

    `rivals` are other open suggestions for some of the same text. `done` says that the suggestion
    is stale because its replacement is already there.
    """

    state: State
    span: Span | None
    rivals: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a suggestion, by whom and when.

    If it changed the document, it includes the text around the place, by which that is found again,
    and the previous anchor as JSON.
    """

    outcome: Outcome
    by: str
    at: str = ""
    around: tuple[str, str] | None = None
    anchor: str | None = None


class Decided(NamedTuple):
    """The fields to set (JSON texts, None to remove) and the new document, if it changes."""

    fields: Mapping[str, str | None]
    review: Review | None = None


def decision_of(block: Block) -> Decision | None:
    """Return the decision on a suggestion; None while it is open."""
    value = block.value(DECISION)
    if block.suggestion is None or block.status == "open" or not isinstance(value, dict):
        return None
    if value.get("outcome") not in _OUTCOMES:
        return None
    by, at, before, after = (
        text if isinstance(text := value.get(name), str) else None
        for name in ("by", "at", "before", "after")
    )
    around = None if before is None or after is None else (before, after)
    anchor = loads_fields(block.fields[DECISION]).get("anchor")
    return Decision(value["outcome"], by or "", at or "", around, anchor)


# -- fitting ---------------------------------------------------------------------------------------


def fit(
    document: Markdown, block: Block, location: Location | None, others: Iterable[Placed] = ()
) -> Fit:
    """Determine whether the text that a suggestion would replace is still there.

    `location` is where the block's anchor points. `others` are blocks, with their locations, that
    may change the same text.
    """
    span, state = _place(document, block, location), "applies"
    if span is None:
        span, state = _moved(document, block), "moved"
    if span is None:
        return Fit("done" if _is_done(document.text, block) else "stale", None)
    rivals = tuple(_rivals(document, block, span, others))
    return Fit("overlaps" if rivals else "moved" if state == "moved" else "applies", span, rivals)


def placed(blocks: Iterable[Block], resolver: Resolver) -> list[Placed]:
    """Return the open suggestions among blocks, and where each points."""
    found = (block for block in blocks if block.suggestion is not None and block.status == "open")
    return [(b, None if b.anchor is None else resolver.resolve(b.anchor)) for b in found]


def _place(document: Markdown, block: Block, location: Location | None) -> Span | None:
    """Return where the text is, if the anchor says so: a fallback has to quote the same words."""
    anchor = block.anchor or {}
    if location is None or anchor.get("type") != location.via:
        return None
    if text_quote(anchor) and not _is_quoted(document.text, anchor, location):
        return None
    return _find(document, block, location.start, location.end)


def _is_quoted(text: str, anchor: Mapping[str, object], location: Location) -> bool:
    """Return whether an anchor quotes the text there, itself or by a fallback that fits only there."""
    first = text_quote(anchor)
    for quote in filter(None, map(text_quote, anchor_chain(anchor))):
        at = location.start - len(quote.before)
        if first and quote.exact == first.exact and at >= 0 and text.startswith(quote.whole, at):
            return quote == first or text.find(quote.whole, at + 1) < 0
    return False


def _moved(document: Markdown, block: Block) -> Span | None:
    """Return where the text is now if that is certain; a fallback with the same words is not."""
    from chatter_tui.blocks.moved import find_moved  # noqa: PLC0415 - slow to import, rarely needed

    if block.anchor is None:
        return _find(document, block, 0, len(document.text))
    moved = find_moved(block.anchor, document)
    return None if moved is None else _find(document, block, *moved.location[:2])


def _find(document: Markdown, block: Block, start: int, end: int) -> Span | None:
    """Return the only place in a part of the document that has the text to be replaced."""
    change = _change(block)
    if change is None:
        return None
    at = document.text.find(change.original, start, end)
    if at < 0 or (change.original and document.text.find(change.original, at + 1, end) >= 0):
        return None
    return at, at + len(change.original)


def _change(block: Block) -> Suggestion | None:
    """Return the change in canonical text; other tools may quote the file's line endings."""
    if block.suggestion is None:
        return None
    return Suggestion(*(_NEWLINE.sub("\n", text) for text in block.suggestion))


def _rivals(
    document: Markdown, block: Block, span: Span, others: Iterable[Placed]
) -> Iterator[Block]:
    """Yield other open suggestions for the same text, or insertions at the same place."""
    for other, location in others:
        if other.id == block.id or other.status != "open" or other.suggestion is None:
            continue
        theirs = _place(document, other, location)
        if theirs is not None and (
            theirs == span or max(theirs[0], span[0]) < min(theirs[1], span[1])
        ):
            yield other


def _is_done(text: str, block: Block) -> bool:
    """Return whether the replacement is already in place of the original."""
    change, quote = _change(block), text_quote(block.anchor) if block.anchor else None
    if change is None or quote is None or quote.exact != change.original:
        return False
    whole = quote.before + change.replacement + quote.after
    telling = len(quote.before) + len(quote.after) >= _TELLING
    return telling and text.count(whole) == 1


# -- deciding --------------------------------------------------------------------------------------


def accept(
    review: Review, block: Block, others: Iterable[Block], by: str, at: str, *, confirmed: bool
) -> Decided:
    """Accept a suggestion.

    Args:
        review: The current document.
        block: The suggestion.
        others: All blocks, some of which may change the same text.
        by: The name of the user.
        at: The time, as in a block's timestamp.
        confirmed: Whether to accept even if the text has moved or suggestions overlap.

    Raises:
        Unfit: It cannot be applied, or must be confirmed.
    """
    change = _open_change(block)
    resolver = Resolver(review.markdown)
    location = None if block.anchor is None else resolver.resolve(block.anchor)
    found = fit(review.markdown, block, location, placed(others, resolver))
    if found.state == "done":
        return Decided(_resolved(Decision("accepted", by, at)))
    if found.span is None:
        raise Unfit("stale", "the text it is to replace is no longer there")
    if found.state == "moved" and not confirmed:
        raise Unfit("moved", "the text it is to replace has moved: check and confirm")
    if found.state == "overlaps" and not confirmed:
        rival = found.rivals[0].author or "somebody"
        raise Unfit("overlaps", f"{rival} suggests something else there: check and confirm")
    start, end = found.span
    after = replaced(review, start, end, change.replacement)
    text = review.text
    around = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    decision = Decision("accepted", by, at, around, block.fields.get("anchor"))
    fields = dict(_resolved(decision))
    if block.anchor is not None:
        anchor = _anchor_of(after.markdown, start, start + len(change.replacement))
        fields["anchor"] = dumps(anchor) if anchor else block.fields["anchor"]
    return Decided(fields, after)


def reject(block: Block, by: str, at: str) -> Decided:
    """Reject a suggestion, or withdraw it if `by` is its author.

    Raises:
        Unfit: It is not open.
    """
    _open_change(block)
    outcome: Outcome = "withdrawn" if block.author == by else "rejected"
    return Decided(_resolved(Decision(outcome, by, at)))


def revert(review: Review, block: Block, by: str) -> Decided:
    """Undo the user's own decision on a suggestion: reopen the block and restore the text.

    Raises:
        Unfit: Somebody else made the decision, or the text is no longer there.
    """
    decision, change = decision_of(block), _change(block)
    if decision is None or change is None:
        raise Unfit("not-decided", "there is no decision on this")
    if decision.by != by:
        raise Unfit("not-yours", f"{decision.by or 'somebody else'} decided this")
    fields: dict[str, str | None] = {"status": dumps("open"), DECISION: None}
    if decision.around is None:
        return Decided(fields)
    span = _stands(review.text, decision.around, change.replacement)
    if span is None:
        raise Unfit("stale", "the accepted text, or what is around it, has been changed since")
    if decision.anchor is not None:
        fields["anchor"] = decision.anchor
    return Decided(fields, replaced(review, *span, change.original))


def applied(block: Block, fields: Mapping[str, str | None]) -> Block:
    """Return the block with fields as in `Decided`."""
    kept = {name: text for name, text in block.fields.items() if fields.get(name, "") is not None}
    return block.respelled(kept | {name: text for name, text in fields.items() if text is not None})


def replaced(review: Review, start: int, end: int, text: str) -> Review:
    """Return the document with a span of its text replaced, and nothing else changed.

    Raises:
        Unfit: The change would affect embedded blocks, or create some.
    """
    wanted = review.text[:start] + text + review.text[end:]
    after = review.with_text(start, end, text)
    if after.text != wanted or [stored.block for stored in after.document.blocks] != [
        stored.block for stored in review.document.blocks
    ]:
        raise Unfit(
            "unwritable", "it would change more than its text in the file: edit the file by hand"
        )
    return after


def _open_change(block: Block) -> Suggestion:
    change = _change(block)
    if change is None:
        raise Unfit("no-suggestion", "this is not a suggestion")
    if (decision := decision_of(block)) is not None:
        who = f" by {decision.by}" if decision.by else ""
        raise Unfit("decided", f"it is {decision.outcome} already{who}")
    if block.status != "open":
        raise Unfit("decided", "it is resolved: reopen it first")
    return change


def _resolved(decision: Decision) -> Mapping[str, str | None]:
    values = {"outcome": decision.outcome, "by": decision.by, "at": decision.at}
    if decision.around is not None:
        values |= dict(zip(("before", "after"), decision.around, strict=True))
    text = dumps(values)
    if decision.anchor is not None:  # as it was spelled, so that it is restored exactly
        text = f'{text[:-1]}, "anchor": {decision.anchor}}}'
    return {"status": dumps("resolved"), DECISION: text}


def _stands(text: str, around: tuple[str, str], words: str) -> Span | None:
    """Return where accepted text is, by its context on both sides, or on one if unambiguous."""
    before, after = around
    if not before + words + after:
        return None if text else (0, 0)
    for left, right in (around, (before, ""), ("", after)) if words else (around,):
        whole = left + words + right
        if (left or right or around == ("", "")) and text.count(whole) == 1:
            at = text.index(whole) + len(left)
            return at, at + len(words)
    return None


def _anchor_of(document: Markdown, start: int, end: int) -> Mapping[str, object] | None:
    """Return an anchor for accepted text; after a deletion, for the text before or after it."""
    text = document.text
    if not text[start:end].strip():
        kept = text[:start].rstrip()
        if kept:
            start, end = max(0, len(kept) - _CONTEXT), len(kept)
        else:
            start = len(text) - len(text[end:].lstrip())
            end = min(start + _CONTEXT, len(text))
    return make_anchor(document, start, end) if start < end else None
