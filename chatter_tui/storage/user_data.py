"""The user's data folder, for data that belongs to no document."""

from __future__ import annotations

import contextlib
from pathlib import Path

import platformdirs


def user_data() -> Path:
    """The folder for what the program keeps for this user; made by whoever writes to it."""
    return Path(platformdirs.user_data_dir("chatter-tui", appauthor=False))


class Welcome:
    """Remembers, for all documents, that somebody has been shown the first keys."""

    def __init__(self) -> None:
        self._path = user_data() / "welcomed"

    @property
    def due(self) -> bool:
        """Whether they have not."""
        return not self._path.exists()

    def done(self) -> None:
        """They have now; where nothing can be kept they will be shown them again."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
