from __future__ import annotations

import unicodedata

from hypothesis import given, strategies as st

from chatter_tui.tui.text import safe, safe_line

HOSTILE = [chr(code) for code in (*range(0xB0), *range(0x2000, 0x2070), 0xFEFF, 0xD800, 0x61C)]
HOSTILE += [*"👩🏴\U000e0067\u3164\ufe0f"]


@given(st.text(st.characters() | st.sampled_from(HOSTILE)))
def test_nothing_acts_on_the_terminal(text: str) -> None:
    result = safe(text)
    assert len(result) == len(text)
    assert safe(result) == result
    for character in result:
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp"} or character in "\n\t"
        assert unicodedata.bidirectional(character) not in {
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        }
    assert not set(safe_line(text)) & set("\n\t")
    result.encode()


def test_what_is_harmless_stays() -> None:
    england = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    text = f"a\tb\nçé 日本 👩\u200d💻 e\u0301 ❤\ufe0f\u200d🔥 {england}"
    assert safe(text) == text


def test_controls_are_shown() -> None:
    assert safe("\x1b]0;x\x07\x7f\x9b\u202e") == "\u241b]0;x\u2407\u2421\ufffd\ufffd"
    assert (
        safe("a\U000e0068\U000e0069 \u200d\u3164 日\u200d本")
        == "a\ufffd\ufffd \ufffd\ufffd 日\u200c本"
    )
