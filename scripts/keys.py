"""Generate docs/keys.md and docs/plain.md from the command registry: `python -m scripts.keys`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from chatter_tui.plain.verbs import VERBS
from chatter_tui.tui.commands import COMMANDS, DECIDERS, EVERYONE, OWNER, key_name

HEAD = """\
# Keys

Generated from the command registry by `python -m scripts.keys`; `?` shows the same list in the program, with your own keys.
Commands marked * are not available to viewers, those marked † only to the owner and moderators, those marked ** only to the
owner; a refused key says why. Every command can also be run by name: `:` finds it.

## Custom keys

`~/.config/chatter-tui/config.toml` (or under `$XDG_CONFIG_HOME`; on macOS
`~/Library/Application Support/chatter-tui/config.toml`) assigns other keys to commands, by their ids:

```toml
[keys]
"thread.next" = "Ctrl-N"          # one key
"comment.reply" = ["r", "F5"]     # or several; a list replaces all keys of the command
"draft.list" = "T"                # also for commands without a key
"comment.react" = []              # no key: the command list still runs it
```

Keys are written as in the tables below: a character, or `Space`, `Enter`, `Esc`, `Tab`, `PgDn`, `F1`, `Ctrl-D`, `Alt-x`. The
footer, `?`, the command list and messages show your keys. `chatter-tui keys` lists the keys in effect and reports errors: an
unknown id or key, a letter as a key of the composer, or two commands with the same key in the same place. Errors are also
shown at startup, and the keys concerned keep their defaults. Configuration is never read from a document's folder.

The same file turns the bell and desktop notifications off (BEL and OSC 9, at most every 10 s, for mentions, replies to you,
rejections and changes of your role):

```toml
[notify]
bell = false
desktop = false
```

and overrides the appearance, which otherwise follows the terminal (`TERM`, `COLORTERM`, `NO_COLOR`, `COLORFGBG`, the locale,
and whether you are connected over SSH):

```toml
[look]
theme = "light"     # or "dark", or "terminal" for its own 16 colours; the command “Light or dark” tries it
ascii = true        # ASCII characters only
mouse = false       # leave the mouse to the terminal, as over SSH
```

"""

PLAIN = """\
# Plain mode

`chatter-tui review|host|join|resume … --plain` (or `CHATTER_PLAIN=1`) is the same review without a screen: for screen
readers, Braille displays, serial lines and pipes. It prints whole lines and nothing else: no escape sequences, boxes, cursor
movement, colours or overwriting. With `LANG=C` it prints ASCII only.

- An empty line reads the next passage of the document: a heading, a paragraph, a list item, a table row by row.
- Every comment has a permanent number. The number alone reads its thread; `reply`, `resolve`, `edit` and similar commands apply
  to the comment read last. `select WORDS` selects words of the passage read last to comment on.
- A text follows its command on the same line, or is written on lines of its own: a line with only a dot sends it,
  `.keep` keeps it as a draft, `.drop` discards it, `.read` reads it, `.editor` opens `$EDITOR`; start a line with two dots for
  one that begins with a dot. Each line is saved to disk as it is entered. Ctrl-C keeps the draft; it never leaves.
- News is shown as it happens, one line each. A half-typed line is not lost, and Ctrl-R shows it again. While you are writing
  a text, and after `quiet on`, news waits.
- End of input (Ctrl-D) leaves once everything typed has been answered, so scripts can pipe commands in. A program such as
  `rlwrap` adds line editing and history.

Commands can be given by their words, titles, ids and keys, with the same meaning as on the screen.

| type | | also |
| --- | --- | --- |
"""


def plain() -> str:
    """Return the table of plain mode's commands."""
    rows = []
    for verb in VERBS:
        mark = {EVERYONE: "", DECIDERS: " †", OWNER: " **"}.get(verb.command.roles, " *")
        words = f"{verb.words[0]} {verb.argument}".strip().replace("|", "\\|")
        also = " ".join(f"`{word}`" for word in (*verb.words[1:], verb.command.id))
        rows.append(f"| `{words}` | {verb.command.help}{mark} | {also} |\n")
    return (
        PLAIN
        + "".join(rows)
        + "\nNot for viewers: *; only for the owner and moderators: †; only for the owner: **.\n"
    )


def table() -> str:
    """Return the whole document."""
    text = HEAD
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        text += f"## {group}\n\n| keys | | | id |\n| --- | --- | --- | --- |\n"
        for command in commands:
            keys = " ".join(f"`{key_name(key)}`" for key in command.keys)
            mark = {EVERYONE: "", DECIDERS: " †", OWNER: " **"}.get(command.roles, " *")
            text += f"| {keys} | {command.title}{mark} | {command.help} | `{command.id}` |\n"
        text += "\n"
    return text.rstrip("\n") + "\n"


if __name__ == "__main__":
    docs = Path(__file__).parents[1] / "docs"
    (docs / "keys.md").write_text(table(), encoding="utf-8")
    (docs / "plain.md").write_text(plain(), encoding="utf-8")
