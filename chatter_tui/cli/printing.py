"""Output of the commands on files: JSON for programs, threads and problems for people."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chatter_tui.cli.paint import Line, paint
from chatter_tui.cli.sanitize import sanitize, sanitize_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chatter_tui.blocks import Block, Review, Thread
    from chatter_tui.cli.open_review import OpenReview

# Deeper replies are not indented further, to leave room for their text.
_DEEPEST = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))
_QUOTE_LENGTH = 60


def line(text: str) -> None:
    """Print a line."""
    sys.stdout.write(sanitize(text) + "\n")


def note(text: str) -> None:
    """Print a note to stderr."""
    sys.stderr.write(f"note: {sanitize(text)}\n")


def count(number: int, one: str, many: str) -> str:
    """Format a count: `1 reply`, `2 replies`."""
    return f"{number} {one if number == 1 else many}"


def block(shown: Block) -> None:
    """Print a block as it is stored."""
    sys.stdout.write(sanitize_json(shown.to_json()) + "\n")


def blocks(shown: Iterable[Block]) -> None:
    """Print blocks as a JSON array, one per line, as they are stored."""
    lines = [sanitize_json(block.to_line()) for block in shown]
    sys.stdout.write("[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n")


def thread_nodes(review: Review, threads: Iterable[Thread]) -> None:
    """Print threads as a JSON array of nodes, each with its replies."""
    sys.stdout.writelines(_nodes(review, threads))


def _nodes(review: Review, threads: Iterable[Thread]) -> Iterator[str]:
    # Written during the walk: the json module recurses, and threads can be nested without limit.
    before = -1
    yield "["
    for root in threads:
        for depth, thread in root.walk():
            if depth <= before:
                yield "]}" * (before - depth + 1) + ","
            yield f'\n{{"block": {sanitize_json(thread.block.to_line())}, '
            yield f'"location": {_location(review, thread)}, '
            yield f'"orphaned": {"true" if thread.orphaned else "false"}, "replies": ['
            before = depth
    yield "]}" * (before + 1) + "]\n"


def _location(review: Review, thread: Thread) -> str:
    if thread.location is None:
        return "null"
    (first, start), (last, end) = review.disk_span(thread.location)
    return (
        f'{{"line": {first}, "column": {start}, "end_line": {last}, "end_column": {end}, '
        f'"via": "{thread.location.via}"}}'
    )


def thread_tree(opened: OpenReview, threads: Sequence[Thread], *, unfold: bool) -> None:
    """Print threads for people; resolved ones are folded to a line unless `unfold`."""
    now = datetime.now(UTC)
    lines: list[Line] = []
    for root in threads:
        lines.append(_heading(opened, root))
        folded = not unfold and root.block.status == "resolved"
        for depth, thread in [(0, root)] if folded else root.walk():
            indent = "  " * min(depth, _DEEPEST)
            lines.append([(indent, ""), *_byline(thread, now)])
            body = [] if folded else _body(thread.block)
            lines.extend([(f"{indent}  ", ""), (text, "")] for text in body)
        if folded:
            replies = sum(1 for _ in root.walk()) - 1
            lines[-1] += [(f" · {count(replies, 'reply', 'replies')} folded", "dim")] * bool(
                replies
            )
        lines.append([])
    total = sum(1 for root in threads for _ in root.walk())
    lines.append([(f"{count(len(threads), 'thread', 'threads')}, ", "dim")])
    lines[-1].append((count(total, "comment", "comments"), "dim"))
    paint(lines)


def _heading(opened: OpenReview, root: Thread) -> Line:
    """Return what a thread is about: the position in the file, and the text there."""
    quoted = _quote(root)
    if root.location is None:
        about = "no longer in the document" if root.orphaned else "the whole document"
        return [(about, "bold yellow" if root.orphaned else "bold"), (quoted, "italic")]
    row, column = opened.review.disk_position(root.location.start)
    place = sanitize(str(opened.path), lines=False)
    text = opened.review.text[root.location.start : root.location.end]
    line: Line = [(f"{place}:{row}:{column}", "bold"), (f"  “{_short(text)}”", "italic")]
    if root.is_displaced:
        line += [("  the text has changed since:", "bold yellow"), (_quote(root), "italic")]
    return line


def _quote(root: Thread) -> str:
    anchor = root.block.anchor or {}
    text = anchor.get("exact") or anchor.get("text")
    return f"  “{_short(text)}”" if isinstance(text, str) else ""


def _byline(thread: Thread, now: datetime) -> Line:
    block = thread.block
    resolved = block.status == "resolved"
    parts = [
        sanitize(block.type, lines=False),
        sanitize(block.author or "anonymous", lines=False),
        _age(block, now),
        sanitize(block.id, lines=False),
    ]
    styles = ["cyan", "bold", "dim", "dim"]
    byline: Line = [("✓ " if resolved else "● ", "green" if resolved else "yellow")]
    for part, style in zip(parts, styles, strict=True):
        if part:
            byline += [(" · ", "dim")] * (len(byline) > 1) + [(part, style)]
    if resolved:
        byline.append((" · resolved", "green"))
    return byline


def _body(block: Block) -> Iterator[str]:
    yield from sanitize(block.content.rstrip("\n")).split("\n") if block.content else ()
    if block.suggestion is not None:
        for sign, text in zip("-+", block.suggestion, strict=True):
            yield from (f"{sign} {row}" for row in sanitize(text).split("\n"))


def _short(text: str) -> str:
    text = sanitize(text[: 4 * _QUOTE_LENGTH], lines=False)
    return text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + "…"


def _age(block: Block, now: datetime) -> str:
    if block.instant is None or block.timestamp is None:
        return ""
    age = now - _EPOCH - block.instant
    if age >= timedelta(days=30):
        return block.timestamp[:10]
    for unit, name in _UNITS:
        if age >= unit:
            return f"{age // unit} {name} ago"
    return "just now"


def faults(opened: OpenReview, open_threads: int) -> None:
    """Print problems, one per line, in the format of compilers."""
    lines: list[Line] = []
    numbers = {"error": 0, "warning": 0}
    for file, problem in opened.review.faults:
        numbers[problem.severity] += 1
        path = sanitize(str(opened.path_of(file)), lines=False)
        what = f"{problem.message} [{problem.code}]"
        if problem.block is not None:
            what += f" in {problem.block}"
        style = "bold red" if problem.severity == "error" else "yellow"
        place = f"{path}:{problem.line}: " if problem.line else f"{path}: "
        lines.append(
            [(place, "bold"), (f"{problem.severity}: ", style), (sanitize(what, lines=False), "")]
        )
    summary = ", ".join(
        (
            count(numbers["error"], "error", "errors"),
            count(numbers["warning"], "warning", "warnings"),
            count(open_threads, "open thread", "open threads"),
        )
    )
    lines.append([(summary, "dim")])
    paint(lines)
