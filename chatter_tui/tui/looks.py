"""Styles from strings such as `bold $text-accent on $surface`, for what widgets draw themselves.

These replace component classes: Textual would style a node for each of them whenever anything about
the widget changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.style import Style

if TYPE_CHECKING:
    from rich.style import Style as RichStyle


def rich_style(words: str) -> RichStyle:
    """Return the style in the current theme.

    A background that the theme leaves transparent is omitted.

    `$foreground 70%` is blended with the background.
    """
    style = Style.parse(words)
    if style.foreground is not None and 0 < style.foreground.a < 1:
        below = style.background or Style.parse("on $background").background
        if below is not None and below.a == 1:
            style = replace(style, foreground=below + style.foreground)
    if style.background is not None and style.background.is_transparent:
        style = replace(style, background=None)
    return style.rich_style
