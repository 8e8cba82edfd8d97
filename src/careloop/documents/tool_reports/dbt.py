"""dbt: `run_results.json` of a run with tests, in versions 4 to 6 of its schema.

The figure `all` is the share of tests that passed; a warning is no pass, and a test that was skipped or ended in an
error came to no result. Each test is a figure of its own name, `test.…`: the rows that it found wrong, which dbt calls
failures. How many rows a test looked at, dbt does not say, so such a figure has no n. Models and seeds are no tests and
left out. Source: dbt's documentation of artifacts, `run-results`.
"""

import re
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_dbt", "read_dbt"]

_SCHEMA: Final = re.compile(r"https://schemas\.getdbt\.com/dbt/run-results/v(\d+)\.json")
_READ: Final = range(4, 7)
_TESTS: Final = ("test.", "unit_test.")
_CAME_TO: Final = {"pass": True, "fail": False, "warn": False}
_OTHERS: Final = ("error", "runtime error", "skipped")


def is_dbt(node: Node) -> bool:
    """Whether it is a `run_results.json`."""
    about = node.value.get("metadata") if isinstance(node.value, dict) else None
    return isinstance(about, dict) and "dbt_schema_version" in about and "results" in node.value


def read_dbt(node: Node) -> ToolReport:
    """The tests of a run; a run without any is refused, since it says nothing about data."""
    about = node["metadata"]
    named = about["dbt_schema_version"]
    found = _SCHEMA.fullmatch(named.words())
    if found is None or int(found.group(1)) not in _READ:
        named.refuse("only run-results of the versions 4 to 6 are read")
    tests = [one for one in node["results"] if one["unique_id"].words().startswith(_TESTS)]
    if not tests:
        node["results"].refuse("the run has no test: `dbt build` and `dbt test` write some")
    made = about.get("generated_at")
    return ToolReport(
        tool=Tool.DBT,
        version=(said.words() if (said := about.get("dbt_version")) else None),
        figures=(_share(tests), *(_wrong_rows(one) for one in tests)),
        measured_at=made.instant() if made else None,
    )


def _share(tests: list[Node]) -> Figure:
    ended = [_status(one) for one in tests]
    passed = sum(_CAME_TO.get(status, False) for status in ended)
    came = sum(status in _CAME_TO for status in ended)
    skipped = ended.count("skipped")
    return Figure(
        name="all",
        value=passed / came if came else None,
        n=came,
        hits=passed,
        errored=len(ended) - came - skipped,
        skipped=skipped,
    )


def _wrong_rows(test: Node) -> Figure:
    status, failures = _status(test), test.get("failures")
    came = status in _CAME_TO and failures is not None
    return Figure(
        name=test["unique_id"].words(),
        value=float(failures.count()) if came and failures is not None else None,
        errored=int(status not in _CAME_TO and status != "skipped"),
        skipped=int(status == "skipped"),
        passed=_CAME_TO.get(status),
    )


def _status(test: Node) -> str:
    status = test["status"].words()
    if status not in _CAME_TO and status not in _OTHERS:
        test["status"].refuse(f"'{status}' is no status of a test that is known")
    return status
