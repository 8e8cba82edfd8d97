"""R29: figures that a card states are held against the last test run; what is further away than allowed blocks."""

from typing import Any

import pytest
from gate_builders import NOON

from careloop.documents.card_markdown import read_card_markdown
from careloop.domain.card import CARD_FIELDS, Card
from careloop.domain.decision import Verdict
from careloop.domain.release import ResultsFile
from careloop.gates.card_claims import claim_reasons, written_tolerance

CARD = "systems/credit/card.md"


def a_card(front: dict[str, Any]) -> Card:
    return read_card_markdown(front, "# Credit\n", 20, front_line_of=lambda key: 10 + len(key))


def stating(value: float, **more: Any) -> Card:
    return a_card({"care": {"claims": [{"measure": "accuracy", "value": value, **more}]}})


def a_run(**values: float | None) -> tuple[ResultsFile, ...]:
    results = [{"measure": measure, "value": value, "n": 4102} for measure, value in values.items()]
    fields = {"system": "credit", "lock": "sha256:0", "measured_at": NOON, "results": results}
    return (ResultsFile.model_validate(fields),)


def test_a_figure_within_its_rounding_is_confirmed_r29() -> None:
    assert list(claim_reasons(stating(0.91), CARD, a_run(accuracy=0.9149))) == []


def test_a_figure_further_away_than_that_blocks_with_place_both_values_and_n_r29() -> None:
    (reason,) = claim_reasons(stating(0.91), CARD, a_run(accuracy=0.87))
    assert reason.effect is Verdict.BLOCK
    assert reason.message == (
        "systems/credit/card.md:13: the card says that accuracy is 0.91, and the last test run measured "
        "0.87 (n = 4,102), further away than 0.005"
    )
    assert "care: results" in reason.remedy


@pytest.mark.parametrize(("tolerance", "blocks"), [(0.04, False), (0.0399, True), (0, True)])
def test_a_tolerance_of_its_own_counts_to_the_edge_r29(tolerance: float, blocks: bool) -> None:
    found = list(claim_reasons(stating(0.91, tolerance=tolerance), CARD, a_run(accuracy=0.87)))
    assert bool(found) is blocks


@pytest.mark.parametrize("run", [a_run(recall=0.9), a_run(accuracy=None), ()])
def test_a_figure_that_the_run_does_not_confirm_blocks_r29(run: tuple[ResultsFile, ...]) -> None:
    (reason,) = claim_reasons(stating(0.91), CARD, run)
    assert reason.effect is Verdict.BLOCK


def test_a_published_card_is_held_against_the_run_only_where_both_measure_the_same_r29() -> None:
    metrics = [{"type": "Accuracy", "value": 0.91}, {"name": "ROC AUC", "value": 0.8}, {"type": "f1", "value": "n/a"}]
    card = a_card({"model-index": [{"name": "m", "results": [{"metrics": metrics}]}]})
    reasons = list(claim_reasons(card, CARD, a_run(accuracy=0.5)))
    assert [(one.measure, one.effect) for one in reasons] == [("accuracy", Verdict.BLOCK), ("roc_auc", Verdict.ALLOW)]


def test_without_a_card_or_figures_there_is_nothing_to_hold_r29() -> None:
    assert list(claim_reasons(None, CARD, a_run(accuracy=0.5))) == []
    assert list(claim_reasons(a_card({}), CARD, a_run(accuracy=0.5))) == []


@pytest.mark.parametrize(
    ("value", "half"), [(0.91, 0.005), (0.9, 0.05), (42.0, 0.5), (100.0, 0.5), (1e-4, 5e-5), (0.0, 0.5)]
)
def test_half_of_the_last_written_digit_is_what_rounding_may_change_r29(value: float, half: float) -> None:
    assert written_tolerance(value) == pytest.approx(half)


def test_each_field_that_may_be_required_has_a_rule_behind_it_r29() -> None:
    """Beside `card-complete`, which asks for them all."""
    assert [field.id for field in CARD_FIELDS if not field.shown_by and field.need.value != "should"] == []
