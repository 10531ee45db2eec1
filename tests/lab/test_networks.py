"""The real programs across NAT, firewalls, relays and a bad line."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatter_tui.cli.exits import Exit
from tests.helpers.headless import Program, converged
from tests.lab.network import Namespace, Network, network

pytestmark = pytest.mark.lab

SERVER, PUBLIC = 9, 10  # last numbers of addresses
SIGNALING = f"ws://203.0.113.{SERVER}:4444"
PLACE = f"203.0.113.{SERVER}:3478"
STUN = f"stun:{PLACE}"
TURN_UDP = f"turn:guest:word@{PLACE}"
TURN_TCP = f"turn:guest:word@{PLACE}?transport=tcp"


@dataclass
class Lab:
    """A network, the folders of its programs, and what to say about it."""

    network: Network
    root: Path
    programs: list[Program]
    figures: pytest.FixtureRequest

    async def program(self, machine: Namespace, *arguments: str) -> Program:
        folder = self.root / machine.name
        folder.mkdir(exist_ok=True)
        env = {name: value for name, value in os.environ.items() if name[:7] != "CHATTER"}
        process = await machine.start(
            *(sys.executable, "-m", "chatter_tui", *arguments),
            cwd=folder,
            env=env | {"XDG_DATA_HOME": str(folder)},
        )
        program = Program(process)
        self.programs.append(program)
        return program

    async def host(self, machine: Namespace, *options: str) -> Program:
        folder = self.root / machine.name
        folder.mkdir(exist_ok=True)
        (folder / "plan.md").write_text("# Plan\n\nWe deploy weekly.\n" * 100)
        listen = ("--listen", "0.0.0.0:4117", "--name", "ana")
        host = await self.program(machine, "host", "plan.md", "--headless", *listen, *options)
        await host.wait_for("synced")
        return host

    async def join(self, machine: Namespace, host: Program, *options: str) -> Program:
        """Join, and say by which transport and how soon."""
        invite = (await host.wait_for("ready"))["invite"]
        started = time.perf_counter()
        client = await self.program(machine, "join", "-", "--headless", "--name", "bo", *options)
        client.write(f"{invite}\n".encode())
        await client.wait_for("synced", timeout=40)
        seconds = time.perf_counter() - started
        transport = (await client.wait_for("connected"))["transport"]
        self.say(f"in the session after {seconds:.2f} s by {transport}")
        return client

    async def server(self) -> None:
        """Signaling, STUN and TURN, at an address that everybody reaches."""
        if shutil.which("turnserver") is None:
            pytest.skip("the lab needs coturn")
        machine = await self.network.public("server", SERVER)
        address = f"203.0.113.{SERVER}"
        listen = ("signal", "--listen", f"{address}:4444")
        signaling = await machine.start(sys.executable, "-m", "chatter_tui", *listen)
        assert signaling.stdout
        assert SIGNALING.encode() in await signaling.stdout.readline()
        turn = await machine.start(
            "turnserver",
            *("-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", "--simple-log"),
            *(f"--listening-ip={address}", f"--relay-ip={address}"),
            *("--lt-cred-mech", "--realm=lab", "--user=guest:word"),
            *(f"--pidfile={self.root}/turn.pid", f"--userdb={self.root}/turn.db"),
        )
        assert turn.stdout
        async with asyncio.timeout(10):
            while b"DB connection success" not in (line := await turn.stdout.readline()):
                assert line, "coturn ended"

    def say(self, figure: str) -> None:
        """Show a figure with `pytest -s`."""
        print(f"\n{self.figures.node.name}: {figure}", end="")


@pytest.fixture
async def lab(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    async with network() as made:
        opened = Lab(made, tmp_path, [], request)
        try:
            yield opened
        finally:
            await asyncio.gather(*(program.close() for program in opened.programs))


async def talk(host: Program, client: Program, transport: str) -> None:
    """Comment both ways, and look at what carried it."""
    asked = await client.add("why weekly?", type="question")
    await host.wait_for("block_added", id=asked)
    answered = await host.add("because of the tests", parent_id=asked)
    await client.wait_for("block_added", id=answered)
    assert set(await converged(host, client)) == {asked, answered}
    await client.wait_for("connected", transport=transport)  # perhaps not the first that served
    assert (await client.ask("status"))["transport"] == transport


async def changed(client: Program, transport: str, since: int) -> None:
    """Wait until another transport takes over, told after so many events."""
    async with asyncio.timeout(50):
        while not any(event.get("transport") == transport for event in client.events[since:]):
            await client.more_news(client.news)


async def test_both_behind_nat_meet_with_stun(lab: Lab) -> None:
    await lab.server()
    options = ("--ice", STUN, "--signal", SIGNALING)
    host = await lab.host(await lab.network.home("host", 1), *options)
    client = await lab.join(await lab.network.home("client", 2), host, *options)
    await talk(host, client, "webrtc")


async def test_bridges_of_containers_are_no_hindrance(lab: Lab) -> None:
    await lab.server()
    options = ("--ice", STUN, "--signal", SIGNALING)
    homes = [await lab.network.home(role, n) for role, n in (("host", 1), ("client", 2))]
    for home in homes:  # both with the same address, as everywhere
        await home.ip("link add docker0 type bridge")
        await home.ip("addr add 172.17.0.1/16 dev docker0")
        await home.ip("link set docker0 addrgenmode none up")
    host = await lab.host(homes[0], *options)
    client = await lab.join(homes[1], host, *options)
    await talk(host, client, "webrtc")


async def test_both_behind_symmetric_nat_meet_at_a_relay(lab: Lab) -> None:
    await lab.server()
    options = ("--ice", TURN_UDP, "--signal", SIGNALING)
    host = await lab.host(await lab.network.home("host", 1, symmetric=True), *options)
    home = await lab.network.home("client", 2, symmetric=True)
    client = await lab.join(home, host, *options)
    await talk(host, client, "webrtc")


async def test_without_a_relay_symmetric_nat_keeps_them_apart(lab: Lab) -> None:
    await lab.server()
    options = ("--ice", STUN, "--signal", SIGNALING)
    host = await lab.host(await lab.network.home("host", 1, symmetric=True), *options)
    invite = (await host.wait_for("ready"))["invite"]
    home = await lab.network.home("client", 2, symmetric=True)
    client = await lab.program(home, "join", invite, "--headless", *options)
    assert await client.ended(timeout=40) == Exit.CANNOT_CONNECT
    lab.say(client.events[-1]["reason"])
    assert client.events[-1]["reason"].startswith("WebRTC found no path")


async def test_where_udp_is_blocked_a_relay_is_reached_by_tcp(lab: Lab) -> None:
    await lab.server()
    options = ("--ice", TURN_TCP, "--signal", SIGNALING)
    host = await lab.host(await lab.network.home("host", 1, symmetric=True, udp=False), *options)
    home = await lab.network.home("client", 2, symmetric=True, udp=False)
    client = await lab.join(home, host, *options)
    await talk(host, client, "webrtc")


async def test_where_udp_is_blocked_websocket_serves(lab: Lab) -> None:
    host = await lab.host(await lab.network.public("host", PUBLIC))
    client = await lab.join(await lab.network.home("client", 2, udp=False), host)
    await talk(host, client, "websocket")


async def test_a_reachable_host_needs_no_server(lab: Lab) -> None:
    host = await lab.host(await lab.network.public("host", PUBLIC))
    client = await lab.join(await lab.network.home("client", 2, symmetric=True), host)
    await talk(host, client, "webrtc")


async def test_loopback_leads_to_a_host_that_listens_everywhere(lab: Lab) -> None:
    machine = await lab.network.public("host", PUBLIC)
    host = await lab.host(machine)
    _, _, rest = str((await host.wait_for("ready"))["invite"]).partition("//")
    near = f"chatter://127.0.0.1:4117/{rest.partition('/')[2]}"
    options = ("--headless", "--name", "bo", "--dir", str(lab.root), "--transport", "webrtc")
    client = await lab.program(machine, "join", near, *options)
    await client.wait_for("synced")
    await talk(host, client, "webrtc")


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
async def test_a_slow_and_lossy_line_is_usable(lab: Lab, transport: str) -> None:
    near, far = await lab.network.namespace("near"), await lab.network.namespace("far")
    await lab.network.line(near, far, delay=0.05, loss=0.02)
    host = await lab.host(near)
    client = await lab.join(far, host, "--transport", transport)
    ways = []
    for number in range(100):
        started = time.perf_counter()
        client.do("add", block={"id": f"b{number}", "content": f"remark {number}"})
        await host.wait_for("block_added", id=f"b{number}")
        ways.append((time.perf_counter() - started) * 1000)
    assert len(await converged(host, client)) == 100
    ways.sort()
    p50, p95, worst = statistics.median(ways), ways[94], ways[-1]
    lab.say(f"add → seen by the host: p50 {p50:.0f}, p95 {p95:.0f}, max {worst:.0f} ms")
    for number in range(100, 300):
        client.do("add", block={"id": f"b{number}", "content": f"remark {number}"})
    started = time.perf_counter()
    await host.wait_for("block_added", id="b299")
    lab.say(f"200 more at once, all there after {time.perf_counter() - started:.2f} s")
    assert len(await converged(host, client)) == 300


async def test_a_line_that_breaks_is_made_again(lab: Lab) -> None:
    host = await lab.host(await lab.network.public("host", PUBLIC))
    home = await lab.network.home("client", 2)
    client = await lab.join(home, host)
    before = await client.add("before")
    await host.wait_for("block_added", id=before)
    # Nobody says goodbye: both have to notice the silence.
    await home.ip("link set lan0 down")
    await client.wait_for("disconnected")
    await host.wait_for("peer_left", name="bo")
    client.do("add", block={"id": "near", "content": "written without a line"})
    host.do("add", block={"id": "far", "content": "written meanwhile"})
    await home.ip("link set lan0 up")
    await home.ip("route add default via 10.2.0.1")
    started = time.perf_counter()
    await client.wait_for("acknowledged", id="near", timeout=40)
    lab.say(f"back after {time.perf_counter() - started:.2f} s")
    assert set(await converged(host, client)) == {before, "near", "far"}


async def test_a_path_that_dies_is_replaced_before_anybody_notices(lab: Lab) -> None:
    host = await lab.host(await lab.network.public("host", PUBLIC))
    home = await lab.network.home("client", 2)
    client = await lab.join(home, host)
    await talk(host, client, "webrtc")
    router = lab.network.router(home)
    seen = len(client.events)
    await router.block("meta l4proto udp")
    blocked = time.perf_counter()
    written = []

    async def keep_writing() -> None:
        for number in itertools.count():
            written.append(f"blocked-{number}")
            client.do("add", block={"id": written[-1], "content": f"remark {number}"})
            host.do("add", block={"id": f"host-{number}", "content": f"remark {number}"})
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(keep_writing())
    await changed(client, "websocket", since=seen)
    lab.say(f"by websocket {time.perf_counter() - blocked:.2f} s after UDP was blocked")
    await client.wait_for("acknowledged", id=written[0])
    await router.unblock()
    allowed = time.perf_counter()
    await changed(client, "webrtc", since=len(client.events))
    lab.say(f"by webrtc {time.perf_counter() - allowed:.2f} s after UDP was allowed")
    writing.cancel()
    blocks = await converged(host, client)
    assert set(written) <= set(blocks)
    answered = [event["id"] for event in client.events if event["event"] == "acknowledged"]
    assert sorted(answered) == sorted(id_ for id_ in blocks if blocks[id_]["author"] == "bo")
    assert (await client.ask("status"))["transport"] == "webrtc"
    # Neither end told its user that anybody was gone.
    for program in (host, client):
        assert not [e for e in program.events if e["event"] in ("peer_left", "disconnected")]
    assert len([e for e in host.events if e["event"] == "peer_joined"]) == 1


@pytest.mark.parametrize("transport", ["auto", "webrtc", "websocket"])
async def test_a_client_that_changes_networks_stays(lab: Lab, transport: str) -> None:
    host = await lab.host(await lab.network.public("host", PUBLIC))
    home = await lab.network.home("client", 2)
    client = await lab.join(home, host, "--transport", transport)
    before = await client.add("before")
    await client.wait_for("acknowledged", id=before)
    seen = len(client.events)
    await home.ip("addr del 10.2.0.2/24 dev lan0")
    await home.ip("addr add 10.2.0.77/24 dev lan0")
    await home.ip("route add default via 10.2.0.1")
    started = time.perf_counter()
    client.do("add", block={"id": "moved", "content": "from another address"})
    await client.wait_for("acknowledged", id="moved", timeout=40)
    lab.say(f"goes on after {time.perf_counter() - started:.2f} s")
    assert set(await converged(host, client)) == {before, "moved"}
    assert any(event["event"] == "connected" for event in client.events[seen:])


async def test_a_host_is_reached_at_the_address_that_is_left(lab: Lab) -> None:
    machine = await lab.network.public("host", PUBLIC)
    await machine.ip("addr add 203.0.113.77/24 dev wan0")
    host = await lab.host(machine)
    client = await lab.join(await lab.network.public("client", 12), host)
    written = []
    for number in (PUBLIC, 77):  # one of them is in use
        await machine.block(f"ip daddr 203.0.113.{number}")
        written.append(f"without-{number}")
        client.do("add", block={"id": written[-1], "content": "text"})
        await client.wait_for("acknowledged", id=written[-1], timeout=50)
        await machine.unblock()
    assert set(await converged(host, client)) == set(written)
