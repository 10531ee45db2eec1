"""The parts of the top line, by priority."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.clock import stopwatch
from chatter_tui.tui.model.notices import excerpt

if TYPE_CHECKING:
    from chatter_tui.tui.model.model import Link, Model
    from chatter_tui.tui.signs import Signs

TRANSPORTS: Final = {"webrtc": "direct", "websocket": "ws", "relay": "relay", "memory": "local"}


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of open threads, unread blocks and orphans; zero until all have arrived."""

    open: int
    unread: int
    orphans: int

    @classmethod
    def of(cls, model: Model) -> Counts:
        """Count those of a model."""
        if not model.can_count:
            return cls(0, 0, 0)
        return cls(model.threads.open, len(model.unread.ids), model.threads.orphans)


def speed(link: Link) -> str:
    """Format a link's kind and round trip: `direct 4 ms`, `ws`; empty without a link.

    It is rounded coarsely, so that the text does not change all the time.
    """
    if link.transport is None:
        return ""
    word = TRANSPORTS.get(link.transport, link.transport)
    if link.latency is None:
        return word
    delay = max(round(link.latency * 1000), 1)
    return f"{word} {delay if delay < 20 else round(delay, -1)} ms"


def link_text(model: Model, signs: Signs, now: float) -> str:
    """Format a link briefly: `direct 4 ms`, `ws`, `offline 0:42 · 3 queued · retry 0:07`."""
    link = model.link
    if model.ended is not None:
        # Whoever comes back hours later still reads why.
        return f"ended: {excerpt(model.ended, 40)}" if model.ended else "ended"
    if link.transport == "local":
        return "hosting" if model.invite is not None else "alone"
    if link.transport is not None:
        return speed(link)
    if link.since is None:
        # Before the session says who the user is, only the user's own document can be here.
        own = model.role == "owner" or (model.role is None and model.document_name)
        word = "loading" if own else "connecting"
        return f"{word}{signs.ellipsis}"
    queued = f" {signs.dot} {model.pending} queued" if model.pending else ""
    retry = ""
    if link.retry_at is not None:
        # Rounded up, to avoid showing 0:00 for a whole second.
        left = math.ceil(link.retry_at - now)
        retry = f"retry {stopwatch(left)}" if left > 0 else f"trying{signs.ellipsis}"
        retry = f" {signs.dot} {retry}"
    return f"offline {stopwatch(now - link.since)}{queued}{retry}"
