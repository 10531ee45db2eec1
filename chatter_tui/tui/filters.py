"""Filters for terminal output that keep text at its expected width."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from textual.filter import LineFilter

from chatter_tui.tui.signs import to_ascii

if TYPE_CHECKING:
    from rich.style import Style
    from textual.color import Color


# A joiner between two pictures, which many terminals draw side by side, and a request for emoji
# presentation (U+FE0F) or a skin tone, which some draw as another picture.
_DRESSED: Final = re.compile("[\u200d\ufe0f\U0001f3fb-\U0001f3ff]")


class SteadyFilter(LineFilter):
    """Sends symbols as text: as emoji they are two cells wide in some terminals and one in others.

    tmux and older terminals take one cell for ⚠ with U+FE0F, and four for a hand with a skin tone;
    xterm, GNU screen and Alacritty take eight for a family of four. That would shift the rest of
    the row.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(steady(text), style, control) for text, style, control in segments]


def steady(text: str) -> str:
    """Return the text at the same width, however a terminal counts it."""
    if text.isascii() or not _DRESSED.search(text):
        return text
    return "".join(_undressed(text[at:end], width) for at, end, width in split_graphemes(text)[0])


def _undressed(sign: str, width: int) -> str:
    """Reduce a grapheme to its first character, padded to its width, if it requests more."""
    if not _DRESSED.search(sign, 1):
        return sign
    sign = sign.partition("\u200d")[0]
    sign = sign[0] + _DRESSED.sub("", sign[1:])
    return sign + " " * (width - cell_len(sign))


class ColorlessFilter(LineFilter):
    """Sends no colour codes, not even for the terminal's own colours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        return [
            Segment(text, None if style is None else _colorless(style), control)
            for text, style, control in segments
        ]


@lru_cache(1024)
def _colorless(style: Style) -> Style:
    return style.without_color


class AsciiFilter(LineFilter):
    """Replaces everything but ASCII, at the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
