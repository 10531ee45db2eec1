"""Handle keys strictly in the order in which they were pressed.

A slow connection delivers many keys at once. Textual forwards a printable key to the focused widget
and goes on, so a binding for a later key would run before the widget has seen the earlier one.
Here, bindings have `priority`, so they run in the order of the keys, and those that depend on
earlier text wait for it. Conversely, a text field's own bindings, such as backspace and the arrows,
would run after letters typed later; so they run when those letters arrive.
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
    Widget = object  # a Textual class as the first base would provide the field's style sheet


async def settled(pump: MessagePump) -> None:
    """Wait until a widget has handled all keys and messages sent to it so far."""
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()


class InOrder(Widget):
    """Mixed in before a text field: its own keys act in order with what is typed."""

    async def _on_key(self, event: Key) -> None:
        for key, binding in bindings_of(self):
            if key == event.key and not binding.priority:
                event.stop()
                event.prevent_default()  # the field's own handling of the key
                await self.app.run_action(binding.action, self)
                return
