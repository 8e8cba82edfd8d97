"""Which run evaluated a version: never guessed, never of training, never of another version than the lock's (R92)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careloop.domain.model_run import RunRole
from careloop.domain.release_lock import Artefact, ArtefactKind, ReleaseLock
from careloop.errors import InvalidInput, NotFound
from careloop.testing.model_runs_fake import ModelRunsFake
from careloop.testing.run_store_fake import RunStoreFake
from careloop.workflows.run.find_runs import FoundRuns, evaluation_run, find_runs, fits_lock


def a_run(ended: int, *, status: str = "FINISHED", **metrics: Any) -> tuple[str, bytes]:
    run_id = f"run{ended}"
    told = {
        "info": {"run_id": run_id, "status": status, "start_time": 1, "end_time": ended * 1000},
        "data": {"metrics": [{"key": key, "value": value} for key, value in metrics.items()]},
    }
    return run_id, json.dumps({"run": told}).encode()


def found(*runs: tuple[RunRole, tuple[str, bytes]]) -> FoundRuns:
    roles = {run_id: role for role, (run_id, _) in runs}
    store = RunStoreFake(dict(run for _, run in runs))
    return find_runs("models:/credit/7", ModelRunsFake({"credit/7": roles}), store)


MADE, MEASURED, SAID = RunRole.MADE, RunRole.MEASURED, RunRole.SAID


def test_a_run_that_measured_the_version_goes_before_the_one_that_made_it() -> None:
    runs = found((MADE, a_run(9, accuracy=0.8)), (MEASURED, a_run(5, accuracy=0.9)))
    assert [one.run.run_id for one in runs.runs] == ["run9", "run5"], "newest first"
    assert evaluation_run(runs).run_id == "run5"


def test_where_training_and_evaluation_are_one_run_it_is_that_run() -> None:
    assert evaluation_run(found((MADE, a_run(9, training_loss=1.0, accuracy=0.8)))).run_id == "run9"


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [(MADE, a_run(1, training_accuracy=1.0, train_loss=0.1))],
        [(MEASURED, a_run(1))],
        [(MEASURED, a_run(1, status="RUNNING", accuracy=0.9)), (SAID, a_run(2, status="FAILED", accuracy=0.9))],
    ],
)
def test_what_nobody_evaluated_to_its_end_is_not_evaluable(runs: list[Any]) -> None:
    with pytest.raises(NotFound, match="no run evaluated models:/credit/7") as raised:
        evaluation_run(found(*runs))
    assert raised.value.hint
    assert "careloop.model=models:/credit/7" in raised.value.hint


def test_of_several_evaluations_none_is_guessed_unless_the_newest_is_asked_for() -> None:
    runs = found((MEASURED, a_run(1, accuracy=0.9)), (SAID, a_run(2, accuracy=0.7)), (MADE, a_run(3, accuracy=0.8)))
    with pytest.raises(InvalidInput, match="2 runs evaluated models:/credit/7: run2, run1"):
        evaluation_run(runs)
    assert evaluation_run(runs, newest=True).run_id == "run2"


def test_a_metric_that_could_not_be_computed_has_no_value_which_is_not_0() -> None:
    (one,) = found((MEASURED, a_run(1, accuracy="NaN"))).runs
    assert dict(one.run.metrics) == {"accuracy": None}


def a_lock(*names: str) -> ReleaseLock:
    artefacts = tuple(Artefact(name=name, kind=ArtefactKind.WEIGHTS, sha256="a" * 64, size=1) for name in names)
    return ReleaseLock(system="credit", version="1", artefacts=artefacts)


def test_results_of_another_version_than_the_lock_names_are_refused() -> None:
    version = found().of
    for names in (("models/weights.json",), ("models:/credit/7",), ("models:/other/1",)):
        fits_lock(version, a_lock(*names))
    with pytest.raises(InvalidInput, match="the run is of models:/credit/7, and the lock names models:/credit/6"):
        fits_lock(version, a_lock("models:/credit/6", "models:/other/1"))
