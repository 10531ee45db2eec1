"""Limits on one update and on the document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Finite bounds; how often a peer may send is the session's to limit.

    Exceeding a bound on an update is a violation, exceeding one on a block a rejection.
    """

    update: int = 256 * 1024  # bytes: several times the largest block
    # What one update brings is judged at a go, while everybody else waits: a tenth of a second or two.
    # A client sends each change by itself, and the edit that falls apart the most has 1,414 runs.
    structs: int = 4_000
    ranges: int = 4_000  # deleted by one update, counted per field or text they reach into
    touched: int = 500  # blocks changed by one update: all may have to be named in the answer
    clients: int = 2048  # Yjs client ids of one peer, which takes a new one each time it starts
    blocks: int = 50_000  # five times the largest session that was measured
    state: int = 64 * 1024 * 1024  # bytes of the document, beyond which nothing is added
    fields: int = 64  # of one block
    name: int = 64  # characters of a field's name
    field: int = 16 * 1024  # bytes of a field's JSON
    content: int = 64 * 1024  # bytes of a block's text
    depth: int = 32  # of a field's JSON
    ahead: float = 86_400.0  # seconds a timestamp may be in the future: time zones, wrong clocks
