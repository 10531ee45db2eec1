"""Terminal options of the application, detected from the environment before it starts."""

from __future__ import annotations

import codecs
import locale
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLIONS: Final = frozenset({"truecolor", "24bit"})  # values of `COLORTERM` for true colour
# Endings of `TERM`; Rich assumes 16 colours for others.
MANY: Final = frozenset({"256color", "kitty"})
# Set by Python itself if the locale is C, or not installed.
COERCED: Final = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})


@dataclass(frozen=True, slots=True)
class Options:
    """How to draw, and which input to accept.

    `ascii` draws with ASCII characters only. Without `color`, no colour codes are sent. `ansi` uses
    the terminal's own 16 colours. `mouse` reports the pointer. `tmux` wraps sequences that tmux
    would swallow. `bell` rings for urgent events; `desktop` makes the terminal show them outside
    its window.
    """

    ascii: bool = False
    color: bool = True
    ansi: bool = False
    light: bool = False
    mouse: bool = True
    tmux: bool = False
    bell: bool = True
    desktop: bool = True

    @classmethod
    def detect(cls, environ: Mapping[str, str] | None = None) -> Options:
        """Detect the options that suit the current terminal."""
        env = os.environ if environ is None else environ
        many = env.get("TERM", "").strip().lower().rpartition("-")[2] in MANY
        return cls(
            ascii=not _speaks_utf8(env),
            color=not env.get("NO_COLOR"),
            ansi=not many and env.get("COLORTERM", "").strip().lower() not in MILLIONS,
            light=_is_light(env),
            mouse="SSH_CONNECTION" not in env,
            tmux="TMUX" in env,
        )

    def chosen(self, *, theme: str | None, ascii: bool | None, mouse: bool | None) -> Options:  # noqa: A002 - as named
        """Return the options with the user's choices; None means no choice."""
        return replace(
            self,
            ascii=self.ascii if ascii is None else ascii,
            mouse=self.mouse if mouse is None else mouse,
            light=self.light if theme in {None, "terminal"} else theme == "light",
            ansi=self.ansi if theme is None else theme == "terminal",
        )

    @property
    def theme(self) -> str:
        """The Textual theme: in the terminal's own colours, or else a light or dark one."""
        if not self.color or self.ansi:
            return "ansi-light" if self.light else "ansi-dark"
        return "textual-light" if self.light else "textual-dark"


def _is_light(env: Mapping[str, str]) -> bool:
    """Return whether the terminal's background is light according to the end of COLORFGBG."""
    background = env.get("COLORFGBG", "").rpartition(";")[2]
    return background.isdecimal() and int(background) in {7, *range(9, 16)}


def _speaks_utf8(env: Mapping[str, str]) -> bool:
    """Return whether the locale is UTF-8; C and POSIX count as ASCII, unlike in Python."""
    kind, language = env.get("LC_CTYPE"), env.get("LANG")
    name = env.get("LC_ALL") or (language if kind in COERCED else kind) or language or kind
    if not name:
        return False
    encoding = name.partition(".")[2].partition("@")[0] or locale.getencoding()
    try:
        return codecs.lookup(encoding).name == "utf-8" and name not in {"C", "POSIX"}
    except LookupError:
        return False
