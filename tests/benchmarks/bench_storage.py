"""What lasting costs: acknowledged updates a second, resuming, and bytes on disk."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from chatter_tui.authority import Author, Authority, Role
from chatter_tui.blocks import Block
from chatter_tui.replica import Replica
from chatter_tui.replica.replica import NOTHING
from chatter_tui.session.records import Ledgered, Noted, Record, Update
from chatter_tui.storage.session_folder import SessionFolder
from tests.helpers.headless import Program, Programs, programs

_SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
_ADDS = 2000
_BLOCKS = 10_000


def run() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        return [*_alone(Path(folder)), *asyncio.run(_processes(Path(folder)))]


def _block(number: int) -> Block:
    return Block.of(
        {
            "id": f"b{number}",
            "type": "comment",
            "content": f"remark {number}: this paragraph says something of its own",
            "author": "bo",
            "timestamp": "2026-01-02T03:04:05Z",
            "status": "open",
            "anchor": {"type": "text", "exact": f"Paragraph {number} says"},
        }
    ).canonical()


def _alone(root: Path) -> list[tuple[str, str]]:
    """The store by itself: one transaction an update, and many in one."""
    store = SessionFolder(root / "alone").session(_SESSION)
    replica = Replica(7)
    updates = [Update(replica.add([_block(number)]).update) for number in range(_ADDS)]
    store.rewrite([Noted({"kind": "client"})], NOTHING)
    figures = []
    for batch in (1, 100):
        started = time.perf_counter()
        for at in range(0, _ADDS, batch):
            store.commit(updates[at : at + batch])
        rate = _ADDS / (time.perf_counter() - started)
        figures.append((f"updates kept, {batch} in a transaction", f"{rate:,.0f}/s"))
    store.close()
    return figures


async def _processes(root: Path) -> list[tuple[str, str]]:
    async with programs(root) as started:
        return [*await _acknowledged(started), *await _resumed(started)]


async def _acknowledged(run: Programs) -> list[tuple[str, str]]:
    host = await run.host()
    clients = [await run.join(host, f"client{number}") for number in range(4)]
    for client in clients:
        await client.wait_for("synced")
    started = time.perf_counter()
    for client in clients:
        await _add(client, _ADDS // len(clients))
    for client in clients:
        await client.wait_for("acknowledged", id=f"{client.process.pid}-last", timeout=120)
    rate = _ADDS / (time.perf_counter() - started)
    for program in (*clients, host):
        await program.quit()
    return [(f"updates of 4 clients, on disk and acknowledged ({_ADDS})", f"{rate:,.0f}/s")]


async def _add(client: Program, count: int) -> None:
    for number in range(count - 1):
        client.do("add", block={"content": f"remark {number}"})
    client.do("add", block={"id": f"{client.process.pid}-last", "content": "the last"})


async def _resumed(run: Programs) -> list[tuple[str, str]]:
    folder = run.folder("large")
    (folder / "plan.md").write_text("# Plan\n")
    store = SessionFolder(folder).session(_SESSION)
    kept = _large(store.folder.directory)
    figures = []
    for what in ("first, with a sidecar to write", "again"):
        started = time.perf_counter()
        host = await run.resume("large")
        await host.wait_for("synced", blocks=_BLOCKS, timeout=120)
        resumed = time.perf_counter() - started
        worked = sum(map(int, _stat(host)[11:13])) / os.sysconf("SC_CLK_TCK")
        await host.quit(timeout=60)
        name = f"resume with {_BLOCKS:,} blocks, as a process, {what}"
        figures.append((name, f"{resumed:.2f} s, {worked:.2f} s of processor"))
    return [*figures, *kept]


def _stat(program: Program) -> list[str]:
    """What the system says of a process, from its state on."""
    text = Path(f"/proc/{program.process.pid}/stat").read_text()
    return text.rpartition(")")[2].split()


def _large(directory: Path) -> list[tuple[str, str]]:
    """A session of many blocks, as a host leaves it."""
    authority = Authority(1)
    author = Author("owner", "bo", Role.OWNER)
    authority.seed(_block(number) for number in range(_BLOCKS - 300))
    before = authority.state()
    store = SessionFolder(directory).session(_SESSION)
    notes = {
        "kind": "master",
        "document": "plan.md",
        "owner": "bo",
        "role": "owner",
        "addresses": '[["127.0.0.1", 0]]',
        "certificate": str(directory / "certificate.pem"),
        "signaling": "[]",
        "ice": "[]",
    }
    records: list[Record] = [Ledgered(authority.ledger.since(0)), Noted(notes), *_members()]
    store.rewrite(records, before)
    for number in range(_BLOCKS - 300, _BLOCKS):
        block = _block(number)
        verdict = authority.write(author, lambda replica, b=block: replica.add([b]), 1.8e9)  # type: ignore[misc]
        store.commit(map(Update, verdict.relays))
    store.close()
    size = {path.suffix: path.stat().st_size for path in store.folder.sessions.iterdir()}
    return [
        ("snapshot, bytes a block", f"{size['.crdt'] / (_BLOCKS - 300):.0f}"),
        ("database, bytes a block not in the snapshot", f"{size['.db'] / 300:.0f}"),
    ]


def _members() -> list[Record]:
    from chatter_tui.session.records import Enrolled

    return [Enrolled("owner", "bo", Role.OWNER, "blue", b"", removed=False)]
