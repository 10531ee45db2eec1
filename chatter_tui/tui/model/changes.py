"""What a batch of events changed in the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.storage.session_store import HistoryEntry
    from chatter_tui.tui.document.leaves import Leaf
    from chatter_tui.tui.model.drafts import Draft
    from chatter_tui.tui.model.notices import Notice
    from chatter_tui.tui.model.outbox import Change


@dataclass(slots=True)
class Changes:
    """What a batch of events changed, so that only that is redrawn.

    `cards` are blocks whose card changes; `threads` says that cards were added, removed or moved.
    `leaves` are those of the document, if known. `grows` says that only the document's beginning
    was shown so far. `links` are peers whose link or latency changed. `taken` are the user's
    changes that the master accepted, `returned` rejected texts to restore. `made` is the line of a
    new invite.
    """

    cards: set[str] = field(default_factory=set)
    threads: bool = False
    people: bool = False
    links: set[str] = field(default_factory=set)
    status: bool = False
    document: bool = False
    leaves: Sequence[Leaf] = ()
    grows: bool = False
    ended: bool = False
    notices: list[Notice] = field(default_factory=list)
    taken: list[Change] = field(default_factory=list)
    returned: list[Draft] = field(default_factory=list)
    invites: bool = False
    history: Sequence[HistoryEntry] | None = None
    made: str | None = None
