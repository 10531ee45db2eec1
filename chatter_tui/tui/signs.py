"""The signs of the screen, in Unicode and ASCII: no state is shown by colour alone.

None is an emoji: terminals do not agree on how wide those are. What else is not ASCII (other people's
text among it) becomes so in `AsciiFilter` when ASCII is asked for.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from rich.cells import split_graphemes

from chatter_tui.immutable import dataclass

_LIKE: Final = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "·": "-", "…": "~"}  # noqa: RUF001 - these very signs
_ARROWS: Final = {"↓": "Down", "↑": "Up", "←": "Left", "→": "Right"}


@dataclass(frozen=True, slots=True)
class Signs:
    """One set of signs; those that begin a line are one cell wide."""

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
        """Names of keys; in ASCII the arrows are words, since every likeness is another key."""
        return "".join(_ARROWS.get(c, c) for c in names) if self.up.isascii() else names

    def type(self, name: str) -> str:
        """The sign of a block's type; an unknown type is shown as a comment."""
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
    """The text in ASCII, as wide as it was: letters without accents, `?` for what has no likeness."""
    if text.isascii():
        return text
    return "".join(_ascii(text[start], width) for start, _, width in split_graphemes(text)[0])


def _ascii(character: str, width: int) -> str:
    if character.isascii():
        return character.ljust(width)
    like = _LIKE.get(character) or unicodedata.normalize("NFKD", character)[0]
    return like * width if like.isascii() and like.isprintable() else "?" * width
