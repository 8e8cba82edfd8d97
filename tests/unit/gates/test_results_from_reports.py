"""Other tools' reports at the gate: our names, declared limits, and "cannot tell" for what nobody said (R40, R92)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gate_builders import DATA, HARM, NOON, SAFE, UNSURE, a_lock, a_results_file, measured

from careloop.domain.evaluation import ExpectedResult
from careloop.domain.release import Result, ResultsFile
from careloop.domain.tool_report import Tool
from careloop.errors import InvalidInput
from careloop.gates.declared_limit import judge_by_limit
from careloop.gates.from_report import Stated, read_any_results
from careloop.gates.judge_results import Judged, Terms, judge_results
from careloop.gates.read_files import read_results

GOLDEN = Path(__file__).parents[2] / "golden" / "tool_reports"
FULLY = Stated(lock=a_lock().digest, data_digest=DATA, config_digest=DATA, measured_at=NOON - timedelta(days=1))


def expected(measure: str, **limits: Any) -> ExpectedResult:
    return ExpectedResult.model_validate({"measure": measure, **limits})


def taken(name: str, *limits: ExpectedResult, stated: Stated = FULLY, system: str = "credit") -> ResultsFile:
    return read_any_results((GOLDEN / name).read_bytes(), name, system=system, expected=limits, stated=stated)


def judged(*files: ResultsFile, limits: tuple[ExpectedResult, ...] = ()) -> Judged:
    return judge_results(files, Terms(lock=a_lock(), fresh_days=30, now=NOON, expected=limits))


def result(found: Judged, measure: str) -> Result:
    return next(one for one in found.results if one.measure == measure)


def test_figures_come_under_our_names_and_the_others_are_listed() -> None:
    file = taken("scikit-learn-1.9.1-classification-report.json")
    assert {one.measure for one in file.results} == {"accuracy", "f1_macro", "f1_weighted"}
    assert file.source is not None
    assert "benign.precision" in file.source.unmapped
    assert file.source.report.startswith("sha256:")


def test_a_system_names_figures_of_its_own_and_that_goes_before_the_table() -> None:
    limit = expected("recall_malignant", least=0.8, reports=[{"tool": "scikit-learn", "name": "malignant.recall"}])
    file = taken("scikit-learn-1.9.1-classification-report.json", limit)
    found = judged(file, limits=(limit,))
    assert result(found, "recall_malignant").outcome is SAFE


def test_a_system_names_a_column_that_dbt_tests_and_every_test_of_it_must_pass_r57() -> None:
    limits = (
        expected("ids", all_pass=True, reports=[{"tool": "dbt", "name": "clean.id"}]),
        expected("source_ids", all_pass=True, reports=[{"tool": "dbt", "name": "raw.customers.id"}]),
    )
    run, manifest = (f"dbt-1.10.23-kinds-{name}.json" for name in ("run_results", "manifest"))
    beside = ((GOLDEN / manifest).read_bytes(), manifest)
    raw, stated = (GOLDEN / run).read_bytes(), replace(FULLY, measured_at=None, manifest=beside)
    report = read_any_results(raw, run, system="credit", expected=limits, stated=stated)
    assert report.source is not None
    assert "clean.enough_rows" in report.source.unmapped
    named = next(one for one in report.results if one.measure == "ids")
    assert (named.reported_as, named.because) == ("clean.id", "tests of clean.id that passed")
    found = judged(report, limits=limits)
    assert (result(found, "ids").outcome, result(found, "ids").because) == (HARM, "2 of 2 tests failed")
    assert result(found, "source_ids").outcome is not HARM


def test_a_report_that_says_neither_release_nor_data_nor_date_cannot_be_relied_on() -> None:
    found = judged(taken("scikit-learn-1.9.1-metrics.json", stated=Stated()))
    said = " ".join(reason.message for reason in found.reasons)
    assert not found.all_match_lock
    assert found.accepted == ()
    for part in ("which release was measured", "how old these results are", "data_digest", "config_digest"):
        assert part in said
    assert all(reason.message.startswith("report of scikit-learn: ") for reason in found.reasons)


def test_a_value_without_rows_cannot_be_told_whatever_its_limit() -> None:
    limit = expected("accuracy", least=0.5)
    found = judged(taken("scikit-learn-1.9.1-metrics.json"), limits=(limit,))
    shown = result(found, "accuracy")
    assert (shown.outcome, shown.because) == (UNSURE, "it does not say on how many rows it rests")


def test_a_figure_without_a_declared_limit_cannot_be_told() -> None:
    shown = result(judged(taken("evidently-0.7.23.json")), "accuracy")
    assert (shown.outcome, shown.because) == (UNSURE, "system.yaml declares no limit for it")


@pytest.mark.parametrize(("least", "outcome"), [(0.9, SAFE), (0.96, UNSURE), (0.995, HARM)])
def test_counts_of_a_report_are_tested_against_the_declared_limit(least: float, outcome: str) -> None:
    """276 of 285 right: surely at least 0.9, surely not 0.995, and 0.96 cannot be told."""
    limit = expected("accuracy", least=least)
    assert result(judged(taken("evidently-0.7.23.json"), limits=(limit,)), "accuracy").outcome is outcome


def test_groups_of_fairlearn_are_tested_by_their_counts() -> None:
    limit = expected("impact_ratio", least=0.8, min_n=50)
    shown = result(judged(taken("fairlearn-0.15.0-columns.json"), limits=(limit,)), "impact_ratio")
    assert shown.outcome is HARM
    assert shown.value == pytest.approx((64 / 135) / (116 / 150))


def test_a_suite_that_must_pass_as_a_whole_fails_with_one_test() -> None:
    limit = expected("refusals", all_pass=True, reports=[{"tool": "promptfoo", "name": "no_secret"}])
    file = taken("promptfoo-0.121.20.json", limit, system="support-assistant", stated=Stated())
    assert judge_by_limit(file.results[0], limit)[0] is HARM
    passing = limit.model_copy(update={"reports": ()})
    told = measured("refusals", outcome=None, reported_as="all", n=3, hits=3, value=1.0, interval=None)
    assert judge_by_limit(told, passing)[0] is SAFE


def test_an_errored_test_blocks_and_a_skipped_one_cannot_be_told() -> None:
    """R40: an error of a check is neither a pass nor left out."""
    limit = expected("guard_tests", all_pass=True, reports=[{"tool": "junit", "name": "pytest"}])
    file = taken("pytest-9.2.0-junit.xml", limit, stated=Stated())
    found = judged(file, limits=(limit,))
    assert any("1 of its tests ended in an error" in one.message for one in found.reasons)
    skipped = measured("guard_tests", outcome=None, reported_as="pytest", n=2, hits=2, skipped=1, interval=None)
    assert judge_by_limit(skipped, limit) == (UNSURE, "1 were skipped")


def test_a_measure_that_system_yaml_asks_for_and_nobody_gives_is_missing() -> None:
    limits = (expected("accuracy", least=0.5), expected("latency_p99", most=200))
    found = judged(taken("evidently-0.7.23.json"), limits=limits)
    assert [one.measure for one in found.reasons] == ["latency_p99"]
    assert "no result gives it" in found.reasons[0].message


def test_a_declared_limit_holds_for_our_own_results_too_and_only_ever_tightens() -> None:
    """A result that calls itself safe by a looser limit is held against the repository's."""
    own = measured("accuracy", value=0.9, n=1000, hits=900, interval=None, outcome=SAFE, limit=None)
    assert result(judged(a_results_file(own)), "accuracy").outcome is SAFE
    strict = expected("accuracy", least=0.95)
    assert result(judged(a_results_file(own), limits=(strict,)), "accuracy").outcome is HARM
    admits = measured("accuracy", value=0.9, n=1000, hits=900, interval=None, outcome=HARM)
    assert result(judged(a_results_file(admits), limits=(expected("accuracy", least=0.1),)), "accuracy").outcome is HARM


def test_an_interval_counts_only_where_its_level_is_said() -> None:
    limit = expected("roc_auc", least=0.9)
    told = measured("roc_auc", value=0.95, n=500, interval=(0.93, 0.97), outcome=None, reported_as="roc_auc")
    assert judge_by_limit(told, limit)[0] is UNSURE
    assert judge_by_limit(told.model_copy(update={"level": 0.95}), limit)[0] is SAFE
    assert judge_by_limit(told.model_copy(update={"level": 0.9}), limit)[0] is UNSURE
    most = expected("error_rate", most=0.05)
    high = measured("error_rate", value=0.08, n=500, interval=(0.06, 0.1), outcome=None, level=0.95)
    assert judge_by_limit(high, most)[0] is HARM


def test_what_is_stated_never_replaces_what_the_report_says() -> None:
    with pytest.raises(InvalidInput, match=r"the report says lock sha256:0+, not sha256:"):
        taken("mlflow-3.17.2-runs-get.json")
    with pytest.raises(InvalidInput, match="it is about support-assistant, not about credit"):
        taken("promptfoo-0.121.20.json")


def test_what_the_importer_vouches_for_is_marked() -> None:
    source = taken("evidently-0.7.23.json").source
    assert source is not None
    assert source.stated_at_import == ("lock", "data_digest", "config_digest", "measured_at")
    said = taken("mlflow-3.17.2-runs-get.json", stated=Stated(data_digest=DATA)).source
    assert said is not None
    assert said.stated_at_import == ("data_digest",)


@pytest.mark.parametrize(
    "limits", [{}, {"least": 0.5, "most": 0.9}, {"all_pass": True, "least": 1}, {"least": 0.5, "leest": 1}]
)
def test_a_measure_has_exactly_one_limit(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"exactly one limit|leest"):
        expected("accuracy", **limits)


def test_only_a_report_of_another_tool_may_leave_things_open() -> None:
    own: dict[str, Any] = {
        "system": "credit",
        "lock": a_lock().digest,
        "measured_at": NOON.isoformat(),
        "results": [{"measure": "a"}],
    }
    with pytest.raises(InvalidInput, match="results/0/n"):
        read_any_results(json.dumps(own).encode(), "r.json", system="credit", expected=(), stated=Stated())
    own["source"] = {"tool": Tool.MLFLOW, "report": DATA}
    file = read_any_results(json.dumps(own).encode(), "r.json", system="credit", expected=(), stated=Stated())
    assert file.results[0].n is None


@pytest.mark.parametrize("n", [None, 0])
def test_a_result_that_says_shown_safe_without_rows_is_no_pass(n: int | None) -> None:
    """Naming a source does not let somebody skip the rows and keep the verdict."""
    own = {
        "system": "credit", "lock": a_lock().digest, "data_digest": DATA, "config_digest": DATA,
        "measured_at": (NOON - timedelta(days=1)).isoformat(), "source": {"tool": "mlflow", "report": DATA},
        "results": [{"measure": "accuracy", "value": 0.9, "n": n, "outcome": "shown_safe"}],
    }  # fmt: skip
    file = read_any_results(json.dumps(own).encode(), "r.json", system="credit", expected=(), stated=Stated())
    found = judged(file)
    assert result(found, "accuracy").outcome is UNSURE
    assert found.reasons


def test_names_that_no_file_can_hold_are_made_harmless() -> None:
    """A lone surrogate is JSON, and no text; a ledger wants one form of each name."""
    raw = (
        b'{"selection_rate": {"m\\ud800n": 0.5, "cafe\\u0301": 0.4}, "odd\\udfff": {"m\\ud800n": 1, "cafe\\u0301": 1}}'
    )
    file = read_any_results(raw, "by_group.json", system="credit", expected=(), stated=FULLY)
    assert set(file.results[0].groups) == {"m?n", "caf\u00e9"}
    assert read_results(file.model_dump_json(by_alias=True, exclude_none=True).encode(), "again") == file


def test_a_tag_that_is_no_text_is_refused_and_crashes_nothing() -> None:
    raw = (GOLDEN / "mlflow-3.17.2-runs-get.json").read_bytes().replace(b"sha256:0000", b"sha256:\\ud800", 1)
    with pytest.raises(InvalidInput, match="lock"):
        read_any_results(raw, "run.json", system="credit", expected=(), stated=Stated())
