"""Invites, and proofs that a peer was invited without sending the secret.

An invite is one line to paste: `chatter://host:port,[ipv6]:port/SESSION#tokenid.secret`. Each side
proves its knowledge of the secret with an HMAC over the session, the peer and the channel binding,
so nobody in between can take part or impersonate either side.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from chatter_tui.authority import Role

SECRET_BYTES: Final = 16  # 22 characters of base64url
_TOKEN_ID: Final = re.compile(r"[A-Za-z0-9_-]{8}")
_SECRET_LENGTH: Final = 22  # base64url characters for 128 bits
_SECRET: Final = re.compile(rf"[A-Za-z0-9_-]{{{_SECRET_LENGTH}}}")
_SESSION: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_MAX_LINE: Final = 2048
_MAX_ADDRESSES: Final = 16
DEFAULT_LIFETIME: Final = 24 * 3600.0  # seconds


class InviteError(ValueError):
    """A line is not a valid invite. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port at which a master listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse `host:port` or `[ipv6]:port`.

        Raises:
            InviteError: The text is neither.
        """
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise InviteError(f"{text!r} is not HOST:PORT") from error
        if not host or port is None or parts.username or parts.path or parts.query:
            raise InviteError(f"{text!r} is not HOST:PORT")
        if ":" in host:
            try:
                ipaddress.IPv6Address(host)
            except ValueError as error:
                raise InviteError(f"{host!r} is not an IPv6 address") from error
        elif not _HOST.fullmatch(host):
            raise InviteError(f"{host!r} is not a host name")
        return cls(host, port)


@dataclass(frozen=True, slots=True)
class Invite:
    """Everything needed to join, the secret included: never log `str()` of it."""

    addresses: tuple[Address, ...]
    session: str
    token: str
    secret: bytes

    def __str__(self) -> str:
        places = ",".join(map(str, self.addresses))
        return f"chatter://{places}/{self.session}#{self.token}.{base64url(self.secret)}"

    def at(self, *addresses: Address) -> Invite:
        """Return the same invite with other addresses."""
        return replace(self, addresses=addresses)

    def __repr__(self) -> str:
        return f"Invite({','.join(map(str, self.addresses))}, {self.session}, {self.token})"

    @classmethod
    def parse(cls, line: str) -> Invite:
        """Parse an invite, ignoring the white space and quotes that pasting adds around it.

        Raises:
            InviteError: The message says which part is wrong.
        """
        line = "".join(line.split()).strip("'\"<>`")
        if len(line) > _MAX_LINE:
            raise InviteError("this is too long for an invite")
        scheme, separator, rest = line.partition("://")
        if not separator or scheme.lower() != "chatter":
            raise InviteError("an invite begins with chatter://")
        places, _, rest = rest.partition("/")
        session, _, fragment = rest.partition("#")
        token, _, secret = fragment.partition(".")
        listed = places.split(",")
        if len(listed) > _MAX_ADDRESSES:
            raise InviteError("the invite has too many addresses")
        if not _SESSION.fullmatch(session.upper()):
            raise InviteError("the invite's session id is not complete")
        if _TOKEN_ID.fullmatch(token) and len(secret) > _SECRET_LENGTH and _SECRET.match(secret):
            behind = secret[_SECRET_LENGTH:][:20]
            raise InviteError(f"“{behind}” is no part of the invite: copy the line without it")
        if not _TOKEN_ID.fullmatch(token) or not _SECRET.fullmatch(secret):
            raise InviteError("the part after # is not complete: copy the whole line")
        return cls(
            tuple(Address.parse(place) for place in listed),
            session.upper(),
            token,
            base64.urlsafe_b64decode(secret + "=="),
        )


RefusalCode = Literal[
    "unknown-invite", "expired", "used-up", "revoked", "wrong-secret", "removed", "version", "full"
]


@dataclass(frozen=True, slots=True)
class Token:
    """The master's record of an invite: its role, expiry (Unix time) and remaining uses."""

    id: str
    secret: bytes
    role: Role
    expires: float
    uses_left: int | None = None
    label: str = ""
    revoked: bool = False

    def refusal(self, now: float) -> RefusalCode | None:
        """Return why no new peer can join with it, or None if one can."""
        if self.revoked:
            return "revoked"
        if now >= self.expires:
            return "expired"
        if self.uses_left == 0:
            return "used-up"
        return None

    def used(self) -> Token:
        """Return the token after one more peer has joined with it."""
        return self if self.uses_left is None else replace(self, uses_left=self.uses_left - 1)


def base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def proof(
    secret: bytes, side: Literal["client", "master"], session: str, peer_id: str, binding: bytes
) -> bytes:
    """Return the HMAC by which `side` shows that it knows `secret`, valid on this channel only."""
    parts = (b"chatter-tui 1", side.encode(), session.encode(), peer_id.encode(), binding)
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    import hmac  # noqa: PLC0415 - it loads OpenSSL, which a review without a network does not need

    return hmac.digest(secret, text, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Compare two proofs in constant time."""
    from hmac import compare_digest  # noqa: PLC0415 - as above

    return compare_digest(one, other)
