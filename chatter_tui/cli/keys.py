"""`keys`: the key bindings, and errors in the user's configuration of them."""

from __future__ import annotations

import json
import sys

from chatter_tui.cli.exits import Exit
from chatter_tui.cli.options import AsJson  # noqa: TC001 - typer reads it at run time
from chatter_tui.cli.sanitize import sanitize
from chatter_tui.cli.settings import settings
from chatter_tui.storage.user_config import user_config
from chatter_tui.tui.commands import key_name


def keys(*, as_json: AsJson = False) -> int:
    """Show the keys, including your own, and problems with those."""
    _, keymap, problems = settings()
    if as_json:
        commands = [
            {
                "id": command.id,
                "keys": [key_name(key) for key in command.keys],
                "title": command.title,
                "where": command.where,
                "changed": command.id in keymap.changed,
            }
            for command in keymap.commands
        ]
        found = {"file": str(user_config()), "problems": list(problems), "commands": commands}
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        for command in keymap.commands:
            mark = "*" if command.id in keymap.changed else " "
            sys.stdout.write(f"{mark} {command.shown_keys:14} {command.id:22} {command.title}\n")
        sys.stdout.write(f"\n{len(keymap.changed)} changed (*) in {sanitize(str(user_config()))}\n")
    for problem in problems:
        sys.stderr.write(f"chatter-tui: {sanitize(problem, lines=False)}\n")
    return Exit.FAILED if problems else Exit.DONE
