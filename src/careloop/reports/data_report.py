"""What a check of a data set found, as lines, as JSON, and as an OpenLineage event for whoever follows the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from careloop.domain.data_check import CheckState, DataCheck, DataFinding, DataPart

__all__ = ["data_json", "data_lines", "lineage_event"]

_STYLES: Final = {
    CheckState.PASSED: "good",
    CheckState.FAILED: "bad",
    CheckState.UNSET: "bad",
    CheckState.UNTOLD: "bad",
}
_WORDS: Final = {
    CheckState.PASSED: "passed",
    CheckState.FAILED: "failed",
    CheckState.UNSET: "no target",
    CheckState.UNTOLD: "cannot tell",
}
_TITLES: Final = {
    DataPart.QUALITY: "quality (A.7.4)",
    DataPart.PROVENANCE: "provenance (A.7.5)",
    DataPart.PREPARATION: "preparation (A.7.6)",
}
_LONGEST: Final = 60
_FACETS: Final = "https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json"
_EVENT: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"


def data_lines(check: DataCheck) -> Iterator[tuple[str, str]]:
    """A part after the other; each finding with its value, target and rows, and what to do where it does not pass."""
    for part in DataPart:
        found = check.of(part)
        if not found:
            continue
        yield "heading", _TITLES[part]
        for one in found:
            yield _STYLES[one.state], f"  {_WORDS[one.state]:<11}  {_short(one.name)}{_figures(one)}"
            if one.because:
                yield "detail", f"               {one.because}"
            if one.remedy and not one.passed:
                yield "detail", f"               next: {one.remedy}"
    failed = sum(not one.passed for one in check.findings)
    told = f"{len(check.findings) - failed} of {len(check.findings)} requirements of {check.dataset} are met"
    yield ("good" if not failed else "bad"), told


def data_json(check: DataCheck) -> dict[str, Any]:
    """The same as data."""
    return {
        "dataset": check.dataset,
        "system": check.system,
        "sheet": {"path": check.path, "digest": check.sheet},
        "data": dict(check.data),
        "passed": check.passed(),
        "findings": [
            {
                "part": one.part.value,
                "name": one.name,
                "state": one.state.value,
                "value": one.value,
                "relation": one.relation.value if one.relation else None,
                "target": one.target,
                "n": one.n,
                "because": one.because,
                "digest": one.digest,
                "remedy": one.remedy,
            }
            for one in check.findings
        ],
    }


def lineage_event(check: DataCheck, *, run: str, at: datetime, producer: str, namespace: str) -> Mapping[str, Any]:
    """A run event of OpenLineage: the files as inputs, with what was asserted of them.

    Source: OpenLineage 2-0-2, `RunEvent` and `DataQualityAssertionsDatasetFacet`.
    """
    assertions = [{"assertion": f"{one.part.value}: {one.name}", "success": one.passed} for one in check.findings]
    facet = {"_producer": producer, "_schemaURL": _FACETS, "assertions": assertions}
    files = dict(check.data) or {check.dataset: check.sheet}
    return {
        "eventType": "COMPLETE" if check.passed() else "FAIL",
        "eventTime": at.isoformat(),
        "run": {"runId": run},
        "job": {"namespace": namespace, "name": f"care data check {check.dataset}"},
        "inputs": [
            {"namespace": namespace, "name": name, "inputFacets": {"dataQualityAssertions": facet}} for name in files
        ],
        "outputs": [],
        "producer": producer,
        "schemaURL": _EVENT,
    }


def _figures(one: DataFinding) -> str:
    value = "" if one.value is None else f"  {one.value:.6g}"
    target = "" if one.relation is None or one.target is None else f" (asked: {one.relation.value} {one.target:g})"
    rows = "" if one.n is None else f"  n = {one.n:,}"
    return f"{value}{target}{rows}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
