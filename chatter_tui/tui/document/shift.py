"""Map an offset across an edit of the text."""

from __future__ import annotations

from chatter_tui.blocks.ends import common_end, common_start

# How much text on each side to search for, in characters.
_CONTEXTS = (64, 16)


def shifted(offset: int, old: str, new: str) -> int:
    """Return the offset in the new text that corresponds to one in the old text.

    Common beginnings and ends are taken to be the same text. Between them, the surrounding words
    are searched for; if they are gone, it is the start of the change.
    """
    if old == new or not old:
        return min(offset, len(new))
    prefix = common_start(old, new)
    if offset < prefix:
        return offset
    suffix = common_end(old[prefix:], new[prefix:])
    if offset >= len(old) - suffix:
        return offset + len(new) - len(old)
    return _nearest(offset, old, new, prefix)


def _nearest(offset: int, old: str, new: str, otherwise: int) -> int:
    """Return where the text around an offset is now, as near as possible to where it was."""
    for size in _CONTEXTS:
        start = max(offset - size, 0)
        context = old[start : offset + size]
        found = [at for at in (new.find(context, start), new.rfind(context, 0, offset)) if at >= 0]
        if found:
            return min(found, key=lambda at: abs(at - start)) + offset - start
    return otherwise
