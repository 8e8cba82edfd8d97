"""The fast YAML reader and the exact one give the same answer, on documents and on what is left of damaged ones."""

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from careloop import wiring
from careloop.documents.yaml_exact import read_exactly
from careloop.documents.yaml_text import read_shipped_yaml, read_yaml

_WORDS = st.sampled_from(
    [
        *(
            "",
            "yes",
            "No",
            "true",
            "TRUE",
            "tRue",
            "null",
            "~",
            "Null",
            "1",
            "-1",
            "+1",
            "1.0",
            "1e3",
            ".5",
            "5.",
            "-.5",
        ),
        *("0o17", "017", "0x1F", "1_000", "1:30", "2026-03-31", "2026-03-31T12:00:00Z", ".inf", ".nan", "-.INF", "<<"),
        *("=", "a: b", "a #b", "- a", "?", "? a", "|", ">", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "a, b"),
        *("---", "...", "'", '"', "it's", 'say "x"', "#", "a\nb", "a\n\nb\n", " a", "a ", "\ta", "a\tb", "é", "日本"),
        *("a\u2028b", "a\x85b", "\ufeff", "a\x7fb", "\x1b", "a\\nb", "C:\\x", "😀", "9" * 19, "9" * 25, "1e400", "-0"),
    ]
)
_TEXT = _WORDS | st.text(max_size=12)
_NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([None, True, False]),
        "default_style": st.sampled_from([None, None, '"', "'", "|", ">"]),
        "allow_unicode": st.booleans(),
        "width": st.sampled_from([20, 80, 1000]),
        "indent": st.sampled_from([2, 4]),
        "explicit_start": st.just(False),
    }
)
_PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            " ",
            "  ",
            "\t",
            ":",
            ": ",
            "- ",
            "-",
            ",",
            "[",
            "]",
            "{",
            "}",
            "#",
            " #",
            '"',
            "'",
            "&a ",
            "*a",
        ),
        *(
            "!t ",
            "!!str ",
            "|",
            ">",
            "|-\n",
            "---\n",
            "...\n",
            "%YAML 1.1\n",
            "? ",
            "<<: ",
            "a: ",
            "a: 1\n",
            "~",
            "null",
        ),
        *(
            "true",
            "1",
            "1.0",
            ".nan",
            ".inf",
            "\\",
            "\x00",
            "\ufeff",
            "\u2028",
            "\x85",
            "b:\n- c\n",
            "  d: e\n",
            "'': x\n",
        ),
    ]
)


def _same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down: 1, 1.0 and true are three things."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float):
        return bool(one == other) and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)


def _agree(text: str) -> None:
    reading = read_yaml(text)
    value, problems = read_exactly(text)
    if problems:
        assert reading.problems == problems
    elif value is None:
        assert [problem.code for problem in reading.problems] == ["empty-file"]
    else:
        assert reading.problems == ()
        assert _same(reading.value, value), f"{reading.value!r} is not {value!r}"


def _written(value: Any, style: dict[str, Any]) -> str:
    return str(yaml.safe_dump(value, **style))


def _acme() -> list[str]:
    return [path.read_text() for path in sorted(wiring.examples().folder("acme").rglob("*.yaml"))]


@st.composite
def _damaged(draw: st.DrawFn, documents: st.SearchStrategy[str]) -> str:
    """A document that somebody has cut, stuffed or shuffled."""
    text = draw(documents)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 3))
        text = text[:at] + draw(_PIECES | st.just("")) + text[at + cut :]
    return text


@settings(max_examples=4 * settings().max_examples)
@given(_VALUES, _STYLES)
def test_both_read_what_was_written(value: Any, style: dict[str, Any]) -> None:
    _agree(_written(value, style))


@settings(max_examples=8 * settings().max_examples)
@given(_damaged(st.builds(_written, _VALUES, _STYLES)))
@example("a: 1\na: 2\n")
@example("{a: 1, a: 2}\n")
@example('{"a":1,"a":2}\n')
@example("- a: 1\n  a: 2\n")
@example("a: b: c\n")
@example("a: {b: 1, b: 2}\nc: 'x: y'\n")
@example("a:\n  - b: 1\n    b: 2\n")
@example('"a": 1\na: 2\n')
@example("a : 1\na: 2\n")
@example("1: a\n")
@example("a: .nan\n")
@example("a: 1e999\n")
@example("a: |\n  b: 1\n  b: 2\n")
@example("- - - a\n")
@example("a: [1] b\n")
@example("{a: 1} and more\n")
@example("  a: 1\n[]\n")
@example("{a\n b: 1}\n")
@example("{a: |b, c: 1}\n")
@example("{a:}\n")
@example("{? a : 1}\n")
@example("&&a b: 1\n")
@example("1 : a\n")
@example("a: \u2028\n")
@example("a: |\n")
@example("a: >\n# a comment\n")
@example("-\ta\n")
@example("a: >\r")
@example("\ufeffa: 1\n")
@example("a: x\u2028y\n")
@example("a: &x 1\nb: *x\n")
def test_both_read_a_damaged_document_alike(text: str) -> None:
    _agree(text)


@given(_damaged(st.sampled_from(_acme())))
def test_both_read_a_damaged_document_of_acme_alike(text: str) -> None:
    _agree(text)


@settings(max_examples=4 * settings().max_examples)
@given(st.text(alphabet=st.sampled_from(list("ab: -{}[],#'\"\n|>&*!?%~1.\t\r")), max_size=40))
def test_both_read_noise_alike(text: str) -> None:
    _agree(text)


_JSON_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=12)


@given(
    st.dictionaries(
        _JSON_TEXT,
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _JSON_TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_JSON_TEXT, inner, max_size=3),
            max_leaves=8,
        ),
        min_size=1,
    ),
    st.sampled_from([None, 2]),
)
def test_json_is_yaml(value: dict[str, Any], indent: int | None) -> None:
    assert _same(read_yaml(json.dumps(value, ensure_ascii=False, indent=indent)).value, value)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "   \n\n", "---\n", "~\n", "null\n"])
def test_a_document_without_a_value_is_empty(text: str) -> None:
    assert [problem.code for problem in read_yaml(text).problems] == ["empty-file"]


STANDARDS = wiring.standards_library().read_all()


@pytest.mark.parametrize("path", sorted(STANDARDS))
def test_what_ships_is_read_alike_by_the_fast_reader_alone(path: str) -> None:
    """R40: the gate reads the standards without looking whether they could be read in two ways; here somebody does."""
    text = STANDARDS[path].decode()
    value, problems = read_exactly(text)
    assert problems == ()
    assert _same(read_shipped_yaml(text).value, value)


def test_a_broken_text_among_what_ships_is_told_like_any_other() -> None:
    assert read_shipped_yaml("a: [1").problems == read_yaml("a: [1").problems != ()
