"""Reports of other tools as they lie in `tests/golden`, and altered ones."""

import json
from pathlib import Path
from typing import Any

from careloop.documents.tool_reports.read import read_tool_report
from careloop.domain.tool_report import Figure, ToolReport

GOLDEN = Path(__file__).parents[2] / "golden" / "tool_reports"


def golden(name: str) -> ToolReport:
    found = read_tool_report((GOLDEN / name).read_bytes(), name)
    assert found is not None
    return found


def figures(report: ToolReport) -> dict[str, Figure]:
    return {one.name: one for one in report.figures}


def altered(name: str, *path: str | int, value: Any) -> bytes:
    """A report with one value changed."""
    whole = json.loads((GOLDEN / name).read_bytes())
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(whole, indent=1).encode()
