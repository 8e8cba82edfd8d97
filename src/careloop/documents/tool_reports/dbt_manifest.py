"""dbt: what `manifest.json` says of the tests of a run: which model and column each looks at, and how severe it is.

A test gets a second name that outlives dbt's digests: `MODEL.COLUMN.TEST`, `MODEL.TEST` where it looks at a whole
model, `SOURCE.TABLE.COLUMN.TEST` for a source. Where two tests would get the same, both get the name that dbt gave them
in the place of the last part. Beside the tests come shares of tests that passed: of each model (`MODEL`), of each
column (`MODEL.COLUMN`), and of those alone that dbt counts as errors (`severity.error`). Source: dbt's documentation of
artifacts, `manifest`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from careloop.documents.tool_reports.node import Node, read_json
from careloop.domain.tool_report import Figure, Tool, ToolReport
from careloop.errors import InvalidInput

__all__ = ["resolved_by_manifest"]

_SCHEMA: Final = re.compile(r"https://schemas\.getdbt\.com/dbt/manifest/v(\d+)\.json")
_READ: Final = range(9, 13)
_SEVERITIES: Final = ("error", "warn")


@dataclass(frozen=True, slots=True)
class _Test:
    """One test as the manifest declares it."""

    model: str | None
    """`clean`, or `raw.customers` of a source; null for a test of several."""
    column: str | None
    kind: str
    """Its macro such as `not_null`, or its own name where it is a query or a unit test."""
    name: str
    severity: str | None
    """`error` or `warn`; unit tests have none."""

    def alias(self, *, whole: bool = False) -> str:
        return ".".join(part for part in (self.model, self.column, self.name if whole else self.kind) if part)

    def about(self) -> str:
        where = f"column {self.column} of {self.model}" if self.column else self.model or "several models"
        return f"{self.kind} on {where}" + (f", severity {self.severity}" if self.severity else ", a unit test")


def resolved_by_manifest(report: ToolReport, raw: bytes, name: str) -> ToolReport:
    """The report of a run of dbt, its tests named by model and column.

    Raises `InvalidInput` with file, line and field for what is no manifest of a version that is read, when the report
    is not dbt's, and for a manifest that does not know a test of the run, since it then belongs to another run.
    """
    if report.tool is not Tool.DBT:
        raise InvalidInput(f"{name}: a manifest goes with dbt's run_results.json, not with a report of {report.tool}")
    manifest = read_json(raw, name)
    if not isinstance(manifest.value, dict) or "nodes" not in manifest.value:
        manifest.refuse("no manifest of dbt: it has no `nodes`")
    schema = manifest["metadata"]["dbt_schema_version"]
    found = _SCHEMA.fullmatch(schema.words())
    if found is None or int(found.group(1)) not in _READ:
        schema.refuse("only manifests of the versions 9 to 12 are read")
    tests = {one.name: _test(manifest, one.name) for one in report.figures if one.name != "all"}
    shared = Counter(test.alias() for test in tests.values())
    named = [
        replace(one, alias=test.alias(whole=shared[test.alias()] > 1), about=test.about())
        if (test := tests.get(one.name))
        else one
        for one in report.figures
    ]
    return replace(report, figures=(*named, *_shares(report.figures, tests)))


def _test(manifest: Node, unique_id: str) -> _Test:
    nodes, units = manifest["nodes"], manifest.get("unit_tests")
    if unique_id in nodes.value:
        return _data_test(nodes[unique_id], manifest)
    if units is None or unique_id not in units.value:
        nodes.refuse(f"there is no test '{unique_id}': this is the manifest of another run")
    name = units[unique_id]["name"].words()
    return _Test(units[unique_id]["model"].words(), None, name, name, None)


def _data_test(node: Node, manifest: Node) -> _Test:
    about, severity = node.get("test_metadata"), node["config"]["severity"]
    said = severity.words().lower()
    if said not in _SEVERITIES:
        severity.refuse(f"'{said}' is no severity that is known")
    name = node["name"].words()
    column = node.get("column_name")
    return _Test(
        model=_model(node, manifest),
        column=column.words() if column else None,
        kind=about["name"].words() if about else name,
        name=name,
        severity=said,
    )


def _model(node: Node, manifest: Node) -> str | None:
    """What the test is attached to; else the only thing that it reads."""
    attached = node.get("attached_node")
    read = [one.words() for one in node["depends_on"]["nodes"]]
    target = attached.words() if attached else read[0] if len(read) == 1 else None
    if target is None:
        return None
    sources = manifest.get("sources")
    source = sources.get(target) if sources else None
    if source:
        return f"{source['source_name'].words()}.{source['name'].words()}"
    known = manifest["nodes"].get(target)
    return known["name"].words() if known else target.rpartition(".")[2]


def _shares(figures: tuple[Figure, ...], tests: Mapping[str, _Test]) -> Iterator[Figure]:
    """Share of tests that passed: of each model, of each of its columns, and of severity `error`."""
    by_name = {one.name: one for one in figures}
    parts: dict[str, list[Figure]] = {}
    for name, test in tests.items():
        if test.model:
            parts.setdefault(test.model, []).append(by_name[name])
        if test.model and test.column:
            parts.setdefault(f"{test.model}.{test.column}", []).append(by_name[name])
    for part in sorted(parts):
        yield _share(part, parts[part], f"tests of {part} that passed")
    severe = [by_name[name] for name, test in tests.items() if test.severity == "error"]
    if severe:
        yield _share("severity.error", severe, "tests of severity error that passed")


def _share(name: str, tests: list[Figure], about: str) -> Figure:
    errored, skipped = sum(one.errored for one in tests), sum(one.skipped for one in tests)
    came = len(tests) - errored - skipped
    passed = sum(bool(one.passed) for one in tests)
    value = passed / came if came else None
    return Figure(name=name, value=value, n=came, hits=passed, errored=errored, skipped=skipped, about=about)
