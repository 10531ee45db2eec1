"""Presence at the master: accepted from each peer, relayed under the session's names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.session import awareness
from chatter_tui.session.events import PresenceChanged
from chatter_tui.session.messages import Awareness

if TYPE_CHECKING:
    from chatter_tui.session.awareness import Presence
    from chatter_tui.session.members import Member
    from chatter_tui.session.room import Room


def say(room: Room, presence: Presence) -> None:
    """Set the owner's presence. The owner cannot hide."""
    owner = room.owner
    owner.presence = replace(presence, name=owner.name, color=owner.color, hidden=False)
    room.broadcast(Awareness(awareness.encode([owner.entry()])))
    room.tell(PresenceChanged(owner.peer(online=True)))


def hear(room: Room, member: Member, message: Awareness) -> None:
    """Handle a member's awareness update.

    Raises:
        CodecError: The update is malformed.
    """
    for entry in awareness.decode(message.data):
        # Only a peer's own entry counts, and the session assigns names and colours.
        if entry.client_id != member.client_id or entry.clock <= member.heard_clock:
            continue
        member.heard_clock = entry.clock
        if entry.presence is None:
            member.presence = None
        else:
            member.presence = replace(entry.presence, name=member.name, color=member.color)
        hidden = member.presence is not None and member.presence.hidden
        if hidden != member.hidden:
            member.hidden = hidden
            room.announce("leave" if hidden else "join", member)
        elif not hidden:
            room.broadcast(Awareness(awareness.encode([member.entry()])), member.link)
        room.tell(PresenceChanged(member.peer(online=True)))
