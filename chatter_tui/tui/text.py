"""Make text from peers safe for the terminal before any widget sees it."""

from __future__ import annotations

import re
from typing import Final

# C0 except tab and newline, DEL and C1 act on the terminal. Bidirectional controls and line and
# paragraph separators reorder or break the text. A soft hyphen and interlinear marks have no width
# that everybody agrees on. A lone surrogate cannot be written.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

# A joiner combines two pictures into one; between letters, libraries and terminals differ. Fillers
# and tags are invisible, except in the flags made of them.
_MAYBE_UNSEEN: Final = re.compile("[\u200d\u3164\uffa0\U000e0000-\U000e007f]")  # quick check
_UNSEEN: Final = re.compile(
    "(?P<kept>(?<=[\U0001f000-\U0001faff\ufe0f])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff])"
    "|\U0001f3f4[\U000e0020-\U000e007f]+)"
    "|(?P<joiner>(?<=[^\\s\u200d])\u200d)|[\u200d\u3164\uffa0\U000e0000-\U000e007f]"
)


def _seen(match: re.Match[str]) -> str:
    return match["kept"] or ("\u200c" if match["joiner"] else "\ufffd")


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ␀ … ␟
    if code == 0x7F:
        return "\u2421"
    return "-" if code == 0xAD else "\ufffd"


def safe(text: str) -> str:
    """Replace every character that could act on the terminal by a visible one.

    The length is kept, so that offsets remain valid; so are tabs and newlines. Textual's markup is
    not escaped: pass the result to `Content` or `Text`, never to anything that parses markup.
    """
    return text if text.isascii() and text.isprintable() else _shown(text)


def _shown(text: str) -> str:
    text = _UNSAFE.sub(_picture, text)
    return _UNSEEN.sub(_seen, text) if _MAYBE_UNSEEN.search(text) else text


def safe_line(text: str) -> str:
    """Return `safe` text on one line, with spaces for newlines and tabs."""
    return safe(text).replace("\n", " ").replace("\t", " ")
