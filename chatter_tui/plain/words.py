"""Blocks and people as sentences: what cards and signs show on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.session.reporting import WORDS
from chatter_tui.tui.clock import DAY, HOUR, MINUTE, WEEK, YEAR, instant, stopwatch
from chatter_tui.tui.model.drafts import anchored_text, reason_of
from chatter_tui.tui.model.headline import TRANSPORTS, speed
from chatter_tui.tui.model.model import Link
from chatter_tui.tui.model.notices import excerpt, mentions, verb
from chatter_tui.tui.model.rows import reactions
from chatter_tui.tui.model.showing import IDLE_AFTER
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.controller.events import Peer
    from chatter_tui.storage.session_store import HistoryEntry
    from chatter_tui.tui.model.model import Model

_UNITS = ((YEAR, "year"), (WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))


def ago(seconds: float) -> str:
    """Format an age: `just now`, `3 minutes ago`. The future counts as now."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)} ago"
    return "just now"


def about(model: Model, thread: Thread) -> str:
    """Describe what a thread is about."""
    words = anchored_text(thread.block)
    if thread.block.anchor is None:
        return "on the document"
    if not words and thread.location is not None:
        words = model.document.text[thread.location.start : thread.location.end]
    where = "no longer in the document" if thread.orphaned else "on"
    if thread.is_displaced:
        where = "the text has changed since:"
    return f"{where} “{excerpt(words)}”"


def summary(model: Model, thread: Thread, number: int, now: float) -> str:
    """Describe a block on one line: author, type, what it is about, and state."""
    block = thread.block
    root = block.parent_id is None
    parts = [f"{number}: {block.author or 'somebody'} {verb(block)}"]
    if (then := instant(block.timestamp)) is not None:
        parts.append(ago(now - then))
    if root:
        parts.append(about(model, thread))
    states = "".join(f" ({state})" for state in _states(model, thread) if state)
    return f"{', '.join(parts)}{states}: {excerpt(_says(block), 200)}"


def whole(model: Model, thread: Thread, number: int, now: float) -> Iterator[str]:
    """Describe a block completely, on as many lines as needed."""
    block = thread.block
    when = "" if (then := instant(block.timestamp)) is None else f", {ago(now - then)}"
    where = f", {about(model, thread)}" if block.parent_id is None else ""
    states = "".join(f" ({state})" for state in _states(model, thread) if state)
    yield f"{number}: {block.author or 'somebody'} {verb(block)}{when}{where}{states}:"
    yield from _says(block).split("\n")
    for sign, names in reactions(thread).items():
        yield f"Reaction {sign} by {', '.join(names)}."
    if reason := model.outbox.rejected.get(block.id):
        yield f"Rejected: {reason}."


def news(model: Model, block: Block, number: int) -> str:
    """Announce a block that was just added."""
    author = block.author or "somebody"
    if block.type == "reaction":
        return f"{author} reacted {excerpt(block.content)}."
    to_whom = ""
    parent = model.threads.blocks.get(block.parent_id or "")
    if mentions(block.content, model.name):
        to_whom = ", mentioning you"
    elif parent is not None:
        to_whom = " to you" if model.is_mine(parent) else f" to {parent.author or 'somebody'}"
    return f"{number}: {author} {verb(block)}{to_whom}: {excerpt(_says(block), 200)}"


def deed(entry: HistoryEntry) -> str:
    """Describe an entry of the history: `bo added “why weekly?”`."""
    done = entry.happened
    about = f" “{done.detail}”" if done.block and done.detail else f" {done.detail}".rstrip()
    return f"{done.name or 'somebody'} {WORDS[done.deed]}{about}"


def person(model: Model, peer: Peer, now: float) -> str:
    """Describe a person: role, place, activity, and link if known."""
    parts = [f"{peer.name}{', you' if peer.id == model.peer else ''}, {peer.role}"]
    if not peer.online:
        return f"{parts[0]}, gone."
    if peer.section:
        parts.append(f"reads “{peer.section}”")
    if peer.typing:
        parts.append("typing")
    if known := speed(model.links.get(peer.id, Link())):
        parts.append(known)
    quiet = now - model.seen.get(peer.id, now)
    if quiet >= IDLE_AFTER and peer.id != model.peer:
        parts.append(f"last moved {ago(quiet)}")
    return f"{', '.join(parts)}."


def link(model: Model, now: float) -> str:
    """Describe the link to the host."""
    at = model.link
    if model.ended is not None:
        return f"The session is over: {model.ended}."
    if at.transport == "local":
        return "You are the host." if model.invite is not None else "You review alone."
    if at.transport is not None:
        delay = "" if at.latency is None else f", {max(round(at.latency * 1000), 1)} milliseconds"
        return f"Online, {TRANSPORTS.get(at.transport, at.transport)}{delay}."
    if at.since is None:
        return "Connecting."
    return f"Offline for {stopwatch(now - at.since)}."


def _states(model: Model, thread: Thread) -> Iterator[str]:
    block = thread.block
    root = block.parent_id is None
    if root and block.status == "resolved":
        yield "resolved"
    if block.id in model.unread.ids:
        yield "unread"
    yield {"pending": "waiting for the host", "rejected": "rejected"}.get(
        model.outbox.state(block.id) or "", ""
    )
    replies = sum(1 for _, t in thread.walk() if t.block.type != "reaction") - 1
    if root and replies:
        below = sum(t.block.id in model.unread.ids for t in _below(thread))
        yield plural(replies, "reply", "replies") + (f", {below} unread" if below else "")


def _below(thread: Thread) -> Iterator[Thread]:
    return (t for depth, t in thread.walk() if depth)


def _says(block: Block) -> str:
    change = block.suggestion
    if change is None:
        return block.content
    words = f"instead of “{change.original}” write “{change.replacement}”"
    if not change.replacement:
        words = f"remove “{change.original}”"
    reason = reason_of(block)
    return f"{words}\n{reason}" if reason else words
