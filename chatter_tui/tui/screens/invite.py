"""One invite: the line to share, its QR code, and its terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from chatter_tui.session.invites import Invite, InviteError
from chatter_tui.tui.model.invites import is_usable, state
from chatter_tui.tui.qr import qr_code
from chatter_tui.tui.screens.window import Window
from chatter_tui.tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from chatter_tui.controller.events import InviteState

ASIDE: Final = 30  # columns that the text beside a code needs
TICK: Final = 5.0  # seconds between updates of the remaining lifetime


class InviteScreen(Window[str | None]):
    """Shows the line from the left edge on, so that it can be selected if there is no clipboard.

    Dismissed with `new` or `list` if that is requested. `line` is shown immediately, the rest after
    `show`. `revoke` is called with whether to revoke the invite, or to restore it.
    """

    BINDINGS: ClassVar = [
        Binding("y", "copy", priority=True),
        Binding("n", "dismiss('new')", priority=True),
        Binding("l", "dismiss('list')", priority=True),
        Binding("x", "revoke(True)", priority=True),
        Binding("u", "revoke(False)", priority=True),
        Binding("a", "address", priority=True),
        Binding("c", "code", priority=True),
        Binding("escape,q,i", "back", priority=True),
    ]

    def __init__(
        self,
        line: str,
        clock: Callable[[], float],
        copy: Callable[[str], None],
        revoke: Callable[[InviteState, bool], None],
    ) -> None:
        super().__init__()
        self.line = line
        self._clock, self._copy, self._revoke = clock, copy, revoke
        self._invite: InviteState | None = None
        self._addresses = _variants(line)  # the first one has all of them
        self._chosen = 0
        self._alone = False
        self._said = ""
        self._shown: object = None
        # Created early: `show` may be called before mounting and after unmounting.
        self._top, self._qr, self._aside = (Static(id=name) for name in ("invite", "qr", "words"))

    def compose(self) -> ComposeResult:
        """See Screen."""
        yield self._top
        with Horizontal(id="below"):
            yield self._qr
            yield self._aside

    def on_mount(self) -> None:
        """See Screen."""
        self.set_interval(TICK, self._draw)

    def on_resize(self) -> None:
        """Draw what fits now."""
        self._draw()

    def show(self, invite: InviteState | None) -> None:
        """Show what is known about the invite, whose addresses may have changed."""
        self._invite = invite
        if invite is not None and invite.line != self.line:
            self.line, self._addresses, self._chosen = invite.line, _variants(invite.line), 0
        self._draw()

    # Keys

    def action_copy(self) -> None:
        """Send the line to the clipboard."""
        self._copy(self._addresses[self._chosen])
        self._said = "Sent to the terminal's clipboard."
        self._draw()

    def action_revoke(self, revoked: bool) -> None:
        """Revoke the invite, or restore it."""
        if self._invite is not None and (self._invite.refusal == "revoked") is not revoked:
            self._revoke(self._invite, revoked)
            self._said = "Revoked: u undoes it." if revoked else "It can be used again."
            self._draw()

    def action_address(self) -> None:
        """Switch between all addresses and each of them."""
        self._chosen = (self._chosen + 1) % len(self._addresses)
        self._draw()

    def action_code(self) -> None:
        """Switch between the code by itself, which fits smaller screens, and everything."""
        self._alone = not self._alone
        self._draw()

    def action_back(self) -> None:
        """Leave the innermost view."""
        if self._alone:
            self.action_code()
        else:
            self.dismiss(None)

    # Drawing

    def _draw(self) -> None:
        width, height = self.size
        line = self._addresses[self._chosen]
        chopped = [line[at : at + width] for at in range(0, len(line), max(width, 1))]
        rows = height if self._alone else height - len(chopped)
        code, coded = self._code(rows, width)
        beside = code is not None and width - len(code[0]) >= ASIDE
        content = self._words(coded if beside else 0, fits=code is not None)
        shown = (chopped, code, content, beside, self._alone)
        if shown == self._shown:
            return  # nothing is sent to the terminal
        self._shown = shown
        self.set_class(self._alone, "-alone")
        self.set_class(not beside, "-stacked")
        self._top.display = not self._alone
        self._aside.display = not self._alone or code is None
        self._qr.display = code is not None and (self._alone or beside)
        self._top.update(Content("\n".join(map(safe_line, chopped))))
        self._qr.update(Content("\n".join(code or ())))
        self._aside.update(content)

    def _code(self, rows: int, columns: int) -> tuple[tuple[str, ...] | None, int]:
        """Return the code with as many addresses as fit, and their number."""
        if self.app.has_class("-ascii"):  # half blocks have no equivalent
            return None, 0
        line = self._addresses[self._chosen]
        for text, count in _shortened(line):
            code = qr_code(text, rows, columns)
            if code is not None:
                return code, count
        return None, 0

    def _words(self, coded: int, *, fits: bool) -> Content:
        invite, several = self._invite, len(self._addresses) - 1
        parts: list[tuple[str, str]] = []
        if invite is not None:
            style = "" if is_usable(invite, self._clock()) else "$text-error bold"
            label = f" · {safe_line(invite.label)}" if invite.label else ""
            parts += [(f"Joins as {invite.role}{label}\n", "bold")]
            parts += [(f"{state(invite, self._clock())}\n", style)]
            if invite.joined:
                parts += [(f"joined: {safe_line(', '.join(invite.joined))}\n", "")]
        parts += [(f"{self._said}\n" if self._said else "\n", "$text-success")]
        for key, words in self._keys(several):
            parts += [(f" {key:>3} ", "$text-accent bold"), (f" {words}\n", "")]
        total = len(_places(self._addresses[self._chosen]))
        if self.app.has_class("-ascii"):
            parts += [("\nA QR code needs more than ASCII.", "dim")]
        elif not fits:
            parts += [("\nThis screen is too small for the QR code.", "dim")]
        elif 0 < coded < total:
            parts += [(f"\nThe code has {coded} of {total} addresses.", "dim")]
        return Content.assemble(*parts)

    def _keys(self, several: int) -> list[tuple[str, str]]:
        revoked = self._invite is not None and self._invite.refusal == "revoked"
        keys = [("y", "to the clipboard"), ("n", "make another invite"), ("l", "all invites")]
        if self._invite is not None:  # until then, the key would do nothing
            keys += [("u", "no longer revoked")] if revoked else [("x", "revoke this one")]
        if several > 1:
            which = f"address {self._chosen} of {several}" if self._chosen else "one address only"
            keys += [("a", which)]
        return [*keys, ("c", "QR code alone"), ("Esc", "close")]


def _places(line: str) -> tuple[object, ...]:
    try:
        return Invite.parse(line).addresses
    except InviteError:
        return ()


def _variants(line: str) -> list[str]:
    """Return the line and, if it has several addresses, the same with each one only."""
    try:
        invite = Invite.parse(line)
    except InviteError:
        return [line]
    return [line, *(str(invite.at(address)) for address in invite.addresses)]


def _shortened(line: str) -> list[tuple[str, int]]:
    """Return the line with all addresses, then with fewer from the front, each with their number."""
    try:
        invite = Invite.parse(line)
    except InviteError:
        return [(line, 1)]
    places = invite.addresses
    return [(str(invite.at(*places[:n])), n) for n in range(len(places), 0, -1)]
