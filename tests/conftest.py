"""Snapshots in a folder of their own, and a terminal that is the same everywhere."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# The same examples each time, so that what fails fails again; `just soak` looks for others.
# How long an example takes says more of what else the machine does than of the code.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", _untimed, derandomize=True, max_examples=50)
settings.register_profile("soak", _untimed, max_examples=2000)
settings.load_profile("suite")

# Textual reads some of these when it is imported.
for _name in [name for name in os.environ if name.startswith("TEXTUAL")]:
    del os.environ[_name]
for _name in ("NO_COLOR", "COLORTERM", "SSH_CONNECTION", "TMUX", "VISUAL", "EDITOR"):
    os.environ.pop(_name, None)
os.environ["TERM"] = "xterm-256color"
# Programs start hundreds of times here: from bytecode, as they do for people.
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
    """A screen as lines of text: small differences, and themes may change."""

    _file_extension = "txt"


class ScreenPicture(TopLevel):
    """A screen as a picture, colours included."""

    _file_extension = "svg"


def pytest_collection_finish() -> None:
    """What is imported and collected stays: looking for garbage there takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def screen_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenText)


@pytest.fixture
def svg_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenPicture)
