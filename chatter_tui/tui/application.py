"""Import Textual's application without its command palette, tables and downloads, compiled lazily.

This must be the first import of Textual, of which most of the startup time is spent.
"""

from __future__ import annotations

import contextlib
from typing import Final

from chatter_tui.startup.lazily import lazily
from chatter_tui.startup.without import without

# Of the last two, only saving pictures of the screen makes use.
_UNUSED: Final = ("textual.command", "rich.table", "platformdirs", "mimetypes")

with contextlib.ExitStack() as parts, lazily():
    for part in _UNUSED:
        parts.enter_context(without(part))
    from textual.app import App
    from textual.drivers.linux_driver import LinuxDriver

__all__ = ["App", "LinuxDriver"]
