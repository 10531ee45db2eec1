"""Strict codec for Yjs awareness updates, which carry presence.

Awareness itself lets any peer speak for any other. So the master decodes every update here, keeps
only the sender's own entry, and relays what it has encoded itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from chatter_tui.replica.lib0 import MAX_CLOCK, CodecError, Reader, string, uint

_MAX_ENTRIES: Final = 4096
_MAX_STATE: Final = 2048  # characters of one state's JSON
_MAX_PART: Final = 200  # characters of a name or an id


@dataclass(frozen=True, slots=True)
class Presence:
    """Where one peer is. A part that is not shared is absent."""

    name: str = ""
    color: str = ""
    active_anchor: str | None = None
    typing: bool = False
    following: str | None = None  # the id of the peer they follow
    hidden: bool = False  # seen by the master only: to the others, the peer has left

    @property
    def section(self) -> str | None:
        """The heading of the section they read."""
        return _after(self.active_anchor, "heading:")

    @property
    def block(self) -> str | None:
        """The id of the block they are at."""
        return _after(self.active_anchor, "block:")


@dataclass(frozen=True, slots=True)
class Entry:
    """The state of one Yjs client at a clock; `presence` is None once the client is gone."""

    client_id: int
    clock: int
    presence: Presence | None


def _after(text: str | None, prefix: str) -> str | None:
    return text.removeprefix(prefix) if text is not None and text.startswith(prefix) else None


def encode(entries: list[Entry]) -> bytes:
    """Encode a Yjs awareness update."""
    parts = [uint(len(entries))]
    for entry in entries:
        state = json.dumps(_to_state(entry.presence), ensure_ascii=False, separators=(",", ":"))
        parts += [uint(entry.client_id), uint(entry.clock), string(state)]
    return b"".join(parts)


def decode(data: bytes) -> list[Entry]:
    """Decode a Yjs awareness update. Unknown parts of a state count as not shared.

    Raises:
        CodecError: The bytes are malformed or exceed a limit.
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
    # JSON can spell a lone surrogate, which cannot be encoded again.
    return value.encode("utf-8", "replace").decode()[:_MAX_PART]
