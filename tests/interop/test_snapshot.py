"""What a session keeps is a plain Yjs document: Yjs in JavaScript reads it without this program."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.helpers.headless import converged, programs
from tests.interop.test_node_client import examples  # noqa: F401 - a fixture

pytestmark = pytest.mark.processes

READ = """
import * as Y from 'yjs'
import { readFileSync } from 'node:fs'
const doc = new Y.Doc()
Y.applyUpdate(doc, readFileSync(process.argv[2]))
const blocks = Object.fromEntries([...doc.getMap('blocks')].map(([id, block]) => [id, {
  content: block.get('content').toString(),
  status: JSON.parse(block.get('status')),
  author: JSON.parse(block.get('author'))
}]))
console.log(JSON.stringify(blocks))
"""


async def test_yjs_loads_the_snapshots_of_a_host_and_of_a_client(
    examples: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    async with programs(tmp_path) as run:
        host = await run.host()
        bo = await run.join(host, "bo")
        await bo.wait_for("synced")
        first = await bo.add("one é😀")
        second = await host.add("two")
        await bo.wait_for("block_added", id=second)
        bo.do("edit", id=first, content="one é😀, edited")
        bo.do("resolve", id=second)
        bo.do("add", force=True, block={"id": "no", "content": "forged", "author": "ana"})
        await bo.wait_for("rejected", id="no")
        gone = await host.add("gone")
        host.do("delete", id=gone)
        await bo.wait_for("block_deleted", id=gone)
        await converged(host, bo)
        session = (await host.wait_for("ready"))["session"]
        assert await bo.quit() == 0
        assert await host.quit() == 0
    script = examples / "read-snapshot.mjs"
    script.write_text(READ)
    for name in ("host", "bo"):
        snapshot = tmp_path / name / ".chattermatter" / "sessions" / f"{session}.crdt"
        process = await asyncio.create_subprocess_exec(
            "node", script, snapshot, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0
        assert json.loads(printed) == {
            first: {"content": "one é😀, edited", "status": "open", "author": "bo"},
            second: {"content": "two", "status": "resolved", "author": "ana"},
        }
