"""Import Textual's application without its command palette and tables, compiled lazily.

This must be the first import of Textual, of which most of the startup time is spent.
"""

from __future__ import annotations

from chatter_tui.lazily import lazily
from chatter_tui.without import without

with without("textual.command"), without("rich.table"), lazily():
    from textual.app import App
    from textual.drivers.linux_driver import LinuxDriver

__all__ = ["App", "LinuxDriver"]
