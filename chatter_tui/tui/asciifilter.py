"""Keeps everything that is not ASCII from a terminal that would not show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from chatter_tui.tui.signs import to_ascii

if TYPE_CHECKING:
    from textual.color import Color


class AsciiFilter(LineFilter):
    """Lets nothing but ASCII out to the terminal, at the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
