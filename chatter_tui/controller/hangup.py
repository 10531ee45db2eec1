"""Detect whether the other end of a terminal or pipe has hung up."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def hung_up(stream: TextIO | None, *, wait: bool = False) -> bool:
    """Whether the other end has hung up; with `wait`, returns only once it has."""
    if stream is None:
        return True
    poll = select.poll()
    poll.register(stream, 0)  # errors and hang-ups are told of anyway
    return bool(poll.poll(None if wait else 0))
