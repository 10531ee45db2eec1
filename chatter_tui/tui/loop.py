"""The screen's event loop, which says when it is at work."""

from __future__ import annotations

import asyncio
from selectors import DefaultSelector
from typing import TYPE_CHECKING

from chatter_tui.startup import priority

if TYPE_CHECKING:
    from selectors import SelectorKey


class _Selector(DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """See BaseSelector; without a timeout of zero, there is nothing to do until it returns."""
        if timeout is None or timeout > 0:
            priority.idle()
        try:
            return super().select(timeout)
        finally:
            priority.at_work()

    def close(self) -> None:
        """See BaseSelector."""
        super().close()
        priority.idle()


def screen_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop for the screen."""
    return asyncio.SelectorEventLoop(_Selector())
