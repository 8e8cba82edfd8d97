"""Another tool's report as results for the gate: our names for its figures, and nothing that it does not say (R92).

What whoever imports it adds (the release, the digest of the data, when) is marked as theirs; it never replaces what the
report itself says.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from pydantic import ValidationError

from careloop.documents.tool_reports.dbt_manifest import resolved_by_manifest
from careloop.documents.tool_reports.names import KNOWN_NAMES
from careloop.documents.tool_reports.read import read_tool_report
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.release import GroupCount, MeasuredResult, ReportSource, ResultsFile
from careloop.domain.tool_report import Figure, Tool, ToolReport
from careloop.errors import InvalidInput
from careloop.gates.read_files import read_results

__all__ = ["Stated", "read_any_results"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What whoever imports a report vouches for."""

    lock: str | None = None
    data_digest: str | None = None
    config_digest: str | None = None
    measured_at: datetime | None = None
    manifest: tuple[bytes, str] | None = None
    """dbt's, with its name: of which model and column the tests of a run are."""


_BINDING: Final = ("lock", "data_digest", "config_digest", "measured_at")


def read_any_results(
    raw: bytes, name: str, *, system: str, expected: Sequence[ExpectedResult], stated: Stated
) -> ResultsFile:
    """A results file of ours, or another tool's report as one.

    Figures that stand for a measure come under our names; the others are listed as unmapped. Raises `InvalidInput` with
    file, line and field for what cannot be read, and when the report is about another system or says something else
    than `stated`.
    """
    report = read_tool_report(raw, name)
    if report is None:
        if stated.manifest is not None:
            raise InvalidInput(f"{stated.manifest[1]}: a manifest goes with dbt's run_results.json, not with {name}")
        return read_results(raw, name)
    if stated.manifest is not None:
        report = resolved_by_manifest(report, *stated.manifest)
    if report.system is not None and report.system != system:
        raise InvalidInput(f"{name}: the report says that it is about {report.system}, not about {system}")
    bound = _bound(report, stated, name)
    mapped = [(figure, measure) for figure in report.figures for measure in _measures(figure, report.tool, expected)]
    known = {figure.name for figure, _ in mapped}
    source = ReportSource(
        tool=report.tool,
        version=None if report.version is None else _text(report.version),
        report=f"sha256:{sha256(raw).hexdigest()}",
        stated_at_import=tuple(key for key, value in bound.items() if value != getattr(report, key)),
        unmapped=tuple(_text(one.alias or one.name) for one in report.figures if one.name not in known),
    )
    results = tuple(_result(figure, measure) for figure, measure in mapped)
    fields_of_file = {"schema": "careloop/results/v1", "system": system, **bound, "results": results, "source": source}
    try:
        return ResultsFile.model_validate(fields_of_file)
    except ValidationError as error:
        said = [f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise InvalidInput(f"{name}: {'; '.join(said)}") from error


def _bound(report: ToolReport, stated: Stated, name: str) -> dict[str, str | datetime | None]:
    """What was measured, on what and when: as the report says it, else as its importer does."""
    bound: dict[str, str | datetime | None] = {}
    for key in _BINDING:
        of_report, of_importer = getattr(report, key), getattr(stated, key)
        if of_report is not None and of_importer is not None and of_report != of_importer:
            raise InvalidInput(f"{name}: the report says {key} {of_report}, not {of_importer}")
        bound[key] = of_importer if of_report is None else of_report
    return bound


def _measures(figure: Figure, tool: Tool, expected: Iterable[ExpectedResult]) -> Iterator[str]:
    """The measures that a figure stands for: by system.yaml, else by the table of known names."""
    declared = [
        one.measure
        for one in expected
        if any(known.tool is tool and figure.is_called(known.name) for known in one.reports)
    ]
    yield from declared
    usual = KNOWN_NAMES[tool].get(figure.name)
    if not declared and usual is not None:
        yield usual


_NO_VALUE = "the tool gave no number"


def _result(figure: Figure, measure: str) -> MeasuredResult:
    return MeasuredResult(
        measure=measure,
        value=figure.value,
        n=figure.n,
        hits=figure.hits,
        groups={
            _text(name): GroupCount(n=share.n, hits=share.hits, value=share.value)
            for name, share in figure.groups.items()
        },
        reason=None if figure.value is not None else _NO_VALUE,
        because=None if figure.about is None else _text(figure.about),
        reported_as=_text(figure.alias or figure.name),
        errored=figure.errored,
        skipped=figure.skipped,
    )


def _text(name: str) -> str:
    """A tool's name for something, as it may stand in a results file and in the ledger: NFC, no lone surrogates."""
    return unicodedata.normalize("NFC", name.encode(errors="replace").decode())
