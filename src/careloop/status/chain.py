"""Builds the chain: statement, rule, check, where it is decided, last result, evidence, claim, requirement (R24). Pure.

Nothing is guessed: a statement leads to the rules that it names, a rule to the requirements that it says it serves, a
claim to the requirement that asks for it. Evidence stands between a result and a claim when the claim rests on it and
the rule looks at it; where it does not, the result leads to the requirement directly.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import RuleBook, build_rule_book
from careloop.checks.subjects import Case, Cases
from careloop.documents.compile import Compiled
from careloop.domain.chain import Chain, Link, LinkKind, Node
from careloop.domain.check import TreeCheck
from careloop.domain.monitor import Monitor, MonitorKind, Monitors
from careloop.domain.policy import Policy, Statement
from careloop.domain.rule import Rule, RuleFile, Verdict
from careloop.domain.status import ClaimResult, ClaimState, RequirementRow, RequirementState, Status
from careloop.domain.tier import Moment
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.evaluate import evaluate
from careloop.status.chain_orphans import orphans_of

__all__ = ["ChainGround", "LastResult", "build_chain"]

_POINTS: Final[Mapping[Moment, str]] = {
    Moment.CHANGE: "care check, at each change",
    Moment.RELEASE: "care gate, before each release",
    Moment.RUNTIME: "guard, at each request",
    Moment.ALWAYS: "care status, on any day",
}
_WORDS: Final = re.compile(r"""['"]([^'"]*)['"]""")
_GOOD: Final = frozenset({RequirementState.COMPLETE, RequirementState.EXCLUDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResult:
    """What the ledger says came out last: of the gate about a rule, or of a monitor."""

    text: str
    good: bool | None


@dataclass(frozen=True, kw_only=True)
class ChainGround:
    """All that the chain is built from."""

    compiled: Compiled
    catalogue: Catalogue
    checked: TreeCheck
    status: Status
    gate: Mapping[str, LastResult] = field(default_factory=dict)
    """Rule to what the last decisions of the gate said about it; empty while the gate never decided."""
    gate_ran: LastResult | None = None
    """The last decision of the gate."""
    monitors: Mapping[str, LastResult] = field(default_factory=dict)
    """`system/monitor` to its last alarm."""


def build_chain(ground: ChainGround) -> Chain:
    """The whole chain of a repository, with what hangs nowhere."""
    book = build_rule_book(ground.compiled.repository, ground.catalogue, frozenset(Moment))
    builder = _Builder(ground, book)
    builder.build()
    links = tuple(dict.fromkeys(builder.links))
    orphans = tuple(orphans_of(ground.compiled.repository, book, ground.catalogue, builder.asked_for))
    return Chain(builder.nodes, links, orphans)


class _Builder:
    """Nodes and links as they come together."""

    def __init__(self, ground: ChainGround, book: RuleBook) -> None:
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self.asked_for: set[str] = set()
        """Monitors that some rule asks for by their kind or measure."""
        self._ground = ground
        self._book = book
        self._repository = ground.compiled.repository
        self._rows = {row.requirement.id: row for row in ground.status.requirements}
        self._cases = Cases(self._repository, None)
        files = self._repository.all(RuleFile)
        self._files = {rule.id: document.path for document, file in files for rule in file.rules}

    def build(self) -> None:
        """Add everything, from the requirements back to the statements."""
        for row in self._rows.values():
            self._requirement(row)
        for name, monitor, path in _monitors(self._ground.compiled):
            last = self._ground.monitors.get(name)
            title = f"monitor {name}: {monitor.measure}, each {monitor.window}"
            self._add(f"monitor:{name}", LinkKind.POINT, title, file=path)
            self._add(
                f"monitor:{name}:last",
                LinkKind.RESULT,
                f"last alarm of monitor {name}",
                state=last.text if last else "no alarm in the ledger",
                good=last.good if last else None,
            )
            self._link(f"monitor:{name}", f"monitor:{name}:last", "gave")
        for rule in self._book.rules:
            self._rule(rule)
        for document, policy in self._repository.all(Policy):
            for statement in policy.statements:
                self._statement(document.path, statement)

    def _add(self, name: str, kind: LinkKind, title: str, **more: object) -> str:
        known = {key: more.get(key) for key in ("state", "good", "file", "line")}
        self.nodes.setdefault(name, Node(id=name, kind=kind, title=" ".join(title.split()), **known))  # type: ignore[arg-type]  # by name
        return name

    def _link(self, start: str, end: str, word: str) -> None:
        self.links.append(Link(start, end, word))

    # --- requirement, claim, evidence -----------------------------------------------------------------------------

    def _requirement(self, row: RequirementRow) -> None:
        requirement = row.requirement
        own = row.status if requirement.kind.value != "care" else row.care_status
        self._add(requirement.id, LinkKind.REQUIREMENT, requirement.title, state=own.value, good=_is_good(own, row))
        for result in row.claims:
            self._claim(requirement.id, result)

    def _claim(self, requirement: str, result: ClaimResult) -> None:
        claim, judgement = result.claim, result.judgement
        good = None if judgement.state is ClaimState.UNKNOWN else result.held
        self._add(claim.id, LinkKind.CLAIM, claim.text, state=judgement.state.value, good=good)
        self._link(claim.id, requirement, "counts for")
        if claim.same_as is not None:
            self._link(claim.same_as, claim.id, "is the same as")
            return
        for line in judgement.evidence:
            name = self._add(
                f"{requirement}<-{line.ref}",
                LinkKind.EVIDENCE,
                line.ref,
                file=line.ref if line.kind == "document" else None,
            )
            self._link(name, claim.id, "shows")

    # --- rule, check, point, result -------------------------------------------------------------------------------

    def _rule(self, compiled: CompiledRule) -> None:
        rule = compiled.rule
        violated = [one for one in self._ground.checked.findings if one.rule == rule.id]
        self._add(
            rule.id,
            LinkKind.RULE,
            rule.sentence,
            state=f"{rule.severity.value}, {rule.enforcement.value}",
            good=not violated,
            file=self._files.get(rule.id),
        )
        check = self._check(rule)
        self._link(rule.id, check, "is decided by")
        point = self._add(f"{rule.id}@{rule.moment.value}", LinkKind.POINT, _POINTS[rule.moment])
        self._link(check, point, "at")
        for name in self._watched_by(compiled):
            self._link(check, f"monitor:{name}", "watched by")
        result = self._add(f"{rule.id}:last", LinkKind.RESULT, f"last result of {rule.id}", **self._last(rule))
        self._link(point, result, "gave")
        self._towards(rule, compiled, result)

    def _check(self, rule: Rule) -> str:
        if rule.check is not None:
            return self._add(f"check:{rule.check}", LinkKind.CHECK, f"careloop's own check {rule.check}")
        text = f"{rule.applies} ? {rule.require}" if rule.applies != "true" else str(rule.require)
        return self._add(f"{rule.id}:expression", LinkKind.CHECK, text, file=self._files.get(rule.id))

    def _last(self, rule: Rule) -> dict[str, object]:
        found = [one for one in self._ground.checked.findings if one.rule == rule.id]
        if rule.moment is Moment.CHANGE:
            text = f"{len(found)} finding{'s' if len(found) > 1 else ''}" if found else "no finding"
            return {"state": text, "good": not found}
        if rule.moment is Moment.ALWAYS:
            owed = [one for one in self._ground.status.programme if one.rule == rule.id]
            return {"state": f"{len(owed)} owed" if owed else "nothing owed", "good": not owed}
        last = self._ground.gate.get(rule.id) if rule.moment is Moment.RELEASE else None
        last = last or (self._ground.gate_ran if rule.moment is Moment.RELEASE else None)
        return {"state": last.text if last else "never decided", "good": last.good if last else None}

    def _towards(self, rule: Rule, compiled: CompiledRule, result: str) -> None:
        """From a result to what it counts for: by the evidence both look at, else directly."""
        paths = self._looked_at(compiled)
        for control in rule.controls:
            row = self._rows.get(control)
            if row is None:
                continue
            refs = {line.ref for one in row.claims if not one.claim.same_as for line in one.judgement.evidence}
            shared = [ref for ref in sorted(refs) if ref in paths or (rule.moment is Moment.RELEASE and _of_gate(ref))]
            for ref in shared:
                self._link(result, f"{control}<-{ref}", "rests on")
            if not shared:
                self._link(result, control, "serves")

    def _looked_at(self, compiled: CompiledRule) -> frozenset[str]:
        """Files of the cases that the rule speaks about; where that cannot be told, the case counts."""
        if compiled.rule.check is not None:
            return frozenset()
        spoken = (case for case in self._cases.of(compiled.rule.subject) if self._speaks_about(compiled, case))
        return frozenset(path for case in spoken for path in _files_of(case, compiled))

    def _speaks_about(self, compiled: CompiledRule, case: Case) -> bool:
        verdict = evaluate(compiled, self._cases.bound(case, compiled.vocabulary)).verdict
        return verdict is not Verdict.NOT_APPLICABLE

    def _watched_by(self, compiled: CompiledRule) -> Iterator[str]:
        """Monitors that a rule looks at: of the kinds it says, or all, and those that measure what it names."""
        rule = compiled.rule
        text = f"{rule.applies} {rule.require or ''}"
        words = set(_WORDS.findall(text))
        reads = any(path.startswith("monitors") for path in compiled.reads)
        kinds = words & set(MonitorKind)
        for name, monitor, _ in _monitors(self._ground.compiled):
            named = (reads and monitor.kind.value in kinds) or _names(monitor.measure, words)
            if named:
                self.asked_for.add(name)
            if named or (reads and not kinds):
                yield name

    # --- statement ------------------------------------------------------------------------------------------------

    def _statement(self, path: str, statement: Statement) -> None:
        name = self._add(
            f"{path}#{statement.number}", LinkKind.STATEMENT, statement.text, file=path, line=statement.line
        )
        for rule in statement.rules:
            if rule in self.nodes:
                self._link(name, rule, "names")
        manual = statement.manual
        if manual is not None:
            person = self._add(
                f"{name}:attested", LinkKind.CHECK, f"attested by {manual.owner}, every {manual.interval}"
            )
            self._link(name, person, "is attested")


def _monitors(compiled: Compiled) -> Iterator[tuple[str, Monitor, str]]:
    for document, noun in compiled.repository.all(Monitors):
        for monitor in noun.monitors:
            yield f"{document.folder}/{monitor.id}", monitor, document.path


def _names(measure: str, words: set[str]) -> bool:
    """Whether one of the texts in an expression is the measure, or a pattern that it fits."""
    return any(word == measure or (word.startswith("^") and _fits(word, measure)) for word in words)


def _fits(pattern: str, measure: str) -> bool:
    try:
        return re.match(pattern, measure) is not None
    except re.error:
        return False


def _files_of(case: Case, compiled: CompiledRule) -> Iterator[str]:
    yield case.path
    reads = {path.partition(".")[0] for path in compiled.reads}
    yield from (path for name, path in case.paths.items() if name in reads)


def _of_gate(ref: str) -> bool:
    return ref.startswith(("gate.", "release.", "approval."))


def _is_good(state: RequirementState, row: RequirementRow) -> bool | None:
    if not row.claims and state is not RequirementState.EXCLUDED:
        return None
    return state in _GOOD
