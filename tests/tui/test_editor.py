"""A text in the user's own editor: what was typed around it stays, in order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from tests.tui.driver import added, review
from tests.tui.test_typing_ahead import burst

if TYPE_CHECKING:
    from collections.abc import Callable

WAITS = """#!/bin/sh
printf ' saved' >> "$1"
read -r go < "{fifo}"
printf ' and done' >> "$1"
"""


@pytest.fixture
def end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """An editor that writes something and waits; what ends it."""
    fifo, editor = tmp_path / "fifo", tmp_path / "editor"
    os.mkfifo(fifo)
    editor.write_text(WAITS.format(fifo=fifo))
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)

    def go() -> None:
        fifo.write_text("go\n")

    return go


def file(folder: Path) -> str:
    """What the editor has saved so far."""
    return "".join(path.read_text() for path in folder.glob("chatter-*/comment.md"))


async def test_what_is_typed_before_the_editor_is_there_comes_behind_its_text(
    tmp_path: Path, end: Callable[[], None]
) -> None:
    async with review() as driver:
        await burst(driver, "nrbegun\x07, typed ah\x7fhead\nTwo\rnC!")
        await driver.wait(lambda: file(tmp_path) == "begun saved")
        assert not added(driver)
        end()
        await driver.wait(lambda: len(added(driver)) == 1)
        assert added(driver)[0]["content"] == "begun saved and done, typed ahead\nTwo"
        await driver.wait(lambda: driver.screen.writing.is_writing)
        await driver.settle()
        await driver.press("enter")
        await driver.wait(lambda: len(added(driver)) == 2)
        assert added(driver)[1]["content"] == "!"
        assert not list(tmp_path.glob("chatter-*"))


async def test_what_was_saved_in_the_editor_survives_a_signal(
    tmp_path: Path, end: Callable[[], None]
) -> None:
    async with review() as driver:
        await burst(driver, "nrbegun\x07")
        await driver.wait(lambda: file(tmp_path) == "begun saved")
        driver.app.exit(143)
    assert [draft.text for draft in driver.screen.work.drafts.all()] == ["begun saved"]
