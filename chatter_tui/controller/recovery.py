"""Write what a killed session had accepted into the document's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.controller.intake import merge
from chatter_tui.replica import Replica
from chatter_tui.session.records import Noted
from chatter_tui.storage import Filing, HeldError, StorageError

if TYPE_CHECKING:
    from chatter_tui.storage import ReviewFiles
    from chatter_tui.storage.session_folder import SessionFolder
    from chatter_tui.storage.session_store import SessionStore

OPEN = "open"
"""The name of a note that says that the files may be older than the session; empty if not."""


def recover(folder: SessionFolder, files: ReviewFiles) -> list[str]:
    """Write what sessions of this document accepted but could not write; return messages."""
    told: list[str] = []
    for store in reversed(folder.all()):  # oldest first, so that the newest session wins
        try:
            notes = store.notes()
            if notes.get("document") == files.path.name and notes.get(OPEN):
                with folder.attend(store.session):
                    told += _recover(store, files)
        except HeldError:
            pass  # the session continues in another process
        except StorageError as error:
            told.append(f"an earlier session of this document cannot be read: {error}")
        finally:
            store.close()
    return told


def _recover(store: SessionStore, files: ReviewFiles) -> list[str]:
    stored = store.load()
    files.reread()  # what an earlier recovery wrote
    filing = Filing(files, store, alone=True)
    before = {block.id for block in files.blocks}
    blocks = dict(Replica(0, stored.state).blocks)
    intake = merge(filing.theirs(), blocks)
    for id_ in intake.deleted:
        del blocks[id_]
    blocks.update((block.id, block) for block in intake.wanted)
    told = list(intake.conflicts)
    filing.save(blocks)
    if blocks.keys() - before:
        told.append(
            f"an earlier session was interrupted: its last comments are here; to continue it with"
            f" its peers: chatter-tui resume {store.session}"
        )
    store.commit([Noted({OPEN: ""})])
    return told
