"""Helpers for tests of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.transport import ChannelClosed

if TYPE_CHECKING:
    from chatter_tui.transport import Channel


async def end_of(channel: Channel) -> str:
    """Receive until the end, and return its reason."""
    while True:
        try:
            await channel.receive()
        except ChannelClosed as closed:
            return closed.reason
