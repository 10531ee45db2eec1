"""Run commands as the shell does, and write the files that they read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

DOCUMENT = "# Title\n\nThis paragraph introduces the idea.\n\nAgain the idea.\n"
ESCAPES = "\x1b[31m\x9b2J\u202eevil\u2066[bold]x[/bold]\x07\r"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Shell = Callable[..., Ran]


def fence(id_: str, **values: object) -> str:
    block = {"id": id_, "type": "comment", "content": f"text of {id_}", **values}
    return "```chattermatter\n" + json.dumps(block, indent=2) + "\n```\n"


def sidecar(*fences: str) -> None:
    Path("p.md.chatter").write_text("\n".join(fences))
