"""Looking at suggestions before one decides on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.tui.screens.review import ReviewScreen


class Suggestions:
    """The commands about suggestions that others, or oneself, have made."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs each command."""
        return {"suggestion.preview": self._preview}

    async def _preview(self) -> None:
        from chatter_tui.tui.screens.preview import PreviewScreen  # noqa: PLC0415 - on demand

        current, model = self._screen.current, self._work.model
        if current is None:
            self._screen.sessions.tell("No suggestion here: n goes to the next thread.")
            return
        thread = model.threads[current]
        if thread.block.suggestion is None:
            thread = model.threads.root_of(current)  # one reads what others say about it
        if thread.block.suggestion is None:
            self._screen.sessions.tell("This is no suggestion: f then s shows those there are.")
        else:
            await self._screen.app.push_screen(PreviewScreen(model, thread, self._work.signs))
