"""Text of other people made harmless for the terminal, before any widget sees it."""

from __future__ import annotations

import re
from typing import Final

# C0 but tab and newline, DEL and C1 act on the terminal; bidirectional controls and line and
# paragraph separators reorder or break what is shown; a soft hyphen and interlinear marks have no
# width everybody agrees on; a lone surrogate cannot be written at all.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ␀ … ␟
    if code == 0x7F:
        return "\u2421"
    return "-" if code == 0xAD else "\ufffd"


def safe(text: str) -> str:
    """Return the text with every character that could act on the terminal shown instead.

    The length stays, so that offsets stay valid; tabs and newlines stay too. This is no escape of
    Textual's markup: give the result to `Content` or `Text`, never to what parses markup.
    """
    return _UNSAFE.sub(_picture, text)


def safe_line(text: str) -> str:
    """Return `safe` text for one line: newlines and tabs are spaces."""
    return safe(text).replace("\n", " ").replace("\t", " ")
