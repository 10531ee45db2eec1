"""The canonical form of a text, to which all offsets refer, whatever line endings its file has."""

from __future__ import annotations

import re

_NEWLINE = re.compile(r"\r\n?")


def canonical(text: str) -> str:
    r"""Return the text with `\n` newlines, without a BOM and with U+FFFD for NUL."""
    if is_canonical(text):
        return text
    return _NEWLINE.sub("\n", text.lstrip("\ufeff")).replace("\0", "\ufffd")


def is_canonical(text: str) -> bool:
    """Return whether `canonical` would change nothing."""
    return not ("\r" in text or "\0" in text or text.startswith("\ufeff"))
