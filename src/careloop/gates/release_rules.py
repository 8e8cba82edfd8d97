"""Rules of moment `release` on one release: what each says, and what would have to change for it to hold.

A rule that fails only for want of approvals makes the release wait for people; one that fails only because a result
"cannot tell" makes it wait for evidence (SEMANTICS 16). To find out, the same rule is evaluated again on the same facts
with enough approvals, then also with those results shown safe. Every other failure of a blocking rule blocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

from careloop.checks.rule_book import RuleBook
from careloop.checks.run import enforcement_on
from careloop.checks.set_aside import set_aside, with_granted_waivers
from careloop.checks.subjects import Case, Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.evolve import Baseline
from careloop.domain.finding import Finding
from careloop.domain.measured import Outcome
from careloop.domain.organisation import Approval
from careloop.domain.place import Place
from careloop.domain.release import Release
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, Subject
from careloop.domain.rule import Verdict as RuleVerdict
from careloop.domain.system import System
from careloop.domain.tier import Enforcement, Moment, Tier
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.engine import Bound, bind
from careloop.rules.evaluate import Evaluation, evaluate
from careloop.rules.facts import facts_for
from careloop.rules.vocabulary import Vocabulary

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
    granted: Mapping[str, tuple[Approval, ...]] = field(default_factory=dict)
    """Waivers that were granted: by which posts, and when. What a waiver says of itself proves nothing."""

    def reasons(self, release: Release) -> Iterator[Reason]:
        """What every rule that does not hold means for a release."""
        views = self._views(release)
        for rule in self.book.at(Moment.RELEASE):
            for evaluation in self._evaluations(rule, views):
                if not _holds(evaluation):
                    yield self._reason(rule, evaluation, views)

    def least_approvals(self, release: Release) -> int:
        """The fewest approvals with which no blocking rule fails for want of them."""
        views = self._views(release)
        wanting = [
            rule
            for rule in self._about_people
            if not views.passes(rule, 0) and views.passes(rule, views.by_all, told=True)
        ]
        numbers = range(MOST_APPROVALS + 1)
        return max((next(n for n in numbers if views.passes(rule, n, told=True)) for rule in wanting), default=0)

    @cached_property
    def _about_people(self) -> tuple[CompiledRule, ...]:
        """Blocking rules whose verdict can change with the number of approvals."""
        return tuple(
            rule
            for rule in self.book.at(Moment.RELEASE)
            if rule.rule.subject is Subject.RELEASE and enforcement_on(rule.rule, self.on) is Enforcement.BLOCK
            if any(_reads_approvals(one) for one in (rule, *rule.set_aside_by))
        )

    def _views(self, release: Release) -> "_Views":
        """Those of the release that was looked at last are kept, since a decision asks for them twice."""
        kept = self._last.get("views")
        if kept is not None and kept.release is release:
            return kept
        vocabulary = vocabulary_for(Subject.RELEASE, clock=True)
        made = _Views(release, self._system_case(release.system), vocabulary, self._beside(release.system))
        self._last["views"] = made
        return made

    @cached_property
    def _last(self) -> dict[str, "_Views"]:
        return {}

    def _beside(self, system: str) -> Mapping[str, Any]:
        """What rules about releases see beside the release."""
        if system not in self._known_beside:
            values = self._system_case(system).values
            seen = {name: value for name, value in values.items() if name in ("system", "criteria", "now")}
            self._known_beside[system] = facts_for(vocabulary_for(Subject.RELEASE, clock=True), seen)
        return self._known_beside[system]

    @cached_property
    def _known_beside(self) -> dict[str, Mapping[str, Any]]:
        return {}

    def _evaluations(self, rule: CompiledRule, views: "_Views") -> Iterator[Evaluation]:
        """The rule on each case of its subject that has to do with the release."""
        if rule.rule.subject is Subject.RELEASE:
            yield views.evaluated(rule)
            return
        for case in self.cases.of(rule.rule.subject):
            if _concerns(case, views.system):
                yield evaluate(rule, self.cases.bound(case, rule.vocabulary))

    def facts_read(self, system: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """What rules about other things than the release itself read: rule, case and facts, the clock left out."""
        about = self._system_case(system)
        for rule in self.book.at(Moment.RELEASE):
            if rule.rule.subject is Subject.RELEASE:
                continue
            for case in self.cases.of(rule.rule.subject):
                if _concerns(case, about):
                    yield rule.id, case.id, _read(rule, self.cases.bound(case, rule.vocabulary).facts)

    def _system_case(self, system: str) -> Case:
        return next(case for case in self.cases.of(Subject.SYSTEM) if case.id == system)

    def _reason(self, rule: CompiledRule, evaluation: Evaluation, views: "_Views") -> Reason:
        kind, effect = self._effect(rule, evaluation, views)
        message = rule.rule.sentence
        if evaluation.verdict is RuleVerdict.UNKNOWN:
            message = f"cannot tell whether: {message}"
        elif evaluation.verdict is RuleVerdict.ERRORED:
            message = f"the rule itself failed ({evaluation.error}): {message}"
        waived = self._waived(rule.rule, views.system) if effect is not Verdict.ALLOW else None
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

    def _effect(self, rule: CompiledRule, evaluation: Evaluation, views: "_Views") -> tuple[ReasonKind, Verdict]:
        if evaluation.verdict is RuleVerdict.ERRORED:
            return ReasonKind.RULE, Verdict.BLOCK
        if enforcement_on(rule.rule, self.on) is not Enforcement.BLOCK:
            return ReasonKind.RULE, Verdict.ALLOW
        if rule.rule.subject is Subject.RELEASE:
            if views.passes(rule, views.by_all):
                return ReasonKind.APPROVAL, Verdict.WAIT
            if views.passes(rule, views.by_all, told=True):
                return ReasonKind.RESULT, Verdict.WAIT
        return ReasonKind.RULE, Verdict.BLOCK

    def _waived(self, rule: Rule, case: Case) -> str | None:
        """The waiver that covers a rule for this system, on this day; the baseline sets nothing aside at a gate."""
        system: System = case.values["system"]
        finding = Finding(
            rule=rule.id,
            severity=rule.severity,
            enforce=Enforcement.BLOCK,
            message=rule.sentence,
            place=Place(case.path),
            subject=system.id,
        )
        usable = self._waived_by_two if system.tier.rank >= Tier.HIGH.rank else self._waived_by_one
        return set_aside(finding, usable, self.book.rule, self.on).set_aside

    @cached_property
    def _waived_by_one(self) -> Repository:
        return self._with_waivers_by(1)

    @cached_property
    def _waived_by_two(self) -> Repository:
        return self._with_waivers_by(2)

    def _with_waivers_by(self, voices: int) -> Repository:
        """The documents without the baseline, and with those waivers only that so many posts have granted."""
        found = with_granted_waivers(self.repository, self.granted, voices=voices)
        return Repository(tuple(one for one in found.documents if not isinstance(one.noun, Baseline)))


@dataclass(frozen=True)
class _Views:
    """One release as rules look at it: as it is, and as it would be with other approvals or with results that tell.

    Each rule is evaluated once on each view, whoever asks.
    """

    release: Release
    system: Case
    vocabulary: Vocabulary
    beside: Mapping[str, Any]
    """Facts of the system and the clock."""

    @property
    def by_all(self) -> int:
        """As many approvals as a rule can ask for."""
        return max(self.release.approvals, MOST_APPROVALS)

    def evaluated(self, rule: CompiledRule, approvals: int | None = None, *, told: bool = False) -> Evaluation:
        """The rule on the release with so many approvals, its own when none are named.

        With `told`, as if every result that cannot tell had been shown safe.
        """
        view = self.release.approvals if approvals is None else approvals, told and self._in_doubt
        if (id(rule), *view) not in self._known:
            self._known[(id(rule), *view)] = evaluate(rule, self._bound(*view))
        return self._known[(id(rule), *view)]

    def passes(self, rule: CompiledRule, approvals: int, *, told: bool = False) -> bool:
        """Whether the rule holds there."""
        return _holds(self.evaluated(rule, approvals, told=told))

    @cached_property
    def _in_doubt(self) -> bool:
        return any(one.outcome is Outcome.CANNOT_TELL for one in self.release.results)

    @cached_property
    def _known(self) -> dict[tuple[int, int, bool], Evaluation]:
        """By the rule, which the book keeps alive, and the view."""
        return {}

    @cached_property
    def _bounds(self) -> dict[tuple[int, bool], Bound]:
        return {}

    def _bound(self, approvals: int, told: bool) -> Bound:
        if (approvals, told) not in self._bounds:
            facts = {**(self._told if told else self._facts), "approvals": approvals}
            self._bounds[approvals, told] = bind(self.vocabulary, {**self.beside, "release": facts})
        return self._bounds[approvals, told]

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        return self._facts_of(self.release)

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        results = tuple(
            one.model_copy(update={"outcome": Outcome.SHOWN_SAFE}) if one.outcome is Outcome.CANNOT_TELL else one
            for one in self.release.results
        )
        return self._facts_of(self.release.model_copy(update={"results": results}))

    def _facts_of(self, release: Release) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = facts_for(self.vocabulary, {"release": release})["release"]
        return facts


def _reads_approvals(rule: CompiledRule) -> bool:
    return any(path in ("release", "release.approvals") for path in rule.reads)


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
