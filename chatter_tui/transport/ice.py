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
"""Remote candidates to check; each costs checks on every local address."""

MAX_DESCRIPTION = 16 * 1024
"""Longest description in characters; real ones have one or two thousand."""

_CANDIDATE = "a=candidate:"


def listening_addresses(hosts: Iterable[str], offer: str = "") -> list[str]:
    """Return the addresses to gather on for a server bound to these IP addresses.

    "Every interface" stands for the addresses of all interfaces, and includes loopback only if
    there is nothing else here or in the `offer` to be answered.
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

    Loopback would be useless beside other addresses, and STUN servers do not answer there.
    """
    loopbacks = [address for host in hosts if (address := loopback_address(host))]
    if loopbacks and len(loopbacks) == len(hosts):
        return list(dict.fromkeys(loopbacks))
    return ice.get_host_addresses(use_ipv4=True, use_ipv6=True)


def outward_address() -> str | None:
    """Return the IPv4 address that this machine uses to reach the internet, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # looks up a route without sending anything
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def loopback_address(host: str) -> str | None:
    """Return `host` if it is a loopback address, else None."""
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

    `.local` names would be resolved by multicast, which takes a second. Loopback reaches only
    loopback, and nothing else reaches anything from there.

    Raises:
        ValueError: It does not describe exactly one data channel, or no candidate is left.
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
        raise ValueError("no address in common")  # as through a tunnel that carries no UDP
    return usable


def _place(candidate: str) -> tuple[str, str]:
    """Return the address and the port of a candidate line, empty if missing."""
    *_, host, port = (candidate.split() + [""] * 6)[:6]
    return host, port


def _is_port(text: str) -> bool:
    """Return whether aiortc can use a port; it fails on a larger one where nobody notices."""
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
    except Exception as error:  # the parser raises all kinds of errors
        raise ValueError("malformed") from error
    if not complete:
        raise ValueError("not one data channel")


def ice_server(url: str) -> RTCIceServer:
    """Parse `stun:host:port` or `turn:user:password@host:port?transport=tcp`.

    Raises:
        ValueError: It is neither; the message is for users.
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
