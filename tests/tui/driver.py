"""Drives the application as a person at the keyboard does, and waits for what they would see."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from textual import events

from chatter_tui.controller.commands import Add
from chatter_tui.controller.events import Event
from chatter_tui.tui.app import ReviewApp
from chatter_tui.tui.compat import screen_text
from chatter_tui.tui.keymap import parse, printable
from chatter_tui.tui.options import Options
from chatter_tui.tui.order import settled
from tests.tui.desk import NOW, Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.widget import Widget

    from chatter_tui.tui.screens.review import ReviewScreen


PATIENCE = 10.0  # seconds for anything to happen
LOOK = 0.02  # seconds between checks whether it can still happen


class Driver:
    """An application under test, and the session behind it."""

    def __init__(self, app: ReviewApp, desk: Desk) -> None:
        self.app = app
        self.desk = desk

    @property
    def screen(self) -> ReviewScreen:
        return self.app.screen_review

    @property
    def text(self) -> str:
        """The text on the screen."""
        return screen_text(self.app)

    @property
    def toast(self) -> str:
        """The messages on the screen."""
        return " | ".join(toast.line for toast in self.screen.toasts.queue.toasts)

    async def wait(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait until something holds, or fail with the screen."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():  # noqa: ASYNC110 - Textual has no event for most of it
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError(f"never: {what}\n{self.text}\n{self.toast}") from None

    async def press(self, *keys: str) -> None:
        """Press keys, each once the previous one has been handled."""
        for key in keys:
            self._post(key)
            await self.settle()

    async def select(self, id_: str) -> None:
        """Make a block's thread the current one, once the block has arrived."""
        await self.wait(lambda: id_ in self.screen.work.model.threads.blocks)
        self.screen.select(id_)
        await self.settle()

    async def strike(self, key: str) -> None:
        """Press a key, and wait until it is handled and painted, whatever else arrives."""
        self._post(key)
        await settled(self.app)
        await self._through(self.app.focused)

    async def type(self, text: str) -> None:
        """Type a text faster than it is handled, as a slow line delivers it."""
        for key in text:
            self._post(key)
        await self.settle()

    def _post(self, key: str) -> None:
        name = parse(key) or key
        self.app.post_message(events.Key(name, printable(name) or None))

    async def settle(self) -> None:
        """Wait until everything in progress is handled, including events of the session."""
        for _ in range(3):
            await settled(self.app)
            await self._informed()
            for pump in (self.app.focused, self.app.screen):
                await self._through(pump)
            await settled(self.app)

    async def _informed(self) -> None:
        """Wait until the screen, which flushes at intervals, has applied what has arrived."""
        app = self.app
        async with asyncio.timeout(PATIENCE):
            while app.is_running and (app._armed or app._inbox.waiting):  # noqa: ASYNC110 - as in `wait`
                await asyncio.sleep(0.002)

    async def _through(self, pump: Widget | None) -> None:
        """Wait until a widget has handled its messages and repainted, or was removed."""
        done = asyncio.Event()
        if pump is None or not pump.call_after_refresh(done.set):
            return
        async with asyncio.timeout(PATIENCE):
            while not (done.is_set() or self._is_gone(pump)):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await done.wait()

    def _is_gone(self, pump: Widget) -> bool:
        """Return whether a widget, or its screen, has been removed."""
        return not (pump.is_attached and self.app.screen_stack) or (
            pump.screen is not self.app.screen
        )

    def has(self, *texts: str) -> bool:
        """Return whether texts are on the screen."""
        return all(text in self.text for text in texts)


@asynccontextmanager
async def review(
    *,
    size: tuple[int, int] = (120, 40),
    options: Options | None = None,
    app: dict[str, Any] | None = None,
    patience: float = PATIENCE,
    **desk: Any,
) -> AsyncIterator[Driver]:
    """Run the application over a session of `desk`."""
    desks: list[Desk] = []
    numbers = count(1)

    def open_session(on_event: Callable[[Event], None]) -> Desk:
        desks.append(Desk(on_event, **desk))
        return desks[0]

    reviewed = ReviewApp(
        open_session,
        options=options or Options(),
        **{"clock": lambda: NOW, "new_id": lambda: f"02{next(numbers):02}", **(app or {})},
    )
    async with reviewed.run_test(size=size):
        await _until(lambda: reviewed.workspace.model.synced, patience)
        driver = Driver(reviewed, desks[0])
        await driver.settle()
        yield driver


def added(driver: Driver) -> Sequence[dict[str, object]]:
    """Return the fields of the blocks that the session was asked to add."""
    return [dict(c.fields) for c in driver.desk.log if isinstance(c, Add)]


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.002)
