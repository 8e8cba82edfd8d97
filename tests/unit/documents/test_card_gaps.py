"""What a card would have to say at a tier."""

import pytest
from card_builders import a_card, a_card_stating

from careloop.documents.card_gaps import card_gaps
from careloop.domain.card import CARD_FIELDS, FieldState, Need
from careloop.domain.tier import Severity, Tier

ALL = tuple(field.id for field in CARD_FIELDS)
ONLY_HIGH = {field.id for field in CARD_FIELDS if field.need is Need.MUST_HIGH}


def test_a_complete_card_has_no_gap() -> None:
    assert card_gaps(a_card_stating(*ALL, derived=True), Tier.VERY_HIGH) == ()


def test_an_empty_card_has_every_gap_in_the_order_of_the_table() -> None:
    gaps = card_gaps(a_card_stating(derived=True), Tier.HIGH)
    assert [gap.field for gap in gaps] == list(ALL)


@pytest.mark.parametrize("tier", Tier)
def test_what_only_high_tiers_must_say_is_a_should_below(tier: Tier) -> None:
    severities = {gap.severity for gap in card_gaps(a_card_stating(), tier) if gap.field in ONLY_HIGH}
    assert severities == {Severity.MUST if tier in (Tier.HIGH, Tier.VERY_HIGH) else Severity.SHOULD}


@pytest.mark.parametrize("derived", [True, False])
def test_the_base_model_is_asked_for_only_when_there_is_one(derived: bool) -> None:
    fields = {gap.field for gap in card_gaps(a_card_stating(derived=derived), Tier.LOW)}
    assert ("base_model" in fields) is derived


def test_citation_and_environment_never_block() -> None:
    gaps = {gap.field: gap.severity for gap in card_gaps(a_card_stating(), Tier.VERY_HIGH)}
    assert {field for field, severity in gaps.items() if severity is Severity.SHOULD} == {"citation", "environment"}


def test_a_higher_tier_asks_for_no_less() -> None:
    for lower, higher in zip(list(Tier), list(Tier)[1:], strict=False):
        musts = [
            {gap.field for gap in card_gaps(a_card_stating("name"), tier) if gap.severity is Severity.MUST}
            for tier in (lower, higher)
        ]
        assert musts[0] <= musts[1]


def test_a_gap_says_what_is_wrong_where_and_how_to_mend_it() -> None:
    card = a_card("# Sorter\n\n## Out-of-Scope Use\n\nTODO\n", body_line=10)
    gaps = {gap.field: gap for gap in card_gaps(card, Tier.HIGH)}
    held, absent = gaps["out_of_scope_use"], gaps["users"]
    assert (held.state, held.line) == (FieldState.PLACEHOLDER, 12)
    assert held.message == "the section on out-of-scope use is there and says nothing"
    assert held.remedy == "say what it must not be used for"
    assert (absent.state, absent.line, absent.message) == (FieldState.ABSENT, 1, "no intended users are stated")
