"""The small parts: texts cut to cells, ages, options, toasts, the clipboard, ASCII."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pyte
import pytest
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len
from rich.console import Console

from chatter_tui.controller.events import Synced
from chatter_tui.tui.bridge import Inbox
from chatter_tui.tui.clock import age, span, stopwatch
from chatter_tui.tui.compat import clipboard, notification
from chatter_tui.tui.filters import steady
from chatter_tui.tui.model.jumps import Jumps
from chatter_tui.tui.model.notices import Notice, mentions
from chatter_tui.tui.options import Options
from chatter_tui.tui.signs import to_ascii
from chatter_tui.tui.text import safe
from chatter_tui.tui.widgets.bars import Part, fit
from chatter_tui.tui.widgets.lines import clip, spread, width_of, wrap
from chatter_tui.tui.widgets.toasts import LIMIT, ToastQueue

NOW = 1_800_000_000.0
LONG = st.text(alphabet="ab 日🎉é\n\t-", max_size=80)


@settings(max_examples=300)
@given(LONG, st.integers(4, 30), st.integers(1, 6))
def test_wrapped_lines_fit_and_say_when_something_is_left_out(
    text: str, width: int, limit: int
) -> None:
    lines = wrap(text, width, limit)
    assert len(lines) <= limit
    assert all(cell_len(line) <= width for line in lines)
    shown = "".join("".join(lines).split())
    whole = "".join(text.split())
    assert shown == whole or lines[-1].endswith("…")


def test_wrapping_costs_what_is_shown() -> None:
    assert wrap("x" * 10**7, 40, 3)[-1].endswith("…")
    assert wrap("\n" * 10**6 + "x", 40, 3) in ([], [""])


@settings(max_examples=200)
@given(LONG.map(lambda text: text.replace("\n", "").replace("\t", "")), st.integers(0, 30))
def test_clipped_text_fits(text: str, width: int) -> None:
    clipped = clip(text, width)
    assert cell_len(clipped) <= width
    assert clipped == text or cell_len(text) > width


def test_the_right_end_of_a_line_stays() -> None:
    line = spread([("a long name indeed", "")], [("●2", "unread")], 12)
    assert width_of(line) == 12
    assert line[-1] == ("●2", "unread")


def test_parts_drop_by_rank_from_the_right() -> None:
    parts = [Part("name", 1), Part("here", 2), Part("open", 2), Part("unread", 0)]
    texts = [[part.text for part in fit(parts, width)] for width in (40, 20, 16, 8, 3)]
    assert texts == [
        ["name", "here", "open", "unread"],
        ["name", "here", "unread"],
        ["name", "unread"],
        ["unread"],
        ["un…"],
    ]


@given(st.text(alphabet="a1 ☺⚠❤🏳🌈日é👍🏽क\u094d\ufe0f\u20e3\u200d", max_size=12).map(safe))
def test_signs_take_the_same_cells_whether_a_terminal_makes_them_pictures(text: str) -> None:
    assert cell_len(steady(text)) == cell_len(text)
    assert len(to_ascii(text)) == cell_len(text)


@pytest.mark.parametrize(
    "text",
    [
        "⚠️ take care",
        "❤️❤️",
        "🏳️‍🌈 flag",
        "日 ☺️",
        "👍🏽 yes",
        "👩\u200d💻👩\u200d👩\u200d👧\u200d👦 at work",
        "é",
        "⚠\u0301\ufe0f",
    ],
)
def test_a_terminal_counts_signs_as_we_do(text: str) -> None:
    terminal = pyte.Screen(40, 2)
    pyte.Stream(terminal).feed(steady(text))
    assert terminal.cursor.x == cell_len(text)


@pytest.mark.parametrize(
    ("timestamp", "shown"),
    [
        ("2027-01-15T07:58:30Z", "1m"),
        ("2027-01-15T08:58:30+01:00", "1m"),
        ("2027-01-15T08:00:30Z", "now"),
        ("2027-01-13T08:00:00Z", "2d"),
        ("2020-01-13", "7y"),
        ("rubbish", ""),
        (None, ""),
    ],
)
def test_age(timestamp: str | None, shown: str) -> None:
    assert age(timestamp, NOW) == shown


def test_durations() -> None:
    assert [span(3599), span(3600), span(-5)] == ["59m", "1h", "now"]
    assert [stopwatch(42), stopwatch(725), stopwatch(10870)] == ["0:42", "12:05", "3:01:10"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, Options()),
        ({"LANG": "C"}, Options(ascii=True)),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, Options(ascii=True)),  # as Python sets it
        ({"LC_CTYPE": "UTF-8"}, Options()),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, Options()),
        ({"LANG": "de_DE.ISO-8859-1"}, Options(ascii=True)),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, Options(ascii=True)),
        ({"LANG": "C.UTF-8", "NO_COLOR": "1"}, Options(color=False)),
        (
            {"LANG": "C.UTF-8", "SSH_CONNECTION": "a b", "TMUX": "x"},
            Options(mouse=False, tmux=True),
        ),
        ({"LANG": "C.UTF-8", "COLORFGBG": "0;default;15"}, Options(light=True)),
        ({"LANG": "C.UTF-8", "COLORFGBG": "15;0"}, Options()),
        ({"LANG": "C.UTF-8", "COLORFGBG": "0;default"}, Options()),
    ],
)
def test_options_suit_the_terminal(environ: dict[str, str], expected: Options) -> None:
    assert Options.detect({"TERM": "xterm-256color", **environ}) == expected


@pytest.mark.parametrize(
    ("environ", "ansi"),
    [
        ({"TERM": "xterm-kitty"}, False),
        ({"TERM": "screen.xterm-256color"}, False),
        ({"TERM": "foot", "COLORTERM": "truecolor"}, False),
        ({"TERM": "foot"}, True),
        ({"TERM": "linux", "COLORTERM": "yes"}, True),
        ({}, True),
    ],
)
def test_a_terminal_of_16_colours_has_its_own(environ: dict[str, str], ansi: bool) -> None:
    assert Options.detect(environ).ansi is ansi
    assert (Console(force_terminal=True, _environ=environ).color_system == "standard") is ansi


def test_what_a_user_chose_goes_before_what_the_terminal_says() -> None:
    found = Options(ascii=False, ansi=True, light=True, mouse=False)
    assert found.chosen(theme=None, ascii=None, mouse=None) == found
    assert found.chosen(theme="dark", ascii=True, mouse=True) == Options(ascii=True)
    assert Options().chosen(theme="terminal", ascii=None, mouse=False).theme == "ansi-dark"


def test_themes() -> None:
    themes = [Options(), Options(light=True), Options(color=False), Options(ansi=True, light=True)]
    assert [o.theme for o in themes] == ["textual-dark", "textual-light", "ansi-dark", "ansi-light"]


def test_toasts_are_few_and_merged_and_go_away() -> None:
    queue = ToastQueue()
    for i in range(5):
        queue.push(Notice(NOW, f"kind {i}", f"text {i}"), NOW)
    assert [toast.text for toast in queue.toasts] == ["text 2", "text 3", "text 4"]
    assert len(queue.toasts) == LIMIT
    queue.push(Notice(NOW, "kind 3", "another"), NOW + 1)
    assert queue.toasts[1].line == "another (+1 more)"
    for text in ("This is refused.", "This is done."):
        queue.push(Notice(NOW, "screen", text), NOW - 4)
    assert queue.toasts[2].line == "This is done."
    assert queue.expire(NOW + 5.5) == pytest.approx(0.5)
    assert [toast.text for toast in queue.toasts] == ["another"]
    assert queue.expire(NOW + 60) is None


def test_notifications_of_the_desktop_hold_nothing_that_acts() -> None:
    plain, wrapped = notification("a\x1b\ab", tmux=False), notification("4;1;50", tmux=True)
    assert plain == "\x1b]9;chatter-tui: a␛␇b\a"
    assert wrapped == "\x1bPtmux;\x1b\x1b]9;chatter-tui: 4;1;50\a\x1b\\"


def test_clipboard_goes_through_tmux_wrapped_and_plain() -> None:
    plain, both = clipboard("é", tmux=False), clipboard("é", tmux=True)
    payload = base64.b64encode("é".encode()).decode()
    assert plain == f"\x1b]52;c;{payload}\a"
    assert both == plain + f"\x1bPtmux;\x1b\x1b]52;c;{payload}\a\x1b\\"


@settings(max_examples=200)
@given(st.text(alphabet="aé日🎉“…│▌ß", max_size=20))
def test_ascii_is_as_wide_as_what_it_stands_for(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert len(plain) == cell_len(text)


def test_mentions() -> None:
    assert mentions("hey @ana, look", "ana")
    assert not mentions("hey @anatol", "ana")
    assert not mentions("ana", "ana")
    assert not mentions("@", "")


def test_jumps_go_back_and_forth() -> None:
    jumps = Jumps()
    jumps.leave(1)
    jumps.leave(2)
    assert [jumps.back(3), jumps.back(2), jumps.back(1)] == [2, 1, None]
    assert [jumps.forward(1), jumps.forward(2), jumps.forward(3)] == [2, 3, None]


def test_the_inbox_wakes_once_until_it_is_emptied() -> None:
    woken: list[int] = []
    inbox = Inbox(lambda: woken.append(1))
    for number in range(5):
        inbox.put(Synced(number))
    assert len(woken) == 1
    assert list(inbox.take(-1)) == [Synced(0)]  # one at least, however little time there is
    assert inbox.waiting
    assert list(inbox.take()) == [Synced(number) for number in range(1, 5)]
    assert not inbox.waiting
    inbox.put(Synced(0))
    assert len(woken) == 2


ROOT = Path(__file__).resolve().parents[2]


def loaded_by(module: str) -> set[str]:
    """The modules that importing one loads, in a process of its own."""
    script = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=dict(os.environ),
    )
    return set(done.stdout.decode().split())


def test_a_review_without_others_loads_no_network_library() -> None:
    loaded = loaded_by("chatter_tui.controller.host")
    assert "pycrdt" in loaded
    assert not loaded & {"aiortc", "aioice", "av", "websockets", "cryptography"}


def test_starting_the_screen_loads_nothing_heavy() -> None:
    heavy = {"aiortc", "av", "websockets", "cryptography", "segno", "ulid", "typer", "tree_sitter"}
    heavy |= {"textual.widgets._text_area", "textual.widgets._markdown"}
    heavy |= {"chatter_tui.tui.widgets.composer", "chatter_tui.tui.screens.finder"}
    assert not heavy & loaded_by("chatter_tui.tui.app")


@pytest.mark.parametrize("path", sorted((ROOT / "chatter_tui/tui/model").glob("*.py")), ids=str)
def test_the_model_knows_no_textual(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "import textual" not in text
    assert "from textual" not in text


def test_the_whole_model_loads_without_textual() -> None:
    names = sorted(path.stem for path in (ROOT / "chatter_tui/tui/model").glob("[a-z]*.py"))
    modules = ", ".join(f"chatter_tui.tui.model.{name}" for name in names)
    assert "textual" not in loaded_by(modules)
