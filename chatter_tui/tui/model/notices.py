"""Notices: entries of the event log, some with a toast or the bell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, set_cell_size

from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from chatter_tui.blocks import Block

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened at `at` (seconds since the epoch).

    `toast` shows it for a moment, `bell` may also ring. Notices of one `kind` are merged into one
    toast, which counts them if `many` names them. The text may contain other people's words, which
    are made safe where it is drawn.
    """

    at: float
    kind: str
    text: str
    severity: Severity = "information"
    toast: bool = False
    bell: bool = False
    many: str = ""


def excerpt(text: str, limit: int = 48) -> str:
    """Return the beginning of a text on one line, at most `limit` cells wide."""
    words = " ".join(text[: limit * 4].split())
    return words if cell_len(words) <= limit else set_cell_size(words, limit - 1).rstrip() + "…"


def mentions(text: str, name: str) -> bool:
    """Return whether a text contains `@name`, ignoring case."""
    pattern = rf"(?<!\w)@{re.escape(name)}(?!\w|-\w)"  # `bo` is not `bo-2`
    return bool(name) and re.search(pattern, text, re.IGNORECASE) is not None


def verb(block: Block) -> str:
    """Return what somebody did by adding a block."""
    match block.type:
        case "reaction":
            return "reacted"
        case "question":
            return "asked"
        case "suggestion":
            return "suggested"
        case _:
            return "commented" if block.parent_id is None else "replied"
