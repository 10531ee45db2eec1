"""The jump list: places to go back and forward to."""

from __future__ import annotations

from typing import Final

LIMIT: Final = 100


class Jumps:
    """Places as offsets into the document, like a browser's history."""

    def __init__(self) -> None:
        self._back: list[int] = []
        self._forward: list[int] = []

    def leave(self, place: int) -> None:
        """Remember the place that a jump leaves."""
        if not self._back or self._back[-1] != place:
            self._back.append(place)
            del self._back[:-LIMIT]
        self._forward.clear()

    def back(self, place: int) -> int | None:
        """Return the previous place."""
        return _step(self._back, self._forward, place)

    def forward(self, place: int) -> int | None:
        """Return the next place."""
        return _step(self._forward, self._back, place)


def _step(source: list[int], target: list[int], place: int) -> int | None:
    if not source:
        return None
    target.append(place)
    return source.pop()
