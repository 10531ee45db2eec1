"""The session, its people, and held-back news in plain mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.controller.commands import (
    GetHistory,
    GetPeers,
    GetStatus,
    RemovePeer,
    SetOnline,
    SetRole,
)
from chatter_tui.plain.verbs import VERBS
from chatter_tui.plain.words import ago, deed, link, person
from chatter_tui.tui.model.headline import Counts
from chatter_tui.tui.model.rights import GRANTABLE, refusal
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chatter_tui.controller.events import Peer
    from chatter_tui.plain.context import Context
    from chatter_tui.storage.session_store import HistoryEntry

_LATEST: Final = 10  # entries of the history by default


class Meeting:
    """The commands about people and the session, and news that is held back."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.quiet = False
        self._held: list[str] = []
        self._entries = _LATEST  # of the history, as requested

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {
            "people.open": lambda _: self._context.inquire(GetPeers("people")),
            "lines.status": lambda _: self._context.inquire(GetStatus("status")),
            "people.raise": lambda name: self._step(name, 1),
            "people.lower": lambda name: self._step(name, -1),
            "people.remove": self._remove,
            "history.open": self._history,
            "log.open": self._log,
            "lines.quiet": self._set_quiet,
            "lines.news": lambda _: self.tell_held(),
            "session.offline": lambda _: self._set_online(online=False),
            "session.online": lambda _: self._set_online(online=True),
            "help.open": self._help,
            "leave": lambda _: self._leave(),
        }

    # News

    def news(self, line: str, *, writing: bool) -> None:
        """Print news, or hold it back while the user writes or has asked for quiet."""
        if self.quiet or writing:
            self._held.append(line)
        else:
            self._context.say(line)

    def tell_held(self, *, asked: bool = True) -> None:
        """Print the news that was held back."""
        held, self._held = self._held, []
        if held or asked:
            self._context.list(held, "No news.")

    def _set_quiet(self, argument: str) -> None:
        if argument not in ("on", "off"):
            self._context.say(f"Quiet is {'on' if self.quiet else 'off'}: quiet on, quiet off.")
            return
        self.quiet = argument == "on"
        if self.quiet:
            self._context.say("News is held back: the command news shows it.")
        else:
            self.tell_held()

    def _log(self, argument: str) -> None:
        number = _number(argument)
        now = self._context.work.clock()
        notices = list(self._context.model.log)[-number:] if number else []
        lines = (f"{ago(now - notice.at)}: {notice.text}" for notice in notices)
        self._context.list(lines, "Nothing has happened yet.")

    def _history(self, argument: str) -> None:
        self._entries = _number(argument)
        self._context.inquire(GetHistory("history"))

    def say_history(self, entries: Sequence[HistoryEntry]) -> None:
        """Print the latest entries of the history, latest last."""
        now = self._context.work.clock()
        latest = entries[-self._entries :] if self._entries else ()
        self._context.list(
            (f"{ago(now - each.at)}: {deed(each)}." for each in latest), "Nothing has happened yet."
        )

    # The session

    def say_status(self) -> None:
        """Print the status of the session and the current position."""
        model = self._context.model
        counts = Counts.of(model)
        owner = model.owner
        host = f", hosted by {owner.name}" if owner and owner.id != model.peer else ""
        parts = [
            plural(model.here, "person", "people") + " here",
            plural(counts.open, "open thread"),
            f"{counts.unread} unread",
        ]
        parts += [plural(counts.orphans, "orphan")] if counts.orphans else []
        parts += [f"{model.pending} waiting for the host"] if model.pending else []
        role = f", {model.role}" if model.role else ""
        self._context.say(
            f"{model.document_name or 'The document'}{host}. You are {model.name}{role}.",
            f"{', '.join(parts)}. {link(model, self._context.work.clock())}"
            + ("" if model.saved else f" Not saved: {model.problem}."),
        )

    def say_people(self) -> None:
        """Print all participants, the user first."""
        model = self._context.model
        people = sorted(model.peers.values(), key=lambda p: (p.id != model.peer, not p.online))
        self._context.say(*(person(model, peer, self._context.work.clock()) for peer in people))

    def _set_online(self, *, online: bool) -> None:
        model = self._context.model
        if model.role == "owner":
            self._context.say("The session runs here: there is no link to drop.")
        elif model.ended is not None:
            self._context.say("The session is over.")
        elif online and model.link.transport is not None:
            self._context.say("You are online.")
        else:
            self._context.work.submit(SetOnline(online))

    def _leave(self) -> None:
        model = self._context.model
        kept = [f"{model.pending} not answered yet"] if model.pending else []
        drafts = len(tuple(self._context.work.drafts.all()))
        kept += [plural(drafts, "draft") + " not sent"] if drafts else []
        if not model.saved and model.outbox.ticket:
            kept.append(f"what you wrote is not saved: {model.reason or 'the disk fails'}")
        others = model.here - 1
        if model.ended is None and model.invite is not None and others > 0:
            people = f"{plural(others, 'other person', 'other people')} here"
            what = ", ".join([people, *kept])
            self._context.ask(f"End the session for everyone? {what}.", self.go)
        elif kept:
            self._context.ask(f"Leave? {', '.join(kept)}.", self.go)
        else:
            self.go()

    def go(self) -> None:
        """Leave the session."""
        self._context.left = True

    # People

    def _step(self, name: str, by: int) -> None:
        peer = self._peer(name)
        if peer is None:
            return
        step = GRANTABLE.index(peer.role) + by
        if 0 <= step < len(GRANTABLE):
            self._context.work.submit(SetRole(peer.id, GRANTABLE[step]))
        else:
            end = "highest" if by > 0 else "lowest"
            self._context.say(f"{peer.name} is {peer.role}, the {end} role you can give.")

    def _remove(self, name: str) -> None:
        peer = self._peer(name)
        if peer is not None:
            question = f"Remove {peer.name} for good? What they wrote stays."
            self._context.ask(question, lambda: self._context.work.submit(RemovePeer(peer.id)))

    def _peer(self, name: str) -> Peer | None:
        found = self._context.person(name)
        if found is not None and found.role == "owner":
            self._context.say("The owner stays the owner.")
            return None
        return found

    # Help

    def _help(self, argument: str) -> None:
        words = argument.casefold().split()
        found = [line for line in self._helps() if all(word in line.casefold() for word in words)]
        self._context.list(found, f"Nothing matches “{argument}”.")

    def _helps(self) -> Iterator[str]:
        for verb in VERBS:
            refused = refusal(self._context.model, verb.command) is not None
            yield f"{verb.help}{f' (not as {self._context.model.role})' if refused else ''}"


def _number(argument: str) -> int:
    return int(argument) if argument.isascii() and argument.isdecimal() else _LATEST
