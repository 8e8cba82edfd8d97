"""Rules of moment `release` on one release: what each says, and what would have to change for it to hold.

A rule that fails only for want of approvals makes the release wait for people; one that fails only because a result
"cannot tell" makes it wait for evidence (SEMANTICS 16). To find out, the same rule is evaluated again on the same facts
with enough approvals, then also with those results shown safe. Every other failure of a blocking rule blocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from careloop.checks.rule_book import RuleBook
from careloop.checks.run import enforcement_on
from careloop.checks.set_aside import set_aside
from careloop.checks.subjects import Case, Cases
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.evolve import Baseline, Waiver
from careloop.domain.finding import Finding
from careloop.domain.measured import Outcome
from careloop.domain.place import Place
from careloop.domain.release import Release
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, Subject
from careloop.domain.rule import Verdict as RuleVerdict
from careloop.domain.system import System
from careloop.domain.tier import Enforcement, Moment, Tier
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.evaluate import Evaluation, evaluate
from careloop.rules.facts import facts_for

__all__ = ["MOST_APPROVALS", "ReleaseRules"]

MOST_APPROVALS: Final = 9
"""As many approvals as a rule can ask for; one that wants more can never be met."""


@dataclass(frozen=True)
class ReleaseRules:
    """The rules in force at moment `release`, and the documents that they and their waivers speak about."""

    book: RuleBook
    repository: Repository
    cases: Cases
    on: date
    """The day in the organisation's time zone: deadlines and waivers are judged by it."""

    def reasons(self, release: Release) -> Iterator[Reason]:
        """What every rule that does not hold means for a release."""
        for rule in self.book.at(Moment.RELEASE):
            for values in self._values(rule.rule.subject, release):
                evaluation = evaluate(rule, facts_for(rule.vocabulary, values))
                if not _holds(evaluation):
                    yield self._reason(rule, evaluation, values, release)

    def least_approvals(self, release: Release) -> int:
        """The fewest approvals with which no blocking rule fails for want of them."""
        wanting = [rule for rule in self._blocking if self._only_wants_people(rule, release)]
        return max((self._least(rule, release) for rule in wanting), default=0)

    @cached_property
    def _blocking(self) -> tuple[CompiledRule, ...]:
        about_releases = (rule for rule in self.book.at(Moment.RELEASE) if rule.rule.subject is Subject.RELEASE)
        return tuple(rule for rule in about_releases if enforcement_on(rule.rule, self.on) is Enforcement.BLOCK)

    def _only_wants_people(self, rule: CompiledRule, release: Release) -> bool:
        return not self._passes(rule, _approved(release, 0)) and self._passes(rule, _approved(_told(release), None))

    def _least(self, rule: CompiledRule, release: Release) -> int:
        told = _told(release)
        return next(number for number in range(MOST_APPROVALS + 1) if self._passes(rule, _approved(told, number)))

    def _passes(self, rule: CompiledRule, release: Release) -> bool:
        values = next(self._values(Subject.RELEASE, release))
        return _holds(evaluate(rule, facts_for(rule.vocabulary, values)))

    def _values(self, subject: Subject, release: Release) -> Iterator[Mapping[str, Any]]:
        """Variables of each case of a subject that has to do with the release."""
        system = self._system_case(release.system)
        if subject is Subject.RELEASE:
            shared = {name: value for name, value in system.values.items() if name in ("system", "criteria", "now")}
            yield {"release": release, **shared}
        else:
            yield from (case.values for case in self.cases.of(subject) if _concerns(case, system))

    def facts_read(self, system: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """What rules about other things than the release itself read: rule, case and facts, the clock left out."""
        about = self._system_case(system)
        for rule in self.book.at(Moment.RELEASE):
            if rule.rule.subject is Subject.RELEASE:
                continue
            for case in self.cases.of(rule.rule.subject):
                if _concerns(case, about):
                    yield rule.id, case.id, _read(rule, facts_for(rule.vocabulary, case.values))

    def _system_case(self, system: str) -> Case:
        return next(case for case in self.cases.of(Subject.SYSTEM) if case.id == system)

    def _reason(
        self, rule: CompiledRule, evaluation: Evaluation, values: Mapping[str, Any], release: Release
    ) -> Reason:
        kind, effect = self._effect(rule, evaluation, release)
        message = rule.rule.sentence
        if evaluation.verdict is RuleVerdict.UNKNOWN:
            message = f"cannot tell whether: {message}"
        elif evaluation.verdict is RuleVerdict.ERRORED:
            message = f"the rule itself failed ({evaluation.error}): {message}"
        waived = self._waived(rule.rule, release) if effect is not Verdict.ALLOW else None
        if waived is not None:
            effect, message = Verdict.ALLOW, f"set aside by {waived}: {message}"
        return Reason(
            kind=kind,
            effect=effect,
            message=message,
            rule=rule.id,
            because=evaluation.explanation,
            remedy=rule.rule.remedy,
            controls=rule.rule.controls,
        )

    def _effect(self, rule: CompiledRule, evaluation: Evaluation, release: Release) -> tuple[ReasonKind, Verdict]:
        if evaluation.verdict is RuleVerdict.ERRORED:
            return ReasonKind.RULE, Verdict.BLOCK
        if enforcement_on(rule.rule, self.on) is not Enforcement.BLOCK:
            return ReasonKind.RULE, Verdict.ALLOW
        if rule.rule.subject is Subject.RELEASE:
            if self._passes(rule, _approved(release, None)):
                return ReasonKind.APPROVAL, Verdict.WAIT
            if self._passes(rule, _approved(_told(release), None)):
                return ReasonKind.RESULT, Verdict.WAIT
        return ReasonKind.RULE, Verdict.BLOCK

    def _waived(self, rule: Rule, release: Release) -> str | None:
        """The waiver that covers a rule for this system, on this day; the baseline sets nothing aside at a gate."""
        case = self._system_case(release.system)
        system: System = case.values["system"]
        voices = 2 if system.tier.rank >= Tier.HIGH.rank else 1
        usable = tuple(
            document
            for document in self.repository.documents
            if not isinstance(document.noun, Baseline)
            and not (isinstance(document.noun, Waiver) and len({one.by for one in document.noun.approved}) < voices)
        )
        finding = Finding(
            rule=rule.id,
            severity=rule.severity,
            enforce=Enforcement.BLOCK,
            message=rule.sentence,
            place=Place(case.path),
            subject=system.id,
        )
        return set_aside(finding, Repository(usable), self.book, self.on).set_aside


def _read(rule: CompiledRule, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a rule reads, by variable and field."""
    found: dict[str, Any] = {}
    for path in rule.reads:
        variable, _, rest = path.partition(".")
        value = facts.get(variable)
        field = rest.partition(".")[0]
        if variable == "now":
            continue
        if isinstance(value, Mapping):
            # A record that is only compared with null is read as no more than being there.
            found[path] = value.get(field) if field else True
        else:
            found[path] = value
    return found


def _holds(evaluation: Evaluation) -> bool:
    return evaluation.verdict in (RuleVerdict.ALLOW, RuleVerdict.NOT_APPLICABLE)


def _approved(release: Release, approvals: int | None) -> Release:
    """The same release with so many approvals; with all that a rule can ask for, when none are named."""
    if approvals is not None:
        return release.model_copy(update={"approvals": approvals})
    return release.model_copy(update={"approvals": max(release.approvals, MOST_APPROVALS)})


def _told(release: Release) -> Release:
    """The same release, if every result that cannot tell had been shown safe."""
    results = tuple(
        one.model_copy(update={"outcome": Outcome.SHOWN_SAFE}) if one.outcome is Outcome.CANNOT_TELL else one
        for one in release.results
    )
    return release.model_copy(update={"results": results})


def _concerns(case: Case, system: Case) -> bool:
    match case.subject:
        case Subject.SYSTEM:
            return case.id == system.id
        case Subject.RISK:
            return system.id in case.values["risk"].systems
        case Subject.SUPPLIER:
            return bool(case.id == system.values["system"].supplier)
        case Subject.DATASET | Subject.ASSESSMENT:
            return case.path.startswith(f"{system.path.rpartition('/')[0]}/")
        case _:
            return True
