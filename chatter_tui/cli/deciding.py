"""Commands that decide on suggestions: accept, reject, revert."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from ulid import ULID

from chatter_tui.blocks import SPEC_VERSION, suggestions, timestamp_of
from chatter_tui.blocks.suggestions import Unfit, applied
from chatter_tui.cli import printing
from chatter_tui.cli.changes import content_of, sound_block, user
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.open_review import OpenReview
from chatter_tui.cli.options import AsJson, BlockId, DocumentFile  # noqa: TC001 - for typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.suggestions import Decided

Author = Annotated[str | None, typer.Option("--author", "-a", help="Who decides; you by default.")]


def accept(
    file: DocumentFile,
    id_: BlockId,
    *,
    author: Author = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Even if the text has moved or suggestions overlap.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Accept a suggestion: put its text into the document."""
    opened = OpenReview(file)
    block, by = opened.find(id_), _by(author)

    def decide() -> Decided:
        review = opened.review
        return suggestions.accept(review, block, review.blocks, by, _now(), confirmed=anyway)

    _write(opened, block, decide, "accepted", as_json=as_json)


def reject(
    file: DocumentFile,
    id_: BlockId,
    *,
    content: Annotated[
        str, typer.Option("--content", "-c", help="The reason; - reads it from stdin.")
    ] = "",
    author: Author = None,
    as_json: AsJson = False,
) -> None:
    """Reject a suggestion, or withdraw your own."""
    opened = OpenReview(file)
    block, by = opened.find(id_), _by(author)
    reason = content_of(content)
    done = "withdrew" if block.author == by else "rejected"
    _write(opened, block, lambda: suggestions.reject(block, by, _now()), done, as_json=as_json)
    if reason.strip():
        values = {"id": str(ULID()), "type": "comment", "author": by, "timestamp": _now()}
        values |= {"parent_id": block.id, "content": reason, "spec_version": SPEC_VERSION}
        OpenReview(file).append(sound_block({**values, "status": "open"}), inline=False)


def revert(
    file: DocumentFile, id_: BlockId, *, author: Author = None, as_json: AsJson = False
) -> None:
    """Undo your decision on a suggestion, including its text."""
    opened = OpenReview(file)
    block, by = opened.find(id_), _by(author)
    _write(
        opened,
        block,
        lambda: suggestions.revert(opened.review, block, by),
        "reopened",
        as_json=as_json,
    )


def _write(
    opened: OpenReview, block: Block, decide: Callable[[], Decided], done: str, *, as_json: bool
) -> None:
    try:
        decided = decide()
    except Unfit as unfit:
        look = " (see --anyway)" if unfit.code in ("moved", "overlaps") else ""
        raise Failure(f"{block.id}: {unfit}{look}") from unfit
    changed = applied(block, decided.fields)
    opened.decide(changed, decided.review)
    if as_json:
        printing.block(changed)
    else:
        printing.line(f"{done} {block.id}")


def _by(author: str | None) -> str:
    return author if author is not None else user() or ""


def _now() -> str:
    return timestamp_of(datetime.now(UTC))
