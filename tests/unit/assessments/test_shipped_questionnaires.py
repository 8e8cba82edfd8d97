"""The questionnaires that ship: what they declare is reachable, and what they say is known."""

import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from assessment_builders import floats, random_answers, score, shipped_forms, the_gravest

from careloop.adapters.package_standards import PackageStandards
from careloop.assessments.answer_check import check_answers
from careloop.assessments.visibility import look_at
from careloop.checks.catalogue import Catalogue
from careloop.documents.layout import kind_of
from careloop.documents.parse import parse_document
from careloop.domain.answer_set import Answer, AnswerSet
from careloop.domain.assessment_score import AssessmentScore
from careloop.domain.questionnaire import Side
from careloop.domain.third_party import Law
from careloop.domain.tier import Tier

FORMS = shipped_forms()
EU, IMPACT, SUPPLIER = "careloop/eu-ai-act@1", "careloop/impact@1", "careloop/supplier@1"
LAW = kind_of("laws/eu-ai-act.yaml") or pytest.fail("laws have no kind")
ACME_LAW = Path(__file__).parents[3] / "examples" / "acme" / "laws" / "eu-ai-act.yaml"


@cache
def drawn(name: str) -> tuple[tuple[AnswerSet, AssessmentScore], ...]:
    """Answers that fit and their scores, the same on every day; they range from harmless to grave."""
    form, chance = FORMS[name], random.Random(name)
    return tuple((answers, score(form, answers)) for answers in (random_answers(form, chance) for _ in range(600)))


def test_three_questionnaires_ship() -> None:
    assert list(FORMS) == [EU, IMPACT, SUPPLIER]


@pytest.mark.parametrize("name", FORMS)
def test_the_declared_maxima_are_reached_by_answers_that_fit(name: str) -> None:
    form = FORMS[name]
    declared = form.questionnaire.maxima
    assert declared is not None
    answers = the_gravest(form)
    scored = {name for name, item in form.items.items() if item.side is not None}
    assert scored <= look_at(form, answers).shown
    found = score(form, answers)
    assert floats(found.raw, found.mitigation) == [declared.raw, declared.mitigation]
    assert floats(found.max_raw, found.max_mitigation) == [declared.raw, declared.mitigation]


@pytest.mark.parametrize("name", FORMS)
def test_every_level_and_every_rule_is_reached_by_answers_that_fit(name: str) -> None:
    scores = [found for _, found in drawn(name)]
    levels = FORMS[name].questionnaire.levels
    assert {found.level_is.id for found in scores} == {level.id for level in levels}
    reasons = {reason for found in scores for reason in found.because}
    assert {rule.because for level in levels for rule in level.reached_if} <= reasons


@pytest.mark.parametrize("name", FORMS)
def test_every_obligation_follows_from_some_answers(name: str) -> None:
    followed = {one.id for _, found in drawn(name) for one in found.obligations}
    assert followed == {one.id for one in FORMS[name].questionnaire.obligations}


@pytest.mark.parametrize("name", FORMS)
def test_every_question_is_shown_to_somebody(name: str) -> None:
    form = FORMS[name]
    shown = {question for answers, _ in drawn(name)[:100] for question in look_at(form, answers).shown}
    assert shown == set(form.items)


@pytest.mark.parametrize("name", FORMS)
def test_obligations_serve_requirements_that_exist(name: str) -> None:
    known = {row.id for row in Catalogue(PackageStandards().read_all()).requirements}
    for obligation in FORMS[name].questionnaire.obligations:
        assert obligation.controls, obligation.id
        assert set(obligation.controls) <= known, obligation.id


@pytest.mark.parametrize("name", FORMS)
def test_no_two_questions_ask_the_same(name: str) -> None:
    texts = Counter(item.question.text for item in FORMS[name].items.values())
    assert [text for text, times in texts.items() if times > 1] == []


# --- impact -----------------------------------------------------------------------------------------------------------


def test_the_levels_of_the_impact_are_the_tiers() -> None:
    assert [level.id for level in FORMS[IMPACT].questionnaire.levels] == [tier.value for tier in Tier]


def _harmless() -> AnswerSet:
    answers = {
        name: Answer((min(item.options.values(), key=lambda one: (one.weight, not one.alone)).id,))
        if item.options
        else Answer(("nothing",))
        for name, item in FORMS[IMPACT].items.items()
    } | {"groups": Answer(("none",), listed=True)}
    return AnswerSet(answers)


def test_the_least_harmful_system_is_low() -> None:
    found = score(FORMS[IMPACT], _harmless())
    assert (found.level_is.id, float(found.raw)) == ("low", 0)


@pytest.mark.parametrize("kind", ["unfair", "privacy", "safety", "health", "money", "access", "rights"])
def test_one_severe_harm_to_people_is_high_though_all_else_is_harmless_and_every_measure_is_in_place(kind: str) -> None:
    form = FORMS[IMPACT]
    measures = {name: Answer(("yes",), evidence="shown") for name, i in form.items.items() if i.side is Side.MITIGATION}
    found = score(form, AnswerSet({**_harmless().answers, **measures, kind: Answer(("severe",))}))
    assert found.current / found.max_raw < 0.05
    assert found.level_is.id in ("high", "very_high")


def test_the_parts_are_those_whose_risk_is_kept_apart() -> None:
    assert [part.id for part in FORMS[IMPACT].questionnaire.parts] == ["organisation", "individuals", "society"]


def test_the_profile_for_article_27_has_its_six_letters_and_can_always_be_filled() -> None:
    form = FORMS[IMPACT]
    (profile,) = [one for one in form.questionnaire.profiles if one.id == "eu-fria"]
    assert [part.id for part in profile.parts] == [f"27(1)({letter})" for letter in "abcdef"]
    for part in profile.parts:
        assert any(form.items[name].question.required and not form.items[name].shown_if for name in part.questions)


# --- supplier ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer"), [("contract_clauses", "no"), ("attestation", "expired"), ("critical_incident", "open")]
)
def test_a_hard_stop_is_not_outweighed_by_full_assurance(question: str, answer: str) -> None:
    form = FORMS[SUPPLIER]
    lowest = {name: Answer((next(iter(i.options)),)) for name, i in form.items.items() if i.side is Side.RISK}
    answers = {
        **the_gravest(form).answers,
        **lowest,
        "contract_clauses": Answer(("yes",)),
        "attestation": Answer(("valid",)),
    }
    assert score(form, AnswerSet({**answers, "critical_incident": Answer(("none",))})).level_is.id == "low"
    stopped = score(form, AnswerSet({**answers, "critical_incident": Answer(("none",)), question: Answer((answer,))}))
    assert (stopped.level_is.id, float(stopped.mitigation)) == ("stopped", 1)


def test_all_four_inherent_factors_go_from_one_to_five() -> None:
    factors = [item for item in FORMS[SUPPLIER].items.values() if item.side is Side.RISK]
    assert len(factors) == 4
    for item in factors:
        assert sorted(option.weight for option in item.options.values()) == [1, 2, 3, 4, 5]


# --- EU AI Act --------------------------------------------------------------------------------------------------------

BASE = {"system": "x", "in_scope": "yes", "practice": "no", "annex_i": "no", "model": "no"}


def classified(**answers: str | list[str]) -> tuple[str, dict[str, str]]:
    """The class, and the first days of the duties that follow."""
    form = FORMS[EU]
    said = {"role": ["provider"], "annex_iii": ["none"], "article_50": ["none"], **BASE, **answers}
    listed = {
        key: Answer(tuple(value), True) if isinstance(value, list) else Answer((value,)) for key, value in said.items()
    }
    sight = look_at(form, AnswerSet(listed))
    assert check_answers(form, AnswerSet(listed), sight) == ()
    found = score(form, AnswerSet(listed))
    return found.level_is.id, {one.id: str(one.applies_from) for one in found.obligations}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"in_scope": "no"}, "outside"),
        ({}, "minimal"),
        ({"article_50": ["other"]}, "transparency"),
        ({"annex_i": "yes"}, "high"),
        ({"annex_iii": ["services"], "profiling": "yes"}, "high"),
        ({"annex_iii": ["services"], "profiling": "no", "exception": "no"}, "high"),
        ({"annex_iii": ["services"], "profiling": "no", "exception": "yes"}, "minimal"),
        ({"practice": "listed"}, "prohibited"),
        ({"practice": "added_2026"}, "prohibited"),
        ({"practice": "unsure"}, "prohibited"),
        ({"annex_i": "unsure"}, "high"),
        ({"annex_iii": ["unsure"], "profiling": "unsure"}, "high"),
        ({"article_50": ["unsure"]}, "transparency"),
    ],
)
def test_a_class_follows_from_rules_and_doubt_counts_as_the_stricter_answer(
    answers: dict[str, str | list[str]], expected: str
) -> None:
    level, duties = classified(**answers)
    assert level == expected
    doubt = any("unsure" in value for value in answers.values())
    assert ("settle-doubts" in duties) is doubt


def test_duties_have_the_days_of_the_class() -> None:
    annex_iii = classified(annex_iii=["employment"], profiling="yes")[1]
    assert (annex_iii["art-9"], annex_iii["art-4"]) == ("2027-12-02", "2025-02-02")
    assert classified(annex_i="yes")[1]["art-9-annex-i"] == "2028-08-02"
    both = classified(annex_i="yes", annex_iii=["employment"], profiling="yes")[1]
    assert both["art-9"] == "2027-12-02"
    assert not [name for name in both if name.endswith("annex-i")]
    marking = classified(article_50=["marking"], on_market_before="no")[1]
    older = classified(article_50=["marking"], on_market_before="yes")[1]
    assert (marking["art-50-marking"], older["art-50-marking-older"]) == ("2026-08-02", "2026-12-02")
    assert classified(practice="added_2026")[1]["art-5-added"] == "2026-12-02"
    assert classified(practice="listed")[1]["art-5"] == "2025-02-02"


def test_duties_are_those_of_the_role() -> None:
    provider = classified(annex_i="yes", role=["provider"])[1]
    deployer = classified(annex_i="yes", role=["deployer"])[1]
    assert "art-26-annex-i" in deployer
    assert "art-26-annex-i" not in provider
    assert "art-17-annex-i" in provider
    assert "art-17-annex-i" not in deployer


def test_every_day_of_a_duty_is_in_the_law_calendar_and_the_outcome_is_marked_as_our_reading() -> None:
    law = parse_document("laws/eu-ai-act.yaml", *LAW, ACME_LAW.read_bytes()).document
    assert law is not None
    assert isinstance(law.noun, Law)
    calendar = {one.on for one in law.noun.dates}
    questionnaire = FORMS[EU].questionnaire
    assert {one.applies_from for one in questionnaire.obligations if one.applies_from} <= calendar
    assert "our reading" in (questionnaire.caution or "")
    assert [one.id for one in questionnaire.obligations if not one.applies_from] == ["settle-doubts"]
