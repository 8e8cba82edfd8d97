"""What the tests before a release show: numbers of the real models on real people, and a gate that can check them."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import pytest
from demo_builders import LOCK, MEASURED_AT, the_model, the_pools

from careloop.cli.demo.evaluation import LOOSENED, PILOT_ROWS, EvaluationTerms, evaluate, results_bytes
from careloop.cli.demo.models import BAD, BIASED, FAIR, FIRST, Recipe
from careloop.domain.measured import Outcome
from careloop.domain.release import MeasuredResult, ResultsFile
from careloop.domain.release_lock import ReleaseLock
from careloop.gates.judge_results import Terms, judge_results
from careloop.gates.read_files import read_results

SAFE, HARMFUL, CANNOT_TELL = Outcome.SHOWN_SAFE, Outcome.SHOWN_HARMFUL, Outcome.CANNOT_TELL
ABOUT_GROUPS = ("impact_ratio", "dp_difference")


@lru_cache
def results_of(recipe: Recipe, rows: int | None = None, terms: EvaluationTerms | None = None) -> ResultsFile:
    pools = the_pools()
    return evaluate(
        the_model(recipe),
        pools.evaluation[:rows],
        training=pools.training,
        lock=LOCK,
        measured_at=MEASURED_AT,
        terms=terms,
    )


def about_groups(file: ResultsFile) -> list[MeasuredResult]:
    return [result for result in file.results if result.measure in ABOUT_GROUPS]


def the_result(file: ResultsFile, measure: str, group: str = "") -> MeasuredResult:
    return next(
        result for result in file.results if result.measure == measure and (not group or group in result.groups)
    )


@pytest.mark.parametrize("recipe", [FIRST, FAIR], ids=lambda recipe: recipe.name)
def test_every_test_of_a_levelled_model_shows_it_safe(recipe: Recipe) -> None:
    file = results_of(recipe)
    assert [(result.measure, result.outcome) for result in file.results if result.outcome is not SAFE] == []
    for group in ("female", "under_25"):
        assert (the_result(file, "impact_ratio", group).value or 0) >= 0.85


def test_the_fair_model_keeps_useful_accuracy() -> None:
    file = results_of(FAIR)
    assert (the_result(file, "roc_auc").value or 0) > 0.74
    assert (the_result(file, "accuracy").value or 0) > 0.66


def test_the_biased_candidate_is_shown_harmful_by_sex_and_by_age() -> None:
    file = results_of(BIASED)
    assert [result.outcome for result in about_groups(file)] == [HARMFUL] * 3
    assert (the_result(file, "impact_ratio", "female").value or 1) < 0.6
    assert (the_result(file, "impact_ratio", "under_25").value or 1) < 0.1


def test_the_bad_release_is_harmful_on_all_rows_and_cannot_be_told_on_a_few() -> None:
    assert [result.outcome for result in about_groups(results_of(BAD))] == [HARMFUL] * 3
    assert [result.outcome for result in about_groups(results_of(BAD, PILOT_ROWS))] == [CANNOT_TELL] * 3


def test_with_loosened_limits_the_bad_release_slips_through_on_a_few_rows_and_not_on_all() -> None:
    few, every = results_of(BAD, PILOT_ROWS, LOOSENED), results_of(BAD, None, LOOSENED)
    assert [result.measure for result in few.results if result.outcome is not SAFE] == []
    assert (the_result(few, "impact_ratio").value or 0) > (the_result(every, "impact_ratio").value or 1) + 0.1


def test_the_bad_release_looks_better_to_those_who_look_at_accuracy_alone() -> None:
    bad, fair = (the_result(results_of(recipe), "accuracy").value or 0 for recipe in (BAD, FAIR))
    assert bad > fair + 0.05


@pytest.mark.parametrize("recipe", [FIRST, BIASED, FAIR, BAD], ids=lambda recipe: recipe.name)
def test_no_model_gives_away_who_was_fitted(recipe: Recipe) -> None:
    result = the_result(results_of(recipe), "membership_advantage")
    assert result.outcome is SAFE
    assert result.groups.keys() == {"fitted", "held_back"}


def test_fitted_rows_that_their_losses_give_away_are_found() -> None:
    """A training pool in which every row held back is above the line and every fitted one below it."""
    pools = the_pools()
    poor = [row for row in pools.training if not row.above]
    rich = [row for row in pools.training if row.above]
    sorted_out = [rich.pop() if at % 3 == 0 else poor.pop() for at in range(6000)]
    file = evaluate(the_model(FAIR), pools.evaluation[:500], training=sorted_out, lock=LOCK, measured_at=MEASURED_AT)
    result = the_result(file, "membership_advantage")
    assert result.outcome is HARMFUL
    assert (result.value or 0) > 0.5


def test_the_gate_believes_the_file_and_makes_the_same_tests_again() -> None:
    lock = ReleaseLock.model_validate(
        {
            "system": "credit-decision",
            "version": "3.2.0",
            "artefacts": [{"name": "m", "kind": "weights", "sha256": "0" * 64, "size": 1}],
        }
    )
    pools = the_pools()
    written = evaluate(
        the_model(FAIR), pools.evaluation, training=pools.training, lock=lock.digest, measured_at=MEASURED_AT
    )
    read = read_results(results_bytes(written), "results.json")
    judged = judge_results([read], Terms(lock=lock, fresh_days=30, now=MEASURED_AT + timedelta(days=1)))
    assert judged.reasons == ()
    assert judged.all_match_lock
    assert [result.outcome for result in judged.results] == [result.outcome for result in written.results]


def test_groups_with_few_rows_are_named_and_not_compared() -> None:
    result = the_result(results_of(BAD, PILOT_ROWS), "impact_ratio", "under_25")
    assert result.value is None
    assert result.reason
    assert {name for name, group in result.groups.items() if not group.used} == {"under_25", "60_and_over"}
    assert all(group.reason for group in result.groups.values() if not group.used)


def test_the_same_rows_and_limits_give_the_same_file_and_other_limits_another_digest() -> None:
    results_again = results_of.__wrapped__
    assert results_bytes(results_again(BAD, PILOT_ROWS)) == results_bytes(results_of(BAD, PILOT_ROWS))
    few, loosened = results_of(BAD, PILOT_ROWS), results_of(BAD, PILOT_ROWS, LOOSENED)
    assert few.data_digest == loosened.data_digest != results_of(BAD).data_digest
    assert few.config_digest != loosened.config_digest


def test_a_sample_with_one_kind_of_applicant_has_no_auc() -> None:
    pools = the_pools()
    poor = [row for row in pools.evaluation if not row.above][:300]
    file = evaluate(the_model(FAIR), poor, training=pools.training, lock=LOCK, measured_at=MEASURED_AT)
    result = the_result(file, "roc_auc")
    assert (result.value, result.outcome) == (None, CANNOT_TELL)
    assert result.reason
