"""Writes docs/keys.md from the registry of commands: `python -m scripts.keys`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from chatter_tui.tui.commands import COMMANDS, EVERYONE, OWNER, key_name

HEAD = """\
# Keys

Made from the registry of commands by `python -m scripts.keys`; `?` shows the same in the program.
The id is what the configuration names a command by. Commands marked with * are refused
to viewers, those with ** to everybody but the owner.

"""


def table() -> str:
    """The whole document."""
    text = HEAD
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        text += f"## {group}\n\n| keys | | | id |\n| --- | --- | --- | --- |\n"
        for command in commands:
            keys = " ".join(f"`{key_name(key)}`" for key in command.keys)
            mark = {EVERYONE: "", OWNER: " **"}.get(command.roles, " *")
            text += f"| {keys} | {command.title}{mark} | {command.help} | `{command.id}` |\n"
        text += "\n"
    return text.rstrip("\n") + "\n"


if __name__ == "__main__":
    Path(__file__).parents[1].joinpath("docs", "keys.md").write_text(table(), encoding="utf-8")
