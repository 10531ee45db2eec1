"""Take over blocks from files as the master's own, in bulk under several client ids.

Native code keeps everything that one client wrote in one array, half of which moves whenever an
edit splits a run of text. In a large document that would be most of the cost of an edit, for
everybody. It can also do without what one client wrote, until that is changed (`sections`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.authority.codec import NO_DELETES, Update, decode, encode
from chatter_tui.replica import Replica
from chatter_tui.replica.lib0 import uint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Written

SHARE = 100  # blocks per client id: 0.4 MB in native code
_MOST = 100  # client ids: everybody is told of each, and every transaction counts them


def write_apart(blocks: Sequence[Block], clients: Iterator[int]) -> tuple[bytes, dict[str, Block]]:
    """Add blocks with unused ids, a share of them under each client id.

    Return the update, and the blocks as they decode from it.
    """
    parts: list[bytes] = []
    found: dict[str, Block] = {}
    size = max(SHARE, -(-len(blocks) // _MOST))
    for start in range(0, len(blocks), size):
        share = blocks[start : start + size]
        # Decoded again, they equal their canonical forms.
        replica = Replica(next(clients), known={b.id: b.canonical() for b in share}, whole=True)
        parts.append(replica.add(share).update)
        found |= replica.blocks
    return _together(parts), found


def _together(parts: Sequence[bytes]) -> bytes:
    """Join updates of one client each, all different, that delete nothing, without decoding."""
    one = uint(1)
    assert all(part.startswith(one) and part.endswith(NO_DELETES) for part in parts)
    structs = (part[len(one) : -len(NO_DELETES)] for part in parts)
    return b"".join([uint(len(parts)), *structs, NO_DELETES])


def joined(first: bytes, second: bytes) -> bytes:
    """Return two updates of different clients as one."""
    one, other = decode(first), decode(second)
    return encode(Update(one.structs | other.structs, one.deletes | other.deletes))


def make_equal(replica: Replica, wanted: Mapping[str, Block]) -> Written:
    """Add the blocks that are missing and change those that differ."""
    differ = {id_: block for id_, block in wanted.items() if replica.blocks.get(id_) != block}

    def change(all_: Replica) -> None:
        all_.add(block for id_, block in differ.items() if id_ not in all_.blocks)
        for id_, block in differ.items():
            now = all_.blocks.get(id_)
            if now is None:
                continue
            names = (now.fields.keys() | block.fields.keys()) - {"id", "content"}
            changed = {
                name: block.fields.get(name)
                for name in sorted(names)
                if now.fields.get(name) != block.fields.get(name)
            }
            all_.set_fields(id_, changed)
            all_.edit(id_, block.content)

    return replica.batch(change, differ)
