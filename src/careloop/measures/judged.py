"""A rate by a judge who errs, such as a model that grades answers: mended by what people found when they looked again.

A judge who passes 99 % of sound answers reads a true 0.07 % as 1.06 %. People judge a sample of what the judge called a
problem and a sample of what it passed; from both follow how often it finds a problem and how often it passes what is
sound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from careloop.domain.counts import CountTable, Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.measures.rate import rate

__all__ = ["JudgeAudit", "judged_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAudit:
    """What people found on answers whose truth they know: `hits` of `n`, each with n ≥ 1."""

    found: Tally
    """Of the true problems, those that the judge called one (sensitivity)."""
    passed: Tally
    """Of the sound answers, those that the judge passed (specificity)."""


def judged_rate(table: CountTable, *, audit: JudgeAudit | None, level: float = 0.95) -> Measured:
    """Share of rows that are truly a problem, in [0, 1]; without an audit, the share that the judge says.

    (p + specificity - 1) / (sensitivity + specificity - 1), cut at 0 and 1; groups show what the judge says. The
    interval allows for the samples of the audit. Null without rows, or when the judge is no better than chance.
    Source: Rogan and Gladen 1978; interval by Lang and Reiczigel 2014, Preventive Veterinary Medicine 113, 13-22.
    """
    said = rate(table, level=level)
    if audit is None or said.value is None:
        return said
    hits, n = table.total()[table.columns.index("hits")], said.n
    sharp = audit.found.hits / audit.found.n + audit.passed.hits / audit.passed.n - 1
    if sharp <= 0:
        reason = "the judge is no better than chance, so nothing follows from its verdicts"
        return Measured(value=None, unit=Unit.RATIO, n=n, reason=reason, groups=said.groups)
    value = min(1.0, max(0.0, (hits / n + audit.passed.hits / audit.passed.n - 1) / sharp))
    note = (
        f"the judge says {said.value:.4g}; it found {audit.found.hits} of {audit.found.n} problems and passed "
        f"{audit.passed.hits} of {audit.passed.n} sound answers"
    )
    interval = _lang_reiczigel(Tally(hits, n), audit, level)
    return Measured(value=value, unit=Unit.RATIO, n=n, interval=interval, groups=said.groups, note=note)


def _lang_reiczigel(said: Tally, audit: JudgeAudit, level: float) -> Interval | None:
    """None where the audit is too small to tell the judge from chance."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    n = said.n + z * z
    p = (said.hits + z * z / 2) / n
    of_found, of_passed = audit.found.n + 2, audit.passed.n + 2
    found, passed = (audit.found.hits + 1) / of_found, (audit.passed.hits + 1) / of_passed
    sharp = found + passed - 1
    if sharp <= 0:
        return None
    share = min(1.0, max(0.0, (p + passed - 1) / sharp))
    by_found, by_passed = found * (1 - found) / of_found, passed * (1 - passed) / of_passed
    shift = 2 * z * z * (share * by_found - (1 - share) * by_passed)
    spread = math.sqrt(p * (1 - p) / n + share**2 * by_found + (1 - share) ** 2 * by_passed) / sharp
    ends = [min(1.0, max(0.0, share + shift + sign * z * spread)) for sign in (-1, 1)]
    return Interval(low=ends[0], high=ends[1], level=level, method="Lang-Reiczigel")
