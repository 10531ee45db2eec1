"""A Yjs document as ChatterMatter blocks, and a client's fork of it.

The shared document has one root map, `blocks`: block id → map. `content` is a shared text, so that
concurrent edits merge. Every other field is one string, the JSON text of its value as it was
spelled, so that unknown fields and exact numbers survive.
"""

from chatter_tui.replica.fork import Fork, Pending, RolledBack
from chatter_tui.replica.lib0 import CodecError
from chatter_tui.replica.replica import Change, NativeFaultError, Replica, Written

__all__ = [
    "Change",
    "CodecError",
    "Fork",
    "NativeFaultError",
    "Pending",
    "Replica",
    "RolledBack",
    "Written",
]
