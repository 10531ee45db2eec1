"""Handle keys strictly in the order in which they were pressed.

A slow line delivers many keys at once. Textual forwards a printable key to the focused widget and
goes on, so that a binding behind it would run before the widget has seen the key. Here, bindings
are `priority` ones, which run in the order of the keys, and those that depend on what was typed
before wait for it first. The other way round, what a text field binds to backspace and the arrows
would run after the letters typed behind them: it runs where the letters arrive.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatter_tui.tui.compat import bindings_of

if TYPE_CHECKING:
    from textual.events import Key
    from textual.message_pump import MessagePump
    from textual.widget import Widget
else:
    Widget = object  # a first base of Textual's would take the field's style sheet from it


async def settled(pump: MessagePump) -> None:
    """Wait until a widget has dealt with every key and message it has been sent so far."""
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()


class InOrder(Widget):
    """Mixed in before a text field: its own keys act in order with what is typed."""

    async def _on_key(self, event: Key) -> None:
        for key, binding in bindings_of(self):
            if key == event.key and not binding.priority:
                event.stop()
                event.prevent_default()  # what the field itself makes of a key
                await self.app.run_action(binding.action, self)
                return
