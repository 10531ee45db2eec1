"""Drafts: texts are kept until they are sent or discarded."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

from chatter_tui.blocks.values import Suggestion
from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from chatter_tui.blocks import Block

Kind = Literal["comment", "suggestion", "reply", "edit", "rejection"]

# Bytes of text that fit into an anchor with its context; a suggestion contains them twice.
_QUOTED: Final = 10 * 1024


def is_quotable(kind: str, text: str, start: int, end: int) -> bool:
    """Return whether a comment or a suggestion can quote a span of the document's text."""
    quote = text[start : min(end, start + _QUOTED + 1)]
    return len(quote.encode()) <= (_QUOTED // 2 if kind == "suggestion" else _QUOTED)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text and its purpose.

    `target` is the block it replies to, edits or rejects. `quote` is the document's text it is
    about, and a suggestion's original text. `problem` says why the master rejected it, as block
    `origin`.
    """

    kind: Kind
    text: str = ""
    type: str = "comment"
    target: str | None = None
    anchor: Mapping[str, object] | None = field(default=None, hash=False)
    quote: str = ""
    problem: str = ""
    origin: str = ""

    @property
    def about(self) -> str:
        """Identifies its purpose: beginning the same thing again finds the text again."""
        return f"{self.kind}:{self.target or self.quote}"

    @property
    def key(self) -> str:
        """The key it is stored under: a rejected text never replaces the one being written."""
        return f"{self.about}#{self.origin}" if self.origin else self.about

    def with_text(self, text: str) -> Draft:
        """Return the draft with another text."""
        return replace(self, text=text)

    def fields(self) -> dict[str, object]:
        """Return the fields of the new block; for all kinds except `edit` and `rejection`."""
        fields: dict[str, object] = {"type": self.type, "content": self.text}
        if self.target is not None:
            fields["parent_id"] = self.target
        if self.anchor is not None:
            fields["anchor"] = dict(self.anchor)
        if self.kind == "suggestion":
            fields["type"] = "suggestion"
            fields["content"] = Suggestion(self.quote, self.text).in_words
            fields["suggestion"] = {"original": self.quote, "replacement": self.text}
        return fields

    @classmethod
    def of(cls, block: Block, problem: str, *, edited: bool) -> Draft:
        """Create a draft from a rejected block."""
        if edited:
            draft = cls("edit", block.content, block.type, block.id)
        elif block.parent_id is not None:
            draft = cls("reply", block.content, block.type, block.parent_id)
        elif block.suggestion is not None:
            original, replacement = block.suggestion.original, block.suggestion.replacement
            draft = cls("suggestion", replacement, block.type, None, block.anchor, original)
        else:
            quote = anchored_text(block)
            draft = cls("comment", block.content, block.type, None, block.anchor, quote)
        return replace(draft, problem=problem, origin=block.id)


def anchored_text(block: Block) -> str:
    """Return the text or heading that an anchor quotes; empty if none."""
    anchor = block.anchor or {}
    words = anchor.get("exact") or anchor.get("text")
    return words if isinstance(words, str) else ""


def reason_of(block: Block) -> str:
    """Return what a suggestion says beyond its change; empty if nothing."""
    change = block.suggestion
    said = change is not None and block.content == change.in_words
    return "" if said else block.content


class Drafts(Protocol):
    """Storage of drafts."""

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """Load the earlier drafts of a user for a document, and remember where to store more.

        Problems are reported to `tell`, on any thread.
        """

    def close(self) -> None:
        """Wait until everything is stored."""

    def get(self, key: str) -> Draft | None:
        """Return the draft with a key, or None."""

    def find(self, about: str) -> Draft | None:
        """Return the latest draft for a purpose, or None."""

    def put(self, draft: Draft) -> None:
        """Store a draft, replacing the one with the same key."""

    def drop(self, key: str) -> None:
        """Delete a draft."""

    def all(self) -> Iterable[Draft]:
        """Return all drafts, oldest first."""


class MemoryDrafts:
    """Drafts that live as long as the process."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """See `Drafts`."""

    def close(self) -> None:
        """See `Drafts`."""

    def get(self, key: str) -> Draft | None:
        """See `Drafts`."""
        return self._drafts.get(key)

    def find(self, about: str) -> Draft | None:
        """See `Drafts`."""
        return next((d for d in reversed(self._drafts.values()) if d.about == about), None)

    def put(self, draft: Draft) -> None:
        """See `Drafts`."""
        self._drafts.pop(draft.key, None)
        self._drafts[draft.key] = draft

    def drop(self, key: str) -> None:
        """See `Drafts`."""
        self._drafts.pop(key, None)

    def all(self) -> Iterable[Draft]:
        """See `Drafts`."""
        return tuple(self._drafts.values())
