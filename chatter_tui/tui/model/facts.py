"""The facts on the status page, which contain no secrets."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Literal

from chatter_tui import __version__
from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.clock import stopwatch
from chatter_tui.tui.model.headline import link_text
from chatter_tui.tui.model.invites import is_usable

if TYPE_CHECKING:
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.signs import Signs

Tone = Literal["", "good", "bad"]
WAYS = {
    "webrtc": "WebRTC, directly to the host",
    "websocket": "WebSocket over TLS, on the host's port",
    "memory": "in this process",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the page."""

    name: str
    text: str
    tone: Tone = ""


def facts(model: Model, signs: Signs, drafts: int, now: float) -> list[Fact]:
    """Return all facts, in order."""
    status = model.status
    place = model.document_name if model.folder is None else str(model.folder / model.copy_name)
    found = [
        Fact("Session", model.session or "none yet"),
        Fact("Document", place),
        Fact("You", f"{model.name}, {model.role or 'not admitted yet'}"),
        *_people(model),
        _link(model, signs, now),
        *_transport(model, now),
    ]
    if status is not None and status.addresses:
        found.append(Fact("Addresses", ", ".join(status.addresses)))
    if model.invite is not None:
        usable = sum(is_usable(invite, now) for invite in model.invites)
        usable = usable if model.invites or status is None else status.invites
        found.append(Fact("Invites", f"{usable} can be used: i shows one", "" if usable else "bad"))
    found += [_saved(model), _queue(model, drafts)]
    unread = len(model.unread.ids)
    comments = len(model.threads.blocks)
    found.append(Fact("Comments", f"{comments}, {unread} unread"))
    protocol = f", protocol {status.protocol}" if status is not None and status.protocol else ""
    found.append(Fact("Version", f"chatter-tui {__version__}{protocol}"))
    found.append(Fact("Runs on", f"Python {platform.python_version()}, {platform.system()}"))
    return found


def _people(model: Model) -> list[Fact]:
    owner = model.owner
    host = f", {owner.name} hosts" if owner is not None and owner.id != model.peer else ""
    return [Fact("People", f"{model.here} here{host}")]


def _link(model: Model, signs: Signs, now: float) -> Fact:
    calm = model.link.transport is not None
    return Fact("Link", link_text(model, signs, now), "good" if calm else "bad")


def _transport(model: Model, now: float) -> list[Fact]:
    link = model.link
    if link.transport in WAYS:
        return [Fact("Transport", WAYS[link.transport])]
    if link.transport is None and link.since is not None:
        since = stopwatch(now - link.since)
        return [Fact("Because", f"{link.reason or 'no link yet'} ({since} ago)", "bad")]
    return []


def _saved(model: Model) -> Fact:
    if model.saved and (model.status is None or model.status.saved):
        return Fact("Saved", "everything is on disk", "good")
    if model.saved:
        return Fact("Saved", "being written")
    return Fact("Saved", f"NOT saved: {model.problem or 'the disk is not writable'}", "bad")


def _queue(model: Model, drafts: int) -> Fact:
    waiting = [f"{model.pending} not answered yet"] if model.pending else []
    waiting += [f"{drafts} not sent (drafts)"] if drafts else []
    return Fact("Queue", ", ".join(waiting) or "nothing waits")
