"""scikit-learn: `classification_report(..., output_dict=True)`, and plain objects of metric names and numbers.

Neither says its version, when it was measured or on what. A report gives its rows as `support`; plain metrics do not.
"""

from collections.abc import Iterator
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.documents.tool_reports.shares import hits_of
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_classification_report", "is_metrics", "read_classification_report", "read_metrics"]

_AVERAGES: Final = frozenset({"macro avg", "weighted avg"})
_ROW: Final = frozenset({"precision", "recall", "f1-score", "support"})


def is_classification_report(node: Node) -> bool:
    """Whether it has the averages that every such report ends with."""
    return isinstance(node.value, dict) and node.value.keys() >= _AVERAGES


def is_metrics(node: Node) -> bool:
    """Whether it is an object of numbers alone."""
    value = node.value
    return isinstance(value, dict) and bool(value) and all(_is_number(one) for one in value.values())


def read_classification_report(node: Node) -> ToolReport:
    """Accuracy, and precision, recall and f1-score of each class and average as `class.metric`."""
    rows = [one for one in node if isinstance(one.value, dict)]
    for row in rows:
        if row.value.keys() != _ROW:
            row.refuse(f"a row of a classification report has {', '.join(sorted(_ROW))}")
    total = node["weighted avg"]["support"].count()
    figures = [figure for row in rows for figure in _of_row(row)]
    for one in node:
        if not isinstance(one.value, dict):
            value = one.number()
            figures.insert(0, Figure(name=one.key, value=value, n=total, hits=hits_of(value, total)))
    return ToolReport(tool=Tool.SCIKIT_LEARN, version=None, figures=tuple(figures))


def read_metrics(node: Node) -> ToolReport:
    """Every number under its own name; on how many rows each rests is not said."""
    figures = tuple(Figure(name=one.key, value=one.number()) for one in node)
    return ToolReport(tool=Tool.SCIKIT_LEARN, version=None, figures=figures)


def _of_row(row: Node) -> Iterator[Figure]:
    support, is_class = row["support"].count(), row.key not in _AVERAGES and row.key not in ("micro avg", "samples avg")
    for metric in ("precision", "recall", "f1-score"):
        value = row[metric].number()
        # `support` counts the rows of the class; recall is a share of them, the others are not.
        share = is_class and metric == "recall"
        n = support if share or not is_class else None
        yield Figure(name=f"{row.key}.{metric}", value=value, n=n, hits=hits_of(value, support) if share else None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
