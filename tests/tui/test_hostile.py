"""What other people send is text, whatever it holds, wherever it is shown."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from chatter_tui.authority import Role
from chatter_tui.blocks import Block
from chatter_tui.controller.events import Peer, PeerJoined, PresenceChanged, Rejected
from tests.tui.desk import Desk, block, quote
from tests.tui.driver import Driver, review

ESC, BIDI, ZALGO = "\x1b", "\u202e", "a" + "\u0301" * 500
TEXTS = {
    "escape": f"{ESC}[2J{ESC}[31mred{ESC}c",
    "clipboard": f"{ESC}]52;c;aGFja2Vk\x07",
    "c1": "\x9b31m\x9d0;title\x9c",
    "closing-tag": "[/nope]",
    "action": "[@click=app.quit]x[/]",
    "style": "[bold red]x[/bold red] [link=http://x]y[/link]",
    "bidi": f"{BIDI}gnp.exe\u2066x\u2069",
    "nothing": "\x00\x00",
    "zalgo": ZALGO,
    "brackets": "[" * 3000,
    "newlines": "\n" * 10_000,
    "megabyte": "x" * 1_000_000,
    "wide": "日本語🎉" * 5000,
}
# What is short is on the screen together; what is long fills it alone.
TOGETHER = ("escape", "clipboard", "c1", "closing-tag", "action", "style", "bidi", "nothing")
GROUPS = {"short": TOGETHER} | {name: (name,) for name in TEXTS if name not in TOGETHER}
ALLOWED = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]*")


async def look_everywhere(driver: Driver) -> None:
    """Open everything that shows other people's words."""
    for keys in ("2gj", "r", "4j", "o", "!", ":", "F", "nq", "Z1V", "y"):
        await driver.press(*keys)
        assert ALLOWED.fullmatch(driver.text)
        await driver.press("escape", "escape")
    assert driver.app.is_running
    assert driver.app.return_value is None


def arrive(desk: Desk, number: int, text: str) -> None:
    """Somebody whose every word is this text does everything there is to do."""
    id_ = f"07{number}"
    peer = Peer(f"p{number}", text, Role("reviewer"), text, text, "01A", typing=True)
    desk.emit(PeerJoined(peer))
    suggestion = {"original": text, "replacement": text}
    added = (
        block(f"{id_}A", text or "-", text, anchor=quote("weekly")),
        block(f"{id_}B", text or "-", text, parent_id="01B"),
        block(f"{id_}C", "@ana " + text, text, type="suggestion", suggestion=suggestion),
        block(f"{id_}D", "gone", text, anchor=quote(text or "-")),
        block(f"{id_}E", text[:40] or "-", text, type="reaction", parent_id="01A"),
    )
    for each in added:
        desk.add(each, peer.id)
    desk.emit(PresenceChanged(peer))
    kept = Block.of({"id": f"{id_}Z", "type": text, "content": text})
    desk.emit(Rejected(f"{id_}A", text, text, kept))


@pytest.mark.parametrize("names", GROUPS.values(), ids=GROUPS)
async def test_hostile_text(names: tuple[str, ...]) -> None:
    async with review(size=(100, 30)) as driver:
        for number, name in enumerate(names):
            arrive(driver.desk, number, TEXTS[name])
        await driver.wait(lambda: f"07{len(names) - 1}E" in driver.screen.work.model.threads.blocks)
        await look_everywhere(driver)


@pytest.mark.parametrize("names", GROUPS.values(), ids=GROUPS)
async def test_hostile_document(names: tuple[str, ...]) -> None:
    text = "\n".join(f"# {TEXTS[name]}\n\n{TEXTS[name]}\n" for name in names)
    async with review(size=(80, 24), text=text) as driver:
        await look_everywhere(driver)


async def test_markup_is_shown_as_it_is_written() -> None:
    async with review(size=(120, 40)) as driver:
        driver.desk.add(block("07A", "[@click=app.quit]x[/] [/nope]", "[b]eve[/b]"), "p7")
        await driver.wait(lambda: driver.has("[@click=app.quit]x[/] [/nope]", "[b]eve[/b]"))


async def test_own_text_is_edited_as_it_is_though_shown_safely() -> None:
    words = f"right{BIDI}left"
    mine = block("01Z", words, "ana")
    async with review(blocks=[mine]) as driver:
        await driver.press("n", "e", "!", "enter")
        await driver.wait(lambda: driver.desk.blocks["01Z"].content == words + "!")


# Calls that parse markup when given a string.
PARSERS = {
    "notify",
    "Static",
    "Label",
    "Option",
    "update",
    "tooltip",
    "Content.from_markup",
    "render",
}
TITLES = {"border_title", "border_subtitle", "tooltip"}
ROOT = Path(__file__).resolve().parents[2] / "chatter_tui" / "tui"


def is_inert(value: ast.expr) -> bool:
    """Whether an expression cannot be somebody else's bare string: a literal or Content."""
    if isinstance(value, ast.Constant):
        return True
    name = ast.unparse(value.func) if isinstance(value, ast.Call) else ast.unparse(value)
    return name.split("(")[0] in {"Content", "Content.assemble", "Content.styled", "content"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.name)
def test_nothing_that_parses_markup_is_given_a_bare_string(path: Path) -> None:
    bad = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            )
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            given = node.args[:1] if name in PARSERS and "bars" not in owner else []
            if name == "update" and not owner.startswith("self.query_one"):
                given = []  # of a dict or set
            bad += [ast.unparse(node) for value in given if not is_inert(value)]
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in TITLES:
                    bad += [] if is_inert(node.value) else [ast.unparse(node)]
    assert bad == []
