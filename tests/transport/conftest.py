"""Loopback only and nothing left behind, for all tests of transports."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiortc
import pytest

from chatter_tui.transport import Certificate, Listener, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SESSION = "01K00000000000000000000000"
SECRETS = {"reviewer": b"r" * 16, "viewer": b"v" * 16}


@pytest.fixture(autouse=True)
def ice_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gather on loopback only, never ask a STUN server, never use multicast."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    monkeypatch.setattr(aiortc.RTCIceGatherer, "getDefaultIceServers", classmethod(lambda cls: []))
    monkeypatch.setattr("aioice.mdns.is_mdns_hostname", lambda name: False)


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task, a descriptor or an unhandled exception."""
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    own = asyncio.all_tasks()
    gc.collect()
    descriptors = open_descriptors()
    yield
    left = asyncio.all_tasks() - own - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=3)
    # A failing name lookup holds the resolver's sockets until it gives up.
    await loop.shutdown_default_executor()
    gc.collect()
    assert not left
    assert not problems
    assert open_descriptors() <= descriptors


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.load(tmp_path_factory.mktemp("tls") / "certificate.pem")


@pytest.fixture
async def listener(certificate: Certificate) -> AsyncIterator[Listener]:
    """A host that accepts the invites in `SECRETS`."""
    async with Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=SECRETS.get
    ) as listener:
        yield listener


@pytest.fixture
def target(listener: Listener) -> Target:
    return Target(SESSION, "reviewer", SECRETS["reviewer"], listener.addresses)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "certificate.pem"
