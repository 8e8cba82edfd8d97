"""Which tool a report is from, and what it says. A file that is none of them is refused, never read halfway."""

from collections.abc import Callable
from typing import Final

from careloop.documents.tool_reports.dbt import is_dbt, read_dbt
from careloop.documents.tool_reports.evidently import is_evidently, read_evidently
from careloop.documents.tool_reports.fairlearn import is_by_group, read_by_group
from careloop.documents.tool_reports.garak import is_garak, read_garak
from careloop.documents.tool_reports.great_expectations import is_great_expectations, read_great_expectations
from careloop.documents.tool_reports.junit import is_junit, read_junit
from careloop.documents.tool_reports.mlflow import is_mlflow_run, read_mlflow_run
from careloop.documents.tool_reports.node import Node, read_json
from careloop.documents.tool_reports.openlineage import is_openlineage, read_openlineage
from careloop.documents.tool_reports.pandera import is_pandera, read_pandera
from careloop.documents.tool_reports.promptfoo import is_promptfoo, read_promptfoo
from careloop.documents.tool_reports.scikit_learn import (
    is_classification_report,
    is_metrics,
    read_classification_report,
    read_metrics,
)
from careloop.domain.tool_report import ToolReport

__all__ = ["read_tool_report"]

_OURS: Final = frozenset({"system", "results", "lock", "schema"})
_Reader = tuple[Callable[[Node], bool], Callable[[Node], ToolReport]]
_JSON: Final[tuple[_Reader, ...]] = (
    (is_dbt, read_dbt),
    (is_great_expectations, read_great_expectations),
    (is_openlineage, read_openlineage),
    (is_pandera, read_pandera),
    (is_promptfoo, read_promptfoo),
    (is_mlflow_run, read_mlflow_run),
    (is_evidently, read_evidently),
    (is_classification_report, read_classification_report),
    (is_metrics, read_metrics),
    (is_by_group, read_by_group),
)
"""More particular shapes first."""


def read_tool_report(raw: bytes, name: str) -> ToolReport | None:
    """What a report says; null for a results file of careloop's own, which has a reader of its own.

    Raises `InvalidInput` naming file, line and field for a report that is malformed, of a version that is not read, or
    of no known tool.
    """
    if is_junit(raw):
        return read_junit(raw, name)
    if is_garak(raw):
        return read_garak(raw, name)
    node = read_json(raw, name)
    for is_it, read in _JSON:
        if is_it(node):
            return read(node)
    if not isinstance(node.value, dict) or not node.value.keys() & _OURS:
        node.refuse(
            "neither careloop's results nor a report that is known: dbt (run results), Evidently, Fairlearn "
            "(by_group), garak, Great Expectations, JUnit XML, MLflow (runs/get), OpenLineage, pandera, promptfoo, "
            "scikit-learn (classification_report, metrics)"
        )
    return None
