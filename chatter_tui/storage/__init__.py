"""Everything that touches a disk: documents, sidecars, and what a session keeps for itself."""

from chatter_tui.storage.errors import StorageError
from chatter_tui.storage.local_copy import LocalCopy
from chatter_tui.storage.review_files import ReviewFiles
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.user_data import user_data

__all__ = ["LocalCopy", "ReviewFiles", "SessionFolder", "StorageError", "user_data"]
