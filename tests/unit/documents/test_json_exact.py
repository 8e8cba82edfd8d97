"""JSON with the line of every key."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.json_exact import read_json_with_lines, read_json_with_places
from careloop.domain.place import Pointer
from careloop.errors import InvalidInput

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**18), 10**18),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_the_value_is_the_one_that_was_written(value: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read_json_with_lines(text.encode())[0] == value


@given(
    st.dictionaries(st.text("abc", min_size=1), st.dictionaries(st.text("xyz", min_size=1), st.lists(st.integers())))
)
def test_each_key_and_item_is_on_its_line(value: dict[str, dict[str, list[int]]]) -> None:
    text = json.dumps(value, indent=1)
    lines = text.split("\n")
    _, line_of = read_json_with_lines(text.encode())
    for key, inner in value.items():
        assert lines[line_of((key,)) - 1].startswith(f' "{key}":')
        for deeper, items in inner.items():
            assert lines[line_of((key, deeper)) - 1].startswith(f'  "{deeper}":')
            for number, item in enumerate(items):
                assert lines[line_of((key, deeper, number)) - 1].strip(" ,") == str(item)


def test_a_path_that_is_not_there_is_on_the_line_of_what_is() -> None:
    _, line_of = read_json_with_lines(b'{\r\n"a": {\r\n"b": 1}}')
    paths: list[Pointer] = [(), ("a",), ("a", "b"), ("a", "c"), ("x", "y")]
    assert [line_of(path) for path in paths] == [1, 2, 3, 2, 1]


@given(st.text(), st.booleans(), st.data())
def test_a_character_within_a_text_has_its_place_in_the_file(text: str, ascii_only: bool, data: st.DataObject) -> None:
    written = json.dumps({"a": ["x", text]}, indent=1, ensure_ascii=ascii_only)
    _, places = read_json_with_places(written.encode("utf-8", "surrogatepass") if ascii_only else written.encode())
    offset = data.draw(st.integers(0, len(text)))
    line, column = places.inside(("a", 1), offset)
    rest = written.split("\n")[line - 1][column - 1 :]
    assert rest == json.dumps(text[offset:], ensure_ascii=ascii_only)[1:]


def test_a_place_within_what_is_no_text_is_that_of_its_key() -> None:
    _, places = read_json_with_places(b'{"a": 1,\n "b": 2}')
    assert places.inside(("b", "c"), 3) == (2, 2)


def test_a_byte_order_mark_is_no_matter() -> None:
    assert read_json_with_lines(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}')[0] == {"a": "😀"}


@pytest.mark.parametrize(
    ("raw", "place", "what"),
    [
        (b"", "line 1, column 1", "empty"),
        (b" \n ", "line 2, column 2", "ends too early"),
        (b'{"a": 1,}', "line 1, column 9", "key"),
        (b'{"a" 1}', "line 1, column 6", "colon"),
        (b'{\n"a": 1\n"b": 2}', "line 3, column 1", "comma"),
        (b'{"a": 1, "a": 2}', "line 1, column 10", "twice"),
        (b'{"a": NaN}', "line 1, column 7", "value"),
        (b'{"a": -Infinity}', "line 1, column 7", "value"),
        (b'{"a": 1e999}', "line 1, column 7", "large"),
        (b'{"a": 01}', "line 1, column 8", "comma"),
        (b'{"a": tru}', "line 1, column 7", "value"),
        (b"{'a': 1}", "line 1, column 2", "key"),
        (b'{"a": "x', "line 1, column 7", "unterminated"),
        (b'{"a": "x\ny"}', "line 1, column 9", "control"),
        (b'{"a": [1, 2', "line 1, column 12", "comma"),
        (b"{} {}", "line 1, column 4", "behind the end"),
        (b'{\n"a": "\xff"}', "line 2, column 7", "UTF-8"),
        (b"[" * 5000, "line 1, column 102", "deeper"),
        (b"9" * 5000, "line 1, column 1", "long"),
    ],
)
def test_what_is_not_json_is_refused_at_its_place(raw: bytes, place: str, what: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json_with_lines(raw)
    assert refused.value.message.startswith(place + ":")
    assert what in refused.value.message


@given(st.one_of(st.binary(), st.text('{}[]",:0-1eEtrufalsn \n\\').map(str.encode)))
def test_any_bytes_are_read_as_python_reads_them_or_refused(raw: bytes) -> None:
    try:
        value = read_json_with_lines(raw)[0]
    except InvalidInput:
        return
    assert value == json.loads(raw.decode("utf-8-sig"))
