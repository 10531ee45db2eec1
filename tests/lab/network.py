"""A small internet of network namespaces: machines with public addresses, and homes behind NAT.

    internet (a bridge, 203.0.113.0/24)
    ├── machine 203.0.113.10            public
    ├── router  203.0.113.1 ── machine 10.1.0.2
    └── router  203.0.113.2 ── machine 10.2.0.2

Nothing is connected to the namespace that runs the tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

SLOW_LINK = Path(__file__).with_name("slow_link.py")

_networks = itertools.count()


class Namespace:
    """A network namespace, seen only by the programs started in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.processes: list[Process] = []

    async def ip(self, command: str) -> None:
        """Run an iproute2 command in it."""
        await run("ip", "-n", self.name, *command.split())

    async def nft(self, ruleset: str) -> None:
        """Load rules."""
        await run("ip", "netns", "exec", self.name, "nft", "-f", "-", stdin=ruleset)

    async def block(self, packets: str) -> None:
        """Drop incoming packets that match an nftables expression, including those in transit."""
        await self.nft(
            f"""
            table inet blocked {{
                chain coming {{
                    type filter hook prerouting priority -300
                    {packets} drop
                }}
            }}
            """
        )

    async def unblock(self) -> None:
        """Undo `block`."""
        await self.nft("delete table inet blocked")

    async def forward(self) -> None:
        """Turn it into a router."""
        knob = "/proc/sys/net/ipv4/ip_forward"
        await run("ip", "netns", "exec", self.name, "tee", knob, stdin="1")

    async def start(self, *command: str, **options: object) -> Process:
        """Start a program, which ends with the network at the latest."""
        streams = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, "limit": 64 * 2**20}
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", self.name, *command),
            **(streams | options),  # type: ignore[arg-type] # the options of subprocesses
        )
        self.processes.append(process)
        return process


class Network:
    """Namespaces created on demand; opened by `network()`."""

    def __init__(self) -> None:
        self._prefix = f"chatter-lab-{os.getpid()}-{next(_networks)}"
        self._namespaces: list[Namespace] = []
        self._internet: Namespace

    async def open(self) -> None:
        """Create the internet, or skip the test if namespaces are not allowed."""
        try:
            self._internet = await self.namespace("internet")
        except NetworkError as error:
            pytest.skip(f"the lab needs to make network namespaces: {error}")
        await self._internet.ip("link add bridge0 type bridge")
        await _up(self._internet, "bridge0", "203.0.113.254/24")

    async def namespace(self, role: str) -> Namespace:
        """Return an empty namespace."""
        name = f"{self._prefix}-{role}"
        await run("ip", "netns", "add", name)
        namespace = Namespace(name)
        self._namespaces.append(namespace)
        await namespace.ip("link set lo up")
        return namespace

    def router(self, home: Namespace) -> Namespace:
        """Return the router of a home."""
        return next(each for each in self._namespaces if each.name == f"{home.name}-router")

    async def public(self, role: str, number: int) -> Namespace:
        """Return a machine at 203.0.113.NUMBER."""
        machine = await self.namespace(role)
        await self._attach(machine, number)
        return machine

    async def home(
        self, role: str, number: int, *, symmetric: bool = False, udp: bool = True
    ) -> Namespace:
        """Return a machine at 10.NUMBER.0.2 behind a router with NAT at 203.0.113.NUMBER.

        The router keeps port numbers if possible; a `symmetric` one uses another for each
        destination. Without `udp`, only TCP gets through.
        """
        router = await self.public(f"{role}-router", number)
        machine = await self.namespace(role)
        await router.ip(f"link add lan0 type veth peer name lan0 netns {machine.name}")
        await _up(router, "lan0", f"10.{number}.0.1/24")
        await _up(machine, "lan0", f"10.{number}.0.2/24")
        await machine.ip(f"route add default via 10.{number}.0.1")
        await router.forward()
        await router.nft(
            f"""
            table ip nat {{
                chain leaving {{
                    type nat hook postrouting priority 100
                    oifname "wan0" masquerade {"fully-random" if symmetric else ""}
                }}
            }}
            table ip filter {{
                chain through {{
                    type filter hook forward priority 0; policy drop
                    {"" if udp else "meta l4proto udp drop"}
                    ct state established,related accept
                    iifname "lan0" accept
                }}
                chain arriving {{
                    type filter hook input priority 0; policy drop
                    ct state established,related accept
                }}
            }}
            """
        )
        return machine

    async def line(self, left: Namespace, right: Namespace, delay: float, loss: float) -> None:
        """Connect two machines, 10.0.0.1 and 10.0.0.2, by a slow link that loses packets.

        `delay` in seconds and `loss` as a fraction apply to each direction.
        """
        if not Path("/dev/net/tun").exists():
            pytest.skip("the lab needs TUN interfaces for a bad line")
        between = await self.namespace("line")
        process = await between.start(sys.executable, str(SLOW_LINK), str(delay), str(loss))
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        for number, machine, interface in ((1, left, "left"), (2, right, "right")):
            await between.ip(f"link set {interface} netns {machine.name}")
            await _up(machine, interface, f"10.0.0.{number}/24")

    async def close(self) -> None:
        """End all programs in it and remove it."""
        running = [each for namespace in self._namespaces for each in namespace.processes]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*(process.wait() for process in running))
        for namespace in self._namespaces:
            await run("ip", "netns", "del", namespace.name)

    async def _attach(self, machine: Namespace, number: int) -> None:
        port = f"port{number}"
        await self._internet.ip(f"link add {port} type veth peer name wan0 netns {machine.name}")
        await self._internet.ip(f"link set {port} master bridge0 addrgenmode none up")
        await _up(machine, "wan0", f"203.0.113.{number}/24")
        # Packets to nobody are lost in the internet, rather than refused.
        await machine.ip("route add default via 203.0.113.254")


@contextlib.asynccontextmanager
async def network() -> AsyncIterator[Network]:
    """Open a network; skips the test if that is not possible."""
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            pytest.skip(f"the lab needs the program {program}")
    made = Network()
    try:
        await made.open()
        yield made
    finally:
        await made.close()


class NetworkError(Exception):
    """A command failed."""


async def run(*command: str, stdin: str = "") -> None:
    done = await asyncio.to_thread(
        subprocess.run, command, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NetworkError(f"{' '.join(command)}: {done.stderr.strip()}")


async def _up(machine: Namespace, interface: str, address: str) -> None:
    await machine.ip(f"addr add {address} dev {interface}")
    # Without IPv6 link-local addresses, whose duplicate detection takes time.
    await machine.ip(f"link set {interface} addrgenmode none up")
