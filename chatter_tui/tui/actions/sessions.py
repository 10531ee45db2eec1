"""Commands about the session: messages, the link, dialogs, clipboard, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from chatter_tui.controller.commands import GetInvites, GetPeers, GetStatus, SetOnline
from chatter_tui.tui.commands import BY_ID
from chatter_tui.tui.compat import clipboard, notification, write
from chatter_tui.tui.document.view import DocumentView
from chatter_tui.tui.model.copies import copies
from chatter_tui.tui.model.invites import current
from chatter_tui.tui.model.notices import Notice
from chatter_tui.tui.plural import plural
from chatter_tui.tui.screens.choice import ChoiceScreen
from chatter_tui.tui.suspending import stop
from chatter_tui.tui.widgets.toasts import ANSWER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.tui.model.facts import Fact
    from chatter_tui.tui.model.notices import Severity
    from chatter_tui.tui.screens.review import ReviewScreen
    from chatter_tui.tui.workspace import Leaving

BELL_PAUSE: Final = 10.0
EARLY: Final = "The comments are not here yet: try again in a moment."
LEAVING: Final[Mapping[str, Leaving]] = {"y": "end", "k": "keep"}
DOCUMENT_ACTIONS: Final = {
    binding.id: binding.action
    for binding in DocumentView.BINDINGS
    if isinstance(binding, Binding) and binding.id is not None
}


class Sessions:
    """The commands of the groups Session and Everywhere."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._rang = 0.0

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "copy.open": self._copy,
            "log.open": self._log,
            "status.open": self._status,
            "session.offline": self._go_offline,
            "session.online": self._go_online,
            "palette.open": self._palette,
            "help.open": self._help,
            "keys.remap": self._remap,
            "view.theme": self._turn_theme,
            "suspend": self._suspend,
            "leave": self._leave,
        }

    # Messages

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Show a short message."""
        self._screen.say(Notice(self._work.clock(), ANSWER, text, severity, toast=True))

    def tell_none(self, text: str) -> None:
        """Say that there is nothing of a kind, once that is certain."""
        self.tell(EARLY if self._work.model.knows_nothing else text)

    def ring(self, text: str) -> None:
        """Ring the bell and send a desktop notification, but not too often."""
        now = self._work.clock()
        if now - self._rang >= BELL_PAUSE:
            self._rang = now
            options = self._work.options
            if options.bell:
                self._screen.app.bell()
            if options.desktop:
                write(self._screen.app, notification(text, tmux=options.tmux))

    def copy(self, text: str) -> None:
        """Send a text to the terminal's clipboard, which does not confirm it."""
        write(self._screen.app, clipboard(text, tmux=self._work.options.tmux))
        self.tell("Sent to the terminal's clipboard.")

    def ask(self) -> None:
        """Request the session's status, which includes latency and pending changes."""
        if self._work.model.ended is None:
            self._work.submit(GetStatus(self._work.model.outbox.ticket))
            if self._work.model.here > 1:
                self._work.submit(GetPeers())  # and the latency of everybody's link

    # Leaving for a while

    async def _suspend(self) -> None:
        model = self._work.model
        if model.invite is not None and model.here > 1:
            self.tell("Others are here, and a stopped host would keep them waiting.", "warning")
            return
        self._screen.writing.keep()
        if not stop(self._screen.app):
            self.tell("This terminal cannot do that.")

    # The link

    async def _go_offline(self) -> None:
        self._set_online(online=False)

    async def _go_online(self) -> None:
        self._set_online(online=True)

    def _set_online(self, *, online: bool) -> None:
        model = self._work.model
        if model.role == "owner":
            self.tell("The session runs here: there is no link to drop.")
        elif model.ended is not None:
            self.tell("The session is over.")
        elif online and model.link.transport is not None:
            self.tell("You are online.")
        else:
            self._work.submit(SetOnline(online))

    # Dialogs

    async def _copy(self) -> None:
        model, screen = self._work.model, self._screen
        choices = copies(model, screen.current, screen.document.selection)
        if model.invite is not None:
            usable = current(model.invites, model.invite, self._work.clock())
            choices["i"] = ("invite", usable.line if usable else model.invite)
        if not choices:
            self.tell("There is nothing to copy here.")
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                self.copy(choices[key][1])

        answers = {key: words for key, (words, _) in choices.items()}
        await screen.app.push_screen(ChoiceScreen("To the terminal's clipboard", answers), chosen)

    async def _status(self) -> None:
        from chatter_tui.tui.model.facts import facts  # noqa: PLC0415 - on demand
        from chatter_tui.tui.screens.status import StatusScreen  # noqa: PLC0415 - on demand

        work = self._work

        def found() -> list[Fact]:
            drafts = len(tuple(work.drafts.all()))
            return facts(work.model, work.signs, drafts, work.clock())

        await self._screen.app.push_screen(StatusScreen(found, self.copy))
        self.ask()
        if work.model.invite is not None:
            work.submit(GetInvites())

    async def _log(self) -> None:
        from chatter_tui.tui.screens.help import log_screen  # noqa: PLC0415 - on demand

        await self._screen.app.push_screen(log_screen(self._work.model.log, self._work.clock()))

    async def _help(self) -> None:
        from chatter_tui.tui.screens.help import help_screen  # noqa: PLC0415 - on demand

        self._screen.welcomed()
        screen = help_screen(self._work.keymap, self._work.model.role, self._work.signs)
        await self._screen.app.push_screen(screen, self._chose_command)

    async def _palette(self) -> None:
        from chatter_tui.tui.ranking import by_relevance  # noqa: PLC0415 - on demand
        from chatter_tui.tui.screens.help import palette_screen  # noqa: PLC0415 - on demand

        runnable = [
            c
            for c in self._work.keymap.commands
            if c.id in self._screen.commands or c.where == "document"
        ]
        likely = by_relevance(self._screen, runnable)
        screen = palette_screen(likely, self._work.model.role, self._work.signs)
        await self._screen.app.push_screen(screen, self._chose_command)

    async def _chose_command(self, id_: str | None) -> None:
        if id_ is None:
            return
        screen, where = self._screen, BY_ID[id_].where
        if where == "composer":
            self.tell("This works in the composer: start writing first.")
        elif where == "document" or (where == "panes" and screen.pane == "document"):
            await screen.app.run_action(DOCUMENT_ACTIONS[id_], screen.document)
        elif where == "panes":
            (screen.threads if screen.pane == "threads" else screen.people).action_run(id_)
        else:
            await screen.action_run(id_)

    async def _remap(self) -> None:
        from chatter_tui.storage.user_config import user_config  # noqa: PLC0415 - on demand

        self.tell(f"Your keys go into [keys] of {user_config()}; “chatter-tui keys” checks them.")

    async def _turn_theme(self) -> None:
        app = self._screen.app
        kind, _, was = app.theme.rpartition("-")
        now = "dark" if was == "light" else "light"
        app.theme = f"{kind}-{now}"
        self.tell(
            f'{now.capitalize()} now: theme = "{now}" under [look] in config.toml makes it permanent.'
        )

    # Leaving

    async def _leave(self) -> None:
        app, model = self._screen.app, self._work.model
        self._screen.writing.keep()
        drafts = len(tuple(self._work.drafts.all()))
        kept = [f"{plural(drafts, 'draft')} not sent"] if drafts else []
        kept += [f"{model.pending} not answered yet"] if model.pending else []
        if not model.saved and model.outbox.ticket:
            kept.append(f"NOT SAVED: {model.reason or 'the disk fails'}")

        def answered(key: str | None) -> None:
            if key is not None:
                self._work.leaving = LEAVING[key]
                app.exit(0)

        if model.ended is None and model.invite is not None:
            others = model.here - 1
            people = f"{plural(others, 'other')} will be disconnected"
            people = "nobody else is here" if others <= 0 else people
            text = " · ".join([people, *kept])
            answers = {"y": "end the session for everyone"}
            if self._work.keeps:
                answers["k"] = "keep it running in the background"
            await app.push_screen(ChoiceScreen("End the session?", answers, text), answered)
        elif kept:
            await app.push_screen(
                ChoiceScreen("Leave?", {"y": "leave"}, " · ".join(kept)), answered
            )
        else:
            app.exit(0)
