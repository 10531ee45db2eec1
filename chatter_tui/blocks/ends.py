"""How much two texts have in common at either end, by bisection: comparing slices is fast."""

from __future__ import annotations


def common_start(one: str, other: str) -> int:
    """Return how many characters two texts have in common at the beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        alike = one[low:middle] == other[low:middle]
        low, high = (middle, high) if alike else (low, middle - 1)
    return low


def common_end(one: str, other: str) -> int:
    """Return how many characters two texts have in common at the end."""
    last, end = len(one), len(other)
    low, high = 0, min(last, end)
    while low < high:
        middle = (low + high + 1) // 2
        alike = one[last - middle : last - low] == other[end - middle : end - low]
        low, high = (middle, high) if alike else (low, middle - 1)
    return low
