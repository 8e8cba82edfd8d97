"""Results from a notebook: counts, intervals and digests that the gate reads; what nobody knows stays open (R92)."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    false_positive_rate,
    selection_rate,
)
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score  # type: ignore[import-untyped]

import careloop
from careloop.domain.release import MeasuredResult, ResultsFile
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.gates.read_files import read_results
from careloop.sdk.evaluation import Evaluation

LOCK = f"sha256:{'a' * 64}"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def evaluated(y_true: Any, y_pred: Any, **more: Any) -> Evaluation:
    found: Evaluation = careloop.evaluate(y_true, y_pred, **({"system": "credit", "lock": LOCK} | more))
    return found


def result(found: Evaluation, measure: str) -> MeasuredResult:
    return next(one for one in found.results.results if one.measure == measure)


def test_saved_results_are_what_the_gate_reads(tmp_path: Path) -> None:
    found = evaluated([1, 0, 1, 1], [1, 0, 0, 1], groups=["a", "a", "b", "b"], min_n=1, measured_at=NOON)
    file = read_results(found.save(tmp_path / "results.json").read_bytes(), "results.json")
    assert (file.system, file.lock, file.measured_at, file.source) == ("credit", LOCK, NOON, None)
    accuracy = next(one for one in file.results if one.measure == "accuracy")
    assert (accuracy.value, accuracy.n, accuracy.hits, accuracy.level, accuracy.outcome) == (0.75, 4, 3, 0.95, None)
    assert accuracy.interval is not None
    assert file.data_digest is not None
    assert file.config_digest is not None


Rows = list[tuple[int, int, str]]
ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from(["men", "women", "other"])),
    min_size=12,
    max_size=80,
)


@given(ROWS)
def test_every_figure_is_the_one_that_fairlearn_and_scikit_learn_give(rows: Rows) -> None:
    """Two sources for each figure, where both have one."""
    truth, answer, sex = (list(column) for column in zip(*rows, strict=True))
    found = evaluated(truth, answer, groups=sex, min_n=1)
    assert result(found, "accuracy").value == pytest.approx(accuracy_score(truth, answer))
    if len(set(sex)) < 2:
        assert result(found, "dp_difference").value is None
        return
    gap = demographic_parity_difference(truth, answer, sensitive_features=sex)
    assert result(found, "dp_difference").value == pytest.approx(gap)
    if 1 in answer:
        ratio = demographic_parity_ratio(truth, answer, sensitive_features=sex)
        assert result(found, "impact_ratio").value == pytest.approx(ratio)
    labels_of = {group: {label for label, _, of in rows if of == group} for group in set(sex)}
    if all(labels == {0, 1} for labels in labels_of.values()):
        opportunity = equal_opportunity_difference(truth, answer, sensitive_features=sex)
        assert result(found, "equal_opportunity_difference").value == pytest.approx(opportunity)
        rates = MetricFrame(metrics=false_positive_rate, y_true=truth, y_pred=answer, sensitive_features=sex).by_group
        assert result(found, "fpr_difference").value == pytest.approx(rates.max() - rates.min())


def test_rows_of_no_group_and_small_groups_are_counted_and_not_compared() -> None:
    sex = ["men"] * 40 + ["women"] * 40 + ["other"] * 5 + [None] * 3
    found = result(evaluated([1] * 88, [1, 0] * 44, groups=sex), "impact_ratio")
    used = {name: (group.n, group.used) for name, group in found.groups.items()}
    assert used == {"men": (40, True), "women": (40, True), "other": (5, False), "(unknown)": (3, False)}
    assert found.n == 80


def test_one_group_has_no_gap_and_says_why() -> None:
    found = result(evaluated([1, 0] * 40, [1, 0] * 40, groups=["men"] * 80), "impact_ratio")
    assert (found.value, found.reason) == (None, "only one group has enough rows: men")


def test_attributes_are_compared_at_their_intersections() -> None:
    attributes = {"sex": ["m", "m", "w", "w"], "age": ["old", "young", "old", None]}
    found = result(evaluated([1] * 4, [1] * 4, groups=attributes, min_n=1), "impact_ratio")
    assert set(found.groups) == {"m & old", "m & young", "w & old", "(unknown)"}


@pytest.mark.parametrize(
    ("truth", "answer", "more", "said"),
    [
        ([], [], {}, "there are no rows"),
        ([1, 0], [1], {}, "2 labels, 1 predictions"),
        ([1, 0], [1, 0], {"groups": ["a"]}, "and 1 groups"),
        ([1, 0], [1, 0], {"groups": {"sex": ["a", "b"], "age": ["c"]}}, "and 0 groups"),
        ([1, None], [1, 0], {}, r"row 1 \(from 0\) has no label"),
        ([1, 0], [float("nan"), 0], {}, r"row 0 \(from 0\) has no prediction"),
    ],
)
def test_columns_that_do_not_fit_are_refused(truth: Any, answer: Any, more: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        evaluated(truth, answer, **more)


def test_the_data_digest_follows_labels_and_groups_and_not_the_predictions() -> None:
    """Two models on the same evaluation set rest on the same data."""
    first, second = evaluated([1, 0, 1], [1, 0, 1]), evaluated([1.0, 0, True], [0, 0, 0])
    assert first.results.data_digest == second.results.data_digest
    assert first.results.data_digest != evaluated([1, 0, 0], [1, 0, 1]).results.data_digest
    assert first.results.config_digest != evaluated([1, 0, 1], [1, 0, 1], min_n=5).results.config_digest


def test_without_a_lock_there_is_something_to_look_at_and_nothing_to_save(tmp_path: Path) -> None:
    found = evaluated([1, 0], [1, 0], lock=None)
    assert "no release yet" in str(found)
    with pytest.raises(UsageError, match="which release"):
        found.save(tmp_path / "results.json")
    with pytest.raises(NotFound):
        evaluated([1, 0], [1, 0], lock="missing.json")


def test_a_notebook_shows_a_table_in_which_nothing_of_the_data_is_markup() -> None:
    groups = ["<script>alert(1)</script>", "b"] * 20
    shown = evaluated([1, 0] * 20, [1, 0] * 20, groups=groups, min_n=1)._repr_html_()
    assert "<table>" in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def frame(**metrics: Any) -> MetricFrame:
    truth, answer = [1, 0, 1, 1] * 30, [1, 0, 0, 1] * 30
    return MetricFrame(metrics=metrics, y_true=truth, y_pred=answer, sensitive_features=["a", "b", "b", "a"] * 30)


def test_a_metric_frame_gives_its_counts_to_the_gate() -> None:
    made = frame(selection_rate=selection_rate, accuracy_score=accuracy_score, count=count)
    found: Evaluation = careloop.from_metricframe(made, system="credit", lock=LOCK, data=LOCK, config=LOCK)
    ratio = result(found, "impact_ratio")
    assert ratio.value == pytest.approx(made.ratio()["selection_rate"])
    assert {name: (group.hits, group.n) for name, group in ratio.groups.items()} == {"a": (60, 60), "b": (0, 60)}
    assert (result(found, "accuracy").hits, result(found, "accuracy").n) == (90, 120)
    source = found.results.source
    assert source is not None
    assert source.version is not None
    assert source.stated_at_import == ("lock", "data_digest", "config_digest", "measured_at")


def test_a_metric_frame_without_counts_leaves_the_rows_open() -> None:
    found: Evaluation = careloop.from_metricframe(frame(selection_rate=selection_rate), system="credit", lock=LOCK)
    assert result(found, "impact_ratio").n is None
    with pytest.raises(InvalidInput, match="no MetricFrame"):
        careloop.from_metricframe({"selection_rate": 0.5}, system="credit")


class Tracking:
    """Remembers what was logged, as the module `mlflow` would log it."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self.files: dict[str, Any] = {}
        self.tags: dict[str, Any] = {}

    def log_metric(self, key: str, value: float) -> None:
        self.metrics[key] = value

    def log_dict(self, dictionary: dict[str, Any], artifact_file: str) -> None:
        self.files[artifact_file] = dictionary

    def set_tags(self, tags: dict[str, Any]) -> None:
        self.tags |= tags


def test_results_are_logged_beside_the_model_with_what_was_measured() -> None:
    tracking, found = Tracking(), evaluated([1, 0, 1, 1], [1, 0, 0, 1])
    found.log_to(tracking)
    assert tracking.metrics == {"accuracy": 0.75}
    assert tracking.tags["careloop.lock"] == LOCK
    logged = json.dumps(tracking.files["careloop-results.json"]).encode()
    assert read_results(logged, "logged") == ResultsFile.model_validate_json(logged)


def test_importing_careloop_loads_nothing_heavy() -> None:
    script = (
        "import sys, careloop\n"
        "assert 'pydantic' not in sys.modules\n"
        "careloop.evaluate([1, 0], [1, 0], system='a')\n"
        "assert not {'numpy', 'pandas', 'fairlearn', 'django', 'duckdb'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    with pytest.raises(AttributeError):
        careloop.evalute  # noqa: B018
