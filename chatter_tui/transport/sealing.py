"""Envelopes for signaling: offers and answers sealed with the invite's secret.

HKDF-SHA256 derives a key for each session and purpose from the secret, and AES-256-GCM seals the
description, bound to all the fields sent in the clear. An answer names the random id of its offer,
so it cannot be replayed; a replayed offer has a known id.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Mapping

Purpose = Literal["offer", "answer"]

_NONCE = 12
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SealError(Exception):
    """A message is not an envelope, or was not sealed with this secret for this use."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed description. `sender` and `receiver` are random ids, `key` is the id of the secret.

    An offer is for whichever host has the session, so its receiver is empty.
    """

    sender: str
    receiver: str
    key: str
    data: str

    @classmethod
    def read(cls, message: Mapping[str, object]) -> Envelope:
        """Parse a published message.

        Raises:
            SealError: It is not an envelope.
        """
        sender, receiver = message.get("from"), message.get("to")
        key, data = message.get("key"), message.get("data")
        if not (
            isinstance(sender, str)
            and isinstance(receiver, str)
            and isinstance(key, str)
            and isinstance(data, str)
            and _ID.fullmatch(sender)
            and (not receiver or _ID.fullmatch(receiver))
            and _ID.fullmatch(key)
        ):
            raise SealError("not an envelope")
        return cls(sender, receiver, key, data)

    def fields(self) -> dict[str, str]:
        """Return the fields to publish."""
        return {"from": self.sender, "to": self.receiver, "key": self.key, "data": self.data}

    def open(self, secret: bytes, session: str, purpose: Purpose) -> str:
        """Decrypt the description.

        Raises:
            SealError: It was not sealed with this secret for this use.
        """
        try:
            sealed = base64.b64decode(self.data, validate=True)
            cipher = _cipher(secret, session, purpose)
            plain = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self.context(session))
            return plain.decode()
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise SealError("cannot be opened") from error

    def context(self, session: str) -> bytes:
        """Return what the seal is bound to beside the data."""
        return f"{session} {self.sender} {self.receiver} {self.key}".encode()


def seal(
    description: str,
    secret: bytes,
    session: str,
    purpose: Purpose,
    *,
    sender: str,
    receiver: str = "",
    key: str,
) -> Envelope:
    """Seal a description with the secret whose id is `key`."""
    bare = Envelope(sender, receiver, key, "")
    nonce = os.urandom(_NONCE)
    cipher = _cipher(secret, session, purpose)
    sealed = nonce + cipher.encrypt(nonce, description.encode(), bare.context(session))
    return Envelope(sender, receiver, key, base64.b64encode(sealed).decode())


def new_id() -> str:
    """Return a random id for one side of one attempt."""
    return secrets.token_urlsafe(16)


def _cipher(secret: bytes, session: str, purpose: Purpose) -> AESGCM:
    info = f"chatter-tui signaling 1 {purpose} {session}".encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret))
