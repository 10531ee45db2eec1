"""What goes out to the terminal, made such that it takes the cells that it is thought to take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

from chatter_tui.tui.signs import to_ascii

if TYPE_CHECKING:
    from textual.color import Color


# A sign that is asked to look like a picture (U+FE0F), and what is joined to it.
_PICTURE: Final = re.compile("(?<!\u200d)([^\u200d\ufe0f\u20e3])\ufe0f(\u20e3?)(?:\u200d.\ufe0f?)*")

# One that is asked to have a colour of skin: two pictures to some.
_TONED: Final = re.compile("(?<!\u200d)([^\u200d])[\U0001f3fb-\U0001f3ff]")


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
    return text if text.isascii() else _PICTURE.sub(_as_sign, _TONED.sub(_untoned, text))


def _untoned(match: re.Match[str]) -> str:
    is_one = cell_len(match[0]) == cell_len(match[1])
    return match[1] if is_one else match[0]


def _as_sign(match: re.Match[str]) -> str:
    sign = match[1] + match[2]
    return sign + " " * (cell_len(match[0]) - cell_len(sign))


class AsciiFilter(LineFilter):
    """Lets nothing but ASCII out to the terminal, at the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """See LineFilter."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
