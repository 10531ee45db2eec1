"""The example client, written from docs/protocol.md in JavaScript, against the real host."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from chatter_tui.session.messages import Auth, AuthOk, Side
from chatter_tui.session.wire import decode, encode
from chatter_tui.transport import Certificate
from chatter_tui.transport.certificate import client_context
from tests.helpers.headless import Program, Programs, converged, programs

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

pytestmark = pytest.mark.processes

both_transports = pytest.mark.parametrize("transport", ["websocket", "webrtc"])


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples with their packages installed."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("the example client needs node and npm")
    folder = tmp_path_factory.mktemp("packages") / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install the example's packages: {done.stderr.strip()[-200:]}")
    return folder


class Session:
    """One host, and clients of either kind."""

    def __init__(self, run: Programs, examples: Path) -> None:
        self._run = run
        self._examples = examples

    async def host(self) -> Program:
        return await self._run.host("# Plan\n\nWe deploy weekly.\n")

    async def python(self, host: Program, name: str) -> Program:
        return await self._run.join(host, name)

    async def node(self, host: Program, name: str, transport: str) -> Program:
        return await self.guest((await host.wait_for("ready"))["invite"], name, transport)

    async def guest(self, invite: str, name: str, transport: str) -> Program:
        process = await asyncio.create_subprocess_exec(
            *("node", self._examples / "node-client" / "client.mjs", name, transport),
            env={"PATH": os.environ["PATH"], "CHATTER_INVITE": invite},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=64 * 2**20,
        )
        program = Program(process)
        self._run.running.append(program)
        return program


@pytest.fixture
async def session(examples: Path, tmp_path: Path) -> AsyncIterator[Session]:
    async with programs(tmp_path) as run:
        yield Session(run, examples)


async def synced(*clients: Program) -> None:
    for client in clients:
        await client.wait_for("synced")


@both_transports
async def test_it_joins_comments_is_refused_and_goes_on(session: Session, transport: str) -> None:
    host = await session.host()
    bo = await session.node(host, "bo", transport)
    cy = await session.python(host, "cy")
    await synced(bo, cy)
    assert (await bo.wait_for("ready"))["role"] == "reviewer"
    assert (await bo.wait_for("document"))["text"] == "# Plan\n\nWe deploy weekly.\n"
    assert (await host.wait_for("presence", name="bo"))["online"] is True

    anchor = {"type": "text", "exact": "weekly"}
    bo.do("add", block={"id": "asked", "content": "why weekly? 😀", "anchor": anchor, "x-n": 10})
    seen = await cy.wait_for("block_added", id="asked")
    assert seen["block"]["author"] == "bo"
    assert seen["block"]["anchor"] == anchor
    answer = await cy.add("because", parent_id="asked")

    # In one go: the second is refused, and the third was written before bo could know.
    bo.do("add", block={"id": "first", "content": "fine"})
    bo.do("add", block={"id": "forged", "content": "by ana", "author": "ana"})
    bo.do("add", block={"id": "third", "content": "fine, too"})
    (item,) = (await bo.wait_for("rejected"))["items"]
    assert (item["blockId"], item["code"]) == ("forged", "wrong-author")
    await cy.wait_for("block_added", id="third")
    bo.do("add", block={"id": "after", "content": "after the refusal"})
    await cy.wait_for("block_added", id="after")

    blocks = await converged(host, bo, cy)
    assert set(blocks) == {"asked", answer, "first", "third", "after"}
    assert blocks["asked"]["content"] == "why weekly? 😀"
    assert bo.stderr == b""


@both_transports
async def test_it_comes_back_as_the_same_peer_with_what_it_wrote(
    session: Session, transport: str
) -> None:
    host = await session.host()
    bo = await session.node(host, "bo", transport)
    await synced(bo)
    joined = await host.wait_for("peer_joined", name="bo")
    bo.do("drop")
    bo.do("add", block={"id": "offline", "content": "written without a link"})
    await host.wait_for("peer_left", name="bo")
    meanwhile = await host.add("meanwhile")
    await host.wait_for("block_added", id="offline", peer=joined["peer"])
    assert set(await converged(host, bo)) == {"offline", meanwhile}


@both_transports
async def test_large_messages_pass_the_window_both_ways(session: Session, transport: str) -> None:
    host = await session.host()
    bo = await session.node(host, "bo", transport)
    await synced(bo)
    fields = {f"x-{number}": "é" * 7_000 for number in range(4)}
    for number in range(4):  # 110 KB each
        bo.do("add", block={"id": f"large-{number}", "content": "é😀" * 9_000, **fields})
    for number in range(4):
        await host.wait_for("block_added", id=f"large-{number}")
    cy = await session.node(host, "cy", transport)  # whose first sync carries them all
    await synced(cy)
    assert len(await converged(host, bo, cy)) == 4


async def test_two_of_one_name_are_told_apart(session: Session) -> None:
    host = await session.host()
    bo = await session.node(host, "bo", "websocket")
    await synced(bo)
    other = await session.node(host, "bo", "websocket")
    assert (await other.wait_for("ready"))["name"] == "bo-2"
    other.do("add", block={"id": "mine", "content": "under the name the host gave"})
    seen = await bo.wait_for("changed") and await host.wait_for("block_added", id="mine")
    assert seen["block"]["author"] == "bo-2"


@both_transports
async def test_an_invite_with_a_wrong_secret_opens_nothing(
    session: Session, transport: str
) -> None:
    host = await session.host()
    invite = (await host.wait_for("ready"))["invite"]
    wrong = invite[:-22] + "A" * 22
    eve = await session.guest(wrong, "eve", transport)
    if transport == "websocket":
        assert (await eve.wait_for("refused"))["code"] == "wrong-secret"
        assert await eve.ended() == 0
    else:  # nobody answers an offer that cannot be opened
        bo = await session.guest(invite, "bo", transport)
        await synced(bo)
        assert eve.events == []


async def test_one_in_between_is_noticed_by_the_host(session: Session, tmp_path: Path) -> None:
    host = await session.host()
    invite = (await host.wait_for("ready"))["invite"]

    async def pass_on(client: ServerConnection) -> None:
        address = f"wss://{invite.split('/')[2]}{client.request.path}" if client.request else ""
        async with connect(address, ssl=client_context(), proxy=None) as upstream:
            await upstream.send(await client.recv())
            await client.send(await upstream.recv())

    async with tapped(invite, tmp_path, pass_on) as through:
        victim = await session.guest(through, "bo", "websocket")
        assert (await victim.wait_for("refused"))["code"] == "wrong-secret"
    assert not [event for event in host.events if event["event"] == "peer_joined"]


async def test_a_host_without_the_secret_is_left(session: Session, tmp_path: Path) -> None:
    heard = []

    async def pretend(client: ServerConnection) -> None:
        auth = decode(await client.recv(decode=False), sender=Side.CLIENT)
        assert isinstance(auth, Auth)
        answer = AuthOk(
            *(bytes(32), auth.peer_id, "bo", "owner"), "", "ana", "plan.md", 1, bytes(16)
        )
        await client.send(encode(answer))
        heard.extend([message async for message in client])

    invite = f"chatter://127.0.0.1:1/01K00000000000000000000000#aaaaaaaa.{'A' * 22}"
    async with tapped(invite, tmp_path, pretend) as false:
        victim = await session.guest(false, "bo", "websocket")
        await victim.wait_for("disconnected")
    assert not heard
    assert not [event for event in victim.events if event["event"] == "ready"]


@asynccontextmanager
async def tapped(
    invite: str, folder: Path, serve_one: Callable[[ServerConnection], Awaitable[None]]
) -> AsyncIterator[str]:
    """An invite that leads to somebody else with a certificate of their own."""
    tls = Certificate.load(folder / "other.pem").context
    async with serve(serve_one, "127.0.0.1", 0, ssl=tls) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield f"chatter://{place}/{invite.split('/', 3)[3]}"


@both_transports
async def test_it_leaves_when_the_host_ends_the_session(session: Session, transport: str) -> None:
    host = await session.host()
    bo = await session.node(host, "bo", transport)
    await synced(bo)
    assert await host.quit() == 0
    await bo.wait_for("end", name="ana")
    await bo.wait_for("disconnected", reason="the host ended the session")
    assert await bo.ended() == 0
    assert bo.stderr == b""
