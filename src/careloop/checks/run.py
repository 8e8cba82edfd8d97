"""Everything that is wrong with one tree: errors, findings of structural checks, findings of rules. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from careloop.checks.breach import Breach
from careloop.checks.catalogue import Catalogue
from careloop.checks.change import COMPARISONS
from careloop.checks.ground import Ground
from careloop.checks.modules import module_known, switched_off
from careloop.checks.own_controls import control_problems
from careloop.checks.references import Beyond, Names
from careloop.checks.rule_book import RuleBook, build_rule_book
from careloop.checks.set_aside import drafts_in, set_aside, softened
from careloop.checks.structure import STRUCTURAL_CHECKS
from careloop.checks.subjects import Case, Cases
from careloop.checks.tiering import CRITERIA, broken_expressions, tier_justified, triggered_assessed
from careloop.documents.compile import Compiled, compile_tree, error_finding, places_in
from careloop.documents.yaml_exact import locate_inside
from careloop.documents.yaml_text import decode
from careloop.domain.check import TreeCheck
from careloop.domain.controls import Controls
from careloop.domain.finding import Finding
from careloop.domain.place import Place, Pointer
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, Subject, Verdict
from careloop.domain.source_tree import SourceTree
from careloop.domain.tier import Enforcement, Moment, Severity
from careloop.rules.compiled_rule import CompiledRule, RuleProblem
from careloop.rules.diagnosis import closest
from careloop.rules.evaluate import Evaluation, evaluate
from careloop.rules.problem import ProblemKind

__all__ = [
    "CHANGE_CHECKS",
    "PROGRAMME_CHECKS",
    "Judgement",
    "breach_finding",
    "check_tree",
    "enforcement_on",
    "judge",
    "known_checks",
    "known_requirements",
    "rule_findings",
]

_PACKS: Pointer = ("rule_packs",)
_LINT_CHECKS = {
    ProblemKind.EMPTY: "size-guard",
    ProblemKind.UNTESTED: "rule-tested",
    ProblemKind.CASE: "rule-cases",
    ProblemKind.LOOSENS: "rule-tightens",
}
CHANGE_CHECKS = frozenset({*COMPARISONS, "owner-approval", "loosening-approved", "change-record", "cross-review"})
"""Checks of a change, which one tree alone cannot break: its trees side by side, and (`careloop.gates.change_control`)
its commits against the owners, promises and records that the base asks for."""
PROGRAMME_CHECKS = frozenset({"process-on-schedule", "message-delivered", "emergency-reviewed", "schema-as-declared"})
"""Checks of what ledger and outbox show, which no tree can break; their findings stand in status."""
_CHECKS = frozenset(
    {
        *STRUCTURAL_CHECKS,
        *CHANGE_CHECKS,
        *PROGRAMME_CHECKS,
        *_LINT_CHECKS.values(),
        "tier-justified",
        "triggered-assessed",
        "module-known",
    }
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The check of a tree, with what it was made from."""

    checked: TreeCheck
    compiled: Compiled
    book: RuleBook


def check_tree(tree: SourceTree, catalogue: Catalogue, on: date | None = None) -> TreeCheck:
    """Check a tree. Without a day the answer is the same on any date; with one, deadlines are judged too."""
    return judge(compile_tree(tree), tree, catalogue, on).checked


def judge(
    compiled: Compiled, tree: SourceTree, catalogue: Catalogue, on: date | None, *, beyond: Beyond | None = None
) -> Judgement:
    """What is wrong with a compiled tree; `beyond` tells of the rest where only a part of the tree was compiled."""
    repository = compiled.repository
    book = build_rule_book(repository, catalogue, frozenset({Moment.CHANGE}))
    errors = [
        *compiled.errors,
        *_rule_errors(compiled, book),
        *_criteria_errors(compiled),
        *_control_errors(compiled),
    ]
    failed = frozenset(error.place.file for error in errors)
    cases = Cases(repository, None)
    requirements = known_requirements(repository, catalogue)
    names = Names(repository, requirements=requirements, rules=book.names, unreadable=failed, beyond=beyond)
    ground = Ground(repository=repository, tree=tree, names=names, catalogue=catalogue, failed=failed, on=on)
    findings = [
        *_structural_findings(ground, book, cases),
        *(_module_findings(book, repository, catalogue, on) if _has_switches(repository) else ()),
        *rule_findings(book.at(Moment.CHANGE), cases, failed, on),
    ]
    kept = _kept(_with_places(findings, compiled.sources), book, _Aside(repository, catalogue, on, beyond))
    order = lambda finding: (finding.place, finding.rule, finding.message)  # noqa: E731  # used twice, right below
    checked = TreeCheck(len(repository.documents), tuple(sorted(errors, key=order)), tuple(sorted(kept, key=order)))
    return Judgement(checked, compiled, book)


@dataclass(frozen=True, slots=True)
class _Aside:
    """What findings are set aside by."""

    repository: Repository
    catalogue: Catalogue
    on: date | None
    beyond: Beyond | None


def _kept(findings: Iterable[Finding], book: RuleBook, by: _Aside) -> list[Finding]:
    """Every finding, marked where a module is off, a draft is meant, or a waiver or the baseline covers it."""
    repository = by.repository
    drafts = by.beyond.drafts if by.beyond else drafts_in(repository)
    off = switched_off(repository, by.catalogue.profiles.modules) if _has_switches(repository) else {}
    return [
        replace(finding, set_aside=f"module {off[finding.rule]} is off")
        if finding.rule in off
        else set_aside(softened(finding, drafts), repository, book.rule, by.on)
        for finding in findings
    ]


def known_checks() -> frozenset[str]:
    """Names of careloop's own checks."""
    return _CHECKS


def _has_switches(repository: Repository) -> bool:
    organisation = repository.organisation
    return organisation is not None and bool(organisation.modules)


def known_requirements(repository: Repository, catalogue: Catalogue) -> frozenset[str]:
    """Ids that a document may name: of the standards, the practices and the organisation's own controls."""
    controls = repository.only(Controls)
    own = {f"own/{control.id}" for control in controls.custom} if controls else set()
    return frozenset({row.id for row in catalogue.requirements} | own)


def enforcement_on(rule: Rule, on: date | None) -> Enforcement:
    """What a violation does; a rule with `block_from` only warns before that day, and where no day is known."""
    if rule.block_from is None:
        return rule.enforcement
    if on is not None and on >= rule.block_from:
        return Enforcement.BLOCK
    return min(rule.enforcement, Enforcement.WARN, key=lambda enforcement: enforcement.rank)


# --- errors in rules --------------------------------------------------------------------------------------------------


def _rule_errors(compiled: Compiled, book: RuleBook) -> Iterator[Finding]:
    organisation = compiled.repository.organisation
    if organisation is not None and not organisation.rule_packs:
        place = places_in("care.yaml", compiled.sources["care.yaml"], frozenset({_PACKS}))[_PACKS]
        yield error_finding("no-rule-pack", "without a rule pack nothing could ever be wrong", place, pointer=_PACKS)
    for position, name in book.unknown_packs:
        pointer: Pointer = ("rule_packs", position)
        place = places_in("care.yaml", compiled.sources["care.yaml"], frozenset({pointer}))[pointer]
        yield error_finding("unknown-pack", f"there is no rule pack '{name}' in this version", place, pointer=pointer)
    shown = {rule.check for rule in book.structural()}
    told = {(error.rule, error.place.file, error.pointer) for error in compiled.errors}
    for problem in (*book.problems, *_unknown_checks(book)):
        check = _LINT_CHECKS.get(problem.kind)
        if check in shown:
            continue
        code = check or ("duplicate-id" if problem.kind is ProblemKind.DUPLICATE else "rule-expression")
        if (code, problem.source, problem.pointer) in told:
            continue
        place = _inside(compiled, problem.source, problem.pointer, problem.line, problem.column)
        guess = f"; {problem.suggestion}" if problem.suggestion else ""
        yield error_finding(code, f"{problem.message}{guess}", place, pointer=problem.pointer)


def _unknown_checks(book: RuleBook) -> Iterator[RuleProblem]:
    """Rules that name a structural check which does not exist, and so would pass whatever happens."""
    for rule in book.rules:
        name = rule.rule.check
        if name is not None and name not in _CHECKS and rule.source:
            guess = closest(name, _CHECKS)
            yield rule.problem(ProblemKind.NAME, f"there is no check '{name}'", "check", suggestion=guess)


def _control_errors(compiled: Compiled) -> Iterator[Finding]:
    for path, pointer, problem in control_problems(compiled.repository):
        if problem.kind is ProblemKind.EMPTY:
            continue
        guess = f"; {problem.suggestion}" if problem.suggestion else ""
        place = _inside(compiled, path, pointer, problem.line, problem.column)
        yield error_finding("rule-expression", f"{problem.message}{guess}", place, pointer=pointer)


def _criteria_errors(compiled: Compiled) -> Iterator[Finding]:
    for pointer, problem in broken_expressions(compiled.repository):
        if problem.kind.is_lint and problem.kind is not ProblemKind.HAS:
            continue
        guess = f"; {problem.suggestion}" if problem.suggestion else ""
        place = _inside(compiled, CRITERIA, pointer, problem.line, problem.column)
        yield error_finding("rule-expression", f"{problem.message}{guess}", place, pointer=pointer)


def _inside(compiled: Compiled, path: str, pointer: Pointer, line: int, column: int) -> Place:
    text = decode(compiled.sources[path])
    assert isinstance(text, str), "a document that compiled is text"
    if (line, column) == (1, 1) and pointer and pointer[-1] not in ("require", "applies", "when", "holds"):
        return places_in(path, compiled.sources[path], frozenset({pointer}))[pointer]
    return Place(path, *locate_inside(text, pointer, line, column))


# --- structural checks ------------------------------------------------------------------------------------------------


def _structural_findings(ground: Ground, book: RuleBook, cases: Cases) -> Iterator[Finding]:
    repository = ground.repository
    lints = _lint_breaches(book.problems, repository)
    for rule in book.structural():
        assert rule.check is not None
        breaches: Iterable[Breach] = lints.get(rule.check, ())
        if rule.check in STRUCTURAL_CHECKS:
            breaches = STRUCTURAL_CHECKS[rule.check](ground)
        elif rule.check == "tier-justified":
            breaches = tier_justified(cases, repository)
        elif rule.check == "triggered-assessed":
            breaches = triggered_assessed(cases, repository)
        yield from (breach_finding(rule, breach, ground.on) for breach in breaches)


def _module_findings(
    book: RuleBook, repository: Repository, catalogue: Catalogue, on: date | None
) -> Iterator[Finding]:
    """Apart from the other checks: the modules are read only where something is switched."""
    for rule in book.structural():
        if rule.check == "module-known":
            for breach in module_known(repository, catalogue.profiles.modules):
                yield breach_finding(rule, breach, on)


def _lint_breaches(problems: Iterable[RuleProblem], repository: Repository) -> Mapping[str, list[Breach]]:
    found: dict[str, list[Breach]] = {}
    for problem in problems:
        if problem.kind in _LINT_CHECKS:
            breach = Breach(
                path=problem.source, pointer=problem.pointer, message=problem.message, remedy=problem.suggestion
            )
            found.setdefault(_LINT_CHECKS[problem.kind], []).append(breach)
    for path, pointer, doubt in control_problems(repository):
        if doubt.kind is ProblemKind.EMPTY:
            breach = Breach(path=path, pointer=pointer, message=doubt.message, remedy=doubt.suggestion)
            found.setdefault(_LINT_CHECKS[doubt.kind], []).append(breach)
    return found


def breach_finding(rule: Rule, breach: Breach, on: date | None) -> Finding:
    """A breach of a structural rule as a finding; its column is still to be worked out."""
    enforce = enforcement_on(rule, on)
    if breach.severity is Severity.SHOULD and rule.severity is Severity.MUST:
        enforce = min(enforce, Enforcement.WARN, key=lambda one: one.rank)
    return Finding(
        rule=rule.id,
        severity=breach.severity or rule.severity,
        enforce=enforce,
        message=breach.message,
        place=Place(breach.path, breach.line or 0),
        pointer=breach.pointer,
        controls=rule.controls,
        remedy=breach.remedy or rule.remedy,
        subject=breach.path.split("/")[1] if breach.path.startswith("systems/") else None,
    )


# --- rules with an expression -----------------------------------------------------------------------------------------


def rule_findings(
    rules: Iterable[CompiledRule], cases: Cases, failed: frozenset[str], on: date | None
) -> Iterator[Finding]:
    """Findings of rules over the cases they speak about; a case that rests on an unreadable file is left out."""
    by_subject: dict[Subject, list[CompiledRule]] = {}
    for rule in rules:
        by_subject.setdefault(rule.rule.subject, []).append(rule)
    for subject, group in by_subject.items():
        for case in cases.of(subject):
            if _rests_on(case, failed):
                continue
            for rule in group:
                evaluation = evaluate(rule, cases.bound(case, rule.vocabulary))
                if evaluation.verdict not in (Verdict.ALLOW, Verdict.NOT_APPLICABLE):
                    yield _of_evaluation(rule.rule, case, evaluation, on)


def _rests_on(case: Case, failed: frozenset[str]) -> bool:
    """Whether a file that could not be read might change the answer for this case."""
    if not failed:
        return False
    if case.subject is Subject.ORGANISATION:
        return True
    folder = case.path.rpartition("/")[0] + "/" if case.path.startswith("systems/") else None
    shared = "care.yaml" in failed or (case.subject in (Subject.RISK, Subject.SYSTEM) and CRITERIA in failed)
    risks = case.subject is Subject.SYSTEM and any(path.startswith("risk/") for path in failed)
    return shared or risks or any(folder is not None and path.startswith(folder) for path in failed)


def _of_evaluation(rule: Rule, case: Case, evaluation: Evaluation, on: date | None) -> Finding:
    message = rule.sentence
    if evaluation.verdict is Verdict.UNKNOWN:
        message = f"cannot tell whether: {rule.sentence}"
    elif evaluation.verdict is Verdict.ERRORED:
        message = f"the rule itself failed ({evaluation.error}): {rule.sentence}"
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        enforce=Enforcement.BLOCK if evaluation.verdict is Verdict.ERRORED else enforcement_on(rule, on),
        message=message,
        place=Place(case.path, 0),
        pointer=(*case.pointer, *(rule.at.split(".") if rule.at else ())),
        controls=rule.controls,
        remedy=rule.remedy,
        because=evaluation.explanation,
        subject=case.id,
        owner=case.owner,
    )


def _with_places(findings: list[Finding], sources: Mapping[str, bytes]) -> Iterator[Finding]:
    """Lines and columns, worked out once a file and only for files with findings."""
    wanted: dict[str, set[Pointer]] = {}
    for finding in findings:
        if finding.place.line == 0 and finding.place.file in sources:
            wanted.setdefault(finding.place.file, set()).add(finding.pointer)
    places = {path: places_in(path, sources[path], frozenset(pointers)) for path, pointers in wanted.items()}
    for finding in findings:
        if finding.place.line:
            yield finding
            continue
        place = places.get(finding.place.file, {}).get(finding.pointer, Place(finding.place.file))
        yield replace(finding, place=place)
