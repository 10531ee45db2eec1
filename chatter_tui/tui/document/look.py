"""How the document pane looks: one component style for each kind of run and layer."""

from __future__ import annotations

from typing import Final

KINDS: Final = (
    *("cursor-line", "cursor", "selection", "emphasis", "strong", "strike", "inline-code", "link"),
    *("image", "html", "heading", "table-head", "marker", "quote", "table", "rule", "code"),
    *("syntax-comment", "syntax-keyword", "syntax-string", "syntax-number", "syntax-name"),
    *("mark-open", "mark-suggestion", "mark-orphan", "mark-resolved", "mark-current"),
    *("gutter", "gutter-open", "gutter-suggestion", "gutter-orphan", "gutter-resolved"),
    *("gutter-current", "gutter-changed", "other"),
)


def component(kind: str) -> str:
    """Return the component class of a kind."""
    return f"document--{kind}"


# Whatever a colour says, a text style or a sign says too: the terminal may have none.
CSS: Final = """
DocumentView {
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    scrollbar-size-vertical: 0;
    & > .document--cursor-line { background: $surface; }
    & > .document--cursor { text-style: reverse underline; }
    & > .document--selection { background: $primary-muted; text-style: bold; }
    & > .document--heading { color: $text-primary; text-style: bold; }
    & > .document--table-head { text-style: bold; }
    & > .document--emphasis { text-style: italic; }
    & > .document--strong { text-style: bold; }
    & > .document--strike { text-style: strike; }
    & > .document--marker { color: $text-accent; }
    & > .document--quote, & > .document--table, & > .document--rule { color: $text-secondary; }
    & > .document--inline-code { color: $text-warning; background: $surface; }
    & > .document--code { background: $surface; }
    & > .document--html { color: $foreground-darken-3; }
    & > .document--image { color: $text-accent; text-style: italic; }
    & > .document--link { color: $text-accent; text-style: underline; }
    & > .document--mark-open { background: $warning-muted; text-style: bold underline; }
    & > .document--mark-suggestion { background: $success-muted; text-style: bold underline; }
    & > .document--mark-orphan { text-style: underline; }
    & > .document--mark-resolved { text-style: underline; }
    & > .document--mark-current { text-style: bold reverse; }
    & > .document--gutter { color: $text-accent; text-style: bold; }
    & > .document--gutter-open { color: $text-warning; }
    & > .document--gutter-suggestion { color: $text-success; }
    & > .document--gutter-orphan { color: $text-error; }
    & > .document--gutter-resolved { color: $foreground-darken-3; }
    & > .document--gutter-changed { color: $text-accent; }
    & > .document--gutter-current { color: $text-warning; text-style: bold; }
    & > .document--other { color: $text-success; text-style: bold; }
    & > .document--syntax-comment { color: $foreground-darken-3; text-style: italic; }
    & > .document--syntax-keyword { color: $text-primary; text-style: bold; }
    & > .document--syntax-string { color: $text-success; }
    & > .document--syntax-number { color: $text-accent; }
    & > .document--syntax-name { color: $text-warning; }
}
DocumentView:ansi {
    & > .document--selection { background: ansi_default; text-style: reverse; }
    & > .document--mark-open, & > .document--mark-suggestion { background: ansi_default; }
    & > .document--mark-current { text-style: bold underline reverse; }
}
"""
