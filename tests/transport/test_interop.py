"""The stock y-webrtc package from npm: its server carries us, its client finds ours at home."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatter_tui.transport import Listener, SignalingServer, Target, connect
from chatter_tui.transport.signaling import subscribe
from tests.transport.conftest import SECRETS, SESSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatter_tui.transport import Certificate

NODE = Path(__file__).with_name("node")

pytestmark = pytest.mark.processes


@pytest.fixture(scope="session")
def package() -> Path:
    """Install the pinned packages, once for all workers."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    with (NODE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (NODE / "node_modules" / "y-webrtc").exists():
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"npm could not install y-webrtc: {done.stderr[-300:]}")
    return NODE / "node_modules" / "y-webrtc"


@asynccontextmanager
async def node(*arguments: str) -> AsyncIterator[Process]:
    """Run node; closing its standard input or, after a while, killing it ends it."""
    process = await asyncio.create_subprocess_exec(
        "node", *arguments, cwd=NODE, stdin=PIPE, stdout=PIPE, env={**os.environ, "PORT": "0"}
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(2):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def line(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode()


async def test_the_rendezvous_works_through_the_stock_server(
    package: Path, certificate: Certificate
) -> None:
    async with node("--require", "./loopback.cjs", str(package / "bin/server.js")) as server:
        assert "running" in await line(server)
        url = f"ws://127.0.0.1:{int(await line(server))}"
        async with Listener(
            SESSION,
            listen=[("127.0.0.1", 0)],
            certificate=certificate,
            keys=SECRETS.get,
            signaling=[url],
        ) as listener:
            target = Target(SESSION, "viewer", SECRETS["viewer"], [], [url])
            clients = [await connect(target) for _ in range(3)]
            masters = [await listener.accept() for _ in clients]
            assert {c.binding for c in clients} == {m.binding for m in masters}
            await masters[0].send(b"welcome")
            await asyncio.gather(*(channel.close() for channel in (*clients, *masters)))
        server.kill()


async def test_the_stock_client_is_served(package: Path) -> None:
    server = SignalingServer()
    await server.listen("127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.addresses[0][1]}"
    async with subscribe(url, "room") as room, node("client.mjs", url, "room") as client:
        announced = await room.receive()
        assert announced["clients"] == 2
        data = announced["data"]
        assert isinstance(data, dict)
        assert data["type"] == "announce"
        assert json.loads(await line(client)) == announced
        assert json.loads(await line(client)) == {"type": "pong"}
        await room.publish({"data": "to the stock client"})
        heard = json.loads(await line(client))
        assert heard == await room.receive()
        assert heard["data"] == "to the stock client"
        assert client.stdin is not None
        client.stdin.close()
        await client.wait()
        await room.publish({})
        while (await room.receive())["clients"] != 1:
            await room.publish({})
    await server.close()
