"""The facts of a rule's case are read as their author wrote them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rule_builders import VOCABULARY, Card, Monitor, System

from careloop.domain.tier import Tier
from careloop.rules.case_facts import case_facts
from careloop.rules.facts import facts_for
from careloop.rules.vocabulary import Vocabulary


def read(written: dict[str, Any]) -> dict[str, Any]:
    facts, problems = case_facts(VOCABULARY, written)
    assert problems == ()
    return facts


def test_a_key_that_is_left_out_is_a_fact_that_was_not_supplied() -> None:
    assert read({"system": {"users": 3}}) == {"system": {"users": 3}}


def test_words_numbers_and_days_become_facts_as_in_documents() -> None:
    written = {
        "system": {
            "tier": "high",
            "due": "2026-03-01",
            "started": "2026-03-01T12:00:00+02:00",
            "budget": 1,
            "card": None,
            "monitors": [{"threshold": 1, "score": None}],
            "labels": {"a": "b"},
        },
        "now": "2026-03-02",
    }
    assert read(written) == {
        "system": {
            "tier": 2,
            "due": "2026-03-01T00:00:00Z",
            "started": "2026-03-01T10:00:00Z",
            "budget": 1.0,
            "card": None,
            "monitors": [{"threshold": 1.0, "score": None}],
            "labels": {"a": "b"},
        },
        "now": datetime(2026, 3, 2, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("written", "pointer", "suggestion"),
    [
        ({"sistem": {}}, ("sistem",), "did you mean `system`?"),
        ({"system": {"teir": "high"}}, ("system", "teir"), "did you mean `tier`?"),
        ({"system": {"tier": "hihg"}}, ("system", "tier"), "did you mean `high`?"),
        ({"system": {"severity": "mst"}}, ("system", "severity"), "did you mean `must`?"),
        ({"system": {"monitors": [{}, {"scor": 1}]}}, ("system", "monitors", 1, "scor"), "did you mean `score`?"),
        ({"system": {"tags": None}}, ("system", "tags"), "leave the key out if the fact is missing"),
        ({"system": {"tier": 2}}, ("system", "tier"), None),
        ({"system": {"users": "3"}}, ("system", "users"), None),
        ({"system": {"users": True}}, ("system", "users"), None),
        ({"system": {"users": 1.5}}, ("system", "users"), None),
        ({"system": {"users": 2**63}}, ("system", "users"), None),
        ({"system": {"budget": float("nan")}}, ("system", "budget"), None),
        ({"system": {"live": 1}}, ("system", "live"), None),
        ({"system": {"id": 3}}, ("system", "id"), None),
        ({"system": {"due": "2026-02-30"}}, ("system", "due"), None),
        ({"system": {"due": "2026-02-03T12:00:00Z"}}, ("system", "due"), None),
        ({"system": {"due": 20260203}}, ("system", "due"), None),
        ({"system": {"started": "2026-02-03T12:00:00"}}, ("system", "started"), None),
        ({"system": {"tags": "a"}}, ("system", "tags"), None),
        ({"system": {"tags": ["a", 1]}}, ("system", "tags", 1), None),
        ({"system": {"labels": ["a"]}}, ("system", "labels"), None),
        ({"system": {"labels": {"a": 1}}}, ("system", "labels", "a"), None),
        ({"system": []}, ("system",), None),
        ({"system": None}, ("system",), "leave the key out if the fact is missing"),
        ({"now": "soon"}, ("now",), None),
        ({"cards": {}}, ("cards",), None),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_a_problem_at_its_place(
    written: dict[str, Any], pointer: tuple[str | int, ...], suggestion: str | None
) -> None:
    _, problems = case_facts(VOCABULARY, written)
    assert [(problem.pointer, problem.suggestion) for problem in problems] == [(pointer, suggestion)]


def test_every_slip_is_reported() -> None:
    _, problems = case_facts(VOCABULARY, {"system": {"tier": "x", "users": "x"}, "nobody": 1})
    assert len(problems) == 3


def test_a_value_of_no_declared_type_is_taken_as_it_stands() -> None:
    vocabulary = Vocabulary({"it": dict[str, Any]})
    facts, problems = case_facts(vocabulary, {"it": {"a": [1, {"b": date(2026, 1, 1)}], "c": None}})
    assert (facts, problems) == ({"it": {"a": [1, {"b": "2026-01-01T00:00:00Z"}], "c": None}}, ())


def test_a_whole_document_written_as_a_case_gives_the_facts_of_the_document() -> None:
    system = System(
        tier=Tier.HIGH,
        due=date(2026, 1, 1),
        started=datetime(2026, 1, 1, 5, tzinfo=UTC),
        card=Card(licence=None),
        monitors=(Monitor(threshold=1, groups=("a",)),),
        labels={"a": "b"},
        budget=2,
    )
    written = {"system": system.model_dump(mode="json", exclude_unset=True)}
    whole = facts_for(VOCABULARY, {"system": system})["system"]
    partial = read(written)["system"]
    assert {name: whole[name] for name in partial if name not in ("card", "monitors")} == {
        name: fact for name, fact in partial.items() if name not in ("card", "monitors")
    }
    assert partial["monitors"][0].items() <= whole["monitors"][0].items()
