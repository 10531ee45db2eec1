"""What can be copied to the clipboard from the current place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks import Review, SourceFile
from chatter_tui.tui.model.drafts import anchored_text

if TYPE_CHECKING:
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model


def copies(
    model: Model, current: str | None, selection: tuple[int, int] | None
) -> dict[str, tuple[str, str]]:
    """Return what can be copied, by key: a label and the text; `current` is the current block."""
    found: dict[str, tuple[str, str]] = {}
    block = model.threads.blocks.get(current or "")
    if selection is not None:
        start, end = selection
        found["y"] = ("selected text", model.document.text[start:end])
    elif block is not None:
        found["y"] = ("text of the comment", block.content)
    if block is not None:
        root = model.threads.root_of(block.id)
        found["t"] = ("whole thread as text", _thread_text(model, root))
        found["l"] = ("place, as FILE:LINE", place(model, root))
        found["j"] = ("comment as JSON", block.to_json())
    return found


def _thread_text(model: Model, root: Thread) -> str:
    """Return a thread as Markdown: its place and quote, then a list item for each comment."""
    quoted = " ".join(anchored_text(root.block).split())
    lines = [place(model, root) + (f" “{quoted}”" if quoted else "")]
    for depth, thread in root.walk():
        block, indent = thread.block, "  " * depth
        words = block.content.strip("\n").replace("\n", f"\n{indent}  ")
        lines.append(f"{indent}- {block.author or 'somebody'}: {words}")
    return "\n".join(lines) + "\n"


def place(model: Model, root: Thread) -> str:
    """Return a thread's place in the file, `plan.md:14`, as editors and terminals open it."""
    if root.location is None:
        return model.document_name
    line, _ = Review(SourceFile(model.source)).disk_position(root.location.start)
    return f"{model.document_name}:{line}"
