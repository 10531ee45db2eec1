"""Styles by words, as `bold $text-accent on $surface`, for what widgets draw themselves.

Not component classes: Textual would style a node for each whenever anything about the widget changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.style import Style

if TYPE_CHECKING:
    from rich.style import Style as RichStyle


def rich_style(words: str) -> RichStyle:
    """The style of the theme there is; a background that is transparent in it is none."""
    style = Style.parse(words)
    if style.background is not None and style.background.is_transparent:
        style = replace(style, background=None)
    return style.rich_style
