"""promptfoo: the JSON of `promptfoo eval -o results.json`, results version 3.

Figures are shares that passed: `tests`, and each named metric of the assertions. A test that ended in an error is
neither passed nor failed. `tags` of the configuration say what was measured: `careloop.lock`, `careloop.system`,
`careloop.data_digest`, `careloop.config_digest`. Source: promptfoo docs, "Output formats".
"""

from collections.abc import Iterator, Sequence
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_promptfoo", "read_promptfoo"]

_VERSION: Final = 3
_FAILED, _ERRORED = 1, 2
"""`failureReason`: an assertion failed; the provider or an assertion ended in an error."""


def is_promptfoo(node: Node) -> bool:
    """Whether it has the id of an evaluation and its results."""
    return isinstance(node.value, dict) and "evalId" in node.value and "results" in node.value


def read_promptfoo(node: Node) -> ToolReport:
    """How many tests passed, and how many assertions of each named metric."""
    results = node["results"]
    if results["version"].count() != _VERSION:
        results["version"].refuse(f"only version {_VERSION} of promptfoo's results is read")
    columns = list(results["prompts"])
    if len(columns) != 1:
        results["prompts"].refuse(f"{len(columns)} prompts and providers were compared; a release has one")
    tests = list(results["results"])
    tags = node["config"].get("tags")
    said = {one.key: one.words() for one in tags} if tags else {}
    metadata = node.get("metadata")
    version = metadata.get("promptfooVersion") if metadata else None
    return ToolReport(
        tool=Tool.PROMPTFOO,
        version=version.words() if version else None,
        figures=(_tests(tests), *_metrics(tests)),
        system=said.get("careloop.system"),
        lock=said.get("careloop.lock"),
        data_digest=said.get("careloop.data_digest"),
        config_digest=said.get("careloop.config_digest"),
        measured_at=results["timestamp"].instant(),
    )


def _tests(tests: Sequence[Node]) -> Figure:
    passed = failed = errored = 0
    for test in tests:
        success, reason = test["success"].value, test["failureReason"].count()
        if success is True and reason == 0:
            passed += 1
        elif success is False and reason in (_FAILED, _ERRORED):
            failed, errored = failed + (reason == _FAILED), errored + (reason == _ERRORED)
        else:
            test["success"].refuse(f"{success} does not go with the failure reason {reason}")
    n = passed + failed
    return Figure(name="tests", value=passed / n if n else None, n=n, hits=passed, errored=errored)


def _metrics(tests: Sequence[Node]) -> Iterator[Figure]:
    passed: dict[str, list[bool]] = {}
    errored: dict[str, int] = {}
    for test in tests:
        for name, outcome in _named(test):
            passed.setdefault(name, []).append(outcome)
        if test["failureReason"].count() == _ERRORED:
            for name in _metrics_asked_of(test):
                errored[name] = errored.get(name, 0) + 1
    for name in sorted(passed.keys() | errored.keys()):
        hits, n = sum(passed.get(name, ())), len(passed.get(name, ()))
        yield Figure(name=name, value=hits / n if n else None, n=n, hits=hits, errored=errored.get(name, 0))


def _named(test: Node) -> Iterator[tuple[str, bool]]:
    grading = test.get("gradingResult")
    parts = grading.get("componentResults") if grading else None
    if parts is None or test["failureReason"].count() == _ERRORED:
        return
    for part in parts:
        assertion = part.get("assertion")
        metric = assertion.get("metric") if assertion else None
        if metric is None:
            continue
        if not isinstance(part["pass"].value, bool):
            part["pass"].refuse("true or false is needed here")
        yield metric.words(), part["pass"].value


def _metrics_asked_of(test: Node) -> set[str]:
    asked = test["testCase"].get("assert")
    found = [one.get("metric") for one in asked if isinstance(one.value, dict)] if asked else []
    return {one.words() for one in found if one is not None}
