"""Explain a requirement, rule, policy statement, finding, claim, risk or alarm: the chain, both ways (R24)."""

import difflib
from collections.abc import Iterable, Iterator
from datetime import datetime

from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.check import TreeCheck
from careloop.domain.explanation import Explanation, ExplanationLine, ExplanationSection
from careloop.domain.finding import Finding
from careloop.domain.policy import Policy, Statement
from careloop.domain.rule import Rule, Verdict
from careloop.domain.standard import Claim
from careloop.domain.status import ClaimResult, RequirementRow, Status
from careloop.errors import NotFound
from careloop.plans.automation_history import READS
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.evolve.explain_alarm import explain_alarm, rules_of
from careloop.workflows.evolve.explain_risk import credited_by, risk_explanation
from careloop.workflows.evolve.standpoint import zone_of
from careloop.workflows.read_live_status import Reading, read_live_status

__all__ = ["explain_reference"]

_SHORT = ("iso42001:2023/", "care/", "own/")


def explain_reference(
    source: RepositorySource, ref: str, *, standards: StandardsLibrary, ledger: Ledger | None, now: datetime
) -> Explanation:
    """What `ref` is, how it stands now and why. Raises NotFound, with the nearest names, when nothing is called so."""
    tree = source.work_tree()
    catalogue = Catalogue(standards.read_all())
    compiled = compile_tree(tree)
    story = _alarm(ledger, ref, compiled, catalogue)
    if story is not None:
        return story
    here = now.astimezone(zone_of(compiled.repository.organisation))
    head = source.head()
    reading = Reading(
        compiled=compiled,
        catalogue=catalogue,
        source=source,
        ledger=ledger,
        now=here,
        commit=None if head.dirty else head.commit,
    )
    status = read_live_status(reading)
    return _Explainer(compiled, catalogue, check_tree(tree, catalogue), status).explain(ref)


def _alarm(ledger: Ledger | None, ref: str, compiled: Compiled, catalogue: Catalogue) -> Explanation | None:
    """The chain from the policy to an alarm, and its story: what moved, by what right it acts, which plan followed."""
    if ledger is None or ref.count("-") != 4:
        return None
    entries = [entry for entry in ledger.query() if entry.record.type in READS]
    if not any(entry.record.id == ref and entry.record.type == "alarm.raised" for entry in entries):
        return None
    return explain_alarm(entries, ref, repository=compiled.repository, catalogue=catalogue)


class _Explainer:
    """Everything an explanation may draw on, computed once."""

    def __init__(self, compiled: Compiled, catalogue: Catalogue, checked: TreeCheck, status: Status) -> None:
        self._checked = checked
        self._risks = {live.risk.id: live for live in status.risks}
        self._rows = {row.requirement.id: row for row in status.requirements}
        self._claims = {one.claim.id: (row, one) for row in status.requirements for one in row.claims}
        self._rules = {rule.id: (rule, where) for rule, where in rules_of(compiled.repository, catalogue)}
        self._statements = {
            f"{document.path}#{statement.number}": statement
            for document, policy in compiled.repository.all(Policy)
            for statement in policy.statements
        }

    def explain(self, ref: str) -> Explanation:
        row = next((self._rows[p + ref] for p in ("", *_SHORT) if p + ref in self._rows), None)
        if row is not None:
            return self._requirement(row)
        if ref in self._rules:
            return self._rule(*self._rules[ref])
        if ref in self._statements:
            return self._statement(ref, self._statements[ref])
        if ref in self._claims:
            return self._claim(*self._claims[ref])
        if ref in self._risks:
            return risk_explanation(self._risks[ref])
        finding = next((one for one in (*self._checked.findings, *self._checked.errors) if one.id == ref), None)
        if finding is not None:
            return self._finding(finding)
        known = [*self._rows, *self._rules, *self._statements, *self._claims, *self._risks]
        close = difflib.get_close_matches(ref, known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(close)}?" if close else "try a requirement id, a rule id or policies/x.md#1.1"
        raise NotFound(f"nothing is called '{ref}'", hint=hint)

    def _requirement(self, row: RequirementRow) -> Explanation:
        requirement = row.requirement
        serving = [rule for rule, _ in self._rules.values() if requirement.id in rule.controls]
        about = [ExplanationLine(f"phase {requirement.phase.value}, kind {requirement.kind.value}")]
        if row.because:
            about.append(ExplanationLine(row.because))
        if row.degraded:
            about.append(ExplanationLine("degraded: it was evidence complete at an earlier size of the ledger"))
        if row.level is not None:
            about.append(ExplanationLine(f"maturity level {row.level} of 4"))
        also = [other for other in self._rows.values() if requirement.id in other.requirement.serves]
        served = [self._rows[one] for one in requirement.serves if one in self._rows]
        return Explanation(
            requirement.id,
            "requirement",
            requirement.title,
            f"{row.status.value} (ISO), {row.care_status.value} (CARE)",
            _filled(
                ("About", about),
                ("Claims", [line for claim in row.claims for line in _claim_lines(claim)]),
                ("Served by rules", [self._rule_line(rule) for rule in serving]),
                ("Served by CARE practices", [_row_line(other) for other in also]),
                ("Serves", [_row_line(other) for other in served]),
                ("Risks whose treatment counts on it", credited_by(requirement.id, self._risks.values())),
            ),
        )

    def _rule(self, rule: Rule, where: str) -> Explanation:
        naming = [(ref, one) for ref, one in self._statements.items() if rule.id in one.rules]
        violations = [one for one in self._checked.findings if one.rule == rule.id]
        expression = rule.require if rule.require is not None else f"careloop's own check `{rule.check}`"
        about = [
            ExplanationLine(f"{rule.severity.value}, {rule.enforcement.value}, at moment {rule.moment.value}"),
            ExplanationLine(f"speaks about each {rule.subject.value} where: {rule.applies}"),
            ExplanationLine(f"wants: {expression}"),
            ExplanationLine(f"mend: {rule.remedy}"),
            ExplanationLine(f"stands in {where}"),
        ]
        bad = next((case for case in rule.cases if case.expect is Verdict.VIOLATE), None)
        good = next((case for case in rule.cases if case.expect is Verdict.ALLOW), None)
        examples = [
            ExplanationLine(f"{word}: {case.name} — {_flat(case.facts)}")
            for word, case in (("fails", bad), ("passes", good))
            if case is not None
        ]
        return Explanation(
            rule.id,
            "rule",
            rule.sentence,
            "violated" if violations else "no finding",
            _filled(
                ("About", about),
                ("Examples", examples),
                ("A filled example", [ExplanationLine(line) for line in (rule.example or "").splitlines()]),
                ("Named by policy statements", [ExplanationLine(one.text, ref) for ref, one in naming]),
                ("Serves", [_row_line(self._rows[one]) for one in rule.controls if one in self._rows]),
                ("Findings now", [_finding_line(one) for one in violations]),
            ),
        )

    def _statement(self, ref: str, statement: Statement) -> Explanation:
        rules = [self._rules[one][0] for one in statement.rules if one in self._rules]
        controls = dict.fromkeys(control for rule in rules for control in rule.controls if control in self._rows)
        manual = statement.manual
        attested = [ExplanationLine(f"attested by {manual.owner} every {manual.interval}")] if manual else []
        findings = [one for one in self._checked.findings if one.rule in statement.rules]
        return Explanation(
            ref,
            "statement",
            statement.text,
            "violated" if findings else None,
            _filled(
                ("Enforced by", [self._rule_line(rule) for rule in rules] + attested),
                ("Serves", [_row_line(self._rows[control]) for control in controls]),
                ("Findings now", [_finding_line(one) for one in findings]),
            ),
        )

    def _claim(self, row: RequirementRow, result: ClaimResult) -> Explanation:
        about = [ExplanationLine(f"basis {result.claim.basis.value}"), *_shown_by(result.claim)]
        sections = (
            ("State", list(_claim_lines(result))),
            ("About", about),
            ("Evidence", [ExplanationLine(line.ref) for line in result.judgement.evidence]),
            ("Counts for", [_row_line(row)]),
        )
        return Explanation(
            result.claim.id, "claim", result.claim.text, result.judgement.state.value, _filled(*sections)
        )

    def _finding(self, finding: Finding) -> Explanation:
        about = [
            ExplanationLine(f"at {finding.place}"),
            ExplanationLine(f"mend: {finding.remedy or 'edit this place'}"),
        ]
        rule = self._rules.get(finding.rule)
        sections = [
            ("About", about),
            ("Because", [ExplanationLine(reason) for reason in finding.because]),
            ("Rule", [self._rule_line(rule[0])] if rule else []),
        ]
        if rule is not None:
            named = [(ref, one) for ref, one in self._statements.items() if finding.rule in one.rules]
            sections.append(("Named by policy statements", [ExplanationLine(one.text, ref) for ref, one in named]))
        sections.append(("Serves", [_row_line(self._rows[one]) for one in finding.controls if one in self._rows]))
        return Explanation(finding.id, "finding", finding.message, finding.severity.value, _filled(*sections))

    def _rule_line(self, rule: Rule) -> ExplanationLine:
        violated = any(one.rule == rule.id for one in self._checked.findings)
        return ExplanationLine(rule.sentence, rule.id, "violated" if violated else None)


def _filled(*sections: tuple[str, Iterable[ExplanationLine]]) -> tuple[ExplanationSection, ...]:
    made = [ExplanationSection(heading, tuple(lines)) for heading, lines in sections]
    return tuple(section for section in made if section.lines)


def _row_line(row: RequirementRow) -> ExplanationLine:
    return ExplanationLine(row.requirement.title, row.requirement.id, row.status.value)


def _finding_line(finding: Finding) -> ExplanationLine:
    return ExplanationLine(f"{finding.place}  {finding.message}", finding.id, finding.severity.value)


def _claim_lines(result: ClaimResult) -> Iterator[ExplanationLine]:
    judgement = result.judgement
    until = f" · fresh until {judgement.fresh_until}" if judgement.fresh_until else ""
    yield ExplanationLine(f"{result.claim.text} — {judgement.because}{until}", result.claim.id, judgement.state.value)
    if not result.held:
        yield ExplanationLine(f"next: {result.claim.remedy}")


def _shown_by(claim: Claim) -> Iterator[ExplanationLine]:
    evidence = claim.any_of or tuple(one for one in (claim.document, claim.record) if one is not None)
    for one in evidence:
        holds = getattr(one, "holds", None)
        types = getattr(one, "types", ())
        yield ExplanationLine(f"shown when: {holds}" if holds else f"shown by a record of type {' or '.join(types)}")
    if claim.same_as is not None:
        yield ExplanationLine("the same as", claim.same_as)


def _flat(facts: object) -> str:
    if isinstance(facts, dict):
        return "{" + ", ".join(f"{key}: {_flat(value)}" for key, value in facts.items()) + "}"
    if isinstance(facts, list):
        return "[" + ", ".join(_flat(value) for value in facts) + "]"
    return (
        {None: "null", True: "true", False: "false"}.get(facts, str(facts))
        if facts is None or isinstance(facts, bool)
        else str(facts)
    )
