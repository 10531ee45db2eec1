"""The comment format at size: whole processes of `list` and `check`, and the worst cases of anchors."""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chatter_tui.blocks import Resolver, SourceFile
from chatter_tui.blocks.moved import find_moved
from chatter_tui.markdown import Markdown

WORDS = [
    f"{syllable}{number}"
    for syllable in ("plan", "risk", "peer", "the", "is")
    for number in range(160)
]


def run() -> list[tuple[str, str]]:
    """Return the figures: a label and a time each."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.md"
        for blocks in (1_000, 10_000, 100_000):
            text = document(2 * blocks)
            path.write_text(text)
            (path.parent / "p.md.chatter").write_text(sidecar(text, blocks))
            for command in (["list", "--threads", "--json"], ["check"], ["list"]):
                label = (
                    f"{' '.join(command)}, {2 * blocks:,} lines, {blocks:,} blocks, whole process"
                )
                rows.append((label, process(command[0], str(path), *command[1:])))
        (path.parent / "p.md.chatter").unlink()
        path.write_text("words\n")
        rows.append(("list, nothing to list, whole process", process("list", str(path))))
    return [*rows, *rewriting(), *anchors()]


def process(*arguments: str) -> str:
    """Time a run of the program; the best of three says most about the program."""
    command = [sys.executable, "-m", "chatter_tui", *arguments]
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return f"{min(times):.2f} s"


def document(lines: int) -> str:
    """Return paragraphs of a line each."""
    rng = random.Random(1)
    return (
        "\n".join("" if n % 2 else " ".join(rng.choices(WORDS, k=12)) for n in range(lines)) + "\n"
    )


def sidecar(text: str, count: int) -> str:
    """Return blocks as other tools write them, each on a passage somewhere in the text."""
    rng = random.Random(2)
    fences = []
    for number in range(count):
        at = rng.randrange(len(text) - 60)
        anchor = {
            "type": "text", "exact": text[at + 20 : at + 40],
            "context_before": text[at : at + 20], "context_after": text[at + 40 : at + 60],
            "fallback": {"type": "block_index", "index": number},
        }  # fmt: skip
        block = {
            "id": f"01HZX{number:021}", "type": "comment", "author": f"peer {number % 20}",
            "timestamp": f"2026-01-01T00:{number % 60:02}:00Z", "anchor": anchor, "content": "Some *words*. " * 5,
            "status": "open", "spec_version": "0.1",
        }  # fmt: skip
        fences.append(f"```chattermatter\n{json.dumps(block, indent=2)}\n```\n")
    return "\n".join(fences)


def rewriting() -> list[tuple[str, str]]:
    """Change one block of many."""
    data = sidecar(document(20_000), 10_000).encode()
    start = time.perf_counter()
    file = SourceFile.parse(data)
    parsed = time.perf_counter()
    middle = file.blocks[5_000].block
    file.rewrite({middle.id: middle.replace({"status": "resolved"})})
    done = time.perf_counter()
    return [
        ("parse a sidecar of 10,000 blocks", f"{(parsed - start) * 1e3:.0f} ms"),
        ("rewrite one block of 10,000", f"{(done - parsed) * 1e3:.1f} ms"),
    ]


def anchors() -> list[tuple[str, str]]:
    """Resolve anchors that are made to be slow."""
    todo = Markdown(
        "".join(f"- line {number}: TODO, like all the others\n" for number in range(20_000))
    )
    words = Markdown(document(20_000))
    repetitive = Markdown("the same words again and again\n" * 20_000)
    rng = random.Random(3)
    cases = {
        "one word with 10,000 contexts": (
            todo, [{"type": "text", "exact": "TODO", "context_before": f"line {n}: "} for n in range(10_000)],
        ),
        "10,000 anchors that do not occur": (
            words, [{"type": "text", "exact": " ".join(rng.choices(WORDS, k=8))} for _ in range(10_000)],
        ),
        "10,000 short ones that do not occur": (
            words, [{"type": "text", "exact": f"{n:04}!"[-5:]} for n in range(10_000)],
        ),
        "10,000 that nearly occur everywhere": (
            repetitive, [{"type": "text", "exact": f"the same words again and again\nthe same {n}"} for n in range(10_000)],
        ),
    }  # fmt: skip
    rows = []
    for label, (text, links) in cases.items():
        start = time.perf_counter()
        resolver = Resolver(text)
        list(resolver.resolve_all(enumerate(links)))
        rows.append(
            (f"resolve {label}, 20,000 lines", f"{(time.perf_counter() - start) * 1e3:.0f} ms")
        )
    quoted = words.text[400_000:400_060]
    gone = {
        "type": "text",
        "exact": quoted[:20] + "edited" + quoted[30:],
        "context_before": words.text[399_968:400_000],
    }
    start = time.perf_counter()
    find_moved(gone, words)
    rows.append(
        ("look for one moved text in 20,000 lines", f"{(time.perf_counter() - start) * 1e3:.0f} ms")
    )
    return rows
