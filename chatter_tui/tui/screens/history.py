"""The session's history as a searchable list, latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.session.reporting import WORDS
from chatter_tui.tui.clock import local_time
from chatter_tui.tui.screens.finder import Entry, FinderScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.storage.session_store import HistoryEntry

_STYLES: Final = {"reject": "bad", "remove": "bad", "delete": "unread"}


def history_screen(entries: Sequence[HistoryEntry], now: float) -> FinderScreen:
    """Return a list of the entries; it is dismissed with the index of one in `entries`."""
    rows = [_row(number, entry, now) for number, entry in enumerate(entries)]
    return FinderScreen("History", rows[::-1], empty="Nothing has happened yet.")


def deed(entry: HistoryEntry) -> str:
    """Format what somebody did: `bo added`, `cy became`."""
    done = entry.happened
    return f"{done.name or 'somebody'} {WORDS[done.deed]}"


def _row(number: int, entry: HistoryEntry, now: float) -> Entry:
    done = entry.happened
    style = _STYLES.get(done.deed, "")
    return Entry(
        str(number), deed(entry), done.detail, right=local_time(entry.at, now), style=style
    )
