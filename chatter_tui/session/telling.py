"""Changes of blocks as the events a user is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.session.events import BlockAdded, BlockChanged, BlockDeleted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatter_tui.replica import Change


def told(
    changes: Iterable[Change], peer: str
) -> Iterator[BlockAdded | BlockChanged | BlockDeleted]:
    """One event for each change; `peer` made it."""
    for change in changes:
        if change.after is None:
            if change.before is not None:
                yield BlockDeleted(change.id, change.before, peer)
        elif change.before is None:
            yield BlockAdded(change.id, change.after, peer)
        else:
            yield BlockChanged(change.id, change.after, peer)
