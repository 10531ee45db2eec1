"""Snapshots in a folder of their own, and the same terminal environment everywhere."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# The same examples each time, so that failures are reproducible; `just soak` looks for others. The
# time of an example says more about the machine's load than about the code.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", _untimed, derandomize=True, max_examples=50)
settings.register_profile("soak", _untimed, max_examples=2000)
settings.load_profile("suite")

# Textual reads some of these on import.
for _name in [name for name in os.environ if name.startswith("TEXTUAL")]:
    del os.environ[_name]
for _name in ("NO_COLOR", "COLORTERM", "SSH_CONNECTION", "TMUX", "VISUAL", "EDITOR"):
    os.environ.pop(_name, None)
os.environ["TERM"] = "xterm-256color"
# Programs start hundreds of times here: from bytecode, as for users.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode  # noqa: E402

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from syrupy.location import PyTestLocation

ROOT = Path(__file__).resolve().parents[1]


class TopLevel(SingleFileSnapshotExtension):
    """Snapshots under `snapshots/`, in the folder of their test; syrupy has no option for it."""

    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        test = Path(test_location.filepath).resolve().relative_to(ROOT / "tests")
        return str(ROOT / "snapshots" / test.with_suffix(""))


class ScreenText(TopLevel):
    """A screen as lines of text: differences are small, and themes may change."""

    _file_extension = "txt"


class ScreenPicture(TopLevel):
    """A screen as a picture, including colours."""

    _file_extension = "svg"


def pytest_collection_finish() -> None:
    """Freeze what was imported and collected: scanning it for garbage takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def screen_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenText)


@pytest.fixture
def svg_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenPicture)
