"""Laws of the score, on questionnaires and answers drawn at random."""

from dataclasses import replace

from assessment_builders import answer_sets, forms, score
from hypothesis import given
from hypothesis import strategies as st

from careloop.assessments.form import Form
from careloop.assessments.visibility import look_at
from careloop.domain.answer_set import Answer, AnswerSet
from careloop.domain.questionnaire import QuestionKind, Side


def drawn(data: st.DataObject, *, conditions: bool = True) -> tuple[Form, AnswerSet]:
    form = data.draw(forms(conditions=conditions))
    return form, data.draw(answer_sets(form))


def with_answer(answers: AnswerSet, name: str, answer: Answer) -> AnswerSet:
    return replace(answers, answers={**answers.answers, name: answer})


def _heavier(data: st.DataObject, form: Form, answers: AnswerSet, side: Side) -> AnswerSet:
    """The same answers with one more, or one that weighs at least as much, to a question of a side."""
    name = data.draw(st.sampled_from([name for name, item in form.items.items() if item.side is side] or ["first"]))
    item = form.items[name]
    had = answers.answers.get(name, Answer(())).values
    if item.question.kind is QuestionKind.MANY:
        more = data.draw(st.sampled_from(list(item.options)))
        return with_answer(answers, name, Answer(tuple(dict.fromkeys([*had, more])), listed=True))
    least = max((item.options[value].weight for value in had), default=0)
    choices = [option.id for option in item.options.values() if option.weight >= least]
    return with_answer(answers, name, Answer((data.draw(st.sampled_from(choices)),))) if choices else answers


@given(st.data())
def test_a_further_risk_lowers_neither_score_nor_level_where_no_question_is_hidden(data: st.DataObject) -> None:
    form, answers = drawn(data, conditions=False)
    before, after = score(form, answers), score(form, _heavier(data, form, answers, Side.RISK))
    assert after.raw >= before.raw
    assert after.current >= before.current
    assert after.level >= before.level


@given(st.data())
def test_a_further_measure_raises_neither_current_score_nor_level(data: st.DataObject) -> None:
    form, answers = drawn(data, conditions=False)
    before, after = score(form, answers), score(form, _heavier(data, form, answers, Side.MITIGATION))
    assert after.raw >= before.raw
    assert form.items["first"].side is Side.RISK
    if after.raw == before.raw:
        assert after.mitigation >= before.mitigation
        assert after.current <= before.current
        assert after.level <= before.level


@given(st.data())
def test_what_is_hidden_never_counts(data: st.DataObject) -> None:
    form, answers = drawn(data)
    hidden = look_at(form, answers).hidden
    without = replace(answers, answers={k: v for k, v in answers.answers.items() if k not in hidden})
    assert replace(score(form, answers), hidden=()) == score(form, without)


@given(st.data())
def test_the_order_of_the_answers_makes_no_difference(data: st.DataObject) -> None:
    form, answers = drawn(data)
    order = data.draw(st.permutations(list(answers.answers)))
    assert score(form, replace(answers, answers={name: answers.answers[name] for name in order})) == score(
        form, answers
    )


@given(st.data())
def test_scores_stay_within_their_maxima_and_sections_and_parts_add_up(data: st.DataObject) -> None:
    form, answers = drawn(data)
    found = score(form, answers)
    assert 0 <= found.current <= found.raw <= found.max_raw == form.maximum.raw
    assert 0 <= found.mitigation <= found.max_mitigation == form.maximum.mitigation
    for scores in (found.sections, found.parts):
        assert sum(one.raw for one in scores) == found.raw
        assert sum(one.mitigation for one in scores) == found.mitigation
        assert sum(one.max_raw for one in scores) == found.max_raw
    assert sum(driver.points for driver in found.drivers) == found.raw
    assert all(part.mitigation <= part.asked_mitigation <= part.max_mitigation for part in found.parts)


@given(st.data())
def test_the_level_is_that_of_the_worst_part(data: st.DataObject) -> None:
    form, answers = drawn(data)
    found = score(form, answers)
    assert found.level == max(part.level for part in found.parts)
    assert found.level_is == form.questionnaire.levels[found.level - 1]
