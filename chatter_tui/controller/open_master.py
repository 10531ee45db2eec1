"""Create a master from what is stored of its session and what its files contain."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.authority import Author, Authority, Ledger, Role
from chatter_tui.controller.events import DocumentChanged, Failed
from chatter_tui.controller.intake import merge
from chatter_tui.session.master import Master
from chatter_tui.session.members import Member

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chatter_tui.controller.events import Event
    from chatter_tui.session.invites import Token
    from chatter_tui.storage import Filing, Theirs
    from chatter_tui.storage.session_store import Stored


def open_master(
    session: str,
    filing: Filing,
    theirs: Sequence[Theirs],
    stored: Stored | None,
    tell: Callable[[Event], None],
    *,
    owner: Member,
    token: Token,
) -> tuple[Master, Member, Token]:
    """Return the master, its owner, and the invite to show first.

    Args:
        session: The session id.
        filing: The document's files.
        theirs: The external edits of the files.
        stored: What is stored of the session, None for a new one.
        tell: Called with messages for the user.
        owner: The owner of a new session; a stored one has its own.
        token: A new invite, used unless a stored one is usable.
    """
    members: list[Member] = []
    tokens = {token.id: token}
    if stored:
        members = [Member.returning(member) for member in stored.members]
        tokens = {known.id: known for known in stored.tokens}
        owner = next(member for member in members if member.role is Role.OWNER)
        token = _reusable(tokens, stored.notes.get("invite", ""), token)
        tokens[token.id] = token
    # A new id for each run: no update that never reached the disk can have used it.
    owner.client_id = secrets.randbelow(2**31 - 1) + 1
    authority = Authority(
        owner.client_id,
        state=stored.state if stored else b"",
        ledger=Ledger(stored.ledger) if stored else None,
        later=True,
    )
    if theirs:
        _seed(authority, owner, filing, theirs, tell)
    document = DocumentChanged(filing.files.path.name, 1, filing.files.document)
    master = Master(
        session,
        owner,
        authority,
        document,
        tokens,
        secret=secrets.token_bytes,
        members=members,
    )
    return master, owner, token


def _reusable(tokens: Mapping[str, Token], last: str, new: Token) -> Token:
    """Return the invite shown last, else a usable one, else the new one with its role."""
    shown = [tokens[last]] if last in tokens else []
    for token in (*shown, *reversed(list(tokens.values()))):
        if token.refusal(time.time()) is None:
            return token
    return replace(new, role=shown[0].role) if shown else new


def _seed(
    authority: Authority,
    owner: Member,
    filing: Filing,
    theirs: Sequence[Theirs],
    tell: Callable[[Event], None],
) -> None:
    intake = merge(theirs, authority.blocks)
    verdict = authority.seed(intake.wanted)
    refused = {item.block: item.reason for item in verdict.rejected}
    for id_, reason in refused.items():
        tell(Failed(f"block {id_} stays in its file and is not shared: {reason}"))
    for conflict in intake.conflicts:
        tell(Failed(conflict))
    filing.refused(block for block in intake.wanted if block.id in refused)
    fit = (block for block in intake.wanted if block.id not in refused)
    filing.found(fit, authority.blocks)
    if intake.deleted:
        author = Author(owner.id, owner.name, Role.OWNER)
        authority.write(author, lambda replica: replica.delete(intake.deleted), time.time())
