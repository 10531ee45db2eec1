"""Plain mode without the terminal: input lines and events in, output lines out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.controller.commands import GetInvites, GetStatus, Resolve
from chatter_tui.controller.events import (
    Acknowledged,
    BlockAdded,
    Failed,
    HistoryAnswer,
    PeersAnswer,
    StatusAnswer,
    Synced,
)
from chatter_tui.plain.attaching import Attaching
from chatter_tui.plain.context import Context
from chatter_tui.plain.inviting import Inviting
from chatter_tui.plain.meeting import Meeting
from chatter_tui.plain.presence import Presence
from chatter_tui.plain.reading import Reading
from chatter_tui.plain.verbs import parse
from chatter_tui.plain.words import news
from chatter_tui.plain.writing import Writing
from chatter_tui.tui.model.rights import refusal
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chatter_tui.controller.events import Event
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.model.outbox import Change
    from chatter_tui.tui.model.unread import ReadMarks
    from chatter_tui.tui.workspace import Workspace

# Reported here with the comment's number, or as the welcome.
_SAID: Final = frozenset({"comment", "mention", "reply", "invite"})


class Reviewer:
    """Handles lines and events, on one thread, and prints through `out`."""

    def __init__(self, work: Workspace, read_marks: ReadMarks, out: Callable[[str], None]) -> None:
        self._context = context = Context(work, out)
        self._read_marks = read_marks
        self._reading = Reading(context)
        self._writing = Writing(context, self._reading)
        self._meeting = Meeting(context)
        self._inviting = Inviting(context)
        self._presence = Presence(context, self._reading, self._tell)
        self._opened = False
        self._welcomed = False
        self._commands: Mapping[str, Callable[[str], None]] = {
            **self._reading.commands,
            **self._writing.commands,
            **self._meeting.commands,
            **self._inviting.commands,
            **self._presence.commands,
            **Attaching(context, self._reading).commands,
        }

    @property
    def welcomed(self) -> bool:
        """Whether the review has begun, so that lines can be handled."""
        return self._welcomed

    @property
    def waits(self) -> bool:
        """Whether an answer is outstanding and can still come."""
        model = self._context.model
        pending = bool(model.outbox.pending) and model.link.transport is not None
        return pending or self._context.asked > 0 or self._context.work.undos > 0

    @property
    def left(self) -> bool:
        """Whether the user has left."""
        return self._context.left

    @property
    def commands(self) -> frozenset[str]:
        """The ids of all commands available here."""
        return frozenset(self._commands)

    def line(self, line: str) -> None:
        """Handle a line of input."""
        if self._writing.is_writing:
            self._writing.line(line.rstrip("\n"))
            if not self._writing.is_writing and not self._meeting.quiet:
                self._meeting.tell_held(asked=False)
            return
        confirm, self._context.confirm = self._context.confirm, None
        if confirm is not None:
            if line.strip().casefold() == "yes":
                confirm()
                return
            self._context.say("Not done.")
            if line.strip().casefold() in ("no", ""):
                return
        self._run(line.strip() or "next")

    def _run(self, line: str) -> None:
        found = parse(line)
        if found is None:
            self._context.say(f"“{line[:40]}” is not a command: help lists them.")
            return
        verb, argument = found
        if (reason := refusal(self._context.model, verb.command)) is not None:
            self._context.say(reason)
            return
        self._commands[verb.command.id](argument)

    def interrupt(self) -> None:
        """Handle Ctrl-C, which ends writing but not the review."""
        if self._writing.is_writing:
            self._writing.keep()
        else:
            self._context.confirm = None
            self._context.say("The command leave ends the review.")

    def keep_typed(self, lines: Iterable[str]) -> None:
        """Keep typed lines that were not handled as a draft."""
        if self._opened:
            self._writing.keep_typed("\n".join(lines))

    def close(self) -> None:
        """Keep the text being written."""
        self._writing.keep()

    def event(self, event: Event) -> None:
        """Handle an event of the session."""
        model = self._context.model
        mine = isinstance(event, Acknowledged) and model.outbox.state(event.id) == "pending"
        document = model.document
        changes = model.apply([event], self._context.work.clock())
        self._open_kept(changes)
        if model.document is not document:
            self._reading.document_changed()
        for draft in changes.returned:
            self._context.work.drafts.put(draft)
        if mine:
            assert isinstance(event, Acknowledged), "see above"
            self._acknowledged(event.id, changes.taken)
        self._say(event)
        self._inviting.event(event)
        self._writing.undo_due()
        if changes.people or changes.document:
            self._presence.go_after()
        for notice in changes.notices:
            if notice.kind not in _SAID and (self._welcomed or notice.severity != "information"):
                text = notice.text.removesuffix(".")
                named = notice.kind == "document"  # begins with the file name
                self._tell(f"{text if named else text[:1].upper() + text[1:]}.")
        if changes.returned:
            self._tell("The text is kept: drafts lists it.")

    def _say(self, event: Event) -> None:
        match event:
            case BlockAdded(id_, block, peer) if self._welcomed:
                number = self._context.number(id_)
                if peer != self._context.model.peer:
                    self._tell(news(self._context.model, block, number))
            case Synced() if not self._welcomed:
                self._context.work.submit(GetStatus("welcome"))
            case StatusAnswer(ref="welcome") if not self._welcomed:
                self._welcome()
            case StatusAnswer(ref="status"):
                self._context.asked -= 1
                self._meeting.say_status()
            case HistoryAnswer(ref="history"):
                self._context.asked -= 1
                self._meeting.say_history(event.entries)
            case Failed(ref="history"):
                self._context.asked -= 1
            case PeersAnswer(ref="people"):
                self._context.asked -= 1
                self._meeting.say_people()

    def _acknowledged(self, id_: str, taken: Sequence[Change]) -> None:
        block = self._context.model.threads.blocks.get(id_)
        if block is None:
            self._tell("Done.")
            return
        self._context.current = id_
        decision = decision_of(block)
        word: str = "done" if decision is None else decision.outcome
        for change in taken:
            if isinstance(change, Resolve):  # the command does the one or the other
                word = "resolved" if change.resolved else "reopened"
        self._tell(f"{word.capitalize()}: {self._context.number(id_)}.")

    def _tell(self, line: str) -> None:
        self._meeting.news(line, writing=self._writing.is_writing)

    def _welcome(self) -> None:
        self._context.number_all()
        self._welcomed = True
        self._meeting.say_status()
        if self._context.model.invite is not None:
            self._context.say(f"Invite: {self._context.model.invite}")
            self._context.work.submit(GetInvites())  # which numbers them
        if drafts := len(tuple(self._context.work.drafts.all())):
            self._context.say(f"{plural(drafts, 'draft')} from before: drafts lists them.")
        self._context.say("An empty line reads on; help lists the commands, leave ends.")
        self._presence.show()

    def _open_kept(self, changes: Changes) -> None:
        """Load the user's drafts and read marks, once the document is known."""
        model = self._context.model
        if self._opened or model.folder is None or not model.named:
            return
        self._opened = True
        for kept in (self._context.work.drafts, self._read_marks):
            kept.open(model.folder, model.document_name, model.name, self._context.say)
        model.load_marks(changes)
