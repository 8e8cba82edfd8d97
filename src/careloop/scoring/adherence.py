"""M1: how far systems keep the rules that block, as the documents stand.

A cell is one system in scope and one blocking rule about systems, their data or their assessments. A waiver that is
granted and in force is shown apart and never as a pass; one that has run out leaves the failure; a rule that could not
be asked is missing and counts against. Rules of moment `release` are asked by the gate and rest on M12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import DEFAULT_PACKS, RuleBook, build_rule_book
from careloop.checks.run import enforcement_on, judge
from careloop.checks.set_aside import set_aside, with_granted_waivers
from careloop.checks.subjects import Case, Cases
from careloop.documents.compile import Compiled
from careloop.domain.counts import Tally
from careloop.domain.finding import Finding
from careloop.domain.metric import Figure, NullReason, Part
from careloop.domain.organisation import Approval
from careloop.domain.place import Place
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, RuleFile, Subject, Verdict
from careloop.domain.source_tree import SourceTree
from careloop.domain.tier import Enforcement, Moment
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.evaluate import evaluate
from careloop.scoring.figures import PERCENT, share_part

__all__ = ["Adherence", "Cell", "CellState", "adherence", "adherence_figure"]

_ABOUT: Final = (Subject.SYSTEM, Subject.DATASET, Subject.ASSESSMENT)
_MOMENTS: Final = frozenset({Moment.CHANGE, Moment.ALWAYS})


class CellState(StrEnum):
    """What a rule says of a system, worst first."""

    FAILED = "failed"
    ERRORED = "errored"
    """The rule itself is at fault."""
    MISSING = "missing"
    """It could not be asked: a file is unreadable, a fact is not stated, the rule does not compile."""
    BASELINE = "baseline"
    """Broken, and recorded as debt with an end: counts as failed."""
    WAIVED = "waived"
    """Broken, and set aside by a waiver in force: shown apart."""
    PASSED = "passed"


_ORDER: Final = tuple(CellState)
_OF_VERDICT: Final[Mapping[Verdict, CellState]] = {
    Verdict.ALLOW: CellState.PASSED,
    Verdict.VIOLATE: CellState.FAILED,
    Verdict.ERRORED: CellState.ERRORED,
    Verdict.UNKNOWN: CellState.MISSING,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One rule asked of one system."""

    system: str
    rule: str
    state: CellState


@dataclass(frozen=True, slots=True)
class Adherence:
    """All cells, and the systems whose folder holds any finding that blocks."""

    systems: frozenset[str]
    """Systems in scope."""
    cells: tuple[Cell, ...]
    violating: frozenset[str]
    unknown_packs: tuple[str, ...] = ()
    """Rule packs that are asked for and do not ship with this version: their rules were never asked."""


@dataclass(frozen=True)
class _Asking:
    compiled: Compiled
    book: RuleBook
    failed: frozenset[str]
    on: date

    def state(self, rule: CompiledRule, case: Case, cases: Cases) -> CellState | None:
        """The state of one case; None where the rule does not speak about it."""
        if self.unreadable(_system_in(case.path)):
            return CellState.MISSING
        verdict = evaluate(rule, cases.bound(case, rule.vocabulary)).verdict
        state = _OF_VERDICT.get(verdict)
        return state if state in (None, CellState.PASSED) else self._set_aside(rule.rule, case, state)

    def unreadable(self, system: str) -> bool:
        """Whether a file that could not be read might change what is said of a system."""
        folder = f"systems/{system}/"
        return any(path.startswith((folder, "risk/")) or path == "care.yaml" for path in self.failed)

    def _set_aside(self, rule: Rule, case: Case, state: CellState) -> CellState:
        finding = Finding(
            rule=rule.id,
            severity=rule.severity,
            enforce=Enforcement.BLOCK,
            message=rule.sentence,
            place=Place(case.path, 0),
            pointer=(*case.pointer, *(rule.at.split(".") if rule.at else ())),
            subject=case.id,
        )
        found = set_aside(finding, self.compiled.repository, self.book.rule, self.on).set_aside
        return _state_of(found, state)


def _state_of(set_aside_by: str | None, otherwise: CellState) -> CellState:
    if set_aside_by is None:
        return otherwise
    return CellState.WAIVED if set_aside_by.startswith("waiver") else CellState.BASELINE


_Granted = Mapping[str, tuple[Approval, ...]]


def adherence(
    tree: SourceTree, compiled: Compiled, catalogue: Catalogue, now: datetime, *, granted: _Granted
) -> Adherence:
    """Ask every blocking rule of every system in scope, at `now` in the organisation's time zone.

    `granted` are the waivers that people have granted by then, as the gate counts them; others set nothing aside.
    """
    compiled = replace(compiled, repository=with_granted_waivers(compiled.repository, granted))
    repository, on = compiled.repository, now.date()
    book = build_rule_book(repository, catalogue, _MOMENTS)
    checked = judge(compiled, tree, catalogue, on).checked
    asking = _Asking(compiled, book, frozenset(error.place.file for error in checked.errors), on)
    timeless, timed = Cases(repository, None), Cases(repository, now)
    known = {case.id for case in timeless.of(Subject.SYSTEM)}
    unread = _unread_systems(asking.failed, compiled) - known
    scope = {case.id for case in timeless.of(Subject.SYSTEM) if case.values["in_scope"]} | unread
    rules = [rule for rule in book.rules if _counts(rule.rule, on)]
    found: list[Cell] = []
    for rule in rules:
        cases = timeless if rule.rule.moment is Moment.CHANGE else timed
        told = _cells_of(rule, cases, asking) if rule.require else None
        found += _structural(rule.rule, asking, scope, checked.findings) if told is None else told
    asked = {rule.id for rule in book.rules}
    found += [
        Cell(system, rule.id, CellState.MISSING)
        for rule in _written(compiled)
        if rule.id not in asked and _counts(rule, on)
        for system in scope
    ]
    found += [Cell(system, "system.yaml", CellState.MISSING) for system in unread]
    return Adherence(
        systems=frozenset(scope),
        cells=_worst(cell for cell in found if cell.system in scope),
        violating=frozenset(one.subject for one in checked.findings if one.blocking and one.subject in scope),
        unknown_packs=_unknown_packs(repository, catalogue),
    )


def _unknown_packs(repository: Repository, catalogue: Catalogue) -> tuple[str, ...]:
    organisation = repository.organisation
    names = organisation.rule_packs if organisation else DEFAULT_PACKS
    return tuple(name for name in names if name not in catalogue.packs)


def _system_in(path: str) -> str:
    """The system in whose folder a path lies."""
    return path.split("/")[1] if path.startswith("systems/") else ""


def _counts(rule: Rule, on: date) -> bool:
    blocks = enforcement_on(rule, on) is Enforcement.BLOCK
    return blocks and rule.subject in _ABOUT and rule.moment in _MOMENTS


def _cells_of(rule: CompiledRule, cases: Cases, asking: _Asking) -> Iterator[Cell]:
    for case in cases.of(rule.rule.subject):
        state = asking.state(rule, case, cases)
        if state is not None:
            yield Cell(_system_in(case.path), rule.id, state)


def _unread_systems(failed: frozenset[str], compiled: Compiled) -> set[str]:
    """Systems whose own document could not be read, unless care.yaml keeps them out of scope."""
    organisation = compiled.repository.organisation
    out = {one.system for one in organisation.scope.systems_excluded} if organisation else set()
    return {_system_in(path) for path in failed if path.endswith("/system.yaml")} - out - {""}


def _structural(rule: Rule, asking: _Asking, scope: Iterable[str], findings: Iterable[Finding]) -> Iterator[Cell]:
    broken = [one for one in findings if one.rule == rule.id and one.enforce is Enforcement.BLOCK]
    for system in scope:
        yield Cell(system, rule.id, CellState.MISSING if asking.unreadable(system) else CellState.PASSED)
    for finding in broken:
        if finding.subject is not None:
            yield Cell(finding.subject, rule.id, _state_of(finding.set_aside, CellState.FAILED))


def _written(compiled: Compiled) -> Iterator[Rule]:
    return (rule for file in compiled.repository.nouns(RuleFile) for rule in file.rules)


def _worst(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """One cell for each system and rule: of several cases the worst decides."""
    worst: dict[tuple[str, str], CellState] = {}
    for cell in cells:
        key = (cell.system, cell.rule)
        worst[key] = min(worst.get(key, cell.state), cell.state, key=_ORDER.index)
    return tuple(Cell(system, rule, state) for (system, rule), state in sorted(worst.items()))


def adherence_figure(found: Adherence, *, at: datetime) -> Figure:
    """Cells that passed, in percent of those that passed, failed, erred or are missing."""
    counted = {state: sum(cell.state is state for cell in found.cells) for state in CellState}
    n = len(found.cells) - counted[CellState.WAIVED]
    clean = found.systems - found.violating - {c.system for c in found.cells if c.state in _AGAINST}
    parts = (
        share_part(
            "systems_without_violation",
            "systems without an open violation",
            Tally(len(clean), len(found.systems)),
            sampled=False,
        ),
        *(_count_part(state, counted[state]) for state in CellState),
    )
    if found.unknown_packs:
        because = f"rules were never asked: this version does not know {', '.join(found.unknown_packs)}"
        return Figure(value=None, unit=PERCENT, n=n, reason=NullReason.DATA_ERROR, because=because, parts=parts)
    lines = "\n".join(f"{cell.system} {cell.rule} {cell.state.value}" for cell in found.cells)
    return Figure(
        value=100 * counted[CellState.PASSED] / n if n else None,
        unit=PERCENT,
        n=n,
        reason=None if n else NullReason.NO_ACTIVITY,
        because="" if n else "no blocking rule speaks about a system in scope",
        no_interval="every rule was asked of every system: nothing is sampled",
        parts=parts,
        newest=at,
        digest=f"sha256:{sha256(lines.encode()).hexdigest()}",
    )


_AGAINST: Final = (CellState.FAILED, CellState.ERRORED, CellState.MISSING, CellState.BASELINE)


def _count_part(state: CellState, count: int) -> Part:
    return Part(id=state.value, title=f"rules {state.value}", value=float(count), unit="n", n=count)
