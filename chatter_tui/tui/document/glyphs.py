"""The glyphs a document is drawn with, in Unicode and ASCII; each is one cell wide."""

from __future__ import annotations

from typing import Final

from chatter_tui.startup.immutable import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of glyphs; `table` is vertical, horizontal, crossing, left end and right end."""

    bullet: str = "•"
    quote: str = "▌"
    rule: str = "─"
    table: tuple[str, str, str, str, str] = ("│", "─", "┼", "├", "┤")
    wrapped: str = "↪"
    ellipsis: str = "…"
    cursor: str = "▸"
    mark: str = "▌"
    mine: str = "║"
    current: str = "█"
    resolved: str = "✓"
    suggestion: str = "±"
    orphan: str = "!"
    many: str = "+"
    other: str = "◂"
    changed: str = "▎"


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    bullet="*",
    quote="|",
    rule="-",
    table=("|", "-", "+", "|", "|"),
    wrapped="\\",
    ellipsis="~",
    cursor=">",
    mark="|",
    mine="m",
    current="#",
    resolved="x",
    suggestion="~",
    other="<",
    changed=":",
)
