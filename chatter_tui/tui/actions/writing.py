"""Writing: comments, replies, suggestions and edits, from opening the composer to sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks.anchors import make_anchor
from chatter_tui.controller.commands import Add, Edit, Reject
from chatter_tui.tui.model.drafts import Draft, is_quotable
from chatter_tui.tui.model.naming import known_names
from chatter_tui.tui.model.notices import Notice, excerpt
from chatter_tui.tui.model.rights import decide_refusal, edit_refusal
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from chatter_tui.tui.editor import Editor
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.screens.review import ReviewScreen
    from chatter_tui.tui.widgets.composer import Composer


class Writing:
    """The commands of the group Write, and the composer."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._composer: Composer | None = None
        self._awaited: str | None = None
        self._outside: tuple[Draft, Editor] | None = None  # the text in the editor

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "comment.new": self._comment,
            "comment.document": self._comment_document,
            "suggestion.new": self._suggest,
            "comment.reply": self._reply,
            "comment.edit": self._edit,
            "comment.outside": self._write_outside,
            "draft.list": self._list_drafts,
        }

    @property
    def is_open(self) -> bool:
        """Whether the composer is on screen, or was when the screen was closed."""
        # Not `Widget.display`, which is false for widgets being removed.
        return self._composer is not None and self._composer.styles.display != "none"

    @property
    def is_writing(self) -> bool:
        """Whether keys go into the composer."""
        return self._composer is not None and self.is_open and self._composer.has_focus

    @property
    def draft(self) -> Draft | None:
        """The current contents of the composer."""
        return self._composer.take() if self._composer is not None and self.is_open else None

    @property
    def target(self) -> str | None:
        """The block being replied to or edited, if any."""
        return None if (draft := self.draft) is None else draft.target

    @property
    def rejected(self) -> Draft | None:
        """The rejected text that is open in the composer, if any."""
        if self._composer is None or not self.is_open or self._composer.draft is None:
            return None
        return self._composer.draft if self._composer.draft.problem else None

    async def shown(self) -> bool:
        """Wait until a new comment has become the current one.

        Return False if that takes too long.
        """
        if self._awaited is None or self._work.model.role is None:
            return True
        return await self._work.catch_up(lambda: self._awaited is None)

    # Beginning to write

    async def _comment(self) -> None:
        start, end = self.span("comment")
        if start == end:
            await self._comment_document()
        elif self.is_quotable("comment", start, end):
            await self.begin(self._rooted("comment", start, end))

    async def _comment_document(self) -> None:
        await self.begin(Draft("comment"))

    async def _suggest(self) -> None:
        start, end = self.span("suggestion")
        if start == end:
            self._screen.sessions.tell("There is no text here to suggest a change for.")
        elif self.is_quotable("suggestion", start, end):
            draft = self._rooted("suggestion", start, end)
            await self.begin(draft.with_text(draft.quote))

    def span(self, kind: str) -> tuple[int, int]:
        """Return the selection or the block.

        If the block is too long to quote, the cursor's row.
        """
        document = self._screen.document
        if document.selection is not None:
            return document.selection
        text, (start, end) = self._work.model.document.text, document.block
        return (start, end) if is_quotable(kind, text, start, end) else document.row

    def is_quotable(self, kind: str, start: int, end: int) -> bool:
        """Return whether a comment can quote a span; shows a message if not."""
        if is_quotable(kind, self._work.model.document.text, start, end):
            return True
        self._screen.sessions.tell("That is too long to quote: select less of it.", "warning")
        return False

    def _rooted(self, kind: str, start: int, end: int) -> Draft:
        document = self._work.model.document
        anchor, quote = make_anchor(document, start, end), document.text[start:end]
        if kind == "suggestion":
            return Draft("suggestion", "", "suggestion", anchor=anchor, quote=quote)
        return Draft("comment", anchor=anchor, quote=quote)

    async def _reply(self) -> None:
        current = self._screen.current
        if current is None:
            self._screen.acting.nowhere()
        else:
            await self.begin(Draft("reply", target=current))

    async def _edit(self) -> None:
        if self.rejected is not None and self._composer is not None:
            self._screen.set_focus(self._composer)
            return
        current = self._screen.current
        if current is None:
            self._screen.acting.nowhere()
            return
        block = self._work.model.threads.blocks[current]
        if (reason := edit_refusal(self._work.model, block)) is not None:
            self._screen.sessions.tell(reason, "warning")
        else:
            await self.begin(Draft("edit", block.content, block.type, block.id))

    async def _write_outside(self) -> None:
        """Begin what `c`, `r` or `e` would begin here, and open the editor immediately."""
        current, blocks = self._screen.current, self._work.model.threads.blocks
        if self.rejected is not None:
            await self._edit()
        elif self._screen.pane == "document":
            await self._comment()
        elif current is not None and self._work.model.is_mine(blocks[current]):
            await self._edit()
        else:
            await self._reply()
        if self._composer is not None and (draft := self._composer.take()) is not None:
            self.lend(draft)

    async def begin(self, draft: Draft) -> None:
        """Open the composer on a draft, or on an existing draft for the same thing."""
        kept = self._work.drafts.get(draft.key) or self._work.drafts.find(draft.about)
        await self.open(draft if kept is None else kept)
        self._screen.set_focus(self._composer)
        self._screen.document.deselect()

    async def open(self, draft: Draft) -> None:
        """Show a draft in the composer without focusing it."""
        from chatter_tui.tui.widgets.composer import Composer  # noqa: PLC0415 - slow to import

        self.keep()
        if self._composer is None:
            model = self._work.model
            signs, keymap = self._work.signs, self._work.keymap
            self._composer = Composer(signs, keymap, lambda: known_names(model))
            await self._screen.mount(self._composer, before="#footer")
        block = self._work.model.threads.blocks.get(draft.target or "")
        withdraws = draft.kind == "rejection" and block and self._work.model.is_mine(block)
        self._composer.open(draft, self._about(draft), "withdrawal" if withdraws else "")
        self._composer.display = True
        self._screen.toasts.set_class(True, "-writing")
        self._screen.bars.update()

    def _about(self, draft: Draft) -> str:
        blocks = self._work.model.threads.blocks
        if draft.target is not None:
            block = blocks.get(draft.target)
            words = "a comment that is gone" if block is None else f"“{excerpt(block.content)}”"
            who = f"{block.author} " if block is not None and block.author else ""
            prefix = {"reply": "to ", "rejection": "of "}.get(draft.kind)
            return words if prefix is None else f"{prefix}{who}{words}"
        return f"on “{excerpt(draft.quote)}”" if draft.quote else "on the document"

    @property
    def _listed(self) -> str:
        keymap = self._work.keymap
        if keymap["draft.list"].keys:
            return keymap.key("draft.list")
        return f"“Drafts” among the commands ({keymap.key('palette.open')})"

    def opened(self) -> None:
        """Say how many drafts exist from an earlier run."""
        number = len(tuple(self._work.drafts.all()))
        if number:
            drafts = plural(number, "draft is", "drafts are")
            text = f"{drafts} here from before: {self._listed} lists them."
            self._screen.say(Notice(self._work.clock(), "drafts", text, toast=True))

    # Ending to write

    def keep(self) -> None:
        """Save what is in the composer or was saved in the editor; an empty text is not a draft."""
        draft = self._composer.take() if self._composer is not None and self.is_open else None
        if self._outside is not None:
            lent, editor = self._outside
            self.save(lent.with_text(editor.text))
            if draft is not None and draft.key == lent.key:
                return
        if draft is not None:
            self.save(draft)

    def save(self, draft: Draft) -> None:
        """Save a draft, unless nothing was written."""
        if draft.text.strip() and draft.text != self._original(draft):
            self._work.drafts.put(draft)
        else:
            self._work.drafts.drop(draft.key)

    def _original(self, draft: Draft) -> str:
        if draft.kind == "suggestion":
            return draft.quote
        block = self._work.model.threads.blocks.get(draft.target or "")
        return block.content if draft.kind == "edit" and block is not None else ""

    def close(self, draft: Draft) -> None:
        """Close the composer and save its text."""
        self.save(draft)
        self._hide()
        if self._work.drafts.get(draft.key) is not None:
            self._screen.sessions.tell("Draft kept: the same key opens it again.")

    def paused(self, draft: Draft) -> None:
        """Save the draft if it is still being written."""
        if self._composer is not None and self._composer.take() == draft:
            self.save(draft)

    def lend(self, draft: Draft) -> None:
        """Open a text in $EDITOR while the session goes on; keys wait until it has ended."""
        from chatter_tui.tui.editor import Editor  # noqa: PLC0415 - on demand

        self.save(draft)
        self._outside = draft, Editor(draft.text)
        self._work.hold_keys()
        self._screen.run_worker(self._write_in(*self._outside))

    async def _write_in(self, draft: Draft, editor: Editor) -> None:
        ran = await editor.run(self._screen.app)
        self._outside = None
        written = draft.with_text(editor.text)
        self.save(written)
        if self._composer is not None:
            self._composer.take_back(written)
        if not ran:
            self._screen.sessions.tell("The editor could not be run: set $EDITOR.", "warning")
        self._work.let_keys_go()

    def send(self, draft: Draft) -> None:
        """Send a text; the outbox keeps it until the master has accepted it."""
        tell = self._screen.sessions.tell
        if draft.kind == "rejection":
            self._send_rejection(draft)
        elif not draft.text.strip():
            tell("There is nothing to send yet.")
        elif draft.text == self._original(draft):
            tell("Nothing has changed yet.")
        elif draft.kind == "edit" and draft.target not in self._work.model.threads.blocks:
            tell("The comment is gone; the text stays a draft.", "warning")
        elif draft.kind == "edit" and draft.target is not None:
            self._sent(draft, draft.target, Edit(draft.target, draft.text))
        else:
            id_ = self._work.new_id()
            self._awaited = id_
            if draft.target is not None:
                self._work.model.mark_read([draft.target])
            self._sent(draft, id_, Add({"id": id_, **draft.fields()}))

    def _send_rejection(self, draft: Draft) -> None:
        """Reject a suggestion; the reason is optional."""
        if draft.target is None or draft.target not in self._work.model.threads.blocks:
            self._screen.sessions.tell("The suggestion is gone; the text stays a draft.", "warning")
            return
        block = self._work.model.threads.blocks[draft.target]
        if (reason := decide_refusal(self._work.model, block)) is not None:
            self._screen.sessions.tell(reason, "warning")
            return
        reply = self._work.new_id() if draft.text.strip() else None
        self._work.model.mark_read([draft.target])
        self._sent(draft, draft.target, Reject(draft.target, draft.text, reply))

    def _sent(self, draft: Draft, id_: str, change: Add | Edit | Reject) -> None:
        self._work.drafts.drop(draft.key)
        self._hide()
        self._work.change(id_, change, draft)
        self._screen.threads.touch([id_])
        self._screen.bars.update()

    def _hide(self) -> None:
        if self._composer is not None:
            if self.rejected is not None:
                self._screen.toasts.withdraw("returned")  # it described what to do with the text
            self._composer.draft = None
            self._composer.display = False
            self._screen.toasts.set_class(False, "-writing")
        self._screen.go_pane(self._screen.pane)
        self._screen.presence.moved()

    def escape(self) -> bool:
        """Put away a rejected text; return False if there is none."""
        if self.rejected is None or self._composer is None:
            return False
        draft = self._composer.take()
        if draft is not None:
            self.close(draft)
        return True

    def after(self, changes: Changes) -> None:
        """Go to the user's new comment, and restore rejected texts."""
        blocks = self._work.model.threads.blocks
        if self._awaited is not None and self._awaited in blocks:
            awaited, self._awaited = self._awaited, None
            self._screen.navigation.uncover(awaited)
            self._screen.show_threads()
            self._screen.select(awaited, reveal=False)
        for draft in changes.returned:
            self._work.drafts.put(draft)
            if draft.origin == self._awaited:
                self._awaited = None  # it will never appear
        if changes.returned:
            self._screen.call_later(self._give_back, changes.returned)

    async def _give_back(self, drafts: Sequence[Draft]) -> None:
        """Open the last rejected text unless the user is writing, and say what can be done."""
        if self.is_open:
            text = f"The text is kept: {self._listed} has it."
        else:
            await self.open(drafts[-1])
            keys = ("comment.edit", "comment.delete", "escape", "composer.send")
            edit, drop, keep, send = map(self._work.keymap.key, keys)
            text = (
                f"The text is kept: {edit} edit · {edit} {send} retry · {drop} y drop"
                f" · {keep} keep it for later"
            )
        notice = Notice(self._work.clock(), "returned", text, "warning", toast=True)
        self._screen.say(notice)

    def drop(self, draft: Draft) -> None:
        """Close the composer and drop its text."""
        self._hide()
        self._work.drafts.drop(draft.key)

    # Drafts

    async def _list_drafts(self) -> None:
        from chatter_tui.tui.screens.finder import Entry, FinderScreen  # noqa: PLC0415 - on demand

        self.keep()
        entries = [
            Entry(draft.key, excerpt(draft.text), self._about(draft), draft.kind, draft.problem)
            for draft in self._work.drafts.all()
        ]
        screen = FinderScreen("Drafts", entries, empty="No drafts.")
        await self._screen.app.push_screen(screen, self._chose_draft)

    async def _chose_draft(self, key: str | None) -> None:
        draft = self._work.drafts.get(key) if key is not None else None
        if draft is not None:
            await self.begin(draft)
