"""Reports of other tools, as the tools wrote them: what they say is read, what they do not say stays open (R92)."""

import json
from typing import Any

import pytest
from golden_reports import GOLDEN, altered, figures, golden
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.tool_reports.read import read_tool_report
from careloop.documents.tool_reports.shares import hits_of
from careloop.domain.tool_report import Tool
from careloop.errors import InvalidInput

ZERO = f"sha256:{'0' * 64}"
DBT = "dbt-1.10.23-run_results.json"


def test_dbt_gives_the_share_of_tests_that_passed_and_the_rows_that_each_found_wrong_r47() -> None:
    report = golden(DBT)
    found = figures(report)
    assert (report.tool, report.version, str(report.measured_at)[:10]) == (Tool.DBT, "1.10.23", "2026-11-28")
    share = found.pop("all")
    assert (share.value, share.n, share.hits, share.errored, share.skipped) == (0.25, 4, 1, 0, 0)
    assert {name.split(".")[2]: one.value for name, one in found.items()} == {
        "accepted_values_clean_status__paid__lost": 1.0,
        "not_null_clean_amount": 1.0,
        "not_null_clean_id": 0.0,
        "unique_clean_id": 1.0,
    }
    assert all(one.n is None for one in found.values()), "dbt does not say how many rows a test looked at"


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_test_of_dbt_that_came_to_no_result_has_no_value_which_is_not_0(status: str) -> None:
    report = read_tool_report(altered(DBT, "results", 2, "status", value=status), DBT)
    assert report is not None
    share, lost = report.figures[0], report.figures[1]
    assert (share.n, share.errored, share.skipped) == (3, int(status == "error"), int(status == "skipped"))
    assert (lost.value, lost.errored, lost.skipped) == (None, int(status == "error"), int(status == "skipped"))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("metadata", "dbt_schema_version"), "https://schemas.getdbt.com/dbt/run-results/v7.json", "versions 4 to 6"),
        (("results", 2, "status"), "perhaps", "results/2/status: 'perhaps' is no status"),
        (("results", 3, "failures"), -1, "results/3/failures: a count is needed"),
        (("results",), [], "the run has no test"),
    ],
)
def test_what_is_no_run_of_dbt_is_refused_with_its_field(path: tuple[str | int, ...], value: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=rf"{DBT}:\d+: .*{told}"):
        read_tool_report(altered(DBT, *path, value=value), DBT)


def test_evidently_gives_values_and_the_rows_of_its_data() -> None:
    report = golden("evidently-0.7.23.json")
    found = figures(report)
    assert (report.tool, report.version) == (Tool.EVIDENTLY, "0.7 (metric_v2)")
    assert (found["Accuracy"].value, found["Accuracy"].n, found["Accuracy"].hits) == (276 / 285, 285, 276)
    assert (found["DriftedColumnsCount.share"].value, found["DriftedColumnsCount.share"].n) == (0.0, None)
    assert found["F1Score"].n is None, "f1 is no share of rows"
    assert (found["tests"].hits, found["tests"].n) == (5, 5)
    assert "ValueDrift(mean radius)" in found
    assert (report.lock, report.measured_at, report.data_digest) == (None, None, None), "it does not say so"


@pytest.mark.parametrize("form", ["columns", "split", "table"])
def test_fairlearn_gives_gaps_and_quotients_with_the_counts_of_each_group(form: str) -> None:
    found = figures(golden(f"fairlearn-0.15.0-{form}.json"))
    rates = found["selection_rate.ratio"]
    assert {name: (share.hits, share.n) for name, share in rates.groups.items()} == {
        "rough": (64, 135),
        "smooth": (116, 150),
    }
    assert rates.value == pytest.approx((64 / 135) / (116 / 150), abs=1e-9)
    assert found["selection_rate.difference"].value == pytest.approx(116 / 150 - 64 / 135, abs=1e-9)
    assert found["true_positive_rate.difference"].groups["rough"].hits is None, "nobody says of how many positives"


def test_fairlearn_without_count_leaves_the_rows_open() -> None:
    raw = json.dumps({"selection_rate": {"men": 0.5, "women": 0.4}}).encode()
    report = read_tool_report(raw, "by_group.json")
    assert report is not None
    assert [one.n for one in report.figures] == [None, None]
    assert report.figures[0].groups["men"].n is None


def test_a_classification_report_counts_the_rows_that_its_accuracy_rests_on() -> None:
    found = figures(golden("scikit-learn-1.9.1-classification-report.json"))
    assert (found["accuracy"].hits, found["accuracy"].n) == (276, 285)
    assert (found["malignant.recall"].hits, found["malignant.recall"].n) == (101, 106)
    assert found["malignant.precision"].n is None


def test_plain_metrics_say_no_rows() -> None:
    assert {one.name: one.n for one in golden("scikit-learn-1.9.1-metrics.json").figures} == {
        "accuracy": None,
        "f1": None,
        "roc_auc": None,
    }


def test_garak_gives_shares_that_withstood_and_pools_a_family_by_its_strictest_detector() -> None:
    report = golden("garak-0.17.1.report.jsonl")
    found = figures(report)
    assert report.version == "0.17.1"
    assert (found["leakreplay"].hits, found["leakreplay"].n) == (252, 256)
    assert (found["promptinject"].hits, found["promptinject"].n) == (0, 256)
    assert (found["encoding"].hits, found["encoding"].n) == (256, 256), "two detectors judged the same 256 answers"
    assert found["all"].n == 256 * 3 + 32
    assert report.measured_at is None, "garak writes a local time without its zone"


def test_mlflow_gives_the_newest_metrics_with_the_rows_of_the_data_set() -> None:
    report = golden("mlflow-3.17.2-runs-get.json")
    found = figures(report)
    assert (found["accuracy"].hits, found["accuracy"].n) == (1095, 1200)
    assert found["broken"].value is None, "NaN is no value"
    assert "training_accuracy" not in found
    assert report.lock == ZERO
    assert report.measured_at is not None


def test_promptfoo_gives_tests_and_named_metrics() -> None:
    report = golden("promptfoo-0.121.20.json")
    found = figures(report)
    assert (report.version, report.system) == ("0.121.20", "support-assistant")
    assert {name: (one.hits, one.n, one.errored) for name, one in found.items()} == {
        "tests": (2, 3, 0),
        "no_secret": (1, 2, 0),
        "on_topic": (3, 3, 0),
    }
    assert report.measured_at is not None


def test_a_promptfoo_test_that_ended_in_an_error_is_neither_passed_nor_failed() -> None:
    """R40: a check error is told apart."""
    raw = altered("promptfoo-0.121.20.json", "results", "results", 1, "failureReason", value=2)
    report = read_tool_report(raw, "r.json")
    assert report is not None
    found = figures(report)
    assert (found["tests"].hits, found["tests"].n, found["tests"].errored) == (2, 2, 1)
    assert (found["no_secret"].n, found["no_secret"].errored) == (1, 1)


def test_junit_tells_failed_skipped_and_errored_apart_and_takes_what_properties_say() -> None:
    report = golden("pytest-9.2.0-junit.xml")
    found = figures(report)["pytest"]
    assert (found.hits, found.n, found.errored, found.skipped) == (1, 2, 1, 1)
    assert report.lock == ZERO
    assert report.measured_at is not None


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE t [<!ENTITY a "b">]><testsuite name="s"><testcase name="&a;"/></testsuite>',
        b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite name="s"><testcase name="a"/></testsuite>',
        b'<!DOCTYPE testsuite SYSTEM "http://example.org/x.dtd"><testsuite/>',
    ],
    ids=["entity", "external entity", "external type"],
)
def test_a_document_type_in_junit_is_refused_before_anything_is_expanded(document: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"r\.xml:1: a document type is not read"):
        read_tool_report(document, "r.xml")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a": nope}', "r:1:7: a value is needed here"),
        (b'{"accuracy": 0.9, "accuracy": 0.8}', "r:1:19: the key 'accuracy' is there twice"),
        (b"[1, 2]", "r:1: neither careloop's results nor a report that is known"),
        (b'{"hello": "world"}', "r:1: neither careloop's results"),
        (b"\xff\xfe", "r:1:1: these bytes are not UTF-8"),
        (b"<html></html>", "r:1: <html> is no JUnit report"),
        (b"<testsuite>\n<testcase></testsuite>", "r:2: not XML: mismatched tag"),
        (b'<testsuite name="s" tests="2"><testcase name="a"/></testsuite>', "suite s: tests: it says 2, and 1 cases"),
        (b"<testsuites/>", "there is no test case"),
        (b'<testsuite timestamp="noon"><testcase name="a"/></testsuite>', "timestamp: 'noon' is no instant"),
        (b'{"entry_type": "init", "garak_version": "0.17.1"}\n', "r:1: the scan did not complete"),
        (b'{"entry_type": "init"}\n{"entry_type": "eval", "probe": "a.B"', "r:2"),
        (b'{"accuracy": 1' + b"0" * 400 + b"}", "r:1: accuracy: the number is too large"),
        (b'{"rate": {"men": 1}, "count": {"men": 1e999}}', "r:1: count/men: a count is needed"),
        (b"[" * 100_000, "r:1"),
        (b'{"count": {"men": 3}}', "there is no metric beside the count"),
        (b'{"selection_rate": {"men": 0.5}, "count": {"women": 3}}', "r:1: count: its groups are not those"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_line(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_tool_report(raw, "r")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("scikit-learn-1.9.1-classification-report.json", ("benign", "support"), 1.5, "benign/support: a count"),
        ("scikit-learn-1.9.1-classification-report.json", ("benign", "support"), -1, "benign/support: a count"),
        ("scikit-learn-1.9.1-classification-report.json", ("accuracy",), "0.9", "accuracy: a number is needed"),
        ("scikit-learn-1.9.1-classification-report.json", ("benign",), {"support": 3}, "benign: a row of a"),
        ("evidently-0.7.23.json", ("metrics", 0, "config", "type"), "ColumnDriftMetric", "metrics/0/config/type: only"),
        ("evidently-0.7.23.json", ("tests", 0, "status"), "FINE", "tests/0/status: 'FINE' is no end of a test"),
        ("mlflow-3.17.2-runs-get.json", ("run", "info", "status"), "RUNNING", "run/info/status: the run is RUNNING"),
        ("mlflow-3.17.2-runs-get.json", ("run", "data", "metrics", 0, "value"), "high", "metrics/0/value: a number"),
        ("promptfoo-0.121.20.json", ("results", "version"), 2, "results/version: only version 3"),
        ("promptfoo-0.121.20.json", ("results", "prompts"), [{}, {}], "results/prompts: 2 prompts and providers"),
        ("promptfoo-0.121.20.json", ("results", "results", 0, "success"), False, "results/0/success: False does not"),
        ("fairlearn-0.15.0-split.json", ("data", 0), [1], "data: 2 groups and 4 metrics do not fit"),
        ("fairlearn-0.15.0-columns.json", ("count", "rough"), 1.25, "count/rough: a count"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_field(
    name: str, path: tuple[str | int, ...], value: Any, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_tool_report(altered(name, *path, value=value), name)
    assert refused.value.message.startswith(f"{name}:")
    assert said in refused.value.message


def test_a_garak_row_whose_counts_do_not_add_up_is_refused_at_its_line() -> None:
    raw = (GOLDEN / "garak-0.17.1.report.jsonl").read_bytes().replace(b'"fails": 4', b'"fails": 3')
    with pytest.raises(InvalidInput, match=r"g:\d+: fails: 252 passed and 3 failed are not the 256"):
        read_tool_report(raw, "g")


@pytest.mark.parametrize(
    "name", sorted(path.name for path in GOLDEN.iterdir() if path.suffix in (".json", ".jsonl", ".xml"))
)
def test_a_report_that_was_cut_short_is_never_read_as_a_whole_one(name: str) -> None:
    raw = (GOLDEN / name).read_bytes()
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(InvalidInput):
            read_tool_report(raw[: int(len(raw) * share)], name)


def test_a_results_file_of_careloop_is_left_to_its_own_reader() -> None:
    assert read_tool_report(b'{"system": "a", "lock": "x", "results": []}', "r.json") is None


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_count_behind_a_share_is_found_from_ten_digits(counted: tuple[int, int]) -> None:
    hits, n = counted
    assert hits_of(round(hits / n, 10), n) == hits
    assert hits_of(hits / n + 0.3 / n, n) is None


def test_great_expectations_gives_shares_of_rows_and_tells_exceptions_apart() -> None:
    report = golden("great_expectations-1.24.1.json")
    found = figures(report)
    assert (report.tool, report.version) == (Tool.GREAT_EXPECTATIONS, "1.24.1")
    assert (found["all"].hits, found["all"].n, found["all"].errored) == (3, 4, 1)
    ages = found["expect_column_values_to_not_be_null.age"]
    assert (ages.value, ages.hits, ages.n) == (0.875, 7, 8)
    assert found["expect_column_values_to_be_unique.nosuch"].value is None
    assert found["expect_table_row_count_to_be_between"].value == 1


def test_pandera_says_only_what_failed() -> None:
    found = figures(golden("pandera-0.35.0.json"))
    assert {name: figure.value for name, figure in found.items()} == {
        "all": 0,
        "failures": 5,
        "failures.SCHEMA": 2,
        "failures.DATA": 3,
    }


def test_openlineage_gives_assertions_and_how_complete_columns_are() -> None:
    report = golden("openlineage-1.54.0.json")
    found = figures(report)
    assert (found["all"].hits, found["all"].n) == (1, 2)
    assert found["applications.age.not_null"].value == 0
    assert (found["applications.age.completeness"].hits, found["applications.age.completeness"].n) == (7, 8)
    assert report.measured_at is not None


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("great_expectations-1.24.1.json", ("statistics", "evaluated_expectations"), 4, "and 5 stand here"),
        ("great_expectations-1.24.1.json", ("results", 1, "result", "unexpected_count"), 9, "cannot be unexpected"),
        ("great_expectations-1.24.1.json", ("results", 1, "success"), "yes", "true or false is needed"),
        ("pandera-0.35.0.json", ("DATA", "DATAFRAME_CHECK", 0, "check"), 7, "text is needed"),
        ("openlineage-1.54.0.json", ("inputs", 0, "inputFacets"), {}, "nothing about the quality"),
        ("openlineage-1.54.0.json", ("inputs", 0, "inputFacets", "dataQualityMetrics", "columnMetrics", "age",
                                     "nullCount"), 9, "9 of 8 rows cannot be null"),
    ],
)  # fmt: skip
def test_reports_about_data_that_contradict_themselves_are_refused(
    name: str, path: tuple[str | int, ...], value: Any, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_tool_report(altered(name, *path, value=value), name)
