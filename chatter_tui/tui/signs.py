"""The signs of the screen, in Unicode and in ASCII: no state is told by colour alone.

None is an emoji or of ambiguous meaning to a terminal's width tables beyond what box drawing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signs:
    """One set of signs; each is one cell wide unless its name says otherwise."""

    comment: str = "¶"
    question: str = "?"
    suggestion: str = "✎"
    ai_feedback: str = "◆"
    unread: str = "●"
    pending: str = "…"
    accepted: str = "✓"
    rejected: str = "✗"
    resolved: str = "✓"
    orphan: str = "?"
    open_fold: str = "▾"
    closed_fold: str = "▸"
    leaf: str = "·"
    branch: str = "└"
    trunk: str = "│"
    online: str = "●"
    offline: str = "○"
    up: str = "↑"
    dot: str = "·"
    ellipsis: str = "…"
    section: str = "§"
    quote_left: str = "“"
    quote_right: str = "”"
    cursor: str = "▌"
    rule: str = "─"

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
    pending=".",
    accepted="+",
    rejected="x",
    resolved="+",
    open_fold="v",
    closed_fold=">",
    leaf="-",
    branch="`",
    trunk="|",
    online="o",
    offline=".",
    up="^",
    dot="-",
    ellipsis="~",
    section="@",
    quote_left='"',
    quote_right='"',
    cursor="|",
    rule="-",
)
