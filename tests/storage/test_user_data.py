"""The user's folders are where every other program looks for them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from chatter_tui.storage.user_data import user_configuration, user_data


@pytest.mark.parametrize("chosen", [None, "", "/somewhere"])
def test_they_are_where_the_platform_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        if chosen is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, chosen)
    assert user_data() == Path(platformdirs.user_data_dir("chatter-tui", appauthor=False))
    expected = platformdirs.user_config_dir("chatter-tui", appauthor=False)
    assert os.fspath(user_configuration()) == expected
