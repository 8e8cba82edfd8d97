"""The tree of an expression knows where each part stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_builders import a_program

from careloop.rules.syntax import ExpressionError, Node, line_and_column, offset_of, parse, spelling

EXPRESSIONS = [
    "system.live",
    ".system.live",
    "(system.live || !system.live) && true",
    "system.live ? system.users > 1 : system.users - 1 - 2 < -3",
    'system.labels["a"] == \'b\' || system.labels.`a` == """c\nd"""',
    "system.monitors.exists(m, m.threshold < .5 || m.threshold > 1e3)",
    "size(system.tags) > 0x1F && system.tags.all(t, t.size() > 1)",
    "system.users in [1, 2, 3,] || {'a': 1,}.a == 1 // a remark\n || r'\\d' == b'a'.size() + ''",
    "!!(system.users * 2 + 3 == 4 % 5)",
    "system.monitors.map(m, m.threshold > 0.1, m.name)[0] == 'x' && [[1]][0][0] == 1",
]


def parts(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from parts(part)


def sketch(node: Node) -> tuple[object, ...]:
    """The tree without its places."""
    return (node.form, node.name, tuple(sketch(part) for part in node.parts))


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_text_of_every_part_reads_as_that_part_again(text: str) -> None:
    for node in parts(parse(text)):
        assert sketch(parse(text[node.start : node.end])) == sketch(node)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_every_part_lies_within_its_whole(text: str) -> None:
    for node in parts(parse(text)):
        for part in node.parts:
            assert node.start <= part.start < part.end <= node.end


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a || b && c", "a || (b && c)"),
        ("a && b || c", "(a && b) || c"),
        ("!a && b", "(!a) && b"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a + b < c", "(a + b) < c"),
        ("a == b && c", "(a == b) && c"),
        ("a ? b : c ? d : e", "a ? b : (c ? d : e)"),
        ("a || b ? c : d", "(a || b) ? c : d"),
        ("-a.b", "-(a.b)"),
        ("a in b || c", "(a in b) || c"),
    ],
)
def test_operators_bind_as_in_the_language(text: str, same: str) -> None:
    assert sketch(parse(text)) == sketch(parse(same))


@pytest.mark.parametrize(
    ("text", "offset"),
    [("(", 1), ("a.", 2), ("a[1", 3), ("{1}", 2), ("a b", 2), ("$", 0), ('a == "x', 5), ("a ? b", 5), ("f(a b)", 4)],
)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert error.value.offset == offset


@given(st.text(alphabet="ab.(),[]{}!&|?:<>=-+*/ 1\"'`\n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        reached = parse(text).end
    except ExpressionError as error:
        reached = error.offset
    assert 0 <= reached <= len(text)


@given(st.text(alphabet="ab\n", max_size=40), st.integers(0, 40))
def test_a_line_and_column_lead_back_to_the_offset(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    assert offset_of(text, *line_and_column(text, offset)) == offset


def test_spelling_ignores_spacing_and_remarks() -> None:
    assert spelling("size( a.b ) // remark\n > 0") == spelling("size(a . b)>0")


@pytest.mark.parametrize(
    "text", ["system.tags.all(t, t != '')", "system.tags.exists_one(t, t == 'a')", "system.tags.map(t, true, t) == []"]
)
def test_a_macro_is_known_as_one(text: str) -> None:
    assert any(node.is_macro for node in parts(a_program(text).tree))
