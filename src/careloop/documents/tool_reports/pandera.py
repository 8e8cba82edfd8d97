"""pandera: the `message` of `SchemaErrors` as JSON (validation with `lazy=True`), of version 0.18 or later.

It lists what failed and nothing else: the figures are how many checks failed in all (`failures`), by kind
(`failures.SCHEMA`, `failures.DATA`), and `all`, which is 0 as soon as there is one. Source: pandera docs, "Error
reports".
"""

from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_pandera", "read_pandera"]

_KINDS: Final = frozenset({"SCHEMA", "DATA"})


def is_pandera(node: Node) -> bool:
    """Whether it lists errors of a schema or of data, and nothing else."""
    return isinstance(node.value, dict) and bool(node.value) and node.value.keys() <= _KINDS


def read_pandera(node: Node) -> ToolReport:
    """How many checks failed."""
    by_kind = {kind.key: [error for reason in kind for error in reason] for kind in node}
    for errors in by_kind.values():
        for error in errors:
            error["check"].words()
    failures = sum(map(len, by_kind.values()))
    figures = [
        Figure(name=f"failures.{kind}", value=float(len(errors)), passed=not errors) for kind, errors in by_kind.items()
    ]
    return ToolReport(
        tool=Tool.PANDERA,
        version=None,
        figures=(
            Figure(name="all", value=float(failures == 0)),
            Figure(name="failures", value=float(failures)),
            *figures,
        ),
    )
