"""Great Expectations: a validation result as JSON (`result.to_json_dict()`), of versions 0.18 and 1.x.

Figures are the share of expectations that were met (`all`), and each expectation by its type and column
(`expect_column_values_to_not_be_null.age`): the share of rows that met it where it says so, else 1 or 0. An expectation
that ended in an exception is neither met nor not. Source: Great Expectations docs, "Validation Result".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from careloop.documents.tool_reports.node import Node
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_great_expectations", "read_great_expectations"]


def is_great_expectations(node: Node) -> bool:
    """Whether it is the validation of a suite of expectations."""
    value = node.value
    return isinstance(value, dict) and {"success", "results", "statistics"} <= value.keys()


def read_great_expectations(node: Node) -> ToolReport:
    """How many expectations were met, and each of them."""
    results = list(node["results"])
    errored = [one for one in results if _raised(one)]
    told = [one for one in results if not _raised(one)]
    met = sum(_success(one) for one in told)
    said = node["statistics"]["evaluated_expectations"].count()
    if said != len(results):
        node["statistics"].refuse(f"it says {said} expectations, and {len(results)} stand here")
    meta = node.get("meta")
    version = meta.get("great_expectations_version") if meta else None
    whole = Figure(name="all", value=met / len(told) if told else None, n=len(told), hits=met, errored=len(errored))
    return ToolReport(
        tool=Tool.GREAT_EXPECTATIONS,
        version=version.words() if version else None,
        figures=(whole, *(_expectation(one) for one in results)),
    )


def _success(one: Node) -> bool:
    success = one["success"]
    if not isinstance(success.value, bool):
        success.refuse("true or false is needed here")
    return bool(success.value)


def _raised(one: Node) -> bool:
    """Some versions tell exceptions by metric, one object for each."""
    info = one.get("exception_info")
    return info is not None and any(part.get("raised_exception") is True for part in _exceptions(info.value))


def _exceptions(info: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(info, dict):
        yield info
        yield from (part for part in info.values() if isinstance(part, dict))


def _expectation(one: Node) -> Figure:
    config, success = one["expectation_config"], _success(one)
    kind = config.get("type") or config["expectation_type"]
    column = config["kwargs"].get("column")
    name = f"{kind.words()}.{column.words()}" if column else kind.words()
    if _raised(one):
        return Figure(name=name, value=None, errored=1)
    result = one.get("result")
    rows = result.get("element_count") if result else None
    unexpected = result.get("unexpected_count") if result else None
    if result is None or rows is None or unexpected is None:
        return Figure(name=name, value=float(success), passed=success)
    missing = result.get("missing_count")
    n = rows.count() - (missing.count() if missing else 0)
    hits = n - unexpected.count()
    if hits < 0:
        unexpected.refuse(f"{unexpected.count()} of {n} rows cannot be unexpected")
    return Figure(name=name, value=hits / n if n else None, n=n, hits=hits, passed=success)
