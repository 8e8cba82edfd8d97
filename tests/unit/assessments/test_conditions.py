"""Conditions are read strictly, say where they go wrong, and mean what they say."""

import pytest
from assessment_builders import a_form, a_question, given_answers
from hypothesis import given
from hypothesis import strategies as st

from careloop.assessments.condition import (
    Compared,
    Condition,
    ConditionRefused,
    Every,
    Filled,
    Not,
    Operator,
    Some,
    parse_condition,
    render_condition,
)
from careloop.assessments.visibility import holds, look_at

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}", fullmatch=True)
_VALUES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1, max_size=8)


def _tests() -> st.SearchStrategy[Condition]:
    single = st.builds(Compared, _NAMES, st.just(Operator.EQUALS), st.tuples(_VALUES))
    several = st.sampled_from([Operator.CONTAINS, Operator.ANY_OF])
    listed = st.builds(Compared, _NAMES, several, st.lists(_VALUES, min_size=1, max_size=3).map(tuple))
    return st.one_of(single, listed, st.builds(Filled, _NAMES))


_CONDITIONS = st.recursive(
    _tests(),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(_CONDITIONS)
def test_a_condition_is_read_as_it_was_written(condition: Condition) -> None:
    assert parse_condition(render_condition(condition)) == condition


@given(st.text('{}()[]"=! andortcis,x', max_size=20))
def test_any_text_is_a_condition_or_refused_at_a_place_in_it(text: str) -> None:
    found = _read_or_refused(text)
    if isinstance(found, ConditionRefused):
        assert 0 <= found.at <= len(text)
    else:
        assert parse_condition(render_condition(found)) == found


def _read_or_refused(text: str) -> Condition | ConditionRefused:
    try:
        return parse_condition(text)
    except ConditionRefused as error:
        return error


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", 0, "question in braces"),
        ("{a}", 3, "after {a} comes the end"),
        ('{a} > "x"', 4, "'>' is not known"),
        ("{a} = 3", 6, "'3' is not known"),
        ('{a} like "x"', 4, "after {a} comes 'like'"),
        ('{a} = "x', 6, "does not end"),
        ('{a = "x"', 0, "does not end with }"),
        ('({a} = "x"', 10, "where ) is expected"),
        ('{a} = "x" {b} = "y"', 10, "`and`, `or` or the end"),
        ('{a} = "x" and', 13, "question in braces"),
        ('{a} = ["x"]', 6, "contains or anyof"),
        ("{a} anyof []", 11, "text in quotes"),
        ('{a} anyof ["x" "y"]', 15, "where ] is expected"),
        ('"x" = {a}', 0, "question in braces"),
        ('{ } = "x"', 0, "name no question"),
        ("(" * 60, 41, "deep"),
        ("not " * 60 + "{a} empty", 164, "deep"),
        ("x" * 5000, 4000, "at most 4,000"),
    ],
)
def test_what_is_no_condition_is_refused_where_it_goes_wrong(text: str, at: int, says: str) -> None:
    with pytest.raises(ConditionRefused) as refused:
        parse_condition(text)
    assert refused.value.at == at
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{one} = "yes"', True),
        ("{one} == 'yes'", True),
        ('{one} != "yes"', False),
        ('{one} <> "no"', True),
        ('{one} anyof ["no", "yes"]', True),
        ('{one} noneof ["no", "yes"]', False),
        ('{many} contains "a"', True),
        ('{many} contains ["a", "b"]', True),
        ('{many} contains ["a", "c"]', False),
        ('{many} notcontains ["a", "c"]', True),
        ('{many} anyof ["a", "c"]', True),
        ("{one} notempty", True),
        ("{open} notempty", False),
        ("{open} empty", True),
        ('{open} = "yes"', False),
        ('{open} != "yes"', True),
        ('{open} contains "a"', False),
        ('{one} = "no" or {many} contains "a" and {open} empty', True),
        ('({one} = "no" or {many} contains "a") and {open} notempty', False),
        ('not ({one} = "no" OR {open} notempty)', True),
        ('!{one} = "no" && {many} notempty || {open} notempty', True),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool) -> None:
    answers = given_answers(one="yes", many=["a", "b"]).answers
    assert holds(parse_condition(text), answers) is expected


def test_an_answer_that_is_hidden_shows_no_other_question() -> None:
    form = a_form(
        a_question("first"),
        a_question("second", visible_if='{first} = "yes"'),
        a_question("third", visible_if='{second} = "yes"'),
    )
    sight = look_at(form, given_answers(first="no", second="yes", third="yes"))
    assert sight.shown == {"first"}
    assert list(sight.counted) == ["first"]
    assert sight.hidden == ("second", "third")


def test_where_hidden_answers_are_counted_what_is_shown_follows_from_what_is_stored() -> None:
    form = a_form(
        a_question("first"),
        a_question("second", visible_if='{first} = "yes"'),
        a_question("third", visible_if='{second} = "yes"'),
        hidden_answers="counted",
    )
    sight = look_at(form, given_answers(first="no", second="yes", third="yes"))
    assert sight.shown == {"first", "third"}
    assert list(sight.counted) == ["first", "second", "third"]
    assert sight.hidden == ("second",)


def test_a_section_that_is_hidden_hides_its_questions() -> None:
    form = a_form(
        sections=[
            {"id": "a", "title": "A", "questions": [a_question("first")]},
            {"id": "b", "title": "B", "visible_if": '{first} = "yes"', "questions": [a_question("second")]},
        ]
    )
    assert look_at(form, given_answers(first="no")).shown == {"first"}
    assert look_at(form, given_answers(first="yes")).shown == {"first", "second"}
