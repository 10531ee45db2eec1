"""Map an offset across an edit of the text."""

from __future__ import annotations

from chatter_tui.blocks.finder import common_prefix

# How much text on each side to look for, in characters.
_CONTEXTS = (64, 16)


def shifted(offset: int, old: str, new: str) -> int:
    """Return the offset in the new text of what was at one in the old, as far as it is there.

    What begins and ends both texts is taken to be the same; between, the same words are looked
    for, and failing that it is the start of what changed.
    """
    if old == new or not old:
        return min(offset, len(new))
    prefix = common_prefix(old, new)
    if offset < prefix:
        return offset
    suffix = common_prefix(old[prefix:][::-1], new[prefix:][::-1])
    if offset >= len(old) - suffix:
        return offset + len(new) - len(old)
    return _nearest(offset, old, new, prefix)


def _nearest(offset: int, old: str, new: str, otherwise: int) -> int:
    """Return where the text around an offset is now, nearest to where it was."""
    for size in _CONTEXTS:
        start = max(offset - size, 0)
        context = old[start : offset + size]
        found = [at for at in (new.find(context, start), new.rfind(context, 0, offset)) if at >= 0]
        if found:
            return min(found, key=lambda at: abs(at - start)) + offset - start
    return otherwise
