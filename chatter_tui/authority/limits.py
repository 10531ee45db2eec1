"""Limits on one update and on the document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Finite limits. How often a peer may send is limited by the session.

    Exceeding a limit on an update is a violation, exceeding one on a block a rejection.
    """

    update: int = 256 * 1024  # bytes: several times the largest block
    # An update is judged in one step of 0.1 to 0.2 s at most, while everybody waits. Clients send
    # each change by itself, and the most scattered edit has 1,414 runs.
    structs: int = 4_000
    ranges: int = 4_000  # deleted by one update, counted per field or text they reach into
    touched: int = 500  # blocks changed by one update, all of which the answer may have to name
    clients: int = 2048  # Yjs client ids of one peer, which uses a new one each time it starts
    blocks: int = 50_000  # five times the largest session that was measured
    state: int = 64 * 1024 * 1024  # bytes of the document, beyond which nothing can be added
    fields: int = 64  # per block
    name: int = 64  # characters of a field's name
    field: int = 16 * 1024  # bytes of a field's JSON
    content: int = 64 * 1024  # bytes of a block's text
    depth: int = 32  # nesting of a field's JSON
    # Seconds that a timestamp may be in the future: time zones, wrong clocks.
    ahead: float = 86_400.0
