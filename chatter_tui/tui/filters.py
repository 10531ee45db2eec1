"""Filters for terminal output, so that text takes the cells it is assumed to take."""

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


# What asks for a picture (U+FE0F), or for a colour of skin: two pictures to some.
_DRESSED: Final = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")


class SteadyFilter(LineFilter):
    """Sends signs as signs: as pictures they are two cells wide to some terminals and one to others.

    tmux and older ones take a cell for ⚠ with U+FE0F, and four for a hand with a colour of skin: all
    that follows on the row would be shifted.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(steady(text), style, control) for text, style, control in segments]


def steady(text: str) -> str:
    """The text in as many cells, whichever way a terminal counts them."""
    if text.isascii() or not _DRESSED.search(text):
        return text
    return "".join(_undressed(text[at:end], width) for at, end, width in split_graphemes(text)[0])


def _undressed(sign: str, width: int) -> str:
    """A grapheme as its first sign alone, in as many cells, if it is asked to be more than that."""
    if not _DRESSED.search(sign, 1):
        return sign
    if "\ufe0f" in sign:
        sign = sign.partition("\u200d")[0]
    sign = sign[0] + _DRESSED.sub("", sign[1:])
    return sign + " " * (width - cell_len(sign))


class ColorlessFilter(LineFilter):
    """Sends no code of a colour, not even the one for the terminal's own."""

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
    """Lets nothing but ASCII out to the terminal, at the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
