"""`care data check`: a data sheet held against the data it speaks of (A.7.4-A.7.6; R57-R59).

Quality targets are measured on the rows, or read from reports of tools that the pipeline runs; the value of a data set
is no estimate, so it is held against the target as it is. Each step of the provenance is verified by computing its
digest again. Each preparation step is held against its criteria. What has no target, and what cannot be told, fails: a
file that the sheet names and that is gone is such a case. What compares with a reference depends on which rows were
drawn, so there the worse end of the interval is held against the target (SEMANTICS 16).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Final

from careloop.domain.counts import Tally
from careloop.domain.data_check import CheckState, DataCheck, DataFinding, DataPart
from careloop.domain.dataset import Acceptance, Dataset, PreparationStep, QualityTarget, Relation
from careloop.domain.measure_spec import AskedMeasure, MeasureSpec
from careloop.domain.repository import Document, Repository
from careloop.domain.tool_report import Figure, ToolReport
from careloop.errors import InvalidInput, NotFound
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.exact_catalogue import EXACT
from careloop.measures.exact_kind import TakenExactly
from careloop.measures.measure_kind import Family, Need
from careloop.measures.rate import rate_of
from careloop.measures.taken import TakenMeasure
from careloop.ports.data_files import DataFiles
from careloop.workflows.run.check_provenance import verify_provenance
from careloop.workflows.run.measure_exactly import RowSource, take_measures

__all__ = ["DataAsk", "check_data", "find_sheet"]

_HOLDS: Final[Mapping[Relation, Callable[[float, float], bool]]] = {
    Relation.AT_LEAST: operator.ge,
    Relation.AT_MOST: operator.le,
}
_WHOLE: Final = frozenset({"all", "severity.error"})
"""Figures that speak of a tool's suite as a whole."""
_Taken = TakenMeasure | TakenExactly


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAsk:
    """What is to be checked, and against what."""

    sheet: Document
    raw: bytes
    """The sheet's bytes."""
    repository: Repository
    files: DataFiles
    data: tuple[str, ...]
    """Names of the files with the rows; empty for what the last step of the provenance made."""
    reference: tuple[str, ...] = ()
    """Rows of the population, for measures that compare with one."""
    reports: tuple[ToolReport, ...] = ()
    today: date


def find_sheet(repository: Repository, name: str) -> Document:
    """The data sheet of an id or a path; `NotFound` that lists those that there are, `InvalidInput` for a shared id."""
    sheets = list(repository.all(Dataset))
    found = [document for document, noun in sheets if name in (noun.id, document.path)]
    alike = [document.path for document, noun in sheets if found and noun.id == getattr(found[0].noun, "id", None)]
    if len(alike) > 1:
        raise InvalidInput(
            f"{' and '.join(alike)} have the same id, by which the ledger tells data sets apart",
            hint="give each an id of its own",
        )
    if not found:
        known = ", ".join(noun.id for _, noun in sheets) or "none yet: systems/<id>/data/<id>.yaml"
        raise NotFound(f"there is no data sheet '{name}'", hint=f"known are {known}")
    return found[0]


def check_data(ask: DataAsk) -> DataCheck:
    """Everything that the sheet asks for; raises only for files that cannot be read at all."""
    dataset = ask.sheet.noun
    assert isinstance(dataset, Dataset)
    data, gone = (ask.data, "") if ask.data else _last_made(dataset, ask.files)
    digests = tuple((name, ask.files.digest(name)) for name in data)
    bench = _Bench(ask, dataset, data, gone)
    findings = (
        *bench.quality(),
        *bench.reported(),
        *verify_provenance(ask.sheet, dataset, ask.repository, ask.files, dict(digests)),
        *bench.preparation(),
    )
    return DataCheck(
        dataset=dataset.id,
        system=ask.sheet.folder or "",
        path=ask.sheet.path,
        sheet=f"sha256:{sha256(ask.raw).hexdigest()}",
        data=digests,
        findings=findings,
    )


def _last_made(dataset: Dataset, files: DataFiles) -> tuple[tuple[str, ...], str]:
    """The files of the last step that names one, else why there are none."""
    named = [step.file for step in dataset.provenance if step.file is not None]
    if not named:
        raise NotFound(
            f"{dataset.id}: nobody says where the rows are: no step says which file it made",
            hint="name them: --data FILE, below --files DIR",
        )
    found = files.names(named[-1])
    return found, "" if found else f"{named[-1]}, which its last step made, is not here"


@dataclass(frozen=True)
class _Bench:
    """One sheet with its rows at hand."""

    ask: DataAsk
    dataset: Dataset
    data: tuple[str, ...]
    gone: str
    """Why there are no rows; empty when there are."""

    # --- quality ------------------------------------------------------------------------------------------------------

    def quality(self) -> Iterator[DataFinding]:
        """Each target in turn; those that are taken on rows are counted together."""
        wanted = {place: one.take for place, one in enumerate(self.dataset.quality) if one.take is not None}
        taken = self._take(wanted, self.data, self.ask.reference)
        if not self.dataset.quality:
            yield DataFinding(
                part=DataPart.QUALITY,
                name="quality",
                state=CheckState.UNSET,
                because="the sheet has no quality requirement",
                remedy="list `quality` with measure, relation, target and how to take it",
            )
        for place, target in enumerate(self.dataset.quality):
            finding = partial(DataFinding, part=DataPart.QUALITY, name=target.measure)
            if place in taken:
                yield _judged(finding, target.relation, target.target, taken[place])
            else:
                yield self._from_reports(target, finding)

    def _from_reports(self, target: QualityTarget, finding: Callable[..., DataFinding]) -> DataFinding:
        for report in self.ask.reports:
            for known in target.reports:
                figures = [one for one in report.figures if one.is_called(known.name) and known.tool is report.tool]
                if len(figures) > 1:
                    because = f"{known.name} stands {len(figures)} times in the report of {report.tool.value}"
                    return finding(
                        state=CheckState.UNTOLD,
                        because=because,
                        relation=target.relation,
                        target=target.target,
                        remedy="have the tool report one of them only",
                    )
                for figure in figures:
                    return _held(
                        finding,
                        target.relation,
                        target.target,
                        value=figure.value,
                        n=figure.n,
                        because=f"as {report.tool.value} reports it ({figure.about or figure.name})",
                    )
        if target.reports:
            named = ", ".join(f"{one.tool.value}: {one.name}" for one in target.reports)
            because, remedy = f"no report gives it ({named})", "pass the report: --results FILE"
        else:
            because = "nothing says how it is taken"
            remedy = "say it: `take: {measure: completeness, of: COLUMN}`, or `reports: [{tool: ..., name: ...}]`"
        return finding(
            state=CheckState.UNTOLD, because=because, relation=target.relation, target=target.target, remedy=remedy
        )

    def reported(self) -> Iterator[DataFinding]:
        """What other tools say that no target speaks of: a suite as a whole, else each of its tests that failed."""
        spoken = [known for target in self.dataset.quality for known in target.reports]
        for report in self.ask.reports:
            names = [known.name for known in spoken if known.tool is report.tool]
            whole = next((one for one in report.figures if one.name == "all"), None)
            if not names and whole is not None:
                yield _of_suite(report, whole)
            elif names and _WHOLE.isdisjoint(names):
                yield from (_of_test(report, one) for one in report.figures if _failed(one) and not _among(one, names))

    # --- preparation --------------------------------------------------------------------------------------------------

    def preparation(self) -> Iterator[DataFinding]:
        """Each criterion of each step."""
        for step in self.dataset.preparation:
            if not step.accept:
                yield DataFinding(
                    part=DataPart.PREPARATION,
                    name=step.method,
                    state=CheckState.UNTOLD,
                    because=f"only people can read its criterion: {step.criterion}",
                    remedy="say it for a machine: `accept: [{take: {measure: ...}, relation: '<=', target: 0}]`",
                )
            for criterion in step.accept:
                yield self._criterion(step, criterion)

    def _criterion(self, step: PreparationStep, criterion: Acceptance) -> DataFinding:
        finding = partial(DataFinding, part=DataPart.PREPARATION, name=step.method)
        try:
            return self._accepted(criterion, finding)
        except (InvalidInput, NotFound) as error:
            return finding(state=CheckState.UNTOLD, because=error.message, remedy=error.hint or "")

    def _accepted(self, criterion: Acceptance, finding: Callable[..., DataFinding]) -> DataFinding:
        after = self._named(criterion.file) if criterion.file else self.data
        before = self._named(criterion.before) if criterion.before else ()
        compares = _needs_reference(criterion.take)
        taken = self._take({0: criterion.take}, after, before if compares else ())[0]
        if compares or not before:
            return _judged(finding, criterion.relation, criterion.target, taken)
        both = self._take({0: criterion.take}, before)[0], taken
        return _judged_change(finding, criterion.relation, criterion.target, both)

    def _named(self, pattern: str) -> tuple[str, ...]:
        found = self.ask.files.names(pattern)
        if not found:
            raise NotFound(f"{pattern} is not here", hint="say where the files lie: --files DIR")
        return found

    # --- taking -------------------------------------------------------------------------------------------------------

    def _take(
        self, wanted: Mapping[int, AskedMeasure], data: Sequence[str], reference: Sequence[str] = ()
    ) -> dict[int, _Taken | str]:
        """Each measure by its place, or why it cannot be taken; together, and one by one when one of them cannot."""
        if not wanted:
            return {}
        if not data:
            return dict.fromkeys(wanted, self.gone)
        files = self.ask.files
        with closing(files.rows(data)) as counted:
            rows = RowSource(counted, partial(files.values, data))
            if not reference:
                return self._taken(wanted, rows, None)
            with closing(files.rows(reference)) as older:
                return self._taken(wanted, rows, RowSource(older, partial(files.values, reference)))

    def _taken(
        self, wanted: Mapping[int, AskedMeasure], rows: RowSource, older: RowSource | None
    ) -> dict[int, _Taken | str]:
        named = {place: self._named_measure(place, one) for place, one in wanted.items()}
        try:
            taken = take_measures(MeasureSpec(measures=tuple(named.values())), rows, older)
            found: dict[int, _Taken | str] = dict(zip(named, taken, strict=True))
        except InvalidInput:
            found = {place: _take_one(one, rows, older) for place, one in named.items()}
        return {place: _of_all_rows(one, named[place], rows) for place, one in found.items()}

    def _named_measure(self, place: int, asked: AskedMeasure) -> AskedMeasure:
        today = {"as_of": self.ask.today} if asked.measure == "currentness" and asked.as_of is None else {}
        return asked.model_copy(update={"id": f"{asked.measure} ({place + 1})", **today})


def _take_one(asked: AskedMeasure, rows: RowSource, older: RowSource | None) -> _Taken | str:
    try:
        return take_measures(MeasureSpec(measures=(asked,)), rows, older)[0]
    except InvalidInput as error:
        return f"{error.message}{f' ({error.hint})' if error.hint else ''}"


def _of_all_rows(taken: _Taken | str, asked: AskedMeasure, rows: RowSource) -> _Taken | str:
    """Currentness counts rows that have a moment; of a data set, a row without one is not current."""
    if asked.measure != "currentness" or isinstance(taken, str) or taken.measured.value is None:
        return taken
    terms = {"of": asked.of, "when": asked.when, "by": asked.by, "id": "rows with a moment"}
    dated = _take_one(AskedMeasure.model_validate({"measure": "completeness", **terms}), rows, None)
    if isinstance(dated, str) or dated.measured.n == taken.measured.n:
        return dated if isinstance(dated, str) else taken
    total, fresh = dated.measured.n, round(taken.measured.value * taken.measured.n)
    note = f"{total - taken.measured.n:,} of {total:,} rows have no moment"
    return replace(taken, measured=replace(rate_of(Tally(fresh, total)), note=note))


def _needs_reference(asked: AskedMeasure) -> bool:
    kind = CATALOGUE.get(asked.measure) or EXACT.get(asked.measure)
    return kind is not None and Need.REFERENCE in kind.needs


def _judged(
    finding: Callable[..., DataFinding], relation: Relation, target: float | None, taken: _Taken | str
) -> DataFinding:
    if isinstance(taken, str):
        return finding(state=CheckState.UNTOLD, because=taken, relation=relation, target=target)
    measured = taken.measured
    digest = taken.digest if isinstance(taken, TakenMeasure) else None
    told = measured.reason or measured.note or ""
    if _drawn(taken) and target is not None and measured.value is not None and measured.interval is not None:
        low, high = measured.interval.low, measured.interval.high
        worse = low if relation is Relation.AT_LEAST else high
        if _HOLDS[relation](measured.value, target) and not _HOLDS[relation](worse, target):
            because = f"with so few rows it may be anything from {low:.4g} to {high:.4g}"
            remedy = "compare more rows"
            return finding(
                state=CheckState.UNTOLD, because=because, value=measured.value, relation=relation, target=target,
                n=measured.n, digest=digest, remedy=remedy,
            )  # fmt: skip
    return _held(finding, relation, target, value=measured.value, n=measured.n, because=told, digest=digest)


def _drawn(taken: _Taken) -> bool:
    """Whether the value depends on which rows were drawn, here and in the reference."""
    return taken.kind.family is Family.DRIFT or taken.kind.id == "representativeness"


def _judged_change(
    finding: Callable[..., DataFinding],
    relation: Relation,
    target: float | None,
    both: tuple[_Taken | str, _Taken | str],
) -> DataFinding:
    """The value after a step less the one before it."""
    values = []
    for one in both:
        if isinstance(one, str) or one.measured.value is None:
            return _judged(finding, relation, target, one)
        values.append(one.measured)
    before, after = values
    assert before.value is not None
    assert after.value is not None
    because = f"{before.value:.6g} before, {after.value:.6g} after"
    return _held(finding, relation, target, value=after.value - before.value, n=after.n, because=because)


def _held(  # noqa: PLR0913
    finding: Callable[..., DataFinding],
    relation: Relation,
    target: float | None,
    *,
    value: float | None,
    n: int | None,
    because: str,
    digest: str | None = None,
) -> DataFinding:
    told = partial(finding, value=value, relation=relation, target=target, n=n, digest=digest)
    if value is None:
        return told(state=CheckState.UNTOLD, because=because or "it has no value")
    if target is None:
        remedy = "set `target` in the sheet: what has none cannot be met"
        return told(state=CheckState.UNSET, because="nobody has said what is good enough", remedy=remedy)
    if _HOLDS[relation](value, target):
        return told(state=CheckState.PASSED, because=because)
    remedy = "mend the data, or have the owner of the sheet approve another target"
    return told(state=CheckState.FAILED, because=because, remedy=remedy)


def _of_suite(report: ToolReport, whole: Figure) -> DataFinding:
    failed = None if whole.n is None or whole.hits is None else whole.n - whole.hits
    passed = whole.value == 1 and not failed and not whole.errored
    states = {True: CheckState.PASSED, False: CheckState.FAILED if whole.value is not None else CheckState.UNTOLD}
    counted = f"{whole.hits} of {whole.n} expectations are met" if failed is not None else "its suite as a whole"
    return DataFinding(
        part=DataPart.QUALITY,
        name=report.tool.value,
        state=states[passed],
        because=counted + (f", {whole.errored} ended in an error" if whole.errored else ""),
        value=whole.value,
        n=whole.n,
        remedy="" if passed else "see the tool's own report for what failed",
    )


def _failed(figure: Figure) -> bool:
    ended_in_error = figure.errored > 0 and figure.n is None  # of a share, n is how many tests came to a result
    return figure.name not in _WHOLE and (figure.passed is False or ended_in_error)


def _among(figure: Figure, names: Sequence[str]) -> bool:
    """Whether a target speaks of it, or of what it is a part of: `failures` of `failures.SCHEMA`."""
    return any(figure.name == name or figure.name.startswith(f"{name}.") for name in names)


def _of_test(report: ToolReport, figure: Figure) -> DataFinding:
    """A test that failed, or came to no result, and that the sheet is silent about."""
    tool, errored = report.tool.value, figure.passed is None
    because = "it ended in an error" if errored else "the tool says that it failed"
    return DataFinding(
        part=DataPart.QUALITY,
        name=f"{tool}: {figure.name}",
        state=CheckState.UNTOLD if errored else CheckState.FAILED,
        because=f"{because}, and no target speaks of it",
        value=figure.value,
        n=figure.n,
        remedy=f"mend it, or give a target what is enough: `reports: [{{tool: {tool}, name: {figure.name}}}]`",
    )
