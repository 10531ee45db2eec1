"""Edit a text in the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App

PATIENCE: Final = 1.0  # seconds for an editor to end when asked to


class Editor:
    """A text in a file of its own, and the editor that the user runs on it.

    `text` is the text as last saved. The file is kept if the editor was not run to its end: one
    that loses its terminal saves its unsaved changes beside it.
    """

    def __init__(self, text: str) -> None:
        self._given = text
        self._path: Path | None = None

    @property
    def text(self) -> str:
        """See the class."""
        if self._path is not None:
            with suppress(OSError):  # the editor may have deleted it
                return self._path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
        return self._given

    async def run(self, app: App[int]) -> bool:
        """Give the terminal to the editor until it ends; return False if it could not be run."""
        try:
            command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
            folder = Path(tempfile.mkdtemp(prefix="chatter-"))
        except (ValueError, OSError):  # an unmatched quotation mark, a full disk
            return False
        try:
            path = folder / "comment.md"
            path.write_text(self._given, encoding="utf-8")
            self._path = path
            # Without the batch, paints would queue up behind the stopped terminal and block.
            with app.batch_update(), app.suspend():
                ran = await _run(*command, str(path))
        except (SuspendNotSupported, OSError):
            return False
        app.refresh(repaint=True, layout=True)
        self._given, self._path = self.text, None
        shutil.rmtree(folder, ignore_errors=True)
        return ran


async def _run(*command: str) -> bool:
    """Run a program to its end; return False if it does not exist.

    Must not raise anything except when leaving: `suspend` restores the terminal only on success.
    """
    try:
        process = await asyncio.create_subprocess_exec(*command)
    except (OSError, ValueError):
        return False
    try:
        await process.wait()
    except asyncio.CancelledError:
        process.terminate()  # upon which editors save what is unsaved, and leave the terminal
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        raise
    return True
