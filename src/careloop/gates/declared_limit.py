"""The test that system.yaml asks for, made on the counts of a result; what the counts do not allow stays untold.

Non-inferiority by exact counts where there are counts (SEMANTICS 16). A value without n or counts, or an interval whose
level nobody says, shows nothing: the answer is "cannot tell", with the reason.
"""

from careloop.domain.alarm import Worse
from careloop.domain.counts import GroupedTallies, Tally
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Outcome
from careloop.domain.release import MeasuredResult
from careloop.errors import InvalidInput
from careloop.measures.noninferiority import judge_gap, judge_impact_ratio, judge_rate

__all__ = ["judge_by_limit", "tallies_of"]

_RATIOS = frozenset({"impact_ratio"})


def tallies_of(measured: MeasuredResult) -> GroupedTallies:
    """Counts by group, where every compared group gives them; empty otherwise."""
    used = {name: group for name, group in measured.groups.items() if group.used}
    if any(group.hits is None or group.n is None for group in used.values()):
        return {}
    return {name: Tally(group.hits or 0, group.n or 0) for name, group in used.items()}


def judge_by_limit(measured: MeasuredResult, expected: ExpectedResult) -> tuple[Outcome, str]:
    """What a result shows about the limit, and because of what.

    >>> told = MeasuredResult(measure="accuracy", value=0.9125, n=1200, hits=1095)
    >>> judge_by_limit(told, ExpectedResult(measure="accuracy", least=0.9))[0].value
    'cannot_tell'
    >>> judge_by_limit(told, ExpectedResult(measure="accuracy", least=0.85))[0].value
    'shown_safe'
    """
    if measured.skipped:
        return Outcome.CANNOT_TELL, f"{measured.skipped} were skipped"
    if expected.all_pass:
        return _all_pass(measured)
    if measured.value is None:
        return Outcome.CANNOT_TELL, measured.reason or "there is no value"
    try:
        return _by_counts(measured, expected) or _by_interval(measured, expected)
    except InvalidInput as error:
        return Outcome.CANNOT_TELL, error.message


def _all_pass(measured: MeasuredResult) -> tuple[Outcome, str]:
    if measured.hits is None or not measured.n:
        return Outcome.CANNOT_TELL, "it does not say how many tests passed of how many"
    failed = measured.n - measured.hits
    if failed:
        return Outcome.SHOWN_HARMFUL, f"{failed} of {measured.n} tests failed"
    return Outcome.SHOWN_SAFE, f"all {measured.n} tests passed"


def _by_counts(measured: MeasuredResult, expected: ExpectedResult) -> tuple[Outcome, str] | None:
    groups = tallies_of(measured)
    if groups and expected.least is not None and measured.measure in _RATIOS:
        found = judge_impact_ratio(groups, least=expected.least, min_n=expected.min_n, level=expected.level)
    elif groups and expected.most is not None and measured.measure not in _RATIOS:
        found = judge_gap(groups, tolerance=expected.most, min_n=expected.min_n, level=expected.level)
    elif not measured.groups and measured.hits is not None and measured.n:
        limit, worse = (expected.least, Worse.LOWER) if expected.least is not None else (expected.most, Worse.HIGHER)
        tally = Tally(measured.hits, measured.n)
        found = judge_rate(tally, limit=limit or 0.0, worse=worse, level=expected.level)
    else:
        return None
    return found.outcome, found.because


def _by_interval(measured: MeasuredResult, expected: ExpectedResult) -> tuple[Outcome, str]:
    low, high = measured.interval or (None, None)
    if measured.n is None:
        return Outcome.CANNOT_TELL, "it does not say on how many rows it rests"
    if low is None or high is None:
        return Outcome.CANNOT_TELL, "it gives neither counts nor an interval"
    if measured.level is None or measured.level < expected.level:
        return Outcome.CANNOT_TELL, f"its interval is not said to hold at {expected.level:g} one-sided"
    worst, best = (low, high) if expected.least is not None else (-high, -low)
    limit = expected.least if expected.least is not None else -(expected.most or 0.0)
    between = f"between {low:.4g} and {high:.4g} at {measured.level:g} one-sided"
    if worst >= limit:
        return Outcome.SHOWN_SAFE, between
    return (Outcome.SHOWN_HARMFUL if best < limit else Outcome.CANNOT_TELL), between
