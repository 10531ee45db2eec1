"""The JSON lines of `--headless`: decode commands, encode events.

The names are an interface for other programs: docs/headless.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from chatter_tui.blocks import Block
from chatter_tui.controller import commands as do, events as told
from chatter_tui.session.invites import DEFAULT_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_LINE: Final = 4 * 2**20  # characters of one command, far more than a block has


class CommandError(ValueError):
    """A line is not a command; the message says why."""


def fields_of(line: str) -> dict[str, Any]:
    """Parse the line of a command.

    Raises:
        CommandError: It is not a JSON object, or too long.
    """
    if len(line) >= MAX_LINE:
        raise CommandError("the line is too long")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise CommandError("not a line of JSON") from None
    if not isinstance(fields, dict):
        raise CommandError("a command is a JSON object")
    return fields


def decode(fields: Mapping[str, Any]) -> do.Command:
    """Create a command from its fields.

    Raises:
        CommandError: The message says what is missing or wrong.
    """
    name = fields.get("do")
    if not isinstance(name, str):
        raise CommandError("a command needs a do")
    if name not in _COMMANDS:
        raise CommandError(f"unknown command {name!r}")
    return _COMMANDS[name](fields)


def _add(fields: Mapping[str, Any]) -> do.Command:
    block = fields.get("block")
    if not isinstance(block, dict):
        raise CommandError("add needs a block")
    return do.Add(block, _forced(fields), fields.get("ref"))


def _edit(fields: Mapping[str, Any]) -> do.Command:
    id_, content = _text(fields, "id"), _text(fields, "content")
    return do.Edit(id_, content, _forced(fields), fields.get("ref"))


def _resolve(fields: Mapping[str, Any]) -> do.Command:
    return do.Resolve(_text(fields, "id"), fields["do"] == "resolve", fields.get("ref"))


def _delete(fields: Mapping[str, Any]) -> do.Command:
    return do.Delete(_text(fields, "id"), _forced(fields), fields.get("ref"))


def _react(fields: Mapping[str, Any]) -> do.Command:
    return do.React(_text(fields, "id"), _text(fields, "content"), fields.get("ref"))


def _anchor(fields: Mapping[str, Any]) -> do.Command:
    anchor = fields.get("anchor")
    if "anchor" not in fields or not (anchor is None or isinstance(anchor, dict)):
        raise CommandError("anchor needs an anchor, an object or null")
    return do.Anchor(_text(fields, "id"), anchor, _forced(fields), fields.get("ref"))


def _accept(fields: Mapping[str, Any]) -> do.Command:
    confirmed = fields.get("confirmed") is True
    return do.Accept(
        _text(fields, "id"),
        _text(fields, "text") if "text" in fields else None,
        confirmed=confirmed,
        force=_forced(fields),
        ref=fields.get("ref"),
    )


def _reject(fields: Mapping[str, Any]) -> do.Command:
    reason = _text(fields, "content") if "content" in fields else ""
    return do.Reject(_text(fields, "id"), reason, force=_forced(fields), ref=fields.get("ref"))


def _revert(fields: Mapping[str, Any]) -> do.Command:
    return do.Revert(_text(fields, "id"), _forced(fields), fields.get("ref"))


def _presence(fields: Mapping[str, Any]) -> do.Command:
    section, block, following = (
        value if isinstance(value := fields.get(name), str) else None
        for name in ("section", "block", "following")
    )
    typing, hidden = (fields.get(name) is True for name in ("typing", "hidden"))
    return do.SetPresence(section, block, typing, fields.get("ref"), following, hidden)


def _invite(fields: Mapping[str, Any]) -> do.Command:
    ttl, uses = fields.get("ttl", DEFAULT_LIFETIME), fields.get("uses")
    if not isinstance(ttl, int | float) or isinstance(ttl, bool):
        raise CommandError("ttl is a number of seconds")
    if uses is not None and (not isinstance(uses, int) or isinstance(uses, bool)):
        raise CommandError("uses is a whole number, or null for any number")
    role = _text(fields, "role") if "role" in fields else "reviewer"
    label = _text(fields, "label") if "label" in fields else ""
    return do.MakeInvite(role, ttl, uses, label, fields.get("ref"))


_COMMANDS: Final[Mapping[str, Callable[[Mapping[str, Any]], do.Command]]] = {
    "add": _add,
    "edit": _edit,
    "resolve": _resolve,
    "reopen": _resolve,
    "delete": _delete,
    "react": _react,
    "anchor": _anchor,
    "accept": _accept,
    "reject": _reject,
    "revert": _revert,
    "presence": _presence,
    "role": lambda fields: do.SetRole(
        _text(fields, "peer"), _text(fields, "role"), fields.get("ref")
    ),
    "remove": lambda fields: do.RemovePeer(_text(fields, "peer"), fields.get("ref")),
    "invite": _invite,
    "revoke": lambda fields: do.RevokeInvite(_text(fields, "token"), ref=fields.get("ref")),
    "history": lambda fields: do.GetHistory(fields.get("ref")),
    "invites": lambda fields: do.GetInvites(fields.get("ref")),
    "offline": lambda fields: do.SetOnline(online=False, ref=fields.get("ref")),
    "online": lambda fields: do.SetOnline(online=True, ref=fields.get("ref")),
    "blocks": lambda fields: do.GetBlocks(fields.get("ref")),
    "peers": lambda fields: do.GetPeers(fields.get("ref")),
    "status": lambda fields: do.GetStatus(fields.get("ref")),
    "quit": lambda fields: do.Quit(ref=fields.get("ref")),
}


def _forced(fields: Mapping[str, Any]) -> bool:
    return fields.get("force") is True


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise CommandError(f"{fields['do']} needs {name}, a string")
    return value


def encode(event: told.Event) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per event
    """Return an event as one line of JSON, with blocks as they are stored."""
    match event:
        case told.Ready():
            fields = {"session": event.session, "peer": event.peer, "name": event.name}
            fields |= {"role": event.role, "document": event.document}
            more = {"invite": event.invite, "asked": event.asked}
            return _line("ready", **fields, **{name: text for name, text in more.items() if text})
        case told.Connected(transport):
            return _line("connected", transport=transport)
        case told.Disconnected(reason, retry_in):
            return _line("disconnected", reason=reason, retry_in=retry_in)
        case told.Synced(blocks):
            return _line("synced", blocks=blocks)
        case told.BlockAdded(id_, block, peer):
            return _line("block_added", id=id_, block=block, peer=peer)
        case told.BlockChanged(id_, block, peer):
            return _line("block_changed", id=id_, block=block, peer=peer)
        case told.BlockDeleted(id_, block, peer):
            return _line("block_deleted", id=id_, block=block, peer=peer)
        case told.Acknowledged(id_, ref):
            return _line("acknowledged", id=id_, **_answered(ref))
        case told.Rejected(id_, code, reason, maybe, ref):
            return _line(
                "rejected", id=id_, code=code, reason=reason, block=maybe, **_answered(ref)
            )
        case told.PeerJoined(peer):
            return _line("peer_joined", **_peer(peer))
        case told.PeerLeft(peer):
            return _line("peer_left", **_peer(peer))
        case told.RoleChanged(peer):
            return _line("role_changed", **_peer(peer))
        case told.PresenceChanged(peer):
            return _line("presence", **_peer(peer))
        case told.DocumentChanged(name, version, _):
            return _line("document", name=name, version=version)
        case told.SaveState(saved, problem):
            return _line("error", message=problem) if problem else _line("saved", saved=saved)
        case told.Ended(reason, _):
            return _line("ended", reason=reason)
        case told.Failed(message, ref):
            return _line("error", message=message, **_answered(ref))
        case told.BlocksAnswer(ref, found):
            return _line("blocks", ref=ref, blocks=found)
        case told.PeersAnswer(ref, peers):
            return _line("peers", ref=ref, peers=[_linked(peer) for peer in peers])
        case told.StatusAnswer(ref, status):
            shown = {name: getattr(status, name) for name in status.__slots__}
            return _line("status", ref=ref, **shown)
        case told.HistoryAnswer(ref, entries):
            return _line("history", ref=ref, entries=[entry.fields() for entry in entries])
        case told.InviteAnswer(ref, invite):
            return _line("invite", ref=ref, **_shown_invite(invite))
        case told.RevokeAnswer(ref, token):
            return _line("revoke", ref=ref, token=token)
        case told.InvitesAnswer(ref, invites):
            return _line("invites", ref=ref, invites=[_shown_invite(each) for each in invites])


def _answered(ref: object) -> dict[str, object]:
    return {} if ref is None else {"ref": ref}


def _peer(peer: told.Peer) -> dict[str, object]:
    return {
        "peer": peer.id,
        "name": peer.name,
        "role": peer.role,
        "section": peer.section,
        "block": peer.block,
        "typing": peer.typing,
        "online": peer.online,
        "following": peer.following,
        "hidden": peer.hidden,
    }


def _linked(peer: told.Peer) -> dict[str, object]:
    return {**_peer(peer), "transport": peer.transport, "latency": peer.latency}


def _shown_invite(invite: told.InviteState) -> dict[str, object]:
    return {
        "invite": invite.line,
        "token": invite.token,
        "role": invite.role,
        "expires": datetime.fromtimestamp(invite.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "uses_left": invite.uses_left,
        "label": invite.label,
        "refusal": invite.refusal,
        "joined": list(invite.joined),
    }


def _line(event: str, **fields: object) -> str:
    pairs = (f"{json.dumps(name)}: {_json(value)}" for name, value in fields.items())
    return "{" + ", ".join((f'"event": "{event}"', *pairs)) + "}"


def _json(value: object) -> str:
    if isinstance(value, Block):
        return value.to_line()
    if isinstance(value, tuple) and all(isinstance(item, Block) for item in value):
        return "[" + ", ".join(item.to_line() for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
