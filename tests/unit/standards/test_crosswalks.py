"""Crosswalks: the pairs are all there, lead to what exists, read the same both ways, and say whose reading they are."""

import json
from functools import cache
from pathlib import Path

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.domain.crosswalk import Crosswalk

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "nist_to_iso42001.json"


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def crosswalk(name: str) -> Crosswalk:
    (found,) = [one for one in catalogue().crosswalks if one.id == name]
    return found


def test_the_nist_crosswalk_has_280_pairs_of_72_subcategories_and_all_38_controls() -> None:
    nist = crosswalk("nist-ai-rmf-iso42001")
    assert (len(nist.pairs), sum(map(len, nist.pairs.values()))) == (72, 280)
    controls = {name.rpartition("/")[2] for name in catalogue().controls}
    named = {other for others in nist.pairs.values() for other in others}
    assert controls <= named
    clauses = {row.id.rpartition("/")[2] for row in catalogue().requirements if row.kind.value == "clause"}
    assert clauses - named == {"4.2", "6.3", "7.5.1", "7.5.2", "8.1"}


def test_the_nist_pairs_are_those_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference facts are not beside this checkout")
    told = json.loads(REFERENCE.read_text(encoding="utf-8"))
    expected = {item: {other.replace("B.", "A.") for other in others} for item, others in told.items()}
    assert {item: set(others) for item, others in crosswalk("nist-ai-rmf-iso42001").pairs.items()} == expected


@pytest.mark.parametrize("one", catalogue().crosswalks, ids=lambda one: one.id)
def test_every_pair_leads_to_a_requirement_once_and_the_reading_is_marked(one: Crosswalk) -> None:
    known = {row.id for row in catalogue().requirements}
    for item, others in one.pairs.items():
        assert {f"{one.to}/{other}" for other in others} <= known, item
        assert len(set(others)) == len(others), item
    assert one.nature == "interpretive"
    assert not one.verified
    assert one.source
    assert one.note


@pytest.mark.parametrize("one", catalogue().crosswalks, ids=lambda one: one.id)
def test_both_ways_say_the_same(one: Crosswalk) -> None:
    there = {(pair.item, other) for pair in one.of(one.from_, None) for other in pair.others}
    back = {(other, pair.item) for pair in one.of(one.to, None) for other in pair.others}
    assert there == back


def test_a_group_stands_for_its_items_and_a_number_for_no_longer_one() -> None:
    nist = crosswalk("nist-ai-rmf-iso42001")
    assert len(list(nist.of("nist-ai-rmf:1.0", "govern"))) == 19
    assert [pair.item for pair in nist.of("iso42001:2023", "A.6.2.4")] == ["A.6.2.4"]
    assert [pair.item for pair in nist.of("nist-ai-rmf:1.0", "GOVERN 1.1")] == ["GOVERN 1.1"]
    assert list(nist.of("nist-ai-rmf:2.0", None)) == []


def test_an_article_that_nothing_serves_says_so() -> None:
    act = {pair.item: pair.others for pair in crosswalk("eu-ai-act-iso42001").of("eu-ai-act:2024-1689", None)}
    assert act["Art. 49"] == ()
    assert act["Art. 14"] == ("A.8.2", "A.9.3")
