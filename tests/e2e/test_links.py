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
from pathlib import Path

import pytest

from chatter_tui.session.invites import Invite
from chatter_tui.transport import Transport
from tests.helpers.guest import Guest, memory
from tests.helpers.headless import Program, Programs, converged, programs

pytestmark = pytest.mark.processes


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Programs]:
    async with programs(tmp_path) as started:
        yield started


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
    bo = await run.join(host, "bo")
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
        refused = await run.start("host", "resume", "--headless")
        assert await refused.ended() == 1
        moved = await run.start("host", "resume", "--headless", "--listen", "127.0.0.1:0")
        invite = (await moved.wait_for("ready"))["invite"]
        assert invite.rpartition("/")[2] == old.rpartition("/")[2]
        assert invite != old
        peer = (await bo.wait_for("ready"))["peer"]
        await bo.quit()
        again = await run.join(moved, "bo")
        assert (await again.wait_for("ready"))["peer"] == peer
        assert len(await converged(moved, again)) == 2


async def test_resuming_as_a_client_listens_nowhere(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    await bo.quit()
    again = await run.start("bo", "resume", "--headless", "--listen", "127.0.0.1:0")
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


async def thrifty_host(run: Programs, name: str) -> Program:
    """A host whose memory is what somebody holds: one arena, and what is free is given back."""
    (run.folder(name) / "plan.md").write_text("# Plan\n")
    thrift = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
    options = ("--headless", "--listen", "127.0.0.1:0", "--name", "ana")
    return await run.start(name, "host", "plan.md", *options, **thrift)


@asynccontextmanager
async def guest(host: Program, number: int, transport: Transport) -> AsyncIterator[Guest]:
    """A client in the session that gives signs of life, and reads when it is told to."""
    one = Guest(Invite.parse((await host.wait_for("ready"))["invite"]), number)
    await one.join(transport)
    living = asyncio.create_task(one.stay())
    try:
        yield one
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await one.leave()


@pytest.mark.timeout(240)
async def test_a_stopped_client_costs_the_host_little_and_catches_up(run: Programs) -> None:
    growths = {}
    for stopped in (False, True):
        host = await thrifty_host(run, f"host-{stopped}")
        cy = await run.join(host, f"cy-{stopped}")
        await cy.wait_for("synced")
        async with guest(host, 0, "websocket") as writer:
            before = memory(host)
            if stopped:
                cy.process.send_signal(signal.SIGSTOP)
            await writer.write("one", 3000, 1000)
            growths[stopped] = memory(host) - before
            cy.process.send_signal(signal.SIGCONT)
            await cy.until_blocks(3000, timeout=60)
            assert len(await converged(host, cy, timeout=60)) == 3000
            assert cy.process.returncode is None
        await host.close()
    extra = (growths[True] - growths[False]) / 2**20
    print(f"\na stopped client costs {extra:.1f} MB")
    assert extra < 20


@pytest.mark.timeout(240)
async def test_a_client_that_lives_and_does_not_read_costs_the_host_little(run: Programs) -> None:
    growths = {}
    for deaf in (False, True):
        host = await thrifty_host(run, f"host-{deaf}")
        async with guest(host, 0, "websocket") as writer, guest(host, 1, "websocket") as other:
            before = memory(host)
            full = asyncio.create_task(other.read(lambda: len(other.client.blocks) == 400))
            if deaf:
                full.cancel()
            await writer.write("large", 400, 60_000)
            growths[deaf] = memory(host) - before
            assert not [event for event in host.events if event["event"] == "peer_left"]
            if deaf:
                await other.read(lambda: len(other.client.blocks) == 400)
            else:
                await full
        await host.close()
    extra = (growths[True] - growths[False]) / 2**20
    print(f"\n24 MB that one does not read cost {extra:.1f} MB")
    assert extra < 16
