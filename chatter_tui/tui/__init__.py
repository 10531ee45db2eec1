"""The terminal UI: a Textual application around the document pane, fed by controller events.

Import `ReviewApp` from `chatter_tui.tui.app`: this package itself stays empty, so that asking for
one of its pure parts does not load Textual.
"""
