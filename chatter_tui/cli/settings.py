"""The user's settings, loaded whenever a screen starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.storage.user_config import UserConfig, load_config, user_config
from chatter_tui.tui.keymap import Keymap, read

if TYPE_CHECKING:
    from collections.abc import Sequence


def settings() -> tuple[UserConfig, Keymap, Sequence[str]]:
    """Return the user's configuration, the keymap, and the problems of both."""
    path = user_config()
    config = load_config(path)
    keymap, problems = read(config.keys)
    return config, keymap, [*config.problems, *(f"{path.name}: {each}" for each in problems)]
