"""Decide on requests to the master, and the codes for refusing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from chatter_tui.authority import Right
from chatter_tui.blocks import timestamp_of
from chatter_tui.blocks.suggestions import Unfit, accept, decision_of, reject, revert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.authority import Author, Role
    from chatter_tui.blocks import Block, Review
    from chatter_tui.blocks.suggestions import Decided
    from chatter_tui.session.members import Member
    from chatter_tui.session.messages import Request

MAX_ASKED: Final = 256  # waiting requests: each may write a file
MAX_TRIES: Final = 5  # times the file may change under a rewrite before the request fails

CODES: Final[Mapping[str, str]] = {
    "not-allowed": "your role does not allow it",
    "unknown-action": "this master does not support the action",
    "unknown-block": "there is no such block",
    "no-suggestion": "the block is not a suggestion",
    "decided": "it is already resolved or decided",
    "changed": "its replacement is no longer `text`",
    "stale": "the text to replace or restore is no longer there",
    "moved": "the text has moved: needs `confirmed`",
    "overlaps": "another open suggestion overlaps: needs `confirmed`",
    "unwritable": "it would change more than its text in the file",
    "not-decided": "there is no decision to undo",
    "not-yours": "somebody else made the decision",
    "failed": "the document cannot be written",
    "busy": "too many requests at once",
}


@dataclass(slots=True)
class Asked:
    """A request waiting for its turn. `link` is None for the owner's own."""

    member: Member
    request: Request
    link: int | None
    tries: int = 0


def decide(
    request: Request, author: Author, blocks: Mapping[str, Block], review: Review, now: float
) -> Decided:
    """Compute the effect of a request on the current document and blocks.

    Raises:
        Unfit: The request is refused, with one of `CODES`.
    """
    block = blocks.get(request.block_id)
    if block is None:
        raise Unfit("unknown-block", "it is no longer there")
    if (reason := refusal(request.action, block, author.name, author.role)) is not None:
        raise Unfit("not-allowed", reason)
    moment = timestamp_of(datetime.fromtimestamp(now, UTC))
    match request.action:
        case "accept":
            _require_seen(request, block)
            confirmed = request.confirmed is True
            others = blocks.values()
            return accept(review, block, others, author.name, moment, confirmed=confirmed)
        case "reject":
            return reject(block, author.name, moment)
        case "revert":
            return revert(review, block, author.name)
        case _:
            raise Unfit("unknown-action", "this host does not support that")


def refusal(action: str, block: Block, name: str, role: Role) -> str | None:
    """Return why a role does not allow `action` on a block, or None if it does."""
    if role.may(Right.DECIDE):
        return None
    decision = decision_of(block)
    accepted = action == "accept" or (decision is not None and decision.outcome == "accepted")
    if block.author == name and role.may(Right.EDIT_OWN) and not accepted:
        return None
    if not role.may(Right.CONTRIBUTE):
        return f"a {role} may only read"
    what = "accept suggestions" if action == "accept" else "decide on suggestions of others"
    return f"only the owner or a moderator may {what}"


def _require_seen(request: Request, block: Block) -> None:
    """Refuse to accept a suggestion that its author has changed since it was read."""
    if request.text is None or block.suggestion is None:
        return
    if request.text != block.suggestion.replacement:
        raise Unfit("changed", "the suggestion has been changed meanwhile: look again")
