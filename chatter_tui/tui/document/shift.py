"""Where an offset is after the text around it has changed."""

from __future__ import annotations


def shifted(offset: int, old: str, new: str) -> int:
    """Return the offset in the new text of what was at one in the old, as far as it is there.

    What begins and ends both texts is taken to be the same; within what changed, the start of it.
    """
    if old == new or not old:
        return min(offset, len(new))
    prefix = _common(old, new)
    if offset < prefix:
        return offset
    suffix = _common(old[prefix:][::-1], new[prefix:][::-1])
    if offset >= len(old) - suffix:
        return offset + len(new) - len(old)
    return prefix


def _common(left: str, right: str) -> int:
    """Return the length of the common prefix, by halves: comparing slices is fast."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
