"""Create a client from its invite and what is stored of an earlier run."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ulid import ULID

from chatter_tui.authority import Role
from chatter_tui.replica import Fork
from chatter_tui.session.authentication import Credentials
from chatter_tui.session.client import Client
from chatter_tui.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.session.invites import Invite
    from chatter_tui.storage.session_store import SessionStore, Stored


class Earlier(NamedTuple):
    """What is stored of an earlier run, if any, and what of it cannot be read."""

    stored: Stored | None
    damaged: str = ""

    @property
    def whole(self) -> Stored | None:
        """What is stored, if all of it can be read."""
        return None if self.damaged else self.stored


def load_earlier(store: SessionStore) -> Earlier:
    """Load an earlier run, if the master had admitted it. Damaged files are set aside.

    Raises:
        StorageError: It cannot be read for another reason, or it is the host's.
    """
    if not store.exists:
        return Earlier(None)
    try:
        notes = store.notes()
    except StorageError as error:
        if error.code != "damaged":
            raise
        store.set_aside()
        return Earlier(None, str(error))
    if notes.get("kind") == "master":
        raise StorageError("you host this session here: chatter-tui resume continues it")
    if not notes.get("resume"):
        return Earlier(None)
    try:
        return Earlier(store.load())
    except StorageError as error:
        if error.code != "damaged":
            raise
        # The host has the state too; everything else is in the database.
        sound = store.set_aside()
        return Earlier(store.load(state=False) if sound else None, str(error))


def open_client(invite: Invite, name: str, earlier: Earlier, notes: Mapping[str, str]) -> Client:
    """Return the client, with what an earlier run left unsent.

    Args:
        invite: The invite to join with.
        name: The requested display name; an earlier run has its own.
        earlier: What is stored of it.
        notes: Facts to store with the client's identity.
    """
    role = Role.VIEWER
    credentials = Credentials(str(ULID()), name, invite.token, invite.secret)
    stored = earlier.stored
    deferred = stored.pending if stored and earlier.damaged else ()
    fork = Fork(new_client_id(), *([stored.state] if stored else []), taken=len(deferred))
    if stored:
        was = stored.notes
        resume = bytes.fromhex(was["resume"])
        credentials = replace(credentials, peer_id=was["peer"], name=was["name"], resume=resume)
        role = Role(was["role"])
        for update in () if earlier.damaged else stored.pending:
            fork.restore(update)
    return Client(
        invite.session,
        credentials,
        fork,
        new_client_id=new_client_id,
        role=role,
        notes=notes,
        deferred=deferred,
    )


def new_client_id() -> int:
    """Return a random Yjs client id."""
    return secrets.randbelow(2**32 - 1) + 1  # JavaScript's Yjs uses the same range
