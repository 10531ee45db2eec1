"""The three messages of the Yjs sync protocol, inside the `data` of a `sync` message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from chatter_tui.replica.lib0 import Reader, buffer, uint
from chatter_tui.session.limits import SYNC_PART
from chatter_tui.session.messages import Sync

if TYPE_CHECKING:
    from collections.abc import Iterator


class Step(IntEnum):
    """The kind of a sync message."""

    STATE_VECTOR = 0  # step 1: the sender's state vector
    DIFF = 1  # step 2: what the receiver lacks
    UPDATE = 2


@dataclass(frozen=True, slots=True)
class SyncStep:
    """A decoded sync message."""

    step: Step
    payload: bytes


def encode(step: Step, payload: bytes) -> bytes:
    """Encode a sync message."""
    return uint(step) + buffer(payload)


def parts(
    step: Step, payload: bytes, peer: str | None = None, *, behind: bool = False
) -> Iterator[Sync]:
    """Split a payload of any size into messages."""
    data = encode(step, payload)
    for start in range(0, len(data), SYNC_PART):
        more = True if start + SYNC_PART < len(data) else None
        yield Sync(data[start : start + SYNC_PART], None, peer, more, behind or None)


def decode(data: bytes) -> SyncStep:
    """Decode a sync message.

    Raises:
        CodecError: The bytes are malformed.
    """
    reader = Reader(data)
    step = Step(reader.uint(max(Step)))
    payload = reader.buffer()
    reader.finish()
    return SyncStep(step, payload)
