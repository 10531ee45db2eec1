"""The host's certificate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from chatter_tui.transport import (
    Certificate,
    CertificateError,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_certificate_is_made_once_and_only_the_owner_may_read_it(pem: Path) -> None:
    first = Certificate.load(pem)
    assert pem.stat().st_mode & 0o777 == 0o600
    assert Certificate.load(pem).fingerprint == first.fingerprint
    assert os.listdir(pem.parent) == [pem.name]  # noqa: PTH208 - names are enough


def test_a_spoilt_certificate_is_named(pem: Path) -> None:
    pem.parent.mkdir()
    pem.write_text("nonsense")
    with pytest.raises(CertificateError, match=r"certificate\.pem"):
        Certificate.load(pem)
