"""Commands that read a document's comments: list, check, strip."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from chatter_tui.cli import printing
from chatter_tui.cli.exits import Exit
from chatter_tui.cli.open_review import OpenReview
from chatter_tui.cli.options import AsJson, DocumentFile, complete_types
from chatter_tui.startup import garbage
from chatter_tui.storage.atomic import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chatter_tui.blocks import Block, Thread


def list_(
    file: DocumentFile,
    *,
    threads: Annotated[
        bool, typer.Option("--threads", help="As threads; resolved ones unfolded.")
    ] = False,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="Only of this type.", autocompletion=complete_types),
    ] = None,
    status: Annotated[str | None, typer.Option(help="Only `open` or only `resolved`.")] = None,
    author: Annotated[str | None, typer.Option(help="Only by this author.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the comments of a document, in document order.

    With --threads, --status is that of a thread, and a thread is shown whole if any block in it has
    the requested --type and --author.
    """
    if status not in (None, "open", "resolved"):
        raise typer.BadParameter("--status is open or resolved")
    opened = _open(file)
    arrangement = opened.review.arrangement

    def wanted(block: Block) -> bool:
        return (type_ is None or block.type == type_) and (author is None or block.author == author)

    if as_json and not threads:
        blocks = (thread.block for _, thread in arrangement.walk())
        chosen = [b for b in blocks if wanted(b) and status in (None, b.status)]
        printing.blocks(chosen)
        return
    shown = _threads(arrangement.threads, wanted, status)
    if as_json:
        printing.thread_nodes(opened.review, shown)
    else:
        printing.thread_tree(opened, shown, unfold=threads)


def _threads(
    threads: Sequence[Thread], wanted: Callable[[Block], bool], status: str | None
) -> Sequence[Thread]:
    return [
        thread
        for thread in threads
        if status in (None, thread.block.status)
        and any(wanted(node.block) for _, node in thread.walk())
    ]


def check(
    file: DocumentFile,
    *,
    fail_on: Annotated[
        str | None, typer.Option(help="`open`: exit with 10 when a thread is open.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Report what is wrong with a document's comments; exit with 1 when it is an error."""
    if fail_on not in (None, "open"):
        raise typer.BadParameter("--fail-on knows only: open")
    opened = _open(file)
    problems = opened.review.problems
    open_threads = sum(t.block.status == "open" for t in opened.review.arrangement.threads)
    if as_json:
        sys.stdout.write(json.dumps({"problems": [p._asdict() for p in problems]}, indent=2) + "\n")
    else:
        printing.faults(opened, open_threads)
    if any(problem.severity == "error" for problem in problems):
        return Exit.FAILED
    return Exit.OPEN_THREADS if fail_on == "open" and open_threads else Exit.DONE


def strip(
    file: DocumentFile,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write there, not to stdout.")
    ] = None,
) -> None:
    """Write the document without its comments, everything else byte for byte."""
    data = _open(file).review.document.strip()
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        replace_file(output, data)


def _open(file: Path) -> OpenReview:
    garbage.off()  # not turned on again: a run this short creates too little
    return OpenReview(file)
