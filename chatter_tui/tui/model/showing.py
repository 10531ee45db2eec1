"""What people show of their presence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["section", "online", "hidden"]

IDLE_AFTER: Final = 180.0  # seconds without a move; idle is not away
LEVELS: Final[Mapping[Level, str]] = {
    "section": "Others see the section you are in.",
    "online": "Others see only that you are here.",
    "hidden": "To others you have left; the host still sees you.",
}


def next_level(level: Level, role: str | None) -> Level:
    """Return the next level; a host is always visible."""
    levels = [each for each in LEVELS if each != "hidden" or role != "owner"]
    return levels[(levels.index(level) + 1) % len(levels)]
