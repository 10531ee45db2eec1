"""Everything that touches a disk: documents, sidecars and session stores.

`session_folder` and `session_store` are not imported here: they load the CRDT, which commands on
files do not need.
"""

from chatter_tui.storage.errors import StorageError
from chatter_tui.storage.filing import Filing, Theirs
from chatter_tui.storage.local_copy import LocalCopy
from chatter_tui.storage.lock import HeldError
from chatter_tui.storage.review_files import ReviewFiles
from chatter_tui.storage.user_data import user_data

__all__ = [
    "Filing",
    "HeldError",
    "LocalCopy",
    "ReviewFiles",
    "StorageError",
    "Theirs",
    "user_data",
]
