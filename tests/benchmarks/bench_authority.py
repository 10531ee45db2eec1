"""What the authority costs per update, and how that grows with the number of blocks.

Processor time, since it does nothing but compute and the machine may have other work.
"""

from __future__ import annotations

import gc
import os
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.authority import Author, Authority, Limits, Role
from chatter_tui.blocks import Block
from chatter_tui.replica import Fork, Pending, Replica

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (100, 1_000, 10_000, 50_000)
UPDATES = 200
NOW = 1_800_000_000.0
BOB = Author("peer-bob", "Bob", Role.REVIEWER)


def run() -> list[tuple[str, str]]:
    """Measure; medians, so that a busy machine shows little."""
    figures: list[tuple[str, str]] = []
    for size in SIZES:
        authority = seeded(size)
        state = authority.state()
        figures += [
            (f"validated update, {size:,} blocks", _ms(_validated(authority))),
            (f"resolving, {size:,} blocks", _ms(_resolving(authority))),
            (f"rejected add, {size:,} blocks", _ms(_rejected(authority, _foreign))),
            (f"rejected edit, {size:,} blocks", _ms(_rejected(authority, _vandalism))),
            (f"refused on merging, {size:,} blocks", _ms(_refused_late(authority))),
            (f"a copy per update instead, {size:,} blocks", _ms(_copy(authority))),
            *_load(size, state),
        ]
    return figures


def seeded(size: int) -> Authority:
    """An authority of so many everyday blocks, a third of them roots, prepared as a host's is."""
    authority = Authority(1, limits=Limits(blocks=size + 10 * UPDATES), later=True)
    authority.seed(_block(f"block-{i}", "Ann", i) for i in range(size))
    authority.prepare()
    return authority


def _block(id_: str, author: str, number: int) -> Block:
    values: dict[str, object] = {
        "id": id_,
        "type": "comment",
        "author": author,
        "timestamp": "2026-01-02T03:04:05Z",
        "status": "open",
        "content": f"A comment of an ordinary length about something, number {number}.",
        "spec_version": "0.1",
    }
    if number % 3:
        values["parent_id"] = "block-0"
    else:
        values["anchor"] = {"type": "text", "exact": f"passage {number}"}
    return Block.of(values)


def _validated(authority: Authority) -> float:
    fork = Fork(1_000, authority.state())
    made = [
        _made(fork, partial(Replica.add, blocks=[_block(f"bob-{i}", "Bob", i)]))
        for i in range(UPDATES)
    ]
    taken = _median([_timed(authority, pending) for pending in made])
    assert made[-1].changes[0].id in authority.blocks
    return taken


def _resolving(authority: Authority) -> float:
    fork = Fork(1_001, authority.state())
    values = [{"status": f'"{("resolved", "open")[i % 2]}"'} for i in range(UPDATES)]
    made = [
        _made(fork, partial(Replica.set_fields, id_=f"block-{i}", fields=value))
        for i, value in enumerate(values[:90])
    ]
    return _median([_timed(authority, pending) for pending in made])


def _rejected(authority: Authority, change: Callable[..., object]) -> float:
    fork = Fork(len(authority.ledger) + 2_000, authority.state())
    made = [_made(fork, partial(change, number=i)) for i in range(UPDATES)]
    return _median([_timed(authority, pending) for pending in made])


def _foreign(replica: Replica, number: int) -> object:
    return replica.add([_block(f"forged-{number}", "Ann", number)])


def _vandalism(replica: Replica, number: int) -> object:
    return replica.edit(f"block-{number % 100}", f"vandalism {number}")


def _refused_late(authority: Authority) -> float:
    """How many bytes are left of a text shows when it is merged: the replica must be made again."""
    fork = Fork(len(authority.ledger) + 3_000, authority.state())
    long = "a" * 30_000 + "界" * 10_000
    _timed(authority, _made(fork, partial(Replica.edit, id_="bob-0", content=long)))
    longer = "界" * 10_000 + long[10_000:]
    pending = _made(fork, partial(Replica.edit, id_="bob-0", content=longer))
    start = time.process_time()
    assert authority.receive(BOB, pending.update, NOW).retried
    return time.process_time() - start


def _copy(authority: Authority) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        Replica(0, authority.state())
        times.append(time.process_time() - start)
    return _median(times)


def _load(size: int, state: bytes) -> list[tuple[str, str]]:
    # A process of its own, whose memory is native code's too and nobody else's.
    with get_context("spawn").Pool(1) as pool:
        seconds, memory = pool.apply(_loaded, (state,))
    return [
        (f"starting from {size:,} blocks", _ms(seconds)),
        (f"memory for {size:,} blocks", f"{memory / 2**20:.1f} MiB"),
        (f"document of {size:,} blocks", f"{len(state) / 2**20:.1f} MiB"),
    ]


def _loaded(state: bytes) -> tuple[float, int]:
    """How long an authority takes to start, and by how much the process grows."""
    gc.disable()  # as a host that starts
    before, start = _resident(), time.process_time()
    kept = Authority(1, state=state)
    seconds = time.process_time() - start
    return seconds, _resident() - before if kept.blocks else 0


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _made(fork: Fork, change: Callable[[Replica], object]) -> Pending:
    before = fork.pending
    fork.write(change)  # type: ignore[arg-type]
    assert len(fork.pending) == len(before) + 1
    return fork.pending[-1]


def _timed(authority: Authority, pending: Pending) -> float:
    start = time.process_time()
    authority.receive(BOB, pending.update, NOW)
    return time.process_time() - start


def _median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
