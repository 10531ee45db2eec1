"""Edit a text in the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App


async def edit(app: App[int], text: str) -> str | None:
    """The text as the editor left it; None when no editor could be run."""
    try:
        command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    except ValueError:  # a quotation mark too few
        return None
    with tempfile.TemporaryDirectory(prefix="chatter-") as folder:
        path = Path(folder, "comment.md")
        _write(path, text)
        try:
            # Without the batch, paints would queue up behind the stopped terminal and block.
            with app.batch_update(), app.suspend():
                ran = await _run(*command, str(path))
        except SuspendNotSupported:
            return None
        app.refresh(repaint=True, layout=True)
        return _read(path) if ran else None


async def _run(*command: str) -> bool:
    """Run a program to its end; False when there is none such.

    Nothing may be raised: `suspend` gives the terminal back only when all went well.
    """
    try:
        process = await asyncio.create_subprocess_exec(*command)
    except (OSError, ValueError):
        return False
    await process.wait()
    return True


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
