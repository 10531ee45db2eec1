"""Input for ICE: addresses to gather on, usable candidates, servers."""

from __future__ import annotations

import ipaddress
import socket
import urllib.parse
from typing import TYPE_CHECKING

from aioice import ice
from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri
from aiortc.sdp import SessionDescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_CANDIDATES = 32
"""Remote candidates worth checking; each costs checks on every local address."""

MAX_DESCRIPTION = 16 * 1024
"""Largest description read, in characters; real ones have one or two thousand."""

_CANDIDATE = "a=candidate:"


def listening_addresses(hosts: Iterable[str], offer: str = "") -> list[str]:
    """Return the addresses to gather on for a server bound to these IP addresses.

    All interfaces stand for their own addresses, and for loopback when there is no other, here or
    in the description that is to be answered.
    """
    offered = [_place(line)[0] for line in candidates(offer)]
    near = bool(offered) and all(map(loopback_address, offered))
    chosen: list[str] = []
    for host in hosts:
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            v6 = address.version == 6
            found = [] if near else ice.get_host_addresses(use_ipv4=not v6, use_ipv6=v6)
            chosen += found or (["::1"] if v6 else ["127.0.0.1"])
        else:
            chosen.append(host)
    return list(dict.fromkeys(chosen))


def dialing_addresses(hosts: Sequence[str]) -> list[str]:
    """Return the addresses to gather on for reaching these hosts: loopback if they are only that.

    Beside others loopback adds nothing, and each STUN server would be waited for in vain there.
    """
    loopbacks = [address for host in hosts if (address := loopback_address(host))]
    if loopbacks and len(loopbacks) == len(hosts):
        return list(dict.fromkeys(loopbacks))
    return ice.get_host_addresses(use_ipv4=True, use_ipv6=True)


def outward_address() -> str | None:
    """Return the IPv4 address from which this machine reaches the internet, None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # looks up a route and sends nothing
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def loopback_address(host: str) -> str | None:
    """Return `host` as a loopback address, None when it is none."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return str(address) if address.is_loopback else None


def candidates(sdp: str) -> list[str]:
    """Return the candidate lines of a description."""
    return [line for line in sdp.splitlines() if line.startswith(_CANDIDATE)]


def usable_description(sdp: str, addresses: Sequence[str]) -> str:
    """Return a remote description without the candidates that cannot work from `addresses`.

    `.local` names would be asked for by multicast and cost a second; loopback reaches only
    loopback, and nothing else reaches anything from there. Raises `ValueError` for anything but
    one data channel's description.
    """
    if len(sdp) > MAX_DESCRIPTION:
        raise ValueError("too long")
    local = {loopback_address(address) is not None for address in addresses}

    def works(line: str) -> bool:
        host, port = _place(line)
        reaches = not host.endswith(".local") and (loopback_address(host) is not None) in local
        return reaches and _is_port(port)

    proposed = candidates(sdp)
    unusable = {line for line in proposed if not works(line)} | set(proposed[MAX_CANDIDATES:])
    usable = "".join(f"{line}\r\n" for line in sdp.splitlines() if line not in unusable)
    _check_description(usable)
    if local == {True} and not candidates(usable):
        raise ValueError("no address in common")  # as through a tunnel, which carries no UDP
    return usable


def _place(candidate: str) -> tuple[str, str]:
    """The address and the port of a candidate line, empty where it has none."""
    *_, host, port = (candidate.split() + [""] * 6)[:6]
    return host, port


def _is_port(text: str) -> bool:
    """Whether aiortc can use it: where a larger one shows, nobody is left to be told."""
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 2**16


def _check_description(text: str) -> None:
    try:
        (media,) = SessionDescription.parse(text).media
        complete = (
            media.kind == "application"
            and media.dtls is not None
            and any(f.algorithm.lower() == "sha-256" for f in media.dtls.fingerprints)
            and media.ice is not None
            and media.ice.usernameFragment
            and media.ice.password
            and _is_port(str(media.sctp_port))
        )
    except Exception as error:  # the parser raises whatever the text leads it to
        raise ValueError("malformed") from error
    if not complete:
        raise ValueError("not one data channel")


def ice_server(url: str) -> RTCIceServer:
    """Read `stun:host:port` or `turn:user:password@host:port?transport=tcp`.

    Raises `ValueError` with a message for people.
    """
    scheme, _, rest = url.partition(":")
    credentials, at, place = rest.rpartition("@")
    plain = f"{scheme}:{place}"
    try:
        parse_stun_turn_uri(plain)
    except ValueError as error:
        raise ValueError(f"not an ICE server: {plain}") from error
    if not at:
        return RTCIceServer(urls=plain)
    user, _, password = credentials.partition(":")
    return RTCIceServer(
        urls=plain, username=urllib.parse.unquote(user), credential=urllib.parse.unquote(password)
    )
