"""The host's self-signed certificate: TLS encrypts, the session protocol authenticates."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from chatter_tui.transport.gate import ListenError

LIFETIME = dt.timedelta(days=36500)
"""Nobody checks the dates: peers compare the certificate itself."""


class CertificateError(ListenError):
    """The certificate file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate ready for serving, and its SHA-256."""

    context: ssl.SSLContext
    fingerprint: bytes

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load the key and certificate in `path`, creating them on first use.

        Raises:
            CertificateError: The file cannot be used.
            OSError: The file cannot be created.
        """
        if not path.exists():
            _create(path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            context.load_cert_chain(path)
            der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
        except (OSError, ValueError) as error:
            raise CertificateError(f"{path} is not a usable certificate: {error}") from error
        return cls(context, hashlib.sha256(der).digest())


def client_context() -> ssl.SSLContext:
    """Return the context for clients.

    The certificate is not verified: no authority vouches for it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _create(path: Path) -> None:
    """Write a new key and certificate atomically.

    If several processes do so, the first one wins.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chatter-tui")])
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday)
        .not_valid_after(yesterday + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name_on_disk = tempfile.mkstemp(dir=path.parent)  # mode 0600
    temporary = Path(name_on_disk)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem + certificate.public_bytes(Encoding.PEM))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink()
