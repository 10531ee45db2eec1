import json
import math

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.blocks import MAX_DEPTH, JSONError, dumps, loads, loads_fields

texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_what_json_writes_is_read_with_the_same_value(
    value: object, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert loads(text) == value
    assert loads(dumps(value)) == value


@given(st.dictionaries(texts, values, max_size=5), st.sampled_from([None, 0, 2]))
def test_fields_are_spelled_as_they_stand(fields: dict[str, object], indent: int | None) -> None:
    text = json.dumps(fields, indent=indent)
    spelled = loads_fields(text)
    assert {name: loads(spelling) for name, spelling in spelled.items()} == fields
    assert list(spelled) == list(fields)
    assert all(spelling in text for spelling in spelled.values())


@given(st.text(max_size=40) | st.text('{}[]",:\\u0d8 1e-.ntf', max_size=40))
@settings(max_examples=500)
def test_any_text_is_json_or_one_error(text: str) -> None:
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError):
        with pytest.raises(JSONError):
            loads(text)
        return
    try:
        value = loads(text)
    except JSONError:
        # Stricter than Python alone: its constants, a BOM, and half characters.
        assert any(word in text for word in ("NaN", "Infinity", "\ufeff")) or not encodable(text)
    else:
        assert encodable(json.dumps(value, ensure_ascii=False))
        if encodable(json.dumps(expected, ensure_ascii=False)):
            assert value == expected
        if isinstance(value, dict):
            assert loads_fields(text).keys() == value.keys()


def encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "Infinity", "-Infinity", '{"a": NaN}', "", " ", "{}{}", "{} x", "// c\n{}", "{'a': 1}",
        '{"a": 1,}', "[1,]", "{a: 1}", '{"a" 1}', '{"a": 1 "b": 2}', '"\t"', '"\n"', "01", "+1", ".5",
        "1.", "0x10", "\ufeff{}", "True", "undefined", '{"a": }', '{"a"', '{"a":', "{", "{,}", '"\\x"',
        '"\\ud83', "\u00a01", "[1] // x", '{"a": 1}, {}', "\x0c1",
    ],
)  # fmt: skip
def test_what_is_not_rfc_8259_is_refused(text: str) -> None:
    with pytest.raises(JSONError):
        loads(text)
    with pytest.raises(JSONError):
        loads_fields(text)


@pytest.mark.parametrize("text", ["[]", "1", '"{}"', "null"])
def test_only_an_object_has_fields(text: str) -> None:
    loads(text)
    with pytest.raises(JSONError):
        loads_fields(text)


def test_numbers_keep_their_spelling() -> None:
    fields = loads_fields('{"a": 1.0, "b": 12345678901234567890, "c": 1E+2, "d": -0.0}')
    assert fields == {"a": "1.0", "b": "12345678901234567890", "c": "1E+2", "d": "-0.0"}


def test_numbers_beyond_every_type_end_as_floats() -> None:
    assert loads("1e999") == math.inf
    assert loads("9" * 5000) == math.inf
    assert loads_fields('{"a": ' + "9" * 5000 + "}") == {"a": "9" * 5000}


def test_the_last_of_equal_names_counts() -> None:
    assert loads_fields('{"a": 1, "b": 2, "\\u0061": 3}') == {"a": "3", "b": "2"}
    assert loads('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud83d"', "\ufffd"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"\uD83Dx"', "\ufffdx"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_replacement_character(text: str, value: str) -> None:
    assert loads(text) == value
    assert loads_fields(f'{{"a": {text}, {text}: 1}}') == {"a": text, value: "1"}


def test_half_a_surrogate_pair_that_is_not_escaped_is_no_text() -> None:
    with pytest.raises(JSONError):
        loads('"\ud83d"')
    with pytest.raises(JSONError):
        dumps("\ud83d")


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_fifty_thousand_levels_are_refused_without_harm(opening: str) -> None:
    for text in (
        opening * 50_000,
        opening * 50_000 + "1" + {"[": "]", '{"a":': "}"}.get(opening, "}]") * 50_000,
    ):
        with pytest.raises(JSONError, match="levels deep"):
            loads(text)
        with pytest.raises(JSONError):
            loads_fields(text)


def test_depth_counts_brackets_outside_strings_only() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(JSONError):
        loads("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert loads('"' + '[\\"' * 9999 + '"') == '["' * 9999
    assert loads("[" + "[]," * 9999 + "1]")


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 100_000, '"' * 100_001, "[" * 300 + '"\\' * 100_000]
)
def test_floods_of_quotes_take_one_pass(text: str) -> None:
    with pytest.raises(JSONError):
        loads("[" * 300 + text)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, {1, 2}, b"x", object(), [10**5000], {"a": [math.nan]}, {(1,): 1}]
)
def test_what_json_cannot_hold_is_not_written(value: object) -> None:
    with pytest.raises(JSONError):
        dumps(value)


def test_what_is_nested_too_deeply_or_in_itself_is_not_written() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(JSONError):
        dumps(deep)
    while deep:  # taken apart level by level, as Python itself would recurse
        deep = deep.pop()  # type: ignore[assignment]
    itself: list[object] = []
    itself.append(itself)
    with pytest.raises(JSONError):
        dumps(itself)
