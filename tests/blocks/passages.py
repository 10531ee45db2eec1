"""Random documents and edits in which every character carries its origin."""

import random
import re

WORDS = [
    "the",
    "a",
    "of",
    "and",
    "system",
    "review",
    "document",
    "master",
    "client",
    "peer",
    "session",
    "network",
    "retry",
    "budget",
    "owner",
    "deadline",
    "rollout",
    "risk",
    "plan",
    "first",
    "second",
    "during",
    "after",
    "before",
    "should",
    "must",
    "may",
    "always",
    "never",
    "cache",
    "queue",
    "error",
]
ADDED = -1
Text = list[tuple[str, int]]


def sentence(rng: random.Random, *, template: bool) -> str:
    if template and rng.random() < 0.5:
        verb = rng.choice(["checked", "updated", "merged"])
        return f"Step {rng.randrange(100)}: the {rng.choice(WORDS)} must be {verb} before the {rng.choice(WORDS)}."
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(4, 16))).capitalize() + "."


def document(rng: random.Random) -> str:
    """Return paragraphs and lists.

    In half of all documents, of sentences that differ in a word or two.
    """
    template = rng.random() < 0.5
    pool = [sentence(rng, template=template) for _ in range(5)]
    blocks = ["# Title"]
    for _ in range(rng.randrange(3, 25)):
        parts = [
            rng.choice(pool) if rng.random() < 0.15 else sentence(rng, template=template)
            for _ in range(rng.randrange(1, 5))
        ]
        blocks.append(
            " ".join(parts) if rng.random() < 0.6 else "\n".join(f"- {part}" for part in parts)
        )
    return "\n\n".join(blocks) + "\n"


def edit(rng: random.Random, text: Text, low: int, high: int) -> None:
    """Make a random edit, usually near what came from `low` to `high`."""
    passage = [at for at, (_, origin) in enumerate(text) if low <= origin < high]
    near = (
        rng.choice(passage) if passage and rng.random() < 0.6 else rng.randrange(max(1, len(text)))
    )
    match rng.choice(
        [
            "replace",
            "remove",
            "insert",
            "remove passage",
            "replace passage",
            "remove line",
            "move",
            "copy",
        ]
    ):
        case "remove passage" if passage:
            del text[passage[0] : passage[-1] + 1]
        case "replace passage" if passage:
            text[passage[0] : passage[-1] + 1] = added(sentence(rng, template=True))
        case "copy" if passage:
            start, end = max(0, passage[0] - rng.randrange(40)), passage[-1] + 1 + rng.randrange(40)
            at = rng.randrange(len(text) + 1)
            text[at:at] = text[start:end]
        case ("remove line" | "move") as kind:
            start, end = line(text, near, rng.choice(["\n", "\n\n"]))
            taken = text[start:end]
            del text[start:end]
            if kind == "move":
                at = line(text, rng.randrange(len(text) + 1), "\n")[1]
                text[at:at] = taken
        case kind:
            at = min(max(0, near + rng.randrange(-20, 20)), len(text))
            end = at if kind == "insert" else at + rng.randrange(1, 9)
            text[at:end] = [] if kind == "remove" else added(f" {rng.choice(WORDS)} ")


def added(words: str) -> Text:
    return [(char, ADDED) for char in words]


def line(text: Text, at: int, separator: str) -> tuple[int, int]:
    whole = "".join(char for char, _ in text)
    before, after = whole.rfind(separator, 0, at), whole.find(separator, at)
    start = before + len(separator) if before >= 0 else 0
    return start, after + len(separator) if after >= 0 else len(whole)


def passage(rng: random.Random, text: str) -> tuple[int, int]:
    low = rng.randrange(len(text) - 2)
    return low, min(len(text), low + rng.choice([5, 12, 25, 60, 120]) + rng.randrange(10))


def edit_beside(rng: random.Random, text: Text, low: int, high: int) -> None:
    """Make a random edit that does not touch what came from `low` to `high`."""
    passage = [at for at, (_, origin) in enumerate(text) if low <= origin < high]
    start, end = passage[0], passage[-1] + 1
    match rng.choice(["words", "words", "insert", "sentence", "line", "paragraph", "section"]):
        case ("words" | "insert") as kind:
            before = rng.random() < 0.5
            at = rng.randrange(max(0, start - 40), start + 1) if before else rng.randrange(40) + end
            size = 0 if kind == "insert" else rng.randrange(1, 9)
            text[at : min(at + size, start) if before else at + size] = added(
                f" {rng.choice(WORDS)} "
            )
        case "sentence":
            at = rng.choice([start, end])
            text[at:at] = added(f" {sentence(rng, template=True)} ")
        case "line":
            first, last = line(text, max(start - 1, 0), "\n")
            if last <= start:
                del text[first:last]
        case "paragraph":
            at = line(text, rng.choice([start, rng.randrange(start + 1)]), "\n\n")[0]
            text[at:at] = added(f"{sentence(rng, template=True)}\n\n")
        case _:
            at = line(text, rng.randrange(start + 1), "\n\n")[0]
            words = " ".join(sentence(rng, template=True) for _ in range(4))
            text[at:at] = added(f"## More\n\n{words}\n\n")


def words(rng: random.Random, text: str) -> tuple[int, int]:
    """Return the span of one to nine whole words."""
    found = list(re.finditer(r"\w+", text))
    first = rng.randrange(len(found))
    last = min(first + rng.choice([0, 0, 1, 2, 4, 8]), len(found) - 1)
    return found[first].start(), found[last].end()
