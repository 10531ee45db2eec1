"""Styles of the document pane, one for each kind of run and layer."""

from __future__ import annotations

from typing import Final

CSS: Final = """
DocumentView {
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    scrollbar-size-vertical: 0;
}
"""

# Everything expressed by colour is also expressed by a text style or sign: there may be no colour.
LOOK: Final = {
    "cursor-line": "on $surface",
    "cursor": "reverse underline",
    "selection": "bold on $primary-muted",
    "heading": "bold $text-primary",
    "table-head": "bold",
    "emphasis": "italic",
    "strong": "bold",
    "strike": "strike",
    "marker": "$text-accent",
    "quote": "$text-secondary",
    "table": "$text-secondary",
    "rule": "$text-secondary",
    "inline-code": "$text-warning on $surface",
    "code": "on $surface",
    "html": "$foreground 70%",
    "image": "italic $text-accent",
    "link": "underline $text-accent",
    "mark-open": "bold underline on $warning-muted",
    "mark-suggestion": "bold underline on $success-muted",
    "mark-mine": "italic",
    "mark-orphan": "underline",
    "mark-resolved": "underline",
    "mark-current": "bold reverse",
    "gutter": "bold $text-accent",
    "gutter-open": "$text-warning",
    "gutter-suggestion": "$text-success",
    "gutter-orphan": "$text-error",
    "gutter-resolved": "$foreground 70%",
    "gutter-changed": "$text-accent",
    "gutter-current": "bold $text-warning",
    "other": "bold $text-success",
    "syntax-comment": "italic $foreground 70%",
    "syntax-keyword": "bold $text-primary",
    "syntax-string": "$text-success",
    "syntax-number": "$text-accent",
    "syntax-name": "$text-warning",
}

# The terminal's own colours have no shades to distinguish things, and blue is dark on black.
ANSI_LOOK: Final = LOOK | {
    "heading": "bold ansi_bright_blue",
    "syntax-keyword": "bold ansi_bright_blue",
    "selection": "reverse on ansi_default",
    "mark-open": "bold underline on ansi_default",
    "mark-suggestion": "bold underline on ansi_default",
    "mark-current": "bold underline reverse",
}
