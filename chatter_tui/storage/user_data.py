"""The user's own folders, for what belongs to no document."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def user_data() -> Path:
    """Return the folder for this user's data. Writers create it."""
    if (folder := _xdg("XDG_DATA_HOME", "~/.local/share")) is not None:
        return folder
    from platformdirs import user_data_dir  # noqa: PLC0415 - see `_xdg`

    return Path(user_data_dir("chatter-tui", appauthor=False))


def user_configuration() -> Path:
    """Return the folder for this user's configuration."""
    if (folder := _xdg("XDG_CONFIG_HOME", "~/.config")) is not None:
        return folder
    from platformdirs import user_config_dir  # noqa: PLC0415 - see `_xdg`

    return Path(user_config_dir("chatter-tui", appauthor=False))


def _xdg(variable: str, default: str) -> Path | None:
    """Return what platformdirs returns on Linux, importing which takes 2 % of the startup time."""
    if sys.platform != "linux":
        return None
    chosen = os.environ.get(variable, "")
    root = chosen if os.path.isabs(chosen) else os.path.expanduser(default)  # noqa: PTH111, PTH117
    return Path(root, "chatter-tui")


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
