"""The manifest of dbt beside its run: tests by model, column and severity; of another run it is refused (R57)."""

from typing import Any

import pytest
from golden_reports import GOLDEN, altered, figures, golden

from careloop.documents.tool_reports.dbt_manifest import resolved_by_manifest
from careloop.documents.tool_reports.read import read_tool_report
from careloop.domain.tool_report import ToolReport
from careloop.errors import InvalidInput

RUN = "dbt-1.10.23-run_results.json"


def by_manifest(kinds: str = "") -> ToolReport:
    name = f"dbt-1.10.23-{kinds}manifest.json"
    return resolved_by_manifest(golden(f"dbt-1.10.23-{kinds}run_results.json"), (GOLDEN / name).read_bytes(), name)


def test_the_manifest_of_dbt_says_of_which_model_and_column_a_test_is_and_how_severe_r57() -> None:
    found = {one.alias: one for one in by_manifest().figures if one.alias}
    assert {name: (one.value, one.about) for name, one in found.items()} == {
        "clean.status.accepted_values": (1.0, "accepted_values on column status of clean, severity error"),
        "clean.amount.not_null": (1.0, "not_null on column amount of clean, severity warn"),
        "clean.id.not_null": (0.0, "not_null on column id of clean, severity error"),
        "clean.id.unique": (1.0, "unique on column id of clean, severity error"),
    }
    shares = {name: (one.hits, one.n) for name, one in figures(by_manifest()).items() if one.n is not None}
    assert shares == {
        "all": (1, 4),
        "clean": (1, 4),
        "clean.amount": (0, 1),
        "clean.id": (1, 2),
        "clean.status": (0, 1),
        "severity.error": (1, 3),
    }


def test_tests_of_sources_of_whole_models_queries_and_unit_tests_get_names_as_well() -> None:
    found = by_manifest("kinds-").figures
    assert {one.alias for one in found if one.alias} == {
        "raw.customers.id.unique",
        "clean.a_row_stays_a_row",
        "clean.enough_rows",
        "clean.no_negative_amount",
        "clean.id.relationships",
        "clean.id.unique",
    }
    assert figures(by_manifest("kinds-"))["severity.error"].n == 4, "a warning and a unit test are none of them"


def test_two_tests_of_one_kind_on_one_column_keep_the_names_that_dbt_gave_them() -> None:
    twin = "test.shop.not_null_clean_id.96d7411cbe"
    manifest = altered("dbt-1.10.23-manifest.json", "nodes", twin, "test_metadata", "name", value="unique")
    found = {one.name: one.alias for one in resolved_by_manifest(golden(RUN), manifest, "manifest.json").figures}
    assert found[twin] == "clean.id.not_null_clean_id"
    assert found["test.shop.unique_clean_id.f1ee60fedd"] == "clean.id.unique_clean_id"


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_column_whose_only_test_came_to_no_result_has_no_share_which_is_not_0(status: str) -> None:
    run = read_tool_report(altered(RUN, "results", 2, "status", value=status), RUN)
    assert run is not None
    manifest = (GOLDEN / "dbt-1.10.23-manifest.json").read_bytes()
    found = figures(resolved_by_manifest(run, manifest, "manifest.json"))["clean.status"]
    assert (found.value, found.n, found.errored, found.skipped) == (
        None,
        0,
        int(status == "error"),
        int(status == "skipped"),
    )


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("metadata", "dbt_schema_version"), "https://schemas.getdbt.com/dbt/manifest/v13.json", "versions 9 to 12"),
        (("nodes",), {}, "there is no test 'test.shop.accepted_values_clean_status"),
        (("nodes", "test.shop.unique_clean_id.f1ee60fedd", "config", "severity"), "dire", "'dire' is no severity"),
        (("nodes", "test.shop.unique_clean_id.f1ee60fedd", "column_name"), 3, "column_name: text is needed"),
    ],
)
def test_a_manifest_that_does_not_fit_the_run_is_refused_with_its_field(
    path: tuple[str, ...], value: Any, told: str
) -> None:
    name = "dbt-1.10.23-manifest.json"
    with pytest.raises(InvalidInput, match=rf"{name}:\d+: .*{told}"):
        resolved_by_manifest(golden(RUN), altered(name, *path, value=value), name)


def test_a_manifest_beside_a_report_of_another_tool_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"goes with dbt's run_results.json, not with a report of pandera"):
        resolved_by_manifest(golden("pandera-0.35.0.json"), b"{}", "manifest.json")
