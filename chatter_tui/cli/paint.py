"""Print styled text: coloured and wrapped in a terminal, plain elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Pieces of text, each with a style of rich's. Markup in the text has no effect.
Line = list[tuple[str, str]]


def paint(lines: Sequence[Line]) -> None:
    """Print lines to stdout."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        _paint_in_colour(lines)
    else:
        text = "".join("".join(piece for piece, _ in line).rstrip() + "\n" for line in lines)
        sys.stdout.write(text)


def _paint_in_colour(lines: Sequence[Line]) -> None:
    from rich.console import Console  # noqa: PLC0415  (slow to import, and only used here)
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    for line in lines:
        indent = len(line[0][0]) if line and not line[0][0].strip() else 0
        wrapped = Text.assemble(*line[indent > 0 :]).wrap(console, max(console.width - indent, 20))
        for row in wrapped or [Text()]:
            row.rstrip()
            console.print(Text(" " * indent) + row, soft_wrap=True)
