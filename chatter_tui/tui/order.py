"""Keys dealt with strictly in the order they were pressed.

A slow line delivers many keys at once. Textual forwards a printable key to the focused widget and
goes on, so that a binding behind it would run before the widget has seen the key. Here, bindings
are `priority` ones, which run in the order of the keys, and those that depend on what was typed
before wait for it first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.message_pump import MessagePump


async def settled(pump: MessagePump) -> None:
    """Wait until a widget has dealt with every key and message it has been sent so far."""
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()
