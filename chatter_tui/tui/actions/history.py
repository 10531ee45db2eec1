"""The session's history, as stored on disk: who did what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.controller.commands import GetHistory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from chatter_tui.storage.session_store import HistoryEntry
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.screens.review import ReviewScreen


class History:
    """The command that shows the history, once the session has read it."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._asked = False

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {"history.open": self._ask}

    async def _ask(self) -> None:
        if self._screen.work.model.ended is not None:
            self._screen.sessions.tell("The session is over: chatter-tui history shows it.")
            return
        self._asked = True
        self._screen.work.submit(GetHistory())

    def after(self, changes: Changes) -> None:
        """Show the history that was requested."""
        if self._asked and changes.history is not None:
            self._asked = False
            self._screen.call_later(self._show, changes.history)

    async def _show(self, entries: Sequence[HistoryEntry]) -> None:
        from chatter_tui.tui.screens.history import history_screen  # noqa: PLC0415 - on demand

        def chosen(row: str | None) -> None:
            block = entries[int(row)].happened.block if row is not None else ""
            if block in self._screen.work.model.threads.blocks:
                self._screen.navigation.uncover(block)
                self._screen.show_threads()
                self._screen.select(block)
            elif block:
                self._screen.sessions.tell("This comment is not here any more.")

        now = self._screen.work.clock()
        await self._screen.app.push_screen(history_screen(entries, now), chosen)
