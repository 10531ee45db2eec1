"""Arguments shared by several commands, and their shell completion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chatter_tui.blocks import TYPES


def complete_types(incomplete: str) -> list[str]:
    """Return the types of comments that begin with the incomplete word."""
    return [name for name in TYPES if name.startswith(incomplete)]


def complete_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids in the document on the command line, each with the beginning of its text."""
    from chatter_tui.cli.failure import Failure  # noqa: PLC0415
    from chatter_tui.cli.open_review import OpenReview  # noqa: PLC0415
    from chatter_tui.cli.sanitize import sanitize  # noqa: PLC0415  (only while completing)

    try:
        blocks = OpenReview(Path(ctx.params["file"])).review.blocks
    except (KeyError, TypeError, OSError, Failure):
        return []
    return [
        (block.id, sanitize(block.content[:60], lines=False))
        for block in blocks
        if block.id.startswith(incomplete)
    ]


DocumentFile = Annotated[Path, typer.Argument(help="The Markdown document.", metavar="FILE")]
BlockId = Annotated[
    str,
    typer.Argument(
        help="A comment's id, or a unique prefix.",
        metavar="ID",
        autocompletion=complete_ids,
    ),
]
Folder = Annotated[
    Path, typer.Option("--dir", metavar="FOLDER", help="The folder of the document.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
