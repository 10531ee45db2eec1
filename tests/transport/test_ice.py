"""What ICE is given to work with, whatever the other side proposes."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiortc
import ifaddr
import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.transport import ConnectError, aiortc_compat, ice, reachable
from chatter_tui.transport.negotiation import Negotiation, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "a=candidate:1 1 udp 2130706431 {} 5000 typ host"


def test_the_address_that_leads_out_is_named_first_and_loopback_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapters = [
        SimpleNamespace(ips=[SimpleNamespace(ip=ip) for ip in ips])
        for ips in (
            ["127.0.0.1", ("::1", 0, 0)],
            ["172.17.0.1", ("fe80::1", 0, 4)],
            ["192.0.2.7", ("2001:db8::7", 0, 0)],
        )
    ]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: adapters)
    monkeypatch.setattr(ice, "outward_address", lambda: "192.0.2.7")
    found = reachable([("0.0.0.0", 4117), ("::", 4118)])
    assert found == [
        ("192.0.2.7", 4117),
        ("172.17.0.1", 4117),
        ("2001:db8::7", 4118),
        ("127.0.0.1", 4117),
        ("::1", 4118),
    ]
    assert reachable([("127.0.0.2", 1)]) == [("127.0.0.2", 1)]


@pytest.fixture
async def description() -> str:
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.createDataChannel("x", negotiated=True, id=0)
    aiortc_compat.harden(connection, ["127.0.0.1"])
    await connection.setLocalDescription()
    sdp = connection.localDescription.sdp
    await aiortc_compat.close(connection)
    return "".join(f"{x}\r\n" for x in sdp.splitlines() if not x.startswith("a=candidate"))


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        (["127.0.0.1"], {"127.0.0.2", "::1"}),
        (["192.0.2.1"], {"192.0.2.7"}),
        (["127.0.0.1", "192.0.2.1"], {"127.0.0.2", "::1", "192.0.2.7"}),
    ],
)
def test_candidates_that_cannot_work_are_dropped(
    description: str, own: list[str], kept: set[str]
) -> None:
    hosts = ["a1b2.local", "127.0.0.2", "::1", "192.0.2.7"]
    sdp = description + "".join(HOST.format(host) + "\r\n" for host in hosts)
    usable = ice.candidates(ice.usable_description(sdp, own))
    assert {line.split()[4] for line in usable} == kept


@pytest.mark.parametrize("port", ["x", "0", "-1", "65536", "9" * 50, "²"])
def test_candidates_of_no_port_are_dropped(description: str, port: str) -> None:
    """Nobody would be left to be told, but the terminal, where one shows in sending to it."""
    sdp = description + "".join(
        HOST.format("192.0.2.7").replace(" 5000 ", f" {each} ") + "\r\n" for each in (port, "7")
    )
    usable = ice.candidates(ice.usable_description(sdp, ["192.0.2.200"]))
    assert [line.split()[5] for line in usable] == ["7"]


def test_loopback_and_elsewhere_have_nothing_in_common(description: str) -> None:
    sdp = description + HOST.format("192.0.2.7") + "\r\n"
    with pytest.raises(ValueError, match="no address in common"):
        ice.usable_description(sdp, ["127.0.0.1"])


def test_candidates_are_bounded(description: str) -> None:
    many = "".join(HOST.format(f"192.0.2.{i}") + "\r\n" for i in range(100))
    usable = ice.usable_description(description + many, ["192.0.2.200"])
    assert len(ice.candidates(usable)) == ice.MAX_CANDIDATES


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda sdp: "", id="nothing"),
        pytest.param(lambda sdp: "hello", id="no description"),
        pytest.param(lambda sdp: sdp.replace("application", "audio"), id="audio"),
        pytest.param(lambda sdp: sdp + sdp[sdp.index("m=") :], id="two media"),
        pytest.param(lambda sdp: sdp.replace("a=fingerprint", "a=x"), id="no fingerprint"),
        pytest.param(lambda sdp: sdp.replace("sha-256", "sha-1"), id="weak fingerprint"),
        pytest.param(lambda sdp: sdp.replace("a=ice-pwd", "a=x"), id="no password"),
        pytest.param(lambda sdp: sdp.replace("a=sctp-port", "a=x"), id="no port"),
        pytest.param(
            lambda sdp: sdp.replace("port:5000", "port:65536"), id="no port that can be sent to"
        ),
        pytest.param(lambda sdp: sdp + "a=x\r\n" * 10_000, id="too long"),
    ],
)
def test_other_descriptions_are_refused(description: str, spoil: Callable[[str], str]) -> None:
    description += HOST.format("127.0.0.1") + "\r\n"
    ice.usable_description(description, ["127.0.0.1"])
    with pytest.raises(ValueError, match=r"malformed|not one data channel|too long"):
        ice.usable_description(spoil(description), ["127.0.0.1"])


def test_addresses_to_gather_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interfaces(*, use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["192.0.2.1"] * use_ipv4 + ["fd00::1"] * use_ipv6

    listening, dialing = ice.listening_addresses, ice.dialing_addresses
    monkeypatch.setattr("aioice.ice.get_host_addresses", interfaces)
    assert listening(["127.0.0.1"]) == ["127.0.0.1"]
    assert listening(["192.0.2.9", "192.0.2.9"]) == ["192.0.2.9"]
    assert listening(["0.0.0.0", "::"]) == ["192.0.2.1", "fd00::1"]
    near, far = (HOST.format(host) + "\r\n" for host in ("127.0.0.1", "198.51.100.1"))
    assert listening(["0.0.0.0", "::"], near) == ["127.0.0.1", "::1"]
    assert listening(["0.0.0.0", "::"], near + far) == ["192.0.2.1", "fd00::1"]
    assert listening(["192.0.2.9"], near) == ["192.0.2.9"]
    assert dialing(["127.0.0.1", "::1", "localhost"]) == ["127.0.0.1", "::1"]
    everywhere = ["192.0.2.1", "fd00::1"]
    assert dialing([]) == dialing(["host.example"]) == everywhere
    assert dialing(["192.0.2.9", "127.0.0.1"]) == everywhere
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: [])
    assert listening(["0.0.0.0", "::"]) == ["127.0.0.1", "::1"]


def test_ice_servers() -> None:
    assert ice.ice_server("stun:192.0.2.1").urls == "stun:192.0.2.1"
    turn = ice.ice_server("turn:me:p%40ss@turn.example:3478?transport=tcp")
    assert turn.urls == "turn:turn.example:3478?transport=tcp"
    assert (turn.username, turn.credential) == ("me", "p@ss")
    for url in ("", "http://x", "stun:", "192.0.2.1:3478"):
        with pytest.raises(ValueError, match="not an ICE server"):
            ice.ice_server(url)


async def _answer_what_is_left(edits: list[tuple[int, str]]) -> list[dict[str, Any]]:
    """Answer an offer with some lines edited, returning the exceptions nobody caught."""
    uncaught: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: uncaught.append(context))
    parameters = Settings(["127.0.0.1"], max_send=1, max_receive=1)
    offer = await Negotiation.offer(parameters)
    lines = offer.sdp.splitlines()
    await offer.close()
    for number, text in edits:
        at = number % len(lines)
        lines[at] = lines[at][: number % 40] + text
    try:
        answer = await Negotiation.answer(parameters, "\r\n".join(lines) + "\r\n")
    except ConnectError:
        return uncaught
    await asyncio.sleep(0.001)
    await answer.close()
    gc.collect(0)
    return uncaught


@given(st.lists(st.tuples(st.integers(0, 10_000), st.text(max_size=20)), min_size=1, max_size=3))
@settings(max_examples=60)
def test_any_description_is_answered_or_refused(edits: list[tuple[int, str]]) -> None:
    assert asyncio.run(_answer_what_is_left(edits)) == []
