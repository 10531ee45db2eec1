"""Nothing of sound and pictures is loaded for data channels, nor is it in the way of others."""

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


def test_data_channels_need_no_decoders() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=50)
