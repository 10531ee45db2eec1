"""The commands of plain mode: the registry's by key, title and id, and a few more."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chatter_tui.tui.commands import BY_ID, EVERYONE, OWNER, WRITERS, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES: Final = "Lines"


@dataclass(frozen=True, slots=True)
class Verb:
    """A command and its words, the main one first; `argument` describes what may follow."""

    command: Command
    words: tuple[str, ...]
    argument: str = ""

    @property
    def help(self) -> str:
        """Its line in the help."""
        words, *others = self.words
        argument = f" {self.argument}" if self.argument else ""
        also = f" (or {', '.join(others)})" if others else ""
        text = self.command.help or self.command.title
        return f"{words}{argument}: {text}{also}"


def _own(id_: str, title: str, text: str, roles: frozenset[str] = EVERYONE) -> Command:
    return Command(id_, (), title, text, LINES, roles=roles)


# Id in the registry (or a command of plain mode only), its words, and what may follow.
_VERBS: Final[tuple[tuple[str | Command, tuple[str, ...], str], ...]] = (
    (_own("lines.next", "Read on", "Read the next passage; an empty line works too"), ("next", "J", "j"), ""),
    (_own("lines.previous", "Read back", "Read the passage before"), ("back", "K", "k"), ""),
    (_own("lines.read", "Read", "Read this passage again, or one by number, the section or all"), ("read",), "[NUMBER|section|all]"),
    (_own("lines.where", "Where", "Show where you are in the document"), ("where",), ""),
    ("move.first", ("first", "g"), ""),
    ("move.last", ("last", "G"), ""),
    ("outline.open", ("outline", "o"), "[NUMBER]"),
    ("search.open", ("search", "/"), "TEXT"),
    ("search.next", ("next match",), ""),
    ("search.previous", ("previous match", "N"), ""),
    ("thread.next", ("next thread", "n"), ""),
    ("thread.previous", ("previous thread", "p"), ""),
    ("thread.unread", ("next unread", "unread", "space"), ""),
    ("question.next", ("next question",), ""),
    ("suggestion.next", ("next suggestion",), ""),
    ("mention.next", ("next mention",), ""),
    ("orphan.next", ("next orphan",), ""),
    ("pane.threads", ("threads", "2"), "[all|open|resolved|unread|questions|suggestions|mine]"),
    (_own("lines.go", "Go to a comment", "Read the thread of a comment by number; the number alone works too"), ("thread", "go"), "NUMBER"),
    ("pane.cross", ("passage", "enter"), ""),
    ("select.words", ("select", "v"), "WORDS"),
    ("comment.new", ("comment", "c"), "[TEXT]"),
    (_own("lines.ask", "Ask", "Comment with a question", WRITERS), ("question", "ask"), "[TEXT]"),
    ("comment.document", ("comment document", "C"), "[TEXT]"),
    ("suggestion.new", ("suggest", "s"), "[TEXT]"),
    ("suggestion.preview", ("preview", "d"), ""),
    ("suggestion.accept", ("accept", "a"), ""),
    ("suggestion.reject", ("reject", "withdraw", "x"), "[TEXT]"),
    ("suggestion.accept-all", ("accept all",), ""),
    ("comment.reply", ("reply", "r"), "[TEXT]"),
    ("comment.edit", ("edit", "e"), "[TEXT]"),
    ("comment.delete", ("delete", "D"), ""),
    ("comment.react", ("react", "+"), "+1|-1|agree|disagree"),
    ("thread.resolve", ("resolve", "reopen", "R"), ""),
    ("thread.attach", ("attach", "A"), "[WORDS|here]"),
    ("undo", ("undo", "u"), ""),
    ("draft.list", ("drafts",), "[NUMBER]"),
    ("thread.read", ("mark", "m"), ""),
    ("thread.read-all", ("mark all", "M"), ""),
    ("people.open", ("people", "@", "4"), ""),
    ("people.follow", ("follow", "F"), "NAME"),
    ("people.raise", ("raise",), "NAME"),
    ("people.lower", ("lower",), "NAME"),
    ("people.remove", ("remove", "X"), "NAME"),
    ("presence.cycle", ("presence", "P"), ""),
    ("invite.open", ("invite", "i"), ""),
    ("invite.new", ("new invite",), "[ROLE [10m|8h|7d] [USES] [LABEL]]"),
    ("invite.list", ("invites",), ""),
    (_own("lines.revoke", "Revoke", "Revoke an invite, by its number; again to undo it", OWNER), ("revoke",), "NUMBER"),
    ("history.open", ("history", "H"), "[NUMBER]"),
    ("log.open", ("log", "!"), "[NUMBER]"),
    (_own("lines.status", "Status", "The session, the link and what is unread"), ("status",), ""),
    (_own("lines.quiet", "Quiet", "Hold news back until asked for, or show it as it happens"), ("quiet",), "on|off"),
    (_own("lines.news", "News", "Show the news that was held back"), ("news",), ""),
    ("session.offline", ("offline",), ""),
    ("session.online", ("online",), ""),
    ("help.open", ("help", "?"), "[WORD]"),
    ("leave", ("leave", "quit", "q"), ""),
)  # fmt: skip  # one command per line

# For commands whose help in the registry mentions panes or cursors.
_HELP: Final = {
    "move.first": "Read the first passage",
    "move.last": "Read the last passage",
    "outline.open": "The headings with their threads and people; with a number, go there",
    "search.open": "Search the document and the comments; search alone continues",
    "search.next": "Read the next passage that matches",
    "search.previous": "Read the one before",
    "thread.next": "Read the next thread",
    "thread.previous": "Read the thread before",
    "thread.unread": "Read the next unread comment, marking it read",
    "pane.threads": "List the threads, or filter them by kind",
    "pane.cross": "Read the passage that the thread is about",
    "select.words": "Select words of the passage to comment on; again for their next occurrence",
    "comment.new": "Comment on the selection, or on the passage read last",
    "suggestion.new": "Suggest a change to the selection, or to the passage",
    "suggestion.preview": "The suggestion's change word by word, and whether it applies",
    "suggestion.accept": "Apply the suggestion to the document",
    "suggestion.reject": "Reject the suggestion, with a reason, or withdraw your own",
    "comment.reply": "Reply to the comment read last",
    "comment.edit": "Edit the comment read last, if it is yours",
    "comment.delete": "Delete the comment read last and its replies; then yes",
    "comment.react": "React to the comment read last",
    "thread.resolve": "Resolve the thread read last, or reopen it",
    "thread.read": "Mark the comment read last read, or unread again",
    "draft.list": "Unsent texts; with a number, continue one",
    "thread.attach": "Attach the thread read last to the selection, to words or all of the passage, or to where its text was found",
    "question.next": "Read the next open question",
    "suggestion.next": "Read the next open suggestion",
    "mention.next": "Read the next comment that mentions you",
    "orphan.next": "Read the next open thread whose text is gone",
    "people.follow": "Follow a person, who can see it, until you move",
    "invite.open": "The invite line to share",
    "invite.new": "Create an invite with role, lifetime, number of people and label",
    "invite.list": "All invites: their roles, and who joined with which",
    "people.raise": "Give a person the next higher role",
    "people.lower": "Give a person the next lower role",
    "people.remove": "Remove a person permanently; then yes",
    "help.open": "The commands, or those whose line contains a word",
    "history.open": "Who did what in this session; with a number, that many entries",
    "log.open": "Recent events; with a number, that many entries",
}


def _verb(name: str | Command, words: tuple[str, ...], argument: str) -> Verb:
    command = BY_ID[name] if isinstance(name, str) else name
    text = _HELP.get(command.id, command.help)
    return Verb(replace(command, help=text), words, argument)


VERBS: Final = tuple(_verb(*each) for each in _VERBS)


def _known() -> Iterator[tuple[str, Verb]]:
    for verb in reversed(VERBS):  # of commands that share a word, the first one has it
        title = verb.command.title
        names = (*verb.words, verb.command.id, title)
        yield from ((name if len(name) == 1 else name.casefold(), verb) for name in names)


_KNOWN: Final = dict(_known())
_LONGEST: Final = max(len(name.split()) for name in _KNOWN)


def parse(line: str) -> tuple[Verb, str] | None:
    """Return the command of a line and what follows it; None if it begins with no command."""
    line = line.strip()
    if line.startswith("/"):
        return _KNOWN["/"], line[1:].strip()
    if line.isdecimal() and line.isascii() and line not in _KNOWN:
        return _KNOWN["go"], line
    words = list(re.finditer(r"\S+", line))
    for count in range(min(len(words), _LONGEST), 0, -1):
        name = " ".join(word[0] for word in words[:count])
        if verb := _KNOWN.get(name if len(name) == 1 else name.casefold()):
            return verb, line[words[count - 1].end() :].strip()
    return None
