"""Strict codec for Yjs awareness: presence of peers.

Awareness has no protection of its own: any peer can speak for any other. So the master reads every
update here, takes only the sender's own entry, and sends on what it encoded itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from chatter_tui.replica.lib0 import MAX_CLOCK, CodecError, Reader, string, uint

_MAX_ENTRIES: Final = 4096
_MAX_STATE: Final = 2048  # characters of one state
_MAX_PART: Final = 200  # characters of a name, an anchor


@dataclass(frozen=True, slots=True)
class Presence:
    """Where one peer is; each part is absent when it is not shared."""

    name: str = ""
    color: str = ""
    active_anchor: str | None = None
    typing: bool = False
    following: str | None = None  # the peer whose moves they go after
    hidden: bool = False  # for the master alone: to the others they have left

    @property
    def section(self) -> str | None:
        """The heading they read."""
        return _after(self.active_anchor, "heading:")

    @property
    def block(self) -> str | None:
        """The block they are at."""
        return _after(self.active_anchor, "block:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One client's state at a clock; None once it is gone."""

    client_id: int
    clock: int
    presence: Presence | None


def _after(text: str | None, prefix: str) -> str | None:
    return text.removeprefix(prefix) if text is not None and text.startswith(prefix) else None


def encode(entries: list[Entry]) -> bytes:
    """A Yjs awareness update."""
    parts = [uint(len(entries))]
    for entry in entries:
        state = json.dumps(_to_state(entry.presence), ensure_ascii=False, separators=(",", ":"))
        parts += [uint(entry.client_id), uint(entry.clock), string(state)]
    return b"".join(parts)


def decode(data: bytes) -> list[Entry]:
    """Read a Yjs awareness update; what is not understood of a state counts as not shared.

    Raises:
        CodecError: when the bytes are malformed or too much.
    """
    reader = Reader(data)
    entries = [_entry(reader) for _ in range(reader.uint(_MAX_ENTRIES))]
    reader.finish()
    return entries


def _entry(reader: Reader) -> Entry:
    client_id, clock, text = reader.uint(), reader.uint(MAX_CLOCK), reader.string()
    if len(text) > _MAX_STATE:
        raise CodecError("awareness state too large")
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError("awareness state is not JSON") from error
    return Entry(client_id, clock, _from_state(state))


def _to_state(presence: Presence | None) -> dict[str, Any] | None:
    if presence is None:
        return None
    user: dict[str, Any] = {"name": presence.name, "color": presence.color}
    if presence.active_anchor is not None:
        user["activeAnchor"] = presence.active_anchor
    if presence.following is not None:
        user["following"] = presence.following
    for part in ("typing", "hidden"):
        if getattr(presence, part):
            user[part] = True
    return {"user": user}


def _from_state(state: object) -> Presence | None:
    if not isinstance(state, dict):
        return None
    user = state.get("user")
    if not isinstance(user, dict):
        return Presence()
    anchor = _part(user.get("activeAnchor"))
    return Presence(
        _part(user.get("name")) or "",
        _part(user.get("color")) or "",
        anchor,
        user.get("typing") is True,
        _part(user.get("following")),
        user.get("hidden") is True,
    )


def _part(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    # A lone surrogate, which JSON can spell, could not be sent on.
    return value.encode("utf-8", "replace").decode()[:_MAX_PART]
