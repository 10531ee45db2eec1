from __future__ import annotations

from pathlib import Path

import pytest

from chatter_tui.cli.app import run
from tests.cli.shell import DOCUMENT, Ran, Shell


@pytest.fixture
def shell(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.md").write_text(DOCUMENT)

    def call(*arguments: str) -> Ran:
        code = run(arguments)
        out, err = capfd.readouterr()
        assert "Traceback" not in err or "--debug" in arguments
        return Ran(code, out, err)

    return call
