"""Commands that change a document's comments: add, edit, resolve, reopen, delete."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from ulid import ULID

from chatter_tui.blocks import (
    SPEC_VERSION,
    Block,
    BlockError,
    Resolver,
    Suggestion,
    make_anchor,
    timestamp_of,
)
from chatter_tui.cli import printing
from chatter_tui.cli.failure import Failure
from chatter_tui.cli.open_review import OpenReview
from chatter_tui.cli.options import AsJson, BlockId, DocumentFile, complete_ids, complete_types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.blocks import Review

_CONTENT: Final = typer.Option("--content", "-c", help="The text; - reads it from stdin.")
Content = Annotated[str, _CONTENT]


def add(
    file: DocumentFile,
    *,
    content: Annotated[str | None, _CONTENT] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type", "-t", help="The type; comment by default.", autocompletion=complete_types
        ),
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", "-a", help="The author; you by default.")
    ] = None,
    parent: Annotated[
        str | None,
        typer.Option(help="The comment it replies to.", autocompletion=complete_ids),
    ] = None,
    anchor: Annotated[str | None, typer.Option(help="The text it is about.")] = None,
    line: Annotated[
        int | None, typer.Option(help="The line of that text, if it occurs more than once.")
    ] = None,
    heading: Annotated[str | None, typer.Option(help="The heading it is about.")] = None,
    replacement: Annotated[
        str | None, typer.Option(help="The new text: makes it a suggestion.")
    ] = None,
    inline: Annotated[
        bool, typer.Option("--inline", help="Add it to the document, not to the sidecar.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a comment to a document: on a text, on a heading, as a reply, or on all of it."""
    if line is not None and anchor is None:
        raise typer.BadParameter("--line goes with --anchor")
    if replacement is not None and anchor is None:
        raise typer.BadParameter("--replacement goes with --anchor")
    change = None if replacement is None else Suggestion(str(anchor), replacement)
    if content is not None:
        content = content_of(content)
    elif change is not None:
        content = change.in_words
    else:
        raise typer.BadParameter("nothing to add without --content")
    if type_ is None:
        type_ = "comment" if replacement is None else "suggestion"
    opened = OpenReview(file)
    values = {
        "id": str(ULID()),
        "type": type_,
        "author": author if author is not None else user(),
        "timestamp": timestamp_of(datetime.now(UTC)),
        "anchor": _anchor(opened.review, anchor, line, heading),
        "parent_id": None if parent is None else opened.find(parent).id,
        "status": "open",
        "content": content,
        "suggestion": None if change is None else change._asdict(),
        "spec_version": SPEC_VERSION,
    }
    block = sound_block({name: value for name, value in values.items() if value is not None})
    opened.append(block, inline=inline)
    if as_json:
        printing.block(block)
    else:
        printing.line(f"added {block.id}")


def edit(file: DocumentFile, id_: BlockId, *, content: Content, as_json: AsJson = False) -> None:
    """Change the text of a comment, where it stands."""
    opened = OpenReview(file)
    _change(opened, opened.find(id_), {"content": content_of(content)}, "edited", as_json=as_json)


def resolve(file: DocumentFile, id_: BlockId, *, as_json: AsJson = False) -> None:
    """Mark a thread as settled; the id is that of its first comment."""
    _set_status(file, id_, "resolved", "resolved", as_json=as_json)


def reopen(file: DocumentFile, id_: BlockId, *, as_json: AsJson = False) -> None:
    """Mark a thread as open again; the id is that of its first comment."""
    _set_status(file, id_, "open", "reopened", as_json=as_json)


def delete(file: DocumentFile, id_: BlockId, *, as_json: AsJson = False) -> None:
    """Delete a comment and its replies, where they stand."""
    opened = OpenReview(file)
    doomed = opened.find(id_).id
    threads = (thread for _, thread in opened.review.arrangement.walk())
    thread = next(thread for thread in threads if thread.block.id == doomed)
    blocks = [node.block for _, node in thread.walk()]
    opened.delete(block.id for block in blocks)
    if as_json:
        printing.blocks(blocks)
    else:
        replies = len(blocks) - 1
        more = "" if not replies else f" and its {printing.count(replies, 'reply', 'replies')}"
        printing.line(f"deleted {doomed}{more}")


def _set_status(file: DocumentFile, prefix: str, status: str, done: str, *, as_json: bool) -> None:
    opened = OpenReview(file)
    block = opened.find(prefix)
    if block.parent_id in opened.review.places:
        printing.note("this is a reply; a thread's status is that of its first comment")
    if block.status == status:
        _change(opened, block, {}, f"already {status}:", as_json=as_json)
    else:
        _change(opened, block, {"status": status}, done, as_json=as_json)


def _change(
    opened: OpenReview, block: Block, values: Mapping[str, object], done: str, *, as_json: bool
) -> None:
    if any(block.value(name) != value for name, value in values.items()):
        block = _still_sound(block, values)
        opened.replace(block)
    if as_json:
        printing.block(block)
    else:
        printing.line(f"{done} {block.id}")


def _still_sound(block: Block, values: Mapping[str, object]) -> Block:
    """Return the block changed, refusing faults that it did not have before."""
    changed = _block(lambda: block.replace(values))
    before = {problem.message for problem in block.problems()}
    for problem in changed.problems():
        if problem.message not in before:
            raise typer.BadParameter(problem.message)
    return changed


def sound_block(values: Mapping[str, object]) -> Block:
    """Return a new block; refuse invalid values."""
    block = _block(lambda: Block.of(values)).canonical()
    for problem in block.problems():
        raise typer.BadParameter(problem.message)
    return block


def _block(make: Callable[[], Block]) -> Block:
    try:
        return make()
    except BlockError as error:
        raise typer.BadParameter(str(error)) from error


def _anchor(
    review: Review, quote: str | None, line: int | None, heading: str | None
) -> dict[str, object] | None:
    section = None if heading is None else _heading_anchor(review, heading)
    if quote is None:
        return section
    start, end = _occurrence(review, quote, line)
    return make_anchor(review.markdown, start, end, section)


def _heading_anchor(review: Review, text: str) -> dict[str, object]:
    anchor: dict[str, object] = {"type": "heading", "text": text}
    location = Resolver(review.markdown).resolve(anchor)
    if location is None:
        raise Failure(f"the document has no heading {text!r}")
    heading = next(h for h in review.markdown.headings if h.start == location.start)
    return anchor | {"level": heading.level}


def _occurrence(review: Review, quote: str, line: int | None) -> tuple[int, int]:
    """Return the span of a text in the document, on a line of its file if given."""
    quote = quote.replace("\r\n", "\n")
    if not quote:
        raise typer.BadParameter("--anchor needs a text")
    starts = []
    at = review.text.find(quote)
    while at >= 0:
        starts.append(at)
        at = review.text.find(quote, at + 1)
    if not starts:
        raise Failure(f"the document has no text {quote!r}")
    lines = [review.disk_position(start)[0] for start in starts]
    if line is None and len(starts) > 1:
        printing.note(f"the text occurs {len(starts)} times; using line {lines[0]} (see --line)")
    if line is not None and line not in lines:
        others = ", ".join(map(str, sorted(set(lines))[:10]))
        raise Failure(f"the text is not on line {line}, but on {others}")
    start = starts[0 if line is None else lines.index(line)]
    return start, start + len(quote)


def content_of(content: str) -> str:
    """Return the value of an option, read from stdin if it is `-`."""
    if content != "-":
        return content
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise Failure("stdin is not UTF-8") from error
    return text.replace("\r\n", "\n").removesuffix("\n")


def user() -> str | None:
    """Return the name of the user who runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
