"""What is left out of a library is not loaded with it, and is whole for whoever imports it later."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from chatter_tui import transport
transport.Listener, transport.dial
assert "aiortc" in sys.modules
assert not [name for name in sys.modules if name.partition(".")[0] == "av"]
import av
assert av.AudioFrame(samples=3).samples == 3
"""

PALETTE = """
import sys
from chatter_tui.tui.app import ReviewApp
assert not {"textual.command", "textual.widgets._tree", "textual.widgets._input"} & {*sys.modules}
assert not {"platformdirs", "mimetypes"} & {*sys.modules}
from textual import app, command, screen
assert issubclass(ReviewApp, app.App)
assert issubclass(command.CommandPalette, screen.Screen)
"""


def test_the_screen_needs_no_palette_of_textuals() -> None:
    subprocess.run([sys.executable, "-c", PALETTE], check=True, timeout=50)


def test_data_channels_need_no_decoders() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=50)
