"""Which results of a release can be believed: fresh, finite, measured on the lock, and in line with their own counts.

A result that says its outcome is taken at its word only as far as it goes against the release: where it gives counts by
group, its value is computed again, and with its limit the test is made again; the worse of both outcomes counts. Where
system.yaml declares a limit, that test is made as well, and a declared measure that no result gives is missing.
Source: R40; SEMANTICS 16; MEASURES, "Alarms that keep their promise".
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Judgement, Measured, Outcome
from careloop.domain.not_assessable import LegalBar
from careloop.domain.noun import days_in
from careloop.domain.release import MeasuredResult, Result, ResultsFile
from careloop.domain.release_lock import ReleaseLock
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput
from careloop.gates.absence import judge_absence
from careloop.gates.declared_limit import judge_by_limit, tallies_of
from careloop.measures.fairness import demographic_parity_difference, impact_ratio
from careloop.measures.noninferiority import judge_gap, judge_impact_ratio

__all__ = ["FRESH_FOR", "Judged", "Terms", "freshness_days", "judge_results", "outcome_reasons"]

FRESH_FOR: Final[Mapping[Tier, str]] = {
    Tier.LOW: "P365D",
    Tier.MEDIUM: "P180D",
    Tier.HIGH: "P90D",
    Tier.VERY_HIGH: "P30D",
}
"""How old a result may be at the gate; `intervals: {results-very_high: P14D}` in care.yaml says otherwise."""
_SKEW: Final = timedelta(minutes=5)
_ROUNDING: Final = 0.0051
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_WORST_LAST: Final = (Outcome.SHOWN_SAFE, Outcome.CANNOT_TELL, Outcome.SHOWN_HARMFUL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What results are held against."""

    lock: ReleaseLock
    fresh_days: int
    now: datetime
    expected: tuple[ExpectedResult, ...] = ()
    """Measures that the system's own document asks for, with their limits."""
    bars: Mapping[str, LegalBar] = field(default_factory=dict)
    """The legal bars among them as they stand, by measure (SEMANTICS 17)."""
    today: date | None = None
    """The day in the organisation's time zone; that of `now` when it is null."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The results as facts for rules, and the reasons for which they cannot be relied on."""

    results: tuple[Result, ...]
    reasons: tuple[Reason, ...]
    all_match_lock: bool
    accepted: tuple[tuple[int, tuple[Result, ...]], ...] = ()
    """Files by their place, with their results, that nothing speaks against: fresh, and measured on the lock."""


def freshness_days(tier: Tier, intervals: Mapping[str, str]) -> int:
    """Days that a result stays fresh for a tier.

    >>> freshness_days(Tier.VERY_HIGH, {}), freshness_days(Tier.HIGH, {"results-high": "P2W"})
    (30, 14)
    """
    return days_in(intervals.get(f"results-{tier.value}", FRESH_FOR[tier]))


def judge_results(files: Sequence[ResultsFile], terms: Terms) -> Judged:
    """Judge every result of every file; a doubt about one is a reason to block, never a reason to leave it out."""
    digest = terms.lock.digest
    reasons: list[Reason] = []
    results: list[Result] = []
    absent: set[str] = set()
    accepted: list[tuple[int, tuple[Result, ...]]] = []
    for place, file in enumerate(files):
        doubts_of_file, before = list(_doubts_of_file(file, terms, digest)), len(results)
        whose = f"report of {file.source.tool.value}: " if file.source else ""
        reasons += [_blocked(whose + message, remedy=_AGAIN) for message in doubts_of_file]
        for measured in file.results:
            if measured.outcome is Outcome.NOT_ASSESSABLE:
                absent.add(measured.measure)
                continue
            limits = [one for one in terms.expected if one.measure == measured.measure]
            result, doubts = _judge(measured, limits)
            results.append(result)
            reasons += [_blocked(f"{measured.measure}: {doubt}", measured.measure, remedy=_AGAIN) for doubt in doubts]
        if not doubts_of_file:
            accepted.append((place, tuple(results[before:])))
    given = {result.measure for result in results}
    documented = {one.measure for one in terms.expected if one.not_assessable is not None}
    for measure in sorted((absent | documented) - given):
        result, reason = judge_absence(
            measure,
            terms.expected,
            bars=terms.bars,
            today=terms.today or terms.now.date(),
            system=terms.lock.system,
        )
        results.append(result)
        reasons.append(reason)
    reasons += _missing(results, terms.expected)
    matches = all(file.lock == digest and file.system == terms.lock.system for file in files)
    return Judged(tuple(results), tuple(reasons), matches, tuple(accepted))


def _missing(results: Sequence[Result], expected: Iterable[ExpectedResult]) -> Iterator[Reason]:
    given = {result.measure for result in results}
    for one in expected:
        if one.measure not in given:
            yield _blocked(
                f"{one.measure} is asked for in system.yaml, and no result gives it", one.measure, remedy=_AGAIN
            )


_AGAIN: Final = "evaluate the locked release again and pass the new results file"


def _blocked(message: str, measure: str | None = None, *, remedy: str) -> Reason:
    return Reason(kind=ReasonKind.RESULT, effect=Verdict.BLOCK, message=message, measure=measure, remedy=remedy)


def _doubts_of_file(file: ResultsFile, terms: Terms, digest: str) -> Iterator[str]:
    if file.system != terms.lock.system:
        yield f"these results are of the system {file.system}, not of {terms.lock.system}"
    if file.lock is None:
        yield "cannot tell which release was measured: the report does not say, and nobody stated it (--lock)"
    elif file.lock != digest:
        yield f"these results were measured on {file.lock[:19]}, not on the lock {digest[:19]}"
    for name, given in (("data_digest", file.data_digest), ("config_digest", file.config_digest)):
        if given is None or not _DIGEST.fullmatch(given):
            yield f"{name} does not say by digest what was evaluated"
    locked_data = terms.lock.parameters.get("evaluation_data")
    if isinstance(locked_data, str) and file.data_digest != locked_data:
        yield f"these results rest on other data ({file.data_digest}) than the lock names ({locked_data})"
    yield from _doubts_of_age(file.measured_at, terms)
    if not file.results:
        unmapped = f": none of {', '.join(file.source.unmapped[:5])} stands for a measure" if file.source else ""
        yield f"this results file holds no result{unmapped}"


def _doubts_of_age(measured_at: datetime | None, terms: Terms) -> Iterator[str]:
    if measured_at is None:
        yield "cannot tell how old these results are: the report does not say when it was measured (--measured-at)"
        return
    if measured_at > terms.now + _SKEW:
        yield f"these results are dated in the future: {measured_at.isoformat()}"
    age = terms.now - measured_at
    if age > timedelta(days=terms.fresh_days):
        yield f"these results are {age.days} days old; at this tier they are fresh for {terms.fresh_days}"


def _judge(measured: MeasuredResult, limits: Sequence[ExpectedResult]) -> tuple[Result, tuple[str, ...]]:
    doubts = list(_doubts_of_numbers(measured))
    if measured.outcome is None and measured.reported_as is None and not limits:
        doubts.append("it does not say its outcome, and system.yaml declares no limit for it")
    value, outcome, because = measured.value, measured.outcome, measured.because
    low, high = measured.interval or (None, None)
    again: Measured | None = None
    if not doubts:
        again, doubt = _value_again(measured)
        doubts += [doubt] if doubt else []
    if again is not None and not doubts:
        value = again.value if again.value is not None else value
        tested, doubt = _tested_again(measured)
        doubts += [doubt] if doubt else []
        if tested is not None and outcome is not None:
            outcome = max(outcome, tested.outcome, key=_WORST_LAST.index)
    if not doubts:
        outcome, because = _by_declared_limits(measured, limits, outcome, because)
    if outcome is None or doubts:
        # Whatever a doubtful result said, it is no pass; harm that it admits stays.
        outcome = Outcome.SHOWN_HARMFUL if outcome is Outcome.SHOWN_HARMFUL else Outcome.CANNOT_TELL
    facts = Result(
        measure=measured.measure,
        outcome=outcome,
        value=_finite(value),
        n=measured.n or 0,
        lower=_finite(low),
        upper=_finite(high),
        because=because,
    )
    return facts, tuple(doubts)


def _by_declared_limits(
    measured: MeasuredResult, limits: Sequence[ExpectedResult], outcome: Outcome | None, because: str | None
) -> tuple[Outcome | None, str | None]:
    """The worst of what the result says of itself and what it shows about each declared limit."""
    if not limits and outcome is None:
        return None, "system.yaml declares no limit for it"
    for limit in limits:
        shown, why = judge_by_limit(measured, limit)
        if outcome is None or _WORST_LAST.index(shown) >= _WORST_LAST.index(outcome):
            outcome, because = shown, why
    return outcome, because


def _doubts_of_numbers(measured: MeasuredResult) -> Iterator[str]:
    low, high = measured.interval or (None, None)
    numbers = {"value": measured.value, "interval": low, "interval's upper end": high, "limit": measured.limit}
    numbers |= {f"value of group {name}": group.value for name, group in measured.groups.items()}
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            yield f"the {name} is {number}, which is not a number that was measured"
    if low is not None and high is not None and low > high:
        yield f"the interval runs backwards, from {low} to {high}"
    if measured.outcome is Outcome.SHOWN_SAFE and measured.value is None:
        yield "it says shown_safe and has no value"
    if measured.outcome is not Outcome.CANNOT_TELL and measured.n == 0:
        yield "it rests on no rows"
    if measured.outcome not in (None, Outcome.CANNOT_TELL) and measured.n is None:
        yield "it says its outcome and not on how many rows it rests"
    if measured.errored:
        yield f"{measured.errored} of its tests ended in an error, which is neither a pass nor a failure"
    if measured.hits is not None and (measured.n is None or measured.hits > measured.n):
        yield f"it counts {measured.hits} of {measured.n}"
    for name, group in measured.groups.items():
        if group.hits is not None and (group.n is None or group.hits > group.n):
            yield f"group {name} counts {group.hits} of {group.n}"


_VALUES: Final = {
    "impact_ratio": impact_ratio,
    "dp_difference": demographic_parity_difference,
    "demographic_parity_difference": demographic_parity_difference,
}


def _value_again(measured: MeasuredResult) -> tuple[Measured | None, str | None]:
    tallies = tallies_of(measured)
    if measured.measure not in _VALUES or not tallies:
        return None, None
    try:
        again = _VALUES[measured.measure](tallies, min_n=measured.min_n or 1)
    except InvalidInput as error:
        return None, error.message
    if measured.value is None:
        return again, None
    if again.value is None:
        return None, f"it has a value, and its counts give none: {again.reason}"
    if abs(again.value - measured.value) > _ROUNDING:
        return None, f"the value {measured.value:.4g} does not follow from its counts, which give {again.value:.4g}"
    return again, None


def _tested_again(measured: MeasuredResult) -> tuple[Judgement | None, str | None]:
    if measured.limit is None:
        return None, None
    tallies, min_n, level = tallies_of(measured), measured.min_n or 1, measured.level or 0.95
    try:
        if measured.measure == "impact_ratio":
            return judge_impact_ratio(tallies, least=measured.limit, min_n=min_n, level=level), None
        return judge_gap(tallies, tolerance=measured.limit, min_n=min_n, level=level), None
    except InvalidInput as error:
        return None, error.message


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def outcome_reasons(results: Iterable[Result], tier: Tier) -> Iterator[Reason]:
    """What the outcomes themselves decide: harm blocks; from tier high on, "cannot tell" waits for more evidence."""
    for result in results:
        shown = _shown(result)
        if result.outcome is Outcome.SHOWN_HARMFUL:
            yield _blocked(f"{result.measure} is shown to be harmful: {shown}", result.measure, remedy=_MEND)
        elif result.outcome is Outcome.CANNOT_TELL:
            effect = Verdict.WAIT if tier.rank >= Tier.HIGH.rank else Verdict.ALLOW
            yield Reason(
                kind=ReasonKind.RESULT,
                effect=effect,
                message=f"{result.measure} cannot be told either way: {shown}",
                measure=result.measure,
                remedy="evaluate on more rows, then pass the new results file",
            )


_MEND: Final = "mend what the measure shows, then build, lock and evaluate again"


def _shown(result: Result) -> str:
    value = "no value" if result.value is None else f"{result.value:.3g}"
    between = ""
    if result.lower is not None and result.upper is not None:
        between = f" [{result.lower:.3g}, {result.upper:.3g}]"
    rows = f", n = {result.n:,}" if result.n or not result.because else ""
    return f"{value}{between}{rows}{f': {result.because}' if result.because else ''}"
