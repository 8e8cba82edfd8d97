"""Evidently: what `report.run(...).save_json(...)` writes since version 0.7 (`metric_v2`).

A file says neither its version, nor when or on which data it was measured; `RowCount` says the rows of the data set.
Figures carry the class of the metric, its column, and the part of the value: `Accuracy`, `ValueDrift(age)`,
`DriftedColumnsCount.share`. The tests of the report are one figure, `tests`. Source: Evidently docs, "Output formats".
"""

from collections.abc import Iterator
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.documents.tool_reports.shares import hits_of
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_evidently", "read_evidently"]

_METRIC: Final = "evidently:metric_v2:"
_SHARES_OF_ALL: Final = frozenset({"Accuracy"})
_ENDED: Final = frozenset({"SUCCESS", "FAIL", "WARNING", "ERROR", "SKIPPED"})


def is_evidently(node: Node) -> bool:
    """Whether it has the two lists of such a report."""
    value = node.value
    return isinstance(value, dict) and isinstance(value.get("metrics"), list) and isinstance(value.get("tests"), list)


def read_evidently(node: Node) -> ToolReport:
    """Every number of every metric, and how many of the tests passed."""
    metrics = list(node["metrics"])
    rows = next((one["value"].count() for one in metrics if _kind(one) == "RowCount"), None)
    figures = [figure for one in metrics for figure in _figures(one, rows)]
    tests = list(node["tests"])
    if tests:
        figures.append(_tests(tests))
    if not figures:
        node.refuse("there is neither a metric nor a test")
    return ToolReport(tool=Tool.EVIDENTLY, version="0.7 (metric_v2)", figures=tuple(figures))


def _kind(metric: Node) -> str:
    kind = metric["config"]["type"].words()
    if not kind.startswith(_METRIC):
        metric["config"]["type"].refuse(
            f"only reports of Evidently 0.7 and later are read, whose metrics are {_METRIC}…"
        )
    return kind.removeprefix(_METRIC).rpartition(":")[2]


def _figures(metric: Node, rows: int | None) -> Iterator[Figure]:
    kind, column = _kind(metric), metric["config"].get("column")
    name = f"{kind}({column.words()})" if column else kind
    for part, value in _numbers(metric["value"]):
        share = kind in _SHARES_OF_ALL and not part
        n = rows if share else None
        yield Figure(name=name + part, value=value, n=n, hits=hits_of(value, n))


def _numbers(value: Node, path: str = "") -> Iterator[tuple[str, float | None]]:
    match value.value:
        case dict():
            for one in value:
                yield from _numbers(one, f"{path}.{one.key}")
        case bool() | str() | list():
            return
        case _:
            yield path, value.number()


def _tests(tests: list[Node]) -> Figure:
    ended = [test["status"].words() for test in tests]
    for test, status in zip(tests, ended, strict=True):
        if status not in _ENDED:
            test["status"].refuse(f"'{status}' is no end of a test")
    passed, told = ended.count("SUCCESS"), sum(one in ("SUCCESS", "FAIL", "WARNING") for one in ended)
    return Figure(
        name="tests",
        value=passed / told if told else None,
        n=told,
        hits=passed,
        errored=ended.count("ERROR"),
        skipped=ended.count("SKIPPED"),
    )
