"""Styled text lines for Line-API widgets; safe, since no markup is parsed.

A line is a list of (text, style); the widget defines the styles. Callers make other people's text
safe first; `wrap` and `clip` limit its size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Line = list[tuple[str, str]]

_WORDS = re.compile(r"\S+\s*|\s+")


def width_of(line: Line) -> int:
    """Return the width of a line in cells."""
    return sum(cell_len(text) for text, _ in line)


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """Return the text in at most `width` cells, with an ellipsis if it was cut."""
    # Combining marks take no cells, so their number is limited, too.
    text = text[: max(width, 0) * 4 + 16]
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ellipsis if width > 0 else ""


def spread(left: Line, right: Line, width: int, ellipsis: str = "…") -> Line:
    """Join both ends of a line, shortening the left one as needed."""
    room = width - width_of(right) - 1
    line: Line = []
    for text, style in left:
        if room <= 0:
            break
        text = clip(text, room, ellipsis)  # noqa: PLW2901 - only the clipped text is used below
        line.append((text, style))
        room -= cell_len(text)
    if right:
        line.append((" " * (max(room, 0) + 1), ""))
    return line + right


def wrap(text: str, width: int, limit: int, ellipsis: str = "…") -> list[str]:
    """Return the first `limit` lines of a text wrapped at words; the cost depends on these only."""
    width = max(width, 4)
    text = text[: limit * width * 4].strip("\n")
    lines: list[str] = []
    for line in _wrapped(text, width):
        if len(lines) >= limit:
            full = cell_len(lines[-1]) >= width
            lines[-1] = clip(f"{lines[-1]} ", width, ellipsis) if full else lines[-1] + ellipsis
            break
        lines.append(line)
    return lines


def _wrapped(text: str, width: int) -> Iterator[str]:
    for paragraph in text.split("\n"):
        yield from _wrapped_line(paragraph.replace("\t", "    "), width)


def _wrapped_line(text: str, width: int) -> Iterator[str]:
    line, used = "", 0
    for word in _pieces(text, width):
        size = cell_len(word.rstrip())
        if line and used + size > width:
            yield line.rstrip()
            line, used = "", 0
        line += word
        used += cell_len(word)
    yield line.rstrip()


def _pieces(text: str, width: int) -> Iterable[str]:
    for word in _WORDS.findall(text):
        yield from chop_cells(word, width) if cell_len(word.rstrip()) > width else (word,)
