"""Make untrusted text safe to print on a terminal: control characters become visible ones."""

from __future__ import annotations

import re

# Both sets of controls, marks that reorder text, and what terminals or readers treat as line ends.
_ACTIVE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile(r"[\t\n]+")


def sanitize(text: str, *, lines: bool = True) -> str:
    """Return the text with active characters replaced by visible ones.

    Without `lines`, on one line.
    """
    if not lines:
        text = _SPACES.sub(" ", text)
    return _ACTIVE.sub(_visible, text)


def sanitize_json(text: str) -> str:
    """Return equivalent JSON with active characters, which occur in strings only, escaped."""
    return _ACTIVE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else f"<U+{code:04X}>"
