"""The screen under test repaints events sooner than twelve times a second."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatter_tui.tui.app.FLUSH", 0.01)
