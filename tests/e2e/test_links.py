"""Links that fail in every way that laptops and networks have, with real processes."""

from __future__ import annotations

import asyncio
import signal
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
    assert extra < 10
