"""The registry of all commands: source of bindings, footer, help and command list."""

from __future__ import annotations

from typing import Final, Literal

from chatter_tui.startup.immutable import dataclass

Where = Literal["anywhere", "panes", "document", "threads", "people", "composer"]

EVERYONE: Final = frozenset({"owner", "moderator", "reviewer", "viewer"})
WRITERS: Final = EVERYONE - {"viewer"}
DECIDERS: Final = frozenset({"owner", "moderator"})
OWNER: Final = frozenset({"owner"})

KEY_NAMES: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "exclamation_mark": "!",
    "plus": "+",
    "minus": "-",
    "at": "@",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "dollar_sign": "$",
    "comma": ",",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift-Tab",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A user's command.

    `keys` are Textual's key names. `where` says which part of the screen must have the focus;
    `panes` are the document, the threads and the people. `hint` is its word in the footer, which
    most commands lack; the key of the command `beside` is shown with its own. Users whose role is
    not in `roles` see the command and are told why it is refused.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    group: str
    where: Where = "anywhere"
    roles: frozenset[str] = EVERYONE
    hint: str = ""
    beside: str = ""

    @property
    def shown_keys(self) -> str:
        """The keys as they are displayed."""
        return " ".join(key_name(key) for key in self.keys)


def key_name(key: str) -> str:
    """Format a key for display: `ctrl+d` is `Ctrl-D`, `question_mark` is `?`."""
    if key in KEY_NAMES:
        return KEY_NAMES[key]
    *modifiers, last = key.split("+")
    shown = KEY_NAMES.get(last, last.upper() if modifiers or len(last) > 1 else last)
    return "-".join([*map(str.capitalize, modifiers), shown])


EVERYWHERE = "Everywhere"
MOVE = "Move"
WRITE = "Write"
COMPOSER = "Composer"
PEOPLE = "People"
SESSION = "Session"

COMMANDS: Final = (
    Command("move.down", ("j", "down"), "Down", "One line or card", MOVE, "panes", hint="move", beside="move.up"),
    Command("move.up", ("k", "up"), "Up", "One line or card", MOVE, "panes"),
    Command("move.half-down", ("ctrl+d",), "Half a page down", "", MOVE, "panes"),
    Command("move.half-up", ("ctrl+u",), "Half a page up", "", MOVE, "panes"),
    Command("move.page-down", ("pagedown",), "Page down", "", MOVE, "panes"),
    Command("move.page-up", ("pageup",), "Page up", "", MOVE, "panes"),
    Command("move.first", ("g", "home"), "First", "To the first line or card", MOVE, "panes"),
    Command("move.last", ("G", "end"), "Last", "To the last line or card", MOVE, "panes"),
    Command("block.next", ("J",), "Next Markdown block", "To the next paragraph, list or heading", MOVE, "document"),
    Command("block.previous", ("K",), "Previous Markdown block", "To the one before", MOVE, "document"),
    Command("search.next", ("n",), "Next match", "After a search: the next match", MOVE),
    Command("search.previous", ("N",), "Previous match", "After a search: the match before", MOVE),
    Command("thread.next", ("n",), "Next thread", "To the next thread in document order", MOVE, hint="thread", beside="thread.previous"),
    Command("thread.previous", ("p",), "Previous thread", "To the thread before", MOVE),
    Command("thread.unread", ("space",), "Next unread", "To the next unread comment, marking it read", MOVE, hint="unread"),
    Command("pane.cross", ("enter",), "Document and thread", "Between the document and the thread at the cursor", MOVE, hint="go there"),
    Command("jump.back", ("less_than_sign",), "Back", "Where you were before the last jump", MOVE),
    Command("jump.forward", ("greater_than_sign",), "Forward", "Undo the last step back", MOVE),
    Command("outline.open", ("o", "3"), "Outline", "Headings with open threads and who is there", MOVE),
    Command("thread.fold", ("z",), "Fold thread", "Fold or unfold the thread", MOVE, hint="fold"),
    Command("thread.show-resolved", ("Z",), "Show resolved threads", "Show resolved threads or hide them", MOVE),
    Command("search.open", ("slash",), "Search", "Search the document and the threads; then n and N", MOVE),
    Command("kind.next", ("t",), "To the next …", "Question, suggestion, mention of you or orphan", MOVE),
    Command("question.next", (), "Next question", "To the next open question", MOVE),
    Command("suggestion.next", (), "Next suggestion", "To the next open suggestion", MOVE),
    Command("mention.next", (), "Next mention", "To the next comment that mentions you", MOVE),
    Command("orphan.next", (), "Next orphan", "To the next open thread whose text is gone", MOVE),
    Command("cursor.left", ("h", "left"), "Left", "One character", MOVE, "document"),
    Command("cursor.right", ("l", "right"), "Right", "One character", MOVE, "document"),
    Command("cursor.word-next", ("w",), "Next word", "Selecting: the end of the next word", MOVE, "document"),
    Command("cursor.word-previous", ("b",), "Previous word", "To the start of this or the last word", MOVE, "document"),
    Command("cursor.word-end", ("e",), "End of word", "While selecting", MOVE, "document"),
    Command("cursor.row-start", ("0",), "Start of row", "", MOVE, "document"),
    Command("cursor.row-end", ("dollar_sign",), "End of row", "", MOVE, "document"),
    Command("select.words", ("v",), "Select text", "Moving then extends it; again to deselect", WRITE, "document", hint="select"),
    Command("select.blocks", ("V",), "Select blocks", "Whole Markdown blocks; moving then extends it", WRITE, "document"),
    Command("select.end", ("escape",), "Deselect", "Clear the selection", WRITE, "document"),
    Command("comment.new", ("c",), "Comment", "Comment on the selection, or on the Markdown block at the cursor", WRITE, roles=WRITERS, hint="comment"),
    Command("comment.document", ("C",), "Comment on the document", "Comment on the document as a whole", WRITE, roles=WRITERS),
    Command("suggestion.new", ("s",), "Suggest", "Suggest a change to the selection or the block", WRITE, roles=WRITERS, hint="suggest"),
    Command("suggestion.preview", ("d",), "Preview suggestion", "Its change word by word, and whether it applies", WRITE),
    Command("suggestion.accept", ("a",), "Accept suggestion", "Apply it to the document", WRITE, roles=DECIDERS),
    Command("suggestion.reject", ("x",), "Reject suggestion", "Reject it with a reason, or withdraw your own", WRITE, roles=WRITERS),
    Command("suggestion.accept-all", (), "Accept all that apply", "Every open suggestion that applies, after confirmation", WRITE, roles=DECIDERS),
    Command("thread.attach", ("A",), "Attach elsewhere", "A thread to the selection, or an orphan to where its text is now", WRITE, roles=WRITERS),
    Command("comment.reply", ("r",), "Reply", "Reply to the current comment", WRITE, roles=WRITERS, hint="reply"),
    Command("comment.outside", ("E",), "Write in $EDITOR", "A comment in the document; at a thread a reply, or an edit of your own comment", WRITE, roles=WRITERS),
    Command("thread.resolve", ("R",), "Resolve or reopen", "Resolve and reopen the current thread", WRITE, roles=WRITERS, hint="resolve"),
    Command("comment.react", ("plus",), "React", "React with +1, -1, agree or disagree", WRITE, roles=WRITERS),
    Command("comment.edit", ("e",), "Edit", "Edit your comment, or a rejected text", WRITE, roles=WRITERS),
    Command("comment.delete", ("D",), "Delete", "Delete a comment and its replies; then y if others have replied", WRITE, roles=WRITERS),
    Command("undo", ("u",), "Undo", "Undo your last action, then the one before", WRITE, roles=WRITERS),
    Command("draft.list", (), "Drafts", "Unsent texts", WRITE, roles=WRITERS),
    Command("thread.read", ("m",), "Mark read or unread", "Mark the current comment read, or unread again", WRITE),
    Command("thread.read-all", ("M",), "Mark all read", "Mark all comments read and changed lines seen", WRITE),
    Command("composer.send", ("enter",), "Send", "Send the text", COMPOSER, "composer", hint="send"),
    Command("composer.newline", ("ctrl+j",), "New line", "Insert a line break", COMPOSER, "composer", hint="new line"),
    Command("composer.type", ("tab",), "Change the type", "Of a new thread: comment or question", COMPOSER, "composer", hint="type"),
    Command("composer.editor", ("ctrl+g",), "Open in $EDITOR", "Write the text in $EDITOR", COMPOSER, "composer", hint="$EDITOR"),
    Command("composer.close", ("escape",), "Close", "Close and keep the draft", COMPOSER, "composer", hint="keep draft"),
    Command("people.open", ("at", "4"), "People", "Who is here and where", PEOPLE),
    Command("people.follow", ("F",), "Follow", "Follow a person, who can see it, until you move", PEOPLE, hint="follow"),
    Command("people.raise", ("plus",), "Raise the role", "In the people pane: from viewer to reviewer to moderator", PEOPLE, "people", roles=OWNER, hint="role", beside="people.lower"),
    Command("people.lower", ("minus",), "Lower the role", "In the people pane: from moderator to reviewer to viewer", PEOPLE, "people", roles=OWNER),
    Command("people.remove", ("X",), "Remove a person", "In the people pane: remove a person permanently; then y", PEOPLE, "people", roles=OWNER, hint="remove"),
    Command("presence.cycle", ("P",), "My presence", "Share your section, only that you are here, or nothing", PEOPLE, hint="presence"),
    Command("invite.open", ("i",), "Invite", "The invite line to share, and its QR code", SESSION),
    Command("invite.new", (), "New invite", "Choose role, lifetime, uses and label", SESSION, roles=OWNER),
    Command("invite.list", (), "Invites", "All invites: who joined with which; revoke", SESSION, roles=OWNER),
    Command("filter.open", ("f",), "Filter", "Show only some threads, by state, kind or author", SESSION),
    Command("copy.open", ("y",), "Copy", "Send text, thread, place, JSON or invite to the terminal's clipboard", SESSION),
    Command("view.source", ("S",), "Markdown source", "Show the source instead of the rendered document", SESSION, "document"),
    Command("view.theme", (), "Light or dark", "Switch the theme until you leave", SESSION),
    Command("status.open", ("I",), "Status", "Link, latency, saved and pending changes, addresses, invites, versions", SESSION),
    Command("history.open", ("H",), "History", "Who did what in this session, and when; Enter goes there", SESSION),
    Command("log.open", ("exclamation_mark",), "Event log", "Everything that happened", SESSION),
    Command("session.offline", (), "Go offline", "Disconnect and stay offline; changes are queued", SESSION),
    Command("session.online", (), "Go online", "Reconnect now", SESSION),
    Command("palette.open", ("colon", "ctrl+p"), "Commands", "Find a command by its name", EVERYWHERE, hint="commands"),
    Command("keys.remap", (), "Remap keys", "Where to define your own keys", EVERYWHERE),
    Command("pane.next", ("tab",), "Next pane", "To the next pane", EVERYWHERE, hint="pane"),
    Command("pane.previous", ("shift+tab",), "Previous pane", "To the pane before", EVERYWHERE),
    Command("pane.document", ("1",), "Document", "To the document; again to zoom", EVERYWHERE),
    Command("pane.threads", ("2",), "Threads", "To the thread list; again to zoom", EVERYWHERE),
    Command("escape", ("escape",), "Back out", "Close what is open; never quits, never discards", EVERYWHERE),
    Command("repaint", ("ctrl+l",), "Repaint", "Draw the whole screen again", EVERYWHERE),
    Command("suspend", ("ctrl+z",), "Suspend", "Back to the shell; fg returns", EVERYWHERE),
    Command("leave", ("q", "ctrl+c"), "Leave", "Leave; a host is asked about the session first", EVERYWHERE),
    Command("help.open", ("question_mark",), "Help", "All keys, searchable; Enter runs what is chosen", EVERYWHERE, hint="help"),
)  # fmt: skip  # one command per line

BY_ID: Final = {command.id: command for command in COMMANDS}


def commands_in(where: Where) -> tuple[Command, ...]:
    """Return the commands of one part of the screen, in the registry's order."""
    return tuple(command for command in COMMANDS if command.where == where)
