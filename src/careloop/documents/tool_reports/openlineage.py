"""OpenLineage: a run event with what was asserted of its data sets, or measured of their columns.

Figures are the share of assertions that held (`all`), each assertion as `DATASET.COLUMN.ASSERTION` (1 or 0), the rows
of a data set (`DATASET.rows`) and how complete its columns are (`DATASET.COLUMN.completeness`). A run that ended in
FAIL or ABORT though nothing that it asserted failed is an error, and an event before the end of a run is refused.
Source: OpenLineage 2-0-2, facets dataQualityAssertions, dataQualityMetrics.
"""

from collections.abc import Iterator
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_openlineage", "read_openlineage"]

_ENDED: Final = frozenset({"COMPLETE", "FAIL", "ABORT"})
_SIDES: Final = (("inputs", "inputFacets"), ("outputs", "outputFacets"))


def is_openlineage(node: Node) -> bool:
    """Whether it is an event of a run."""
    return isinstance(node.value, dict) and {"eventType", "run", "job", "producer"} <= node.value.keys()


def read_openlineage(node: Node) -> ToolReport:
    """What the event says of its inputs and outputs; an event that says nothing of their quality is refused."""
    ended = node["eventType"].words()
    if ended not in _ENDED:
        node["eventType"].refuse(f"a run that is at {ended} has not looked at all of its data yet")
    facets = list(_facets(node))
    asserted = [figure for dataset, facet in facets for figure in _assertions(dataset, facet)]
    measured = [figure for dataset, facet in facets for figure in _metrics(dataset, facet)]
    if not asserted and not measured:
        node.refuse("the event says nothing about the quality of its data sets")
    held = sum(figure.value == 1 for figure in asserted)
    broke = int(ended != "COMPLETE" and held == len(asserted))
    share = held / len(asserted) if asserted else None
    whole = [Figure(name="all", value=share, n=len(asserted), hits=held, errored=broke)] if asserted or broke else []
    return ToolReport(
        tool=Tool.OPENLINEAGE,
        version=None,
        figures=(*whole, *asserted, *measured),
        measured_at=node["eventTime"].instant(),
    )


def _facets(node: Node) -> Iterator[tuple[str, Node]]:
    for side, own in _SIDES:
        for dataset in node.get(side) or ():
            name = dataset["name"].words()
            for part in (own, "facets"):
                facets = dataset.get(part)
                if facets is not None:
                    yield name, facets


def _assertions(dataset: str, facets: Node) -> Iterator[Figure]:
    facet = facets.get("dataQualityAssertions")
    for one in facet["assertions"] if facet else ():
        success = one["success"]
        if not isinstance(success.value, bool):
            success.refuse("true or false is needed here")
        column = one.get("column")
        parts = (dataset, *((column.words(),) if column else ()), one["assertion"].words())
        yield Figure(name=".".join(parts), value=float(success.value), passed=success.value)


def _metrics(dataset: str, facets: Node) -> Iterator[Figure]:
    facet = facets.get("dataQualityMetrics")
    rows = facet.get("rowCount") if facet else None
    if facet is None or rows is None:
        return
    n = rows.count()
    yield Figure(name=f"{dataset}.rows", value=float(n), n=n)
    for column in facet.get("columnMetrics") or ():
        absent = column.get("nullCount")
        if absent is None:
            continue
        if absent.count() > n:
            absent.refuse(f"{absent.count()} of {n} rows cannot be null")
        hits = n - absent.count()
        yield Figure(name=f"{dataset}.{column.key}.completeness", value=hits / n if n else None, n=n, hits=hits)
