"""Did this release do it? Picks the one ground that answers, strongest first (SEMANTICS 20).

A target on requests of its own at the same time is the cleanest comparison; the target on the very same rows comes
next, and either of them is believed when it says no; only without both does the age of the release count.
"""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.alarm import Signal
from careloop.domain.attribution import Arm, Attribution, AttributionEvidence, Ground, Replayed, Verdict, Youth
from careloop.domain.counts import Tally
from careloop.plans.improvement import between_arms, excess, on_the_same_rows

__all__ = ["AttributionTerms", "attribute"]

_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionTerms:
    """What counts as an answer."""

    least_n: int
    """Least rows on each side of each comparison."""
    level: float = 0.95
    young_s: int = 14 * _DAY
    """A release is young for so many seconds."""
    least_windows: int = 3
    """Windows with rows of the target before a young release."""


def attribute(signal: Signal, evidence: AttributionEvidence, terms: AttributionTerms) -> Attribution:
    """Whether the rollback target would do better, on exactly one ground; without any, the attribution says why."""
    answers = [
        None if evidence.arm is None else _by_arm(signal, evidence.arm, terms),
        None if evidence.replay is None else _by_replay(signal, evidence.replay, terms),
        None if evidence.youth is None else _by_youth(signal, evidence.youth, terms),
    ]
    found = next((each for each in answers if each is not None and each.verdict is not Verdict.CANNOT_TELL), None)
    if found is not None:
        return found
    whys = [each.because for each in answers if each is not None]
    whys += [evidence.no_replay] if evidence.replay is None else []
    return Attribution(ground=None, verdict=Verdict.CANNOT_TELL, because="; ".join(whys))


def _by_arm(signal: Signal, arm: Arm, terms: AttributionTerms) -> Attribution:
    n = _rows(arm.observed, arm.compared)
    if not _enough(terms.least_n, arm.observed, arm.compared) or not _comparable(signal, arm.compared):
        return _cannot(Ground.CONTROL_ARM, "the target answered too few requests in the same windows", n)
    bounds = between_arms(signal, arm, level=terms.level)
    beyond = excess(signal, arm.observed, arm.compared)
    if beyond > 0:
        said = f"the target was beyond the limit too, by {beyond:.3f}, in the same windows"
        return _answer(Ground.CONTROL_ARM, Verdict.NOT_BETTER, said, n=n, bounds=bounds)
    if bounds[0] <= 0:
        return _cannot(Ground.CONTROL_ARM, "the target did no worse in the same windows, which may be chance", n)
    said = f"the target stayed within the limit in the same windows, better by {bounds[0]:.3f} to {bounds[1]:.3f}"
    return _answer(Ground.CONTROL_ARM, Verdict.BETTER, said, n=n, bounds=bounds)


def _by_replay(signal: Signal, replay: Replayed, terms: AttributionTerms) -> Attribution:
    observed = replay.observed.target
    compared = None if replay.compared is None else replay.compared.target
    n = _rows(observed, compared)
    if not _enough(terms.least_n, observed, compared) or not _comparable(signal, compared):
        return _cannot(Ground.REPLAY, f"only {n} rows could be replayed", n)
    bounds = on_the_same_rows(signal, replay, level=terms.level)
    beyond = excess(signal, observed, compared)
    if bounds[0] > 0 and beyond <= 0:
        said = f"on the same {n} rows the target is better by {bounds[0]:.3f} to {bounds[1]:.3f} and within the limit"
        return _answer(Ground.REPLAY, Verdict.BETTER, said, n=n, bounds=bounds)
    still = (
        f"would be beyond the limit by {beyond:.3f}" if beyond > 0 else "does no better that chance would not explain"
    )
    said = f"on the same {n} rows the target {still} (better by {bounds[0]:.3f} to {bounds[1]:.3f})"
    return _answer(Ground.REPLAY, Verdict.NOT_BETTER, said, n=n, bounds=bounds)


def _by_youth(signal: Signal, youth: Youth, terms: AttributionTerms) -> Attribution:
    n, days = _rows(youth.observed, youth.compared), youth.age_s / _DAY
    if youth.age_s > terms.young_s:
        return _cannot(Ground.YOUNG_RELEASE, f"the release was {days:.1f} days old when the metric moved", n)
    few = not _enough(terms.least_n, youth.observed, youth.compared) or not _comparable(signal, youth.compared)
    if few or youth.windows < terms.least_windows:
        return _cannot(Ground.YOUNG_RELEASE, f"too few windows of the target before it: {youth.windows}", n)
    beyond = excess(signal, youth.observed, youth.compared)
    if beyond > 0:
        said = f"the target was beyond the limit by {beyond:.3f} before the release came"
        return _answer(Ground.YOUNG_RELEASE, Verdict.NOT_BETTER, said, n=n)
    said = f"the release was {days:.1f} days old when the metric moved, and {youth.windows} windows before were healthy"
    return _answer(Ground.YOUNG_RELEASE, Verdict.BETTER, said, n=n)


def _answer(
    ground: Ground, verdict: Verdict, because: str, *, n: int, bounds: tuple[float, float] | None = None
) -> Attribution:
    return Attribution(ground=ground, verdict=verdict, because=because, n=n, improvement=bounds)


def _cannot(ground: Ground, because: str, n: int) -> Attribution:
    return Attribution(ground=ground, verdict=Verdict.CANNOT_TELL, because=because, n=n)


def _enough(least: int, observed: Tally, compared: Tally | None) -> bool:
    return observed.n >= max(1, least) and (compared is None or compared.n >= max(1, least))


def _comparable(signal: Signal, compared: Tally | None) -> bool:
    """A gap is compared with a gap, a rate with a rate."""
    return (signal.compared is None) is (compared is None)


def _rows(observed: Tally, compared: Tally | None) -> int:
    return observed.n + (compared.n if compared is not None else 0)
