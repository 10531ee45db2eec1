"""A session at one moment, immutable, for whoever writes it to disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.blocks import Block


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All blocks as the user sees them, and the confirmed state as one Yjs update."""

    blocks: Mapping[str, Block]
    state: bytes
