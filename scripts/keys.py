"""Writes docs/keys.md and docs/plain.md from the commands there are: `python -m scripts.keys`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from chatter_tui.plain.verbs import VERBS
from chatter_tui.tui.commands import COMMANDS, DECIDERS, EVERYONE, OWNER, key_name

HEAD = """\
# Keys

Made from the registry of commands by `python -m scripts.keys`; `?` shows the same in the program,
with your own keys. Commands marked with * are refused to viewers, those with † to everybody but the
owner and moderators, those with ** to everybody but the owner; a key that is refused says why. Every command can also be run by its name: `:` finds it.

## Keys of your own

`~/.config/chatter-tui/config.toml` (`$XDG_CONFIG_HOME` is heeded; on macOS it is
`~/Library/Application Support/chatter-tui/config.toml`) gives commands other keys, by their ids:

```toml
[keys]
"thread.next" = "Ctrl-N"          # one key
"comment.reply" = ["r", "F5"]     # or several; a list replaces all the command had
"draft.list" = "T"                # also for commands that have none
"comment.react" = []              # no key: the palette still runs it
```

Keys are written as the tables below show them: a character, or `Space`, `Enter`, `Esc`, `Tab`, `PgDn`,
`F1`, `Ctrl-D`, `Alt-x`. The footer, `?`, the palette and the messages name the keys you chose.
`chatter-tui keys` shows what holds, and says what is wrong: an id or key that does not exist, a
letter as a key of the composer, or two commands on one key at the same place. What is wrong is also
said at the start, and the keys it was about stay as they are below. Nothing is ever read from the
folder of a document.

The same file says whether mentions, replies to you, rejects and changes of your role ring and show on
the desktop (BEL and OSC 9, at most every 10 s):

```toml
[notify]
bell = false
desktop = false
```

and how the screen looks, where that is not what the terminal says of itself (by `TERM`, `COLORTERM`, `NO_COLOR`,
`COLORFGBG`, the locale, and whether one is there over SSH):

```toml
[look]
theme = "light"     # or "dark", or "terminal" for its own 16 colours; “Light or dark” among the commands tries it
ascii = true        # no other characters than ASCII
mouse = false       # the pointer is left to the terminal, as it is over SSH
```

"""

PLAIN = """\
# Plain lines

`chatter-tui review|host|join|resume … --plain` (or `CHATTER_PLAIN=1`) is the same review without a screen: for screen
readers, Braille lines, serial lines and pipes. It prints whole lines and nothing else: no escape sequence, no box, no
cursor movement, no colour, nothing overwritten. With `LANG=C` it prints ASCII only.

- An empty line reads the next passage of the document: a heading, a paragraph, an item, a table row by row.
- Every comment has a number that stays. The number alone reads its thread; `reply`, `resolve`, `edit` and the others are
  about the comment read last. `select WORDS` chooses words of the passage read last to comment on.
- A text follows its command on the same line, or is written on lines of its own: a line with only a dot sends it,
  `.keep` keeps it as a draft, `.drop` forgets it, `.read` reads it, `.editor` opens `$EDITOR`; a line that is to begin
  with a dot begins with two. Each line is on disk when it is there. Ctrl-C keeps the draft; it never leaves.
- News is told as it happens, one line each: what is half typed then is not lost, and Ctrl-R shows it again. While one
  writes lines, and after `quiet on`, news waits.
- The end of the input (Ctrl-D) leaves once everything typed has been answered, so that scripts can pipe commands in. A
  program such as `rlwrap` adds line editing and history.

Commands go by their words, titles, ids and keys, all of which mean what they mean on the screen.

| type | | also |
| --- | --- | --- |
"""


def plain() -> str:
    """The commands of plain lines."""
    rows = []
    for verb in VERBS:
        mark = {EVERYONE: "", DECIDERS: " †", OWNER: " **"}.get(verb.command.roles, " *")
        words = f"{verb.words[0]} {verb.argument}".strip().replace("|", "\\|")
        also = " ".join(f"`{word}`" for word in (*verb.words[1:], verb.command.id))
        rows.append(f"| `{words}` | {verb.command.help}{mark} | {also} |\n")
    return (
        PLAIN
        + "".join(rows)
        + "\nRefused to viewers: *, to everybody but the owner and moderators: †, but the owner: **.\n"
    )


def table() -> str:
    """The whole document."""
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
