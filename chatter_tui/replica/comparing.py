"""Check, in steps, that stored bytes decode to the same document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.replica.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatter_tui.blocks import Block

_STEP = 100  # blocks that decode within a few ms, before other tasks get a turn


def misread(state: bytes, expected: Mapping[str, Block | None]) -> Iterator[set[str]]:
    """Yield, step by step, the ids of blocks that do not decode from `state` as expected.

    `expected` must not change meanwhile. The longest step is native code loading the bytes.
    """
    known = {id_: block for id_, block in expected.items() if block}
    replica = Replica(0, state, known, whole=True)
    ids = list(expected)
    yield set()
    for start in range(0, len(ids), _STEP):
        read = replica.read(ids[start : start + _STEP])
        yield {id_ for id_, block in read.items() if block != expected[id_]}
