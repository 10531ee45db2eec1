"""The signs of the screen, in Unicode and ASCII: no state is shown by colour alone.

None is an emoji, as terminals do not agree on their width. `AsciiFilter` converts everything else
that is not ASCII, such as other people's text.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from rich.cells import split_graphemes

from chatter_tui.startup.immutable import dataclass

_LIKE: Final = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "·": "-", "…": "~"}  # noqa: RUF001
_ARROWS: Final = {"↓": "Down", "↑": "Up", "←": "Left", "→": "Right"}


@dataclass(frozen=True, slots=True)
class Signs:
    """A set of signs; those at the beginning of a line are one cell wide."""

    comment: str = "¶"
    question: str = "?"
    suggestion: str = "✎"
    ai_feedback: str = "◆"
    unread: str = "●"
    pending: str = "…"
    accepted: str = "✓"
    rejected: str = "✗"
    open_fold: str = "▾"
    closed_fold: str = "▸"
    branch: str = "└"
    online: str = "●"
    offline: str = "○"
    up: str = "↑"
    dot: str = "·"
    ellipsis: str = "…"
    section: str = "§"
    quote_left: str = "“"
    quote_right: str = "”"
    cursor: str = "▌"

    def keys(self, names: str) -> str:
        """Format key names; in ASCII arrows become words, since any symbol would be another key."""
        return "".join(_ARROWS.get(c, c) for c in names) if self.up.isascii() else names

    def type(self, name: str) -> str:
        """Return the sign of a block's type; unknown types are shown as comments."""
        signs = {
            "question": self.question,
            "suggestion": self.suggestion,
            "ai_feedback": self.ai_feedback,
        }
        return signs.get(name, self.comment)


UNICODE: Final = Signs()
ASCII: Final = Signs(
    comment="#",
    suggestion="~",
    ai_feedback="%",
    unread="*",
    pending="..",
    accepted="ok",
    rejected="x",
    open_fold="-",
    closed_fold="+",
    branch="\\",
    online="o",
    offline=".",
    up="^",
    dot="-",
    ellipsis="~",
    section="@",
    quote_left='"',
    quote_right='"',
    cursor=">",
)


def to_ascii(text: str) -> str:
    """Return the text in ASCII at the same width: letters lose their accents, others become `?`."""
    if text.isascii():
        return text
    return "".join(_ascii(text[start], width) for start, _, width in split_graphemes(text)[0])


def _ascii(character: str, width: int) -> str:
    if character.isascii():
        return character.ljust(width)
    like = _LIKE.get(character) or unicodedata.normalize("NFKD", character)[0]
    return like * width if like.isascii() and like.isprintable() else "?" * width
