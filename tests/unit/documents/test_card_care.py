"""The `care:` mapping of a card."""

from datetime import date

import pytest
from card_builders import a_card

from careloop.documents.card_care import CardRefused
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput

CARE: dict[str, object] = {
    "system": "credit-decision",
    "owner": "model-owner",
    "tier": "very_high",
    "risks": ["r-1", "r-2"],
    "assessment": "ia-7",
    "constraints": ["c-1"],
    "results": ["impact-ratio"],
    "reviewed": "2026-01-31",
}


def test_every_key_fills_its_place_in_the_card() -> None:
    card = a_card("", {"care": CARE})
    assert (card.system, card.owner, card.tier, card.assessment) == (
        "credit-decision",
        "model-owner",
        Tier.VERY_HIGH,
        "ia-7",
    )
    assert (card.risks, card.constraints, card.results) == (("r-1", "r-2"), ("c-1",), ("impact-ratio",))
    assert card.reviewed == date(2026, 1, 31)


def test_a_date_that_yaml_has_read_already_is_taken() -> None:
    assert a_card("", {"care": {"reviewed": date(2026, 1, 31)}}).reviewed == date(2026, 1, 31)


def test_a_published_card_without_care_has_no_extras() -> None:
    card = a_card("", {"license": "mit"})
    assert (card.system, card.tier, card.risks, card.reviewed) == (None, None, (), None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sistem", "x"),
        ("tier", "huge"),
        ("tier", 3),
        ("system", "Not A Slug"),
        ("risks", "r-1"),
        ("risks", None),
        ("reviewed", "31.1.2026"),
        ("reviewed", 20260131),
        ("reviewed", float("nan")),
        ("owner", ["a"]),
    ],
)
def test_a_misfit_is_refused_by_the_name_of_its_key(key: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=rf"care\.{key}"):
        a_card("", {"care": {**CARE, key: value}})


@pytest.mark.parametrize("value", [None, "credit-decision", ["system"], 1])
def test_care_must_be_a_mapping(value: object) -> None:
    with pytest.raises(InvalidInput, match="care"):
        a_card("", {"care": value})


def test_all_misfits_are_told_at_once_with_their_place() -> None:
    with pytest.raises(CardRefused) as refused:
        a_card("", {"care": {"tier": "huge", "sistem": "x", "risks": ["ok", "NOT OK"]}})
    assert {problem.pointer for problem in refused.value.problems} == {
        ("care", "tier"),
        ("care", "sistem"),
        ("care", "risks", 1),
    }
    assert "system" in next(p.message for p in refused.value.problems if p.code == "unknown-key")
