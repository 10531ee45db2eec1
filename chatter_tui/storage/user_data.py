"""Where a user's own things are that belong to no document."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def user_data() -> Path:
    """The folder for what the program keeps for this user; made by whoever writes to it."""
    return Path(platformdirs.user_data_dir("chatter-tui", appauthor=False))
