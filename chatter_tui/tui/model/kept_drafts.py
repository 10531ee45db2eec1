"""Drafts that are also stored on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, get_args

from chatter_tui.tui.model.drafts import Draft, Kind, MemoryDrafts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class Store(Protocol):
    """Stores JSON objects, as `DraftFile` does."""

    def open(
        self, folder: Path, document: str, user: str, tell: Callable[[str], None]
    ) -> Sequence[Mapping[str, object]]:
        """Load what is stored for a user of a document.

        Problems are reported to `tell`, on any thread.
        """

    def save(self, drafts: Sequence[Mapping[str, object]]) -> None:
        """Replace everything stored, without waiting."""

    def close(self) -> None:
        """Wait until everything is stored."""


class KeptDrafts(MemoryDrafts):
    """Drafts in memory that are stored after every change."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._strange: list[Mapping[str, object]] = []  # of an unknown format, preserved

    def open(self, folder: Path, document: str, user: str, tell: Callable[[str], None]) -> None:
        """See `Drafts`."""
        begun = self._drafts
        self._drafts = {}
        for fields in self._store.open(folder, document, user, tell):
            draft = from_json(fields)
            if draft is None:
                self._strange.append(fields)
            else:
                self._drafts[draft.key] = draft
        for draft in begun.values():
            self.put(draft)

    def put(self, draft: Draft) -> None:
        """See `Drafts`."""
        if self._drafts.get(draft.key) != draft:
            super().put(draft)
            self._save()

    def drop(self, key: str) -> None:
        """See `Drafts`."""
        if key in self._drafts:
            super().drop(key)
            self._save()

    def close(self) -> None:
        """See `Drafts`."""
        self._store.close()

    def _save(self) -> None:
        self._store.save([*self._strange, *map(to_json, self.all())])


def to_json(draft: Draft) -> dict[str, object]:
    """Return a draft as JSON fields, without absent ones."""
    fields = {
        "kind": draft.kind,
        "text": draft.text,
        "type": draft.type,
        "target": draft.target,
        "anchor": None if draft.anchor is None else dict(draft.anchor),
        "quote": draft.quote,
        "problem": draft.problem,
        "origin": draft.origin,
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def from_json(fields: Mapping[str, object]) -> Draft | None:
    """Return the draft made from such fields; None if they are something else."""
    kind, target, anchor = fields.get("kind"), fields.get("target"), fields.get("anchor")
    words = {name: fields.get(name, "") for name in ("text", "quote", "problem", "origin")}
    words["type"] = fields.get("type", "comment")
    text = {name: value for name, value in words.items() if isinstance(value, str)}
    known = next((k for k in get_args(Kind) if k == kind), None)
    if known is None or len(text) < len(words):
        return None
    if not (target is None or isinstance(target, str)):
        return None
    if not (anchor is None or isinstance(anchor, dict)):
        return None
    return Draft(known, target=target, anchor=anchor, **text)
