"""Fairlearn: the table `MetricFrame.by_group` as pandas writes it to JSON, in the orientations columns, split, table.

A frame with the metric `count` says the rows of each group; without it they stay unknown. For every other metric there
are two figures, as Fairlearn's own `difference()` and `ratio()` give them: `<metric>.difference`, `<metric>.ratio`; and
`<metric>.overall` where the counts of all groups are known.
Source: Fairlearn user guide, "Assessment"; pandas `DataFrame.to_json`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.documents.tool_reports.shares import hits_of
from careloop.domain.tool_report import Figure, Share, Tool, ToolReport

__all__ = ["is_by_group", "read_by_group"]

_ROWS: Final = "count"
_SHARES_OF_ALL: Final = frozenset({"selection_rate", "accuracy_score", "accuracy", "zero_one_loss"})
"""Metrics that are a share of all rows of the group; what share others are of, the frame does not say."""
_Table = Mapping[str, Mapping[str, Node]]


def is_by_group(node: Node) -> bool:
    """Whether it is a table of numbers by metric and group."""
    value = node.value
    if not isinstance(value, dict) or not value:
        return False
    return (
        value.keys() == {"columns", "index", "data"}
        or ("schema" in value and "data" in value and "pandas_version" in str(value["schema"]))
        or all(isinstance(column, dict) and column for column in value.values())
    )


def read_by_group(node: Node) -> ToolReport:
    """The gap and the quotient of each metric between groups."""
    table = _table(node)
    rows = {group: one.count() for group, one in table.get(_ROWS, {}).items()}
    figures = [figure for metric in table if metric != _ROWS for figure in _figures(metric, table[metric], rows)]
    if not figures:
        node.refuse("there is no metric beside the count")
    return ToolReport(tool=Tool.FAIRLEARN, version=None, figures=tuple(figures))


def _figures(metric: str, column: Mapping[str, Node], rows: Mapping[str, int]) -> Iterator[Figure]:
    shares: dict[str, Share] = {}
    for group, one in column.items():
        value, n = one.number(), rows.get(group)
        hits = hits_of(value, n) if metric in _SHARES_OF_ALL else None
        shares[group] = Share(value=value, n=n if metric in _SHARES_OF_ALL else None, hits=hits)
    known = [share.value for share in shares.values() if share.value is not None]
    complete = len(known) == len(shares) >= 2
    n = sum(rows.values()) if rows else None
    gap = max(known) - min(known) if complete else None
    quotient = min(known) / max(known) if complete and max(known) > 0 else None
    yield Figure(name=f"{metric}.difference", value=gap, n=n, groups=shares)
    yield Figure(name=f"{metric}.ratio", value=quotient, n=n, groups=shares)
    counted = [share.hits for share in shares.values() if share.hits is not None]
    if n and len(counted) == len(shares):
        yield Figure(name=f"{metric}.overall", value=sum(counted) / n, n=n, hits=sum(counted))


def _table(node: Node) -> _Table:
    if "pandas_version" in str(node.value.get("schema")):
        return _from_table(node)
    return _from_split(node) if node.value.keys() == {"columns", "index", "data"} else _from_columns(node)


def _from_columns(node: Node) -> _Table:
    table = {column.key: {one.key: one for one in column} for column in node}
    groups = next(iter(table.values())).keys()
    for column in node:
        if column.value.keys() != groups:
            column.refuse("its groups are not those of the first metric")
    return table


def _from_split(node: Node) -> _Table:
    columns, index, data = list(node["columns"]), list(node["index"]), [list(row) for row in node["data"]]
    if len(data) != len(index) or any(len(row) != len(columns) for row in data):
        node["data"].refuse(f"{len(index)} groups and {len(columns)} metrics do not fit the table")
    names = [_name(one) for one in index]
    return {
        column.words(): {group: row[place] for group, row in zip(names, data, strict=True)}
        for place, column in enumerate(columns)
    }


def _from_table(node: Node) -> _Table:
    keys = [one.words() for one in node["schema"]["primaryKey"]]
    metrics = [one["name"].words() for one in node["schema"]["fields"]]
    rows = list(node["data"])
    named = [(" & ".join(str(row[key].value) for key in keys), row) for row in rows]
    if len({name for name, _ in named}) != len(named):
        node["data"].refuse("a group is there twice")
    return {metric: {name: row[metric] for name, row in named} for metric in metrics if metric not in keys}


def _name(index: Node) -> str:
    """A group, by one attribute or by several."""
    return " & ".join(str(one.value) for one in index) if isinstance(index.value, list) else str(index.value)
