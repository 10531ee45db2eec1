"""Links that fail in every way that laptops and networks have, with real processes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ulid import ULID

from chatter_tui.controller.commands import Command, Quit
from chatter_tui.controller.events import Event as ControllerEvent, PeerLeft, Ready
from chatter_tui.controller.host import HostSession
from chatter_tui.controller.links import FULL
from chatter_tui.controller.listening import Listening
from chatter_tui.session.invites import Address, Invite
from chatter_tui.transport import Transport
from tests.helpers.guest import Guest, memory
from tests.helpers.headless import TOLD_AT_ONCE, Programs, converged

pytestmark = pytest.mark.processes


# -- laptops ------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
async def test_a_host_that_sleeps_is_noticed_and_taken_up_again(
    run: Programs, transport: Transport
) -> None:
    host = await run.host()
    bo, cy = [await run.join(host, name, "--transport", transport) for name in ("bo", "cy")]
    for client in (bo, cy):
        await client.wait_for("synced")
    host.process.send_signal(signal.SIGSTOP)
    sleeping = time.monotonic()
    bo.do("add", block={"id": "under-way", "content": "sent to nobody"})
    lost = await bo.wait_for("disconnected")
    print(f"\nnoticed by {transport} after {time.monotonic() - sleeping:.1f} s", end="")
    assert lost["retry_in"] is not None
    await cy.wait_for("disconnected")
    bo.do("add", block={"id": "meanwhile", "content": "written while it sleeps"})
    cy.do("add", block={"id": "by-cy", "content": "written while it sleeps"})
    await bo.wait_for("block_added", id="meanwhile")
    assert (await bo.ask("status"))["pending"] == 2
    host.process.send_signal(signal.SIGCONT)
    await bo.wait_for("acknowledged", id="meanwhile", timeout=50)
    blocks = await converged(host, bo, cy, timeout=50)
    assert set(blocks) == {"under-way", "meanwhile", "by-cy"}
    acknowledged = [event["id"] for event in bo.events if event["event"] == "acknowledged"]
    assert sorted(acknowledged) == ["meanwhile", "under-way"]


async def test_both_sides_sleep_and_go_on(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    bo.do("add", block={"id": "before", "content": "sent just before the lid closes"})
    host.process.send_signal(signal.SIGSTOP)
    bo.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(11)  # longer than either side waits for the other
    bo.process.send_signal(signal.SIGCONT)
    host.process.send_signal(signal.SIGCONT)
    bo.do("add", block={"id": "after", "content": "sent when it opens"})
    await bo.wait_for("acknowledged", id="after", timeout=50)
    assert set(await converged(host, bo, timeout=50)) == {"before", "after"}


async def test_a_host_comes_back_elsewhere_and_its_new_invite_goes_on(run: Programs) -> None:
    host = await run.host()
    old = (await host.wait_for("ready"))["invite"]
    bo = await run.join(host, "bo", *TOLD_AT_ONCE)
    await bo.wait_for("synced")
    first = await bo.add("before")
    await bo.wait_for("acknowledged", id=first)
    await host.kill()
    await bo.wait_for("disconnected")
    await bo.add("while the host was moving")
    with socket.socket() as taken:  # what it had is somebody else's now
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(old.split("/")[2].rpartition(":")[2])))
        taken.listen()
        refused = await run.resume("host")
        assert await refused.ended() == 1
        moved = await run.resume("host", "--listen", "127.0.0.1:0")
        invite = (await moved.wait_for("ready"))["invite"]
        assert invite.rpartition("/")[2] == old.rpartition("/")[2]
        assert invite != old
        peer = (await bo.wait_for("ready"))["peer"]
        await bo.quit()
        again = await run.join(moved, "bo")
        assert (await again.wait_for("ready"))["peer"] == peer
        assert len(await converged(moved, again)) == 2


async def test_a_client_that_resumes_cannot_listen(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    await bo.quit()
    again = await run.resume("bo", "--listen", "127.0.0.1:0")
    assert await again.ended() == 2
    assert b"--listen" in again.stderr


# -- strangers ----------------------------------------------------------------------------------


async def test_a_thousand_strangers_disturb_nobody(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo", "--transport", "websocket")  # by the same door
    await bo.wait_for("synced")
    before = memory(host)
    address, port = (
        "127.0.0.1",
        int((await host.wait_for("ready"))["invite"].split("/")[2].rpartition(":")[2]),
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    session = (await host.wait_for("ready"))["session"]
    upgrade = (
        f"GET /session/{session} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()

    async def stranger(number: int) -> None:
        """Says something, or nothing, and waits until it is sent away."""
        kind = number % 5
        with contextlib.suppress(OSError):
            secure = tls if kind in (2, 3, 4) else None
            reader, writer = await asyncio.open_connection(address, port, ssl=secure)
            try:
                if kind == 1:
                    writer.write(b"\x16\x03\x01\x02\x00\x01\x00" + bytes(20))  # half a hello
                elif kind == 2:
                    writer.write(upgrade[:40])  # and never the rest
                elif kind == 3:
                    writer.write(upgrade)  # and never an auth
                elif kind == 4:
                    writer.write(upgrade + b"\x82\xff" + (2**40).to_bytes(8, "big") + bytes(4))
                await reader.read()
            finally:
                writer.transport.abort()  # a goodbye would wait for one that never comes

    strangers = [asyncio.create_task(stranger(number)) for number in range(1000)]
    peak = before
    written = 0
    while not all(task.done() for task in strangers):
        await bo.add(f"undisturbed {written}")
        written += 1
        peak = max(peak, memory(host))
        await asyncio.wait(strangers, timeout=0.2)
    await asyncio.gather(*strangers)
    print(
        f"\n1,000 strangers cost {(peak - before) / 2**20:.1f} MB at most; {written} adds", end=""
    )
    assert peak - before < 100 * 2**20
    told = [event["message"] for event in host.events if event["event"] == "error"]
    assert told == ["too many connections from 127.0.0.1: more are turned away"]
    assert len(await converged(host, bo)) == written
    assert not [event for event in bo.events if event["event"] == "disconnected"]
    cy = await run.join(host, "cy")
    await cy.wait_for("synced", blocks=written)
    assert await host.quit() == 0
    assert host.stderr == b""


# -- slow peers ---------------------------------------------------------------------------------


@dataclass
class Near:
    """A host in the test's own process, with real sockets, so that tests can look inside."""

    session: HostSession
    invite: str
    events: list[ControllerEvent]

    def held(self, peer: str) -> int | None:
        """Bytes that wait here for a peer, those included that its channel has taken; None for none."""
        found = self.session.machine.link_of(peer)
        if found is None:
            return None
        link = self.session._links[found[0]]
        return link._queued + link.channel.backlog

    @asynccontextmanager
    async def guest(self, number: int) -> AsyncIterator[Guest]:
        """A client that gives signs of life, and reads when it is told to."""
        one = Guest(Invite.parse(self.invite), number)
        await one.join("websocket")
        living = asyncio.create_task(one.stay())
        try:
            yield one
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await one.leave()

    async def overfill(self, writer: Guest, peer: str) -> int:
        """Write until a peer that does not read gets no more, and 2 MB further.

        Return the number of comments. The systems in between buffer some of them; a silent peer may
        be disconnected in the meantime.
        """
        count = left_out = 0
        while left_out < 30 and (held := self.held(peer)) is not None:
            assert held < 1.5 * FULL, f"{held} bytes wait after {count} comments"
            assert count < 1000, "somebody reads"
            left_out += held > FULL
            await writer.write(f"large-{count}", 1, 60_000)
            count += 1
        return count


@pytest.fixture
async def near(tmp_path: Path) -> AsyncIterator[Near]:
    (tmp_path / "near").mkdir()
    plan = tmp_path / "near" / "plan.md"
    plan.write_text("# Plan\n")
    listening = Listening((Address("127.0.0.1", 0),), tmp_path / "near" / "certificate.pem")
    session = HostSession(str(ULID()), plan, "ana", listening)
    commands: asyncio.Queue[Command] = asyncio.Queue()
    events: list[ControllerEvent] = []
    running = asyncio.create_task(session.run(commands, events.append))
    await session.ready.wait()
    (ready,) = [event for event in events if isinstance(event, Ready)]
    assert ready.invite is not None
    yield Near(session, ready.invite, events)
    commands.put_nowait(Quit())
    await running


async def test_a_stopped_client_costs_the_host_little_and_catches_up(
    run: Programs, near: Near
) -> None:
    cy = await run.start("cy", "join", "--headless", "--name", "cy", CHATTER_INVITE=near.invite)
    await cy.wait_for("synced")
    peer = (await cy.wait_for("ready"))["peer"]
    async with near.guest(0) as writer:
        cy.process.send_signal(signal.SIGSTOP)
        count = await near.overfill(writer, peer)
        cy.process.send_signal(signal.SIGCONT)
        await cy.until_blocks(count, timeout=50)
        assert (await cy.blocks()).keys() == near.session.machine.blocks.keys()
        assert cy.process.returncode is None


async def test_a_client_that_lives_and_does_not_read_costs_the_host_little(near: Near) -> None:
    async with near.guest(0) as writer, near.guest(1) as deaf:
        count = await near.overfill(writer, "peer-1")
        assert not [event for event in near.events if isinstance(event, PeerLeft)]
        await deaf.read(lambda: len(deaf.client.blocks) == count)
        assert deaf.client.blocks == writer.client.blocks
