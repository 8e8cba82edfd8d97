"""The people of the demonstration: real rows, told in the words that the credit system declares."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from demo_builders import ROOT, a_line, an_extract, the_pools

from careloop.cli.demo.adult import CATEGORIES, FEATURES, adult_folder, load_applicants, rows_digest, split
from careloop.domain.system import EventSchema
from careloop.errors import InvalidInput, NotFound


def the_declaration() -> EventSchema:
    system = yaml.safe_load((ROOT / "examples/acme/systems/credit-decision/system.yaml").read_text(encoding="utf-8"))
    return EventSchema.model_validate(system["events"])


def test_inputs_and_their_words_are_those_that_the_system_declares() -> None:
    declared = the_declaration().features
    assert tuple(declared) == FEATURES
    assert {name: field.values for name, field in declared.items() if field.values} == dict(CATEGORIES)


def test_a_row_is_told_in_declared_words_and_loses_what_is_no_input(tmp_path: Path) -> None:
    (person,) = load_applicants(an_extract(tmp_path, a_line()))
    assert person.inputs() == {
        "age": 39,
        "workclass": "government",
        "education_num": 13,
        "occupation": "clerical",
        "hours_per_week": 40.0,
        "capital_gain": 2174.0,
        "capital_loss": 0.0,
    }
    assert (person.sex, person.age_band, person.above) == ("female", "25_to_59", False)


def test_both_files_are_read_and_the_full_stop_of_the_second_is_no_part_of_the_label(tmp_path: Path) -> None:
    found = load_applicants(an_extract(tmp_path, a_line(), test=[a_line(income=">50K", age="61")]))
    assert [(person.above, person.age_band) for person in found] == [(False, "25_to_59"), (True, "60_and_over")]


def test_nobody_below_eighteen_applies(tmp_path: Path) -> None:
    found = load_applicants(an_extract(tmp_path, a_line(age="17"), a_line(age="18")))
    assert [person.age for person in found] == [18]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (a_line(occupation="Astronaut"), "adult.data:2.*Astronaut"),
        (a_line(age="old"), "adult.data:2.*old"),
        (a_line().rpartition(",")[0], "adult.data:2: 14 columns"),
        (a_line(income="50K"), "adult.data:2"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_at_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        load_applicants(an_extract(tmp_path, a_line(), line))


def test_equal_rows_are_different_people_of_the_same_pool(tmp_path: Path) -> None:
    lines = [a_line(weight=str(number)) for number in range(60)]
    people = load_applicants(an_extract(tmp_path, *lines, *lines))
    pools = split(people)
    assert len({person.unit for person in people}) == 120
    for pool in (pools.training, pools.evaluation, pools.traffic):
        assert len(pool) % 2 == 0
        assert len(pool) > 0


def test_missing_data_is_said_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as raised:
        adult_folder(tmp_path)
    assert "make setup" in (raised.value.hint or "")


def test_every_real_adult_comes_once_and_in_one_pool() -> None:
    pools = the_pools()
    units = [person.unit for pool in (pools.training, pools.evaluation, pools.traffic) for person in pool]
    assert len(units) == len(set(units)) == 48_842 - 595
    assert min(len(pools.training), len(pools.evaluation), len(pools.traffic)) > 10_000


def test_every_real_adult_fits_the_declaration() -> None:
    declared = the_declaration()
    groups, segment = declared.groups, declared.segment
    pools = the_pools()
    for person in (*pools.training, *pools.evaluation, *pools.traffic):
        assert person.sex in groups["sex"].values
        assert person.age_band in groups["age_band"].values
        assert person.region in segment["region"].values
        assert person.channel in segment["channel"].values
        assert all(getattr(person, name) in words for name, words in CATEGORIES.items())


def test_the_shares_above_the_line_are_those_that_were_published_for_men_and_women() -> None:
    """Published for all ages: men 30.57, women 10.95 percent; without those below 18 each is a little higher."""
    pools = the_pools()
    people = (*pools.training, *pools.evaluation, *pools.traffic)
    for sex, share in (("male", 0.3057), ("female", 0.1095)):
        incomes = [person.above for person in people if person.sex == sex]
        assert share < sum(incomes) / len(incomes) < share + 0.003


def test_pools_are_the_same_each_time_and_in_whatever_order_people_come() -> None:
    pools = the_pools()
    people = (*pools.traffic, *pools.evaluation, *pools.training)
    again = split(reversed(people))
    assert again == pools
    assert rows_digest(again.training) == rows_digest(pools.training) != rows_digest(pools.traffic)
