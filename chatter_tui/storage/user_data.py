"""The user's data folder, for data that belongs to no document."""

from __future__ import annotations

import contextlib
from pathlib import Path

import platformdirs


def user_data() -> Path:
    """Return the folder for this user's data. Writers create it."""
    return Path(platformdirs.user_data_dir("chatter-tui", appauthor=False))


class Welcome:
    """Remembers across documents that the user has been shown the first keys."""

    def __init__(self) -> None:
        self._path = user_data() / "welcomed"

    @property
    def due(self) -> bool:
        """Return whether they are still to be shown."""
        return not self._path.exists()

    def done(self) -> None:
        """Note that they have been shown. Without a writable folder they are shown again."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
