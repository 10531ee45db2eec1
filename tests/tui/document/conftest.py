from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = [
    *("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "naïve", "日本語", "🎉"),
    *("**bold**", "`code`", "*em* ~~no~~", "&amp;", "[link](http://x.y)", "<kbd>k</kbd>"),
    *("![img](/i)", "averyveryverylongwordwithoutanyspaces"),
]


def generated(lines: int, seed: int = 3) -> str:
    """Return a document with every kind of block."""
    source = random.Random(seed)

    def words(count: int) -> str:
        return " ".join(source.choices(WORDS, k=count))

    blocks: list[Callable[[], str]] = [
        lambda: "#" * source.randint(1, 6) + f" {words(4)}\n",
        lambda: f"{words(9)}\n{words(30)}\n",
        lambda: "".join(f"- {words(7)}\n" for _ in range(source.randint(1, 4))),
        lambda: f"1. {words(5)}\n   - [x] {words(3)}\n   - [ ] {words(3)}\n",
        lambda: (
            "```python\n" + "".join(f"\tx = f({n})  # {words(2)}\n" for n in range(4)) + "```\n"
        ),
        lambda: f"| a | b |\n|:-:|--:|\n| {words(2)} | {words(5)} |\n| x \\| y | |\n",
        lambda: f"> {words(12)}\n> > {words(5)}\n",
        lambda: f"<div>\n{words(3)}\n</div>\n",
        lambda: "---\n",
    ]
    text = ""
    while text.count("\n") < lines:
        text += source.choice(blocks)() + "\n"
    return text


@pytest.fixture(scope="session")
def long_text() -> str:
    return generated(400)
