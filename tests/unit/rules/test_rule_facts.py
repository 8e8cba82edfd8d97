"""Facts are built so that a missing fact never turns into a pass (RULES.md, Facts)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, Field, create_model
from rule_builders import VOCABULARY, Card, Monitor, System, a_program, verdict

from careloop.domain.noun import Duration, Noun
from careloop.domain.rule import Verdict
from careloop.domain.tier import Tier
from careloop.rules.facts import LARGEST_WHOLE, facts_for, record_facts
from careloop.rules.vocabulary import Vocabulary


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Reading:
    """A record that is not a document."""

    value: float | None
    tier: Tier


def fact_of(declared: Any, value: object) -> object:
    """The fact that one field of this declared type gives, or "gone"."""
    model = create_model("OneField", field=(declared, ...))
    return record_facts(model(field=value)).get("field", "gone")


def test_a_whole_number_in_a_decimal_field_becomes_decimal() -> None:
    fact = fact_of(float, 1)
    assert (fact, type(fact)) == (1.0, float)


def test_a_whole_number_in_an_optional_decimal_field_becomes_decimal() -> None:
    assert type(fact_of(float | None, 1)) is float


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_removed(number: float) -> None:
    assert fact_of(float, number) == "gone"


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_not_finite_makes_the_verdict_unknown_and_never_a_pass(number: float) -> None:
    facts = {"system": record_facts(System(budget=number))}
    assert verdict("system.budget > 0.5", facts) is Verdict.UNKNOWN
    assert verdict("!(system.budget > 0.5)", facts) is Verdict.UNKNOWN


def test_a_list_that_held_a_number_that_is_not_finite_is_removed_whole() -> None:
    assert fact_of(tuple[float, ...], (0.9, math.nan)) == "gone"
    assert fact_of(dict[str, float], {"a": math.nan, "b": 0.9}) == "gone"


def test_a_number_that_is_not_finite_in_an_element_leaves_the_other_elements() -> None:
    facts = record_facts(System(monitors=(Monitor(threshold=math.nan), Monitor(threshold=0.5))))
    assert [sorted(monitor) for monitor in facts["monitors"]] == [
        ["groups", "name"],
        ["groups", "name", "threshold"],
    ]


def test_a_day_is_a_full_instant_at_its_first_moment() -> None:
    assert fact_of(date, date(2026, 3, 1)) == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 3, 1, 12, 30, tzinfo=UTC), "2026-03-01T12:30:00Z"),
        (datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T10:30:00Z"),
        (datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC), "2026-03-01T12:30:00.250000Z"),
    ],
)
def test_an_instant_is_full_rfc_3339_text_in_utc(instant: datetime, text: str) -> None:
    assert fact_of(datetime, instant) == text
    assert fact_of(AwareDatetime, instant) == text


@given(st.dates(), st.dates())
def test_days_compare_as_instants_whatever_they_are(first: date, second: date) -> None:
    facts = facts_for(VOCABULARY, {"system": System(due=first), "now": datetime.combine(second, datetime.min.time())})
    assert a_program("timestamp(system.due) < now").run(facts).value is (first < second)


def test_an_ordered_word_is_its_rank_and_another_word_stays_a_word() -> None:
    assert record_facts(System(tier=Tier.HIGH))["tier"] == 2
    assert fact_of(Colour, Colour.BLUE) == "blue"
    assert type(fact_of(Colour, Colour.BLUE)) is str
    assert fact_of(Literal["a", "b"], "b") == "b"


def test_ordered_words_are_ranks_inside_lists_mappings_and_keys() -> None:
    assert fact_of(tuple[Tier, ...], ("high", "low")) == [2, 0]
    assert fact_of(dict[Tier, Tier], {"low": "high"}) == {0: 2}


def test_tuples_and_sets_are_lists() -> None:
    assert fact_of(tuple[str, ...], ("b", "a")) == ["b", "a"]
    assert fact_of(frozenset[str], {"b", "a"}) == ["a", "b"]


def test_annotations_are_looked_through() -> None:
    assert fact_of(Annotated[float, Field(ge=0)] | None, 1) == 1.0
    assert fact_of(Duration, "P12M") == "P12M"


def test_an_optional_field_that_nobody_filled_in_has_no_key() -> None:
    assert "card" not in record_facts(System())


def test_null_that_the_author_wrote_stays_null() -> None:
    assert record_facts(System(card=None))["card"] is None


def test_absent_by_choice_and_not_supplied_are_different_for_a_rule() -> None:
    require = "system.card != null"
    assert verdict(require, {"system": record_facts(System(card=None))}) is Verdict.VIOLATE
    assert verdict(require, {"system": record_facts(System())}) is Verdict.UNKNOWN
    assert verdict(require, {"system": record_facts(System(card=Card()))}) is Verdict.ALLOW


def test_a_default_that_is_not_null_is_supplied() -> None:
    facts = record_facts(System())
    assert (facts["tags"], facts["users"], facts["severity"]) == ([], 0, "must")


def test_a_property_is_not_a_fact() -> None:
    assert "shouting_id" not in record_facts(System())


def test_a_field_has_the_name_that_authors_write() -> None:
    model = create_model("Aliased", from_=(int, Field(alias="origin")))
    assert record_facts(model.model_validate({"origin": 3})) == {"origin": 3}


def test_a_whole_number_that_the_engine_cannot_hold_is_removed() -> None:
    assert fact_of(int, LARGEST_WHOLE) == LARGEST_WHOLE
    assert fact_of(int, LARGEST_WHOLE + 1) == "gone"


def test_a_value_of_no_declared_type_is_converted_by_what_it_is() -> None:
    value = {"when": date(2026, 1, 1), "tier": Tier.MEDIUM, "of": (Card(licence="MIT"), 1, None), "colour": Colour.RED}
    assert fact_of(Any, value) == {
        "when": "2026-01-01T00:00:00Z",
        "tier": 1,
        "of": [{"licence": "MIT", "pages": 1}, 1, None],
        "colour": "red",
    }
    assert fact_of(Any, [math.nan]) == "gone"


def test_a_dataclass_is_a_record_whose_null_is_a_choice() -> None:
    assert record_facts(Reading(None, Tier.LOW)) == {"value": None, "tier": 0}
    assert record_facts(Reading(math.inf, Tier.LOW)) == {"tier": 0}


def test_a_variable_without_a_value_is_a_fact_that_was_not_supplied() -> None:
    facts = facts_for(VOCABULARY, {"system": System(), "now": None})
    assert sorted(facts) == ["system"]


def test_an_instant_variable_stays_an_instant() -> None:
    now = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert facts_for(VOCABULARY, {"now": now})["now"] == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_an_optional_variable_may_be_null() -> None:
    vocabulary = Vocabulary({"supplier": Card | None, "released": datetime | None})
    facts = facts_for(vocabulary, {"supplier": None, "released": None})
    assert facts == {"supplier": None, "released": None}
    assert verdict_in(vocabulary, "supplier == null && released == null", facts)


def verdict_in(vocabulary: Vocabulary, text: str, facts: dict[str, Any]) -> object:
    return a_program(text, vocabulary).run(facts).value


def test_a_value_for_a_variable_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="declares no variable 'sistem'"):
        facts_for(VOCABULARY, {"sistem": System()})


def test_ten_thousand_small_documents_become_facts_quickly() -> None:
    system = System(tier=Tier.HIGH, monitors=(Monitor(threshold=1),), tags=("a",), due=date(2026, 1, 1))
    record_facts(system)
    began = time.process_time()
    for _ in range(10_000):
        record_facts(system)
    assert time.process_time() - began < 1.5  # 0.15 s on an idle machine; the bound is for a busy one


class Tree(Noun):
    name: str
    children: tuple[Tree, ...] = ()


def test_a_record_may_contain_its_own_kind() -> None:
    tree = Tree(name="a", children=(Tree(name="b"),))
    assert record_facts(tree) == {"name": "a", "children": [{"name": "b", "children": []}]}


@given(
    st.builds(
        System,
        tier=st.sampled_from(Tier),
        due=st.none() | st.dates(),
        budget=st.floats(),
        users=st.integers(),
        monitors=st.lists(st.builds(Monitor, threshold=st.floats(), score=st.none() | st.floats()), max_size=3),
        labels=st.dictionaries(st.text(), st.text(), max_size=2),
    )
)
def test_every_fact_is_something_that_the_engine_can_read(system: System) -> None:
    facts = facts_for(VOCABULARY, {"system": system})
    outcome = a_program("system == system").run(facts)
    assert (outcome.value, outcome.error) == (True, None)
