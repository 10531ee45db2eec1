"""The sessions that this user hosts on this machine, for joining without an invite.

The user's data folder lists only where they are; secrets stay with the sessions.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.session.invites import Address, Invite
from chatter_tui.startup.immutable import dataclass
from chatter_tui.storage.atomic import replace_file
from chatter_tui.storage.errors import StorageError
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.user_data import user_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.storage.lock import Holder

_HERE: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Hosted:
    """A session hosted by a process of this user. `owner` is the host's display name."""

    session: str
    document: Path
    owner: str
    holder: Holder

    @property
    def folder(self) -> SessionFolder:
        """The folder that stores the session."""
        return SessionFolder(self.document.parent)

    def invite(self, now: float) -> Invite | None:
        """Return the newest usable invite, with this machine's own address; None if there is none.

        Raises:
            StorageError: The session cannot be read.
        """
        store = self.folder.session(self.session)
        try:
            stored = store.load(state=False)
        finally:
            store.close()
        places = json.loads(stored.notes.get("addresses", "[]"))
        addresses = tuple(Address(host or _HERE, port) for host, port in places)
        for token in reversed(stored.tokens):
            if token.refusal(now) is None and addresses:
                return Invite(addresses, self.session, token.id, token.secret)
        return None


@contextmanager
def hosting(session: str, document: Path, owner: str) -> Iterator[None]:
    """List this process as the session's host while the block runs."""
    path = _folder() / f"{session}.json"
    with suppress(OSError):  # a convenience: hosting works without it
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fields = {"document": str(document.resolve()), "owner": owner}
        replace_file(path, json.dumps(fields).encode(), mode=0o600)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def hosted() -> list[Hosted]:
    """Return the sessions hosted on this machine now, newest first."""
    found = []
    for path in sorted(_folder().glob("*.json"), reverse=True):
        try:
            fields = json.loads(path.read_bytes())
            document, owner = Path(fields["document"]), str(fields["owner"])
            holder = SessionFolder(document.parent).attending(path.stem)
        except (OSError, ValueError, KeyError, TypeError, StorageError):
            continue
        if holder is not None:
            found.append(Hosted(path.stem, document, owner, holder))
        else:  # the process that wrote it was killed
            with suppress(OSError):
                path.unlink()
    return found


def _folder() -> Path:
    return user_data() / "hosting"
