"""Files of many blocks are written the same whether all of them are parsed for it or not."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from chatter_tui.blocks import Block
from chatter_tui.storage import ReviewFiles, review_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TEXTS = ("text", "日本語 🎉", "see\n```chattermatter\n{", '"id": "b1"', "a\\b", "```\n", "", " ")
GAPS = ("", "\n", "\n", "\n", "\n\n", " \n")
CLOSINGS = ("```\n", "```\n", "``` \n", "````\n")


def made(rng: random.Random, id_: str) -> dict[str, object]:
    fields: dict[str, object] = {"id": id_, "type": "comment", "content": rng.choice(TEXTS) + id_}
    if rng.random() < 0.3:
        fields["metadata"] = {"id": f"b{rng.randrange(8)}"}
    if rng.random() < 0.5:
        fields["status"] = "open"
    return fields


def written(rng: random.Random, fields: Mapping[str, object]) -> str:
    """A fence as some tool writes it."""
    names = sorted(fields) if rng.random() < 0.3 else list(fields)
    indent = rng.choice((None, 1, 2, 2, 2))
    text = json.dumps({name: fields[name] for name in names}, indent=indent, ensure_ascii=False)
    closing = rng.choice(CLOSINGS) if rng.random() < 0.2 else "```\n"
    return f"```chattermatter\n{text}\n{closing}"


def sidecar(rng: random.Random) -> str:
    """Usually nothing but plain fences, each of its own id."""
    text = (
        ""
        if rng.random() < 0.9
        else rng.choice(("prose\n\n", "\ufeff", "<!--chattermatter {} -->\n"))
    )
    for number in range(rng.randrange(1, 7)):
        id_ = f"b{number}" if rng.random() < 0.95 else rng.choice(('q"u', "b0"))
        text += written(rng, made(rng, id_)) + rng.choice(GAPS)
    text = text.rstrip("\n") if rng.random() < 0.1 else text
    return text.replace("\n", "\r\n") if rng.random() < 0.05 else text


def changes(rng: random.Random, first: Mapping[str, Block]) -> Iterator[dict[str, Block]]:
    """What a session holds, one change after another."""
    blocks = dict(first)
    for number in range(6):
        kind = rng.choice(("add", "add two", "edit", "edit all", "delete", "delete", "delete two"))
        ids = list(blocks)
        if kind.startswith("add"):
            for id_ in (f"new{number}", f"also{number}")[: 1 + (kind == "add two")]:
                blocks[id_] = Block.of(made(rng, id_)).canonical()
        elif kind.startswith("edit"):
            for id_ in ids if kind == "edit all" else rng.sample(ids, min(1, len(ids))):
                values = {
                    "content": rng.choice(TEXTS) + "!",
                    "status": rng.choice(("resolved", None)),
                }
                blocks[id_] = blocks[id_].replace(values).canonical()
        else:
            for id_ in rng.sample(ids, min(1 + (kind == "delete two"), len(ids))):
                del blocks[id_]
        yield dict(blocks)


def opened(folder: Path, document: str, text: str, *, knows: bool) -> ReviewFiles:
    folder.mkdir()
    (folder / "plan.md").write_text(document)
    (folder / "plan.md.chatter").write_bytes(text.encode())
    files = ReviewFiles.open(folder / "plan.md")
    session = {block.id: block.canonical() for block in files.blocks}
    files.forget()
    if knows:
        files.settled(session)
    return files


def test_few_changes_are_written_as_if_all_had_been_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, patched, taken = review_files._FEW, ReviewFiles._patched, 0

    def counted(*arguments: Any) -> Any:
        nonlocal taken
        found = patched(*arguments)
        taken += bool(found)
        return found

    monkeypatch.setattr(ReviewFiles, "_patched", counted)
    for seed in range(80):
        rng = random.Random(seed)
        text, knows = sidecar(rng), rng.random() < 0.9
        own = written(rng, made(rng, "inline")) if rng.random() < 0.1 else ""
        folders = tmp_path / f"{seed}a", tmp_path / f"{seed}b"
        one, other = (opened(at, f"# Plan\n\n{own}", text, knows=knows) for at in folders)
        first = {block.id: block.canonical() for block in one.blocks}
        if rng.random() < 0.1 and len(first) > 1:  # one that the session does not share
            first.popitem()
        one.forget()
        one.settled(first)
        other.settled(first)
        for blocks in changes(rng, first):
            monkeypatch.setattr(review_files, "_FEW", few)
            changed = one.save(blocks)
            monkeypatch.setattr(review_files, "_FEW", -1)
            assert other.save(blocks) == changed
            for name in ("plan.md", "plan.md.chatter"):
                assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), seed
    assert taken > 100
