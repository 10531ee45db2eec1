"""Format counts."""

from __future__ import annotations


def plural(number: int, one: str, many: str = "") -> str:
    """Format a count: `1 reply`, `2 replies`; without `many`, an `s` is added."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
