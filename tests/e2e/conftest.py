"""The programs and people of a session."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.headless import Programs, programs
from tests.helpers.people import Desk
from tests.helpers.terminal import terminals


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Programs]:
    async with programs(tmp_path) as started:
        yield started


@pytest.fixture
async def desk(tmp_path: Path, run: Programs) -> AsyncIterator[Desk]:
    async with terminals() as opened:
        yield Desk(tmp_path, run, opened)


EDITOR = """#!/bin/sh
echo "the file has:"
cat "$1"
echo "what now?"
read -r answer
printf '%s\\nand a second line\\n' "$answer" > "$1"
"""


@pytest.fixture
def editor(tmp_path: Path) -> str:
    """An editor that uses the terminal: it shows the text, and asks for another one."""
    path = tmp_path / "my editor"
    path.write_text(EDITOR)
    path.chmod(0o755)
    return shlex.quote(str(path))
