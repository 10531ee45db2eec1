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

    @property
    def _next(self) -> str:
        key = self._work.keymap.key
        if self._work.keymap["suggestion.next"].keys:
            return key("suggestion.next")
        return f"{key('kind.next')} then s"

    async def _preview(self) -> None:
        from chatter_tui.tui.screens.preview import PreviewScreen  # noqa: PLC0415 - on demand

        current, model = self._screen.current, self._work.model
        if current is None:
            self._screen.sessions.tell(f"No suggestion here: {self._next} goes to one.")
            return
        thread = model.threads[current]
        if thread.block.suggestion is None:
            thread = model.threads.root_of(current)  # one reads what others say about it
        if thread.block.suggestion is None:
            self._screen.sessions.tell(f"This is no suggestion: {self._next} goes to one.")
        else:
            await self._screen.app.push_screen(PreviewScreen(model, thread, self._work.signs))
