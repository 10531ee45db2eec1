"""Turn changes of blocks into events and entries of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.session.events import BlockAdded, BlockChanged, BlockDeleted
from chatter_tui.session.records import Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.suggestions import Outcome
    from chatter_tui.replica import Change
    from chatter_tui.session.records import Deed

WORDS: Final[Mapping[Deed, str]] = {
    "join": "joined",
    "leave": "left",
    "remove": "was removed",
    "role": "became",
    "add": "added",
    "edit": "edited",
    "resolve": "resolved",
    "reopen": "reopened",
    "change": "changed",
    "delete": "deleted",
    "reject": "was refused",
    "accept suggestion": "accepted",
    "reject suggestion": "rejected",
    "withdraw suggestion": "withdrew",
    "reopen suggestion": "undid the decision on",
}
"""The verb of a history entry, by deed."""

_EXCERPT = 80  # characters of a block's text quoted in the history
_DECISIONS: Final[Mapping[Outcome, Deed]] = {
    "accepted": "accept suggestion",
    "rejected": "reject suggestion",
    "withdrawn": "withdraw suggestion",
}


def block_events(
    changes: Iterable[Change], peer: str
) -> Iterator[BlockAdded | BlockChanged | BlockDeleted]:
    """Yield one event for each change made by `peer`."""
    for change in changes:
        if change.after is None:
            if change.before is not None:
                yield BlockDeleted(change.id, change.before, peer)
        elif change.before is None:
            yield BlockAdded(change.id, change.after, peer)
        else:
            yield BlockChanged(change.id, change.after, peer)


def deeds(changes: Iterable[Change], peer: str, name: str) -> Iterator[Happened]:
    """Yield the history entries for changes made by `peer`."""
    for change in changes:
        shown = change.after or change.before
        if shown:
            excerpt = " ".join(shown.content.split())[:_EXCERPT]
            yield Happened(_deed(change.before, change.after), peer, name, change.id, excerpt)


def _deed(before: Block | None, after: Block | None) -> Deed:
    if before is None:
        return "add"
    if after is None:
        return "delete"
    was, now = decision_of(before), decision_of(after)
    if was != now:
        return _DECISIONS[now.outcome] if now else "reopen suggestion"
    if before.content != after.content:
        return "edit"
    if before.status != after.status:
        return "resolve" if after.status == "resolved" else "reopen"
    return "change"
