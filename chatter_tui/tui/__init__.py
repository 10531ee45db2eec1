"""The terminal UI: a Textual application around the document pane, driven by controller events.

Import `ReviewApp` from `chatter_tui.tui.app`. This package stays empty, so that importing one of
its pure parts does not load Textual.
"""
