"""Everything that touches a disk: documents, sidecars, and what a session keeps for itself."""

from chatter_tui.storage.errors import StorageError
from chatter_tui.storage.filing import Filing, Theirs
from chatter_tui.storage.local_copy import LocalCopy
from chatter_tui.storage.lock import HeldError
from chatter_tui.storage.review_files import ReviewFiles
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.session_store import HistoryEntry, SessionStore, Stored
from chatter_tui.storage.user_data import user_data

__all__ = [
    "Filing",
    "HeldError",
    "HistoryEntry",
    "LocalCopy",
    "ReviewFiles",
    "SessionFolder",
    "SessionStore",
    "StorageError",
    "Stored",
    "Theirs",
    "user_data",
]
