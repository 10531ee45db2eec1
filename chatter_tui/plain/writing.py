"""Write texts in plain mode: on the command's line, or on several up to a single dot."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.anchors import make_anchor
from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.controller.commands import Accept, Add, Delete, Edit, Reject, Resolve
from chatter_tui.tui.model.drafts import Draft, is_quotable
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.model.rights import (
    comes_back,
    decide_refusal,
    delete_refusal,
    edit_refusal,
    reject_refusal,
)
from chatter_tui.tui.model.suggestions import applying, explained, fit, word_diff
from chatter_tui.tui.model.undo import Stays
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.blocks.suggestions import Fit
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.plain.context import Context
    from chatter_tui.plain.reading import Reading
    from chatter_tui.tui.model.outbox import Change

REACTIONS: Final = ("+1", "-1", "agree", "disagree")
HOW: Final = (
    "Write lines. A line with only a dot sends them; .keep keeps a draft, .drop forgets them, "
    ".read reads them, .editor opens $EDITOR."
)
# As in `wdiff`, but in words that can be heard.
_PIECES: Final = {"same": "{}", "gone": "[removed: {}]", "new": "[new: {}]"}


class Writing:
    """The text being written, and the commands that write or change something."""

    def __init__(self, context: Context, reading: Reading) -> None:
        self._context = context
        self._reading = reading
        self._draft: Draft | None = None

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {
            "comment.new": lambda text: self._rooted("comment", text),
            "lines.ask": lambda text: self._rooted("question", text),
            "suggestion.new": lambda text: self._rooted("suggestion", text),
            "comment.document": lambda text: self._begin(Draft("comment"), text),
            "comment.reply": self._reply,
            "comment.edit": self._edit,
            "comment.delete": lambda _: self._delete(),
            "comment.react": self._react,
            "thread.resolve": lambda _: self._resolve(),
            "suggestion.preview": lambda _: self._preview(),
            "suggestion.accept": lambda _: self._accept(),
            "suggestion.accept-all": lambda _: self._accept_all(),
            "suggestion.reject": self._reject,
            "thread.read": lambda _: self._mark(),
            "thread.read-all": lambda _: self._mark_all(),
            "undo": lambda _: self._undo(),
            "draft.list": self._drafts,
        }

    @property
    def is_writing(self) -> bool:
        """Whether input lines are text."""
        return self._draft is not None

    # Beginning

    def _rooted(self, kind: str, text: str) -> None:
        start, end = self._reading.span
        document = self._context.model.document
        quote = document.text[start:end]
        if start >= end:
            if kind == "suggestion":
                self._context.say("There is no text here to suggest a change for.")
            else:
                self._begin(Draft("comment", type=kind), text)
            return
        if not is_quotable(kind, document.text, start, end):
            self._context.say("That is too long to quote: select WORDS of it first.")
            return
        anchor = make_anchor(document, start, end)
        if kind == "suggestion":
            self._begin(Draft("suggestion", "", kind, anchor=anchor, quote=quote), text)
        else:
            self._begin(Draft("comment", "", kind, anchor=anchor, quote=quote), text)

    def _reply(self, text: str) -> None:
        thread = self._context.current_thread()
        if thread is not None:
            self._begin(Draft("reply", target=thread.block.id), text)

    def _edit(self, text: str) -> None:
        thread = self._context.current_thread()
        if thread is None:
            return
        if (reason := edit_refusal(self._context.model, thread.block)) is not None:
            self._context.say(reason)
        else:
            self._begin(Draft("edit", "", thread.block.type, thread.block.id), text)

    def _begin(self, draft: Draft, text: str) -> None:
        if text:
            self._send(draft.with_text(text))
            return
        kept = self._context.work.drafts.get(draft.key) or self._context.work.drafts.find(
            draft.about
        )
        self._open(kept or draft)

    def _open(self, draft: Draft) -> None:
        self._draft = draft
        what = {"suggestion": "New words"}.get(draft.kind, draft.kind.capitalize())
        self._context.say(f"{what} {self._about(draft)}. {HOW}")
        block = self._context.model.threads.blocks.get(draft.target or "")
        if draft.kind == "edit" and not draft.text and block is not None:
            self._context.say("It says now:", *block.content.split("\n"))
        if draft.text:
            self._context.say("So far:", *draft.text.split("\n"))

    def _about(self, draft: Draft) -> str:
        block = self._context.model.threads.blocks.get(draft.target or "")
        if draft.target is not None:
            words = "a comment that is gone" if block is None else f"“{excerpt(block.content)}”"
            who = f"{block.author} " if block is not None and block.author else ""
            return f"to {who}{words}" if draft.kind == "reply" else f"of {words}"
        before = "instead of" if draft.kind == "suggestion" else "on"
        return f"{before} “{excerpt(draft.quote)}”" if draft.quote else "on the document"

    # Lines of a text

    def line(self, line: str) -> None:
        """Handle a line of the text, or a command that ends it."""
        draft = self._draft
        assert draft is not None, "lines are text only while one writes"
        match line.strip():
            case ".":
                self._draft = None
                self._send(draft)
            case ".keep":
                self.keep()
            case ".drop":
                self._draft = None
                self._context.work.drafts.drop(draft.key)
                self._context.say("Dropped.")
            case ".read":
                self._context.list(draft.text.split("\n") if draft.text else [], "Nothing yet.")
            case ".editor":
                self._outside(draft)
            case _:
                text = line[1:] if line.startswith("..") else line
                self._take(_longer(draft, text))

    def keep(self) -> None:
        """Save the text as a draft and stop writing it."""
        draft, self._draft = self._draft, None
        if draft is not None and draft.text.strip():
            self._context.work.drafts.put(draft)
            self._context.say("Kept as a draft: the same command goes on with it.")

    def keep_typed(self, text: str) -> None:
        """Add lines to the draft being written, or to one about the document, and keep it."""
        if text:
            kept = self._context.work.drafts.get(Draft("comment").key)
            draft = self._draft or kept or Draft("comment")
            self._context.work.drafts.put(_longer(draft, text))
            self._draft = None

    def _take(self, draft: Draft) -> None:
        """Keep every line as it arrives."""
        self._draft = draft
        self._context.work.drafts.put(draft)

    def _outside(self, draft: Draft) -> None:
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="chatter-") as folder:
            path = Path(folder, "comment.md")
            path.write_text(draft.text, encoding="utf-8")
            try:
                subprocess.run([*shlex.split(command), str(path)], check=False)  # noqa: S603 - user's own
                text = path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
            except (OSError, ValueError):
                self._context.say("The editor could not be run: set $EDITOR.")
                return
        self._take(draft.with_text(text))
        self._context.say("Back from the editor. A dot sends it; .read reads it.")

    # Sending

    def _send(self, draft: Draft) -> None:
        work = self._context.work
        if not draft.text.strip():
            self._context.say("Nothing to send: the text is empty.")
            return
        if draft.kind == "rejection" and draft.target is not None:
            id_ = draft.target
            change: Change = Reject(id_, draft.text, work.new_id())
        elif draft.kind == "edit" and draft.target is not None:
            if draft.target not in work.model.threads.blocks:
                work.drafts.put(draft)
                self._context.say("The comment is gone; the text is kept as a draft.")
                return
            change = Edit(draft.target, draft.text)
            id_ = draft.target
        else:
            id_ = work.new_id()
            change = Add({"id": id_, **draft.fields()})
            if draft.target is not None:
                work.model.mark_read([draft.target])
        work.drafts.drop(draft.key)
        self._reading.selection = None
        self._context.change(id_, change, draft)

    # Acting on the current comment

    def _resolve(self) -> None:
        thread = self._context.current_thread()
        if thread is not None:
            root = self._context.model.threads.root_of(thread.block.id).block
            self._context.change(root.id, Resolve(root.id, root.status == "open"))

    def _delete(self) -> None:
        thread = self._context.current_thread()
        if thread is None:
            return
        if (reason := delete_refusal(self._context.model, thread.block)) is not None:
            self._context.say(reason)
            return
        id_ = thread.block.id
        below = sum(1 for _ in thread.walk()) - 1
        more = f" and {plural(below, 'comment')} below it" if below else ""
        question = f"Delete “{excerpt(thread.block.content)}”{more}?"
        if comes_back(self._context.model, thread.block):
            self._context.change(id_, Delete(id_))
            self._context.say("Deleted: undo reverses it.")
        else:
            self._context.ask(question, lambda: self._context.change(id_, Delete(id_)))

    def _react(self, argument: str) -> None:
        thread = self._context.current_thread()
        if thread is None:
            return
        if argument not in REACTIONS:
            self._context.say(f"React how? {', '.join(REACTIONS)}.")
            return
        id_ = self._context.work.new_id()
        fields = {"id": id_, "type": "reaction", "content": argument}
        self._context.change(id_, Add({**fields, "parent_id": thread.block.id}))

    def _suggestion(self) -> Thread | None:
        """Return the suggestion that was read last, or that the current comment is about."""
        thread = self._context.current_thread()
        if thread is not None and thread.block.suggestion is None:
            thread = self._context.model.threads.root_of(thread.block.id)
        if thread is not None and thread.block.suggestion is None:
            self._context.say(
                "This is not a suggestion: threads suggestions lists those there are."
            )
            return None
        return thread

    def _preview(self) -> None:
        thread = self._suggestion()
        if thread is not None:
            self._show(thread, fit(self._context.model, thread))

    def _show(self, thread: Thread, fits: Fit) -> None:
        suggestion, decision = thread.block.suggestion, decision_of(thread.block)
        assert suggestion is not None, "it is a suggestion"
        pieces = word_diff(suggestion.original, suggestion.replacement)
        words = "".join(_PIECES[piece.kind].format(piece.text) for piece in pieces)
        if decision is not None:
            self._context.say(f"This suggestion was {decision.outcome} by {decision.by}:", words)
        else:
            explanation = explained(self._context.model, fits)
            self._context.say(f"This suggestion: {fits.state}, {explanation}:", words)

    def _accept(self) -> None:
        thread, model = self._suggestion(), self._context.model
        if thread is None or thread.block.suggestion is None:
            return
        if (reason := decide_refusal(model, thread.block)) is not None:
            self._context.say(reason)
            return
        id_, found = thread.block.id, fit(model, thread)
        accept = Accept(id_, thread.block.suggestion.replacement)
        if found.state == "stale":
            self._context.say(f"It cannot be accepted: {explained(model, found)}.")
        elif found.state in {"moved", "overlaps"}:
            self._show(thread, found)
            confirmed = replace(accept, confirmed=True)
            self._context.ask(
                "Accept it all the same?", lambda: self._context.change(id_, confirmed)
            )
        else:
            model.mark_read([id_])
            self._context.change(id_, accept)

    def _accept_all(self) -> None:
        blocks = applying(self._context.model)
        if not blocks:
            self._context.say("No suggestion applies.")
            return
        number = plural(len(blocks), "suggestion")

        def accept() -> None:
            changes = [Accept(b.id, b.suggestion.replacement) for b in blocks if b.suggestion]
            self._context.work.change_all(changes, f"accepted {number}")

        self._context.ask(f"Accept {number}?", accept)

    def _reject(self, text: str) -> None:
        thread, model = self._suggestion(), self._context.model
        if thread is None:
            return
        id_ = thread.block.id
        reason = reject_refusal(model, thread.block) or decide_refusal(model, thread.block)
        if reason is not None:
            self._context.say(reason)
        else:
            reply = self._context.work.new_id() if text else None
            self._context.change(
                id_, Reject(id_, text, reply), Draft("rejection", text, target=id_)
            )

    def _mark(self) -> None:
        thread = self._context.current_thread()
        model = self._context.model
        if thread is None:
            return
        read = thread.block.id in model.unread.ids
        if self._context.work.mark([thread.block.id], read=read):
            self._context.say("Marked read." if read else "Marked unread.")
        else:
            self._context.say("Your own comments are never unread.")

    def _mark_all(self) -> None:
        news = self._context.work.mark(tuple(self._context.model.unread.ids), read=True)
        self._context.say(f"{len(news)} marked read.")

    def _undo(self) -> None:
        self._context.work.wish_undo()
        self.undo_due()

    def undo_due(self) -> None:
        """Undo a requested change once it is known what that is."""
        while self._context.work.undo_due:
            self._take_back()

    def _take_back(self) -> None:
        try:
            undone = self._context.work.take_back()
        except Stays as stays:
            self._context.say(str(stays))
        else:
            self._context.say(f"Undone: {undone.what}." if undone else "There is nothing to undo.")

    def _drafts(self, argument: str) -> None:
        drafts = list(self._context.work.drafts.all())
        if not argument:
            self._context.list(
                (
                    f"{number}: {draft.kind} {self._about(draft)}: {excerpt(draft.text)}"
                    + (f" (rejected: {draft.problem})" if draft.problem else "")
                    for number, draft in enumerate(drafts, 1)
                ),
                "No drafts.",
            )
        elif argument.isascii() and argument.isdecimal() and 0 < int(argument) <= len(drafts):
            self._open(drafts[int(argument) - 1])
        else:
            self._context.say(f"There is no draft {argument}: drafts lists them.")


def _longer(draft: Draft, text: str) -> Draft:
    return draft.with_text(f"{draft.text}\n{text}" if draft.text else text)
