"""Tests of a model before its release: what is measured, held against which limits, on which rows.

Group outcomes and usefulness are measured on the sample that is given, which may be too small to tell. Privacy and
explanations are tested on the training pool, whose held-back third the model never fitted: it must not show who was
fitted, and both halves of the same people must give the inputs the same order of importance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

from careloop.cli.demo.adult import Applicant, rows_digest
from careloop.cli.demo.models import APPROVE, REFER, CreditModel, approvals_by, fitting_rows
from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.measured import Judgement, Outcome
from careloop.domain.release import GroupCount, MeasuredResult, ResultsFile
from careloop.measures.noninferiority import judge_change, judge_gap, judge_impact_ratio, judge_rate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = ["GROUPS", "LOOSENED", "PILOT_ROWS", "SYSTEM", "EvaluationTerms", "evaluate", "results_bytes"]

SYSTEM: Final = "credit-decision"
GROUPS: Final = ("sex", "age_band")
_REPEATS: Final = 40
_REASON_LOG_ODDS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationTerms:
    """The limits of the tests. Digested into the results, so that a loosened one shows."""

    groups: tuple[str, ...] = GROUPS
    """By which attributes the impact ratio is tested."""
    least_ratio: float = 0.8
    """Lowest impact ratio: four fifths."""
    largest_gap: float = 0.05
    """Largest difference of approval rates by sex."""
    least_accuracy: float = 0.6
    least_auc: float = 0.65
    largest_advantage: float = 0.05
    """How much more often an attacker may take a fitted row for a fitted one than any other."""
    least_stability: float = 0.7
    """Lowest rank correlation of the inputs' importance between two halves."""
    least_coverage: float = 0.95
    """Least share of applications sent to an officer that carry two reasons."""
    min_n: int = 50
    """Least rows of a group that is compared."""
    level: float = 0.95
    seed: int = 2026


PILOT_ROWS: Final = 250
"""Rows of an evaluation that is too small: a quick look before a release that is wanted soon."""

LOOSENED: Final = EvaluationTerms(groups=("sex",), least_ratio=0.5, largest_gap=0.25)
"""Limits moved until a small sample passes: nobody looks at age, and half the rate is held to be good enough."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """The sample with the model's answers."""

    rows: tuple[Applicant, ...]
    scores: Numbers
    approved: list[bool]


def evaluate(
    model: CreditModel,
    sample: Sequence[Applicant],
    *,
    training: Sequence[Applicant],
    lock: str,
    measured_at: datetime,
    terms: EvaluationTerms | None = None,
) -> ResultsFile:
    """Test a model on a sample that it was not trained on; `training` is the pool that it was made of.

    `lock` is the digest of the release lock that the results speak about.
    """
    asked = terms or EvaluationTerms()
    scores = model.scores([row.inputs() for row in sample])
    answered = _Answered(tuple(sample), scores, [answer == APPROVE for answer in model.answers(scores)])
    results = (
        *_fairness(answered, asked),
        _accuracy(answered, asked),
        _auc(answered, asked),
        _membership(model, training, asked),
        _stability(model, training, asked),
        _reasons(model, answered, asked),
    )
    return ResultsFile(
        schema="careloop/results/v1",
        system=SYSTEM,
        lock=lock,
        data_digest=rows_digest((*sample, *training)),
        config_digest=_config_digest(asked),
        measured_at=measured_at,
        results=results,
    )


def results_bytes(results: ResultsFile) -> bytes:
    """The results file as it is written to disk."""
    return results.model_dump_json(by_alias=True, indent=2, exclude_none=True).encode() + b"\n"


def _config_digest(terms: EvaluationTerms) -> str:
    """`sha256:` over the limits and the source of the tests."""
    settings = json.dumps(asdict(terms), sort_keys=True, separators=(",", ":")).encode()
    return f"sha256:{sha256(settings + Path(__file__).read_bytes()).hexdigest()}"


def _fairness(answered: _Answered, terms: EvaluationTerms) -> Iterator[MeasuredResult]:
    for attribute in terms.groups:
        tallies = approvals_by([getattr(row, attribute) for row in answered.rows], answered.approved)
        ratio = judge_impact_ratio(tallies, least=terms.least_ratio, min_n=terms.min_n, level=terms.level)
        yield _result("impact_ratio", ratio, tallies, min_n=terms.min_n)
    by_sex = approvals_by([row.sex for row in answered.rows], answered.approved)
    gap = judge_gap(by_sex, tolerance=terms.largest_gap, min_n=terms.min_n, level=terms.level)
    yield _result("dp_difference", gap, by_sex, min_n=terms.min_n)


def _accuracy(answered: _Answered, terms: EvaluationTerms) -> MeasuredResult:
    """Share of applicants whose income was judged rightly: approved if above the line, sent to an officer if not."""
    right = sum(yes == row.above for yes, row in zip(answered.approved, answered.rows, strict=True))
    tally = Tally(right, len(answered.rows))
    return _result("accuracy", judge_rate(tally, limit=terms.least_accuracy, worse=Worse.LOWER, level=terms.level))


def _auc(answered: _Answered, terms: EvaluationTerms) -> MeasuredResult:
    """Chance that somebody above the line has a higher estimate than somebody below it; ties count half.

    With the standard error of Hanley and McNeil 1982.
    """
    numpy = import_module("numpy")
    above = numpy.array([row.above for row in answered.rows])
    high, low = numpy.sort(answered.scores[above]), numpy.sort(answered.scores[~above])
    n, m = len(high), len(low)
    if not n or not m:
        return _told("roc_auc", None, limit=terms.least_auc, n=n + m, reason="only one kind of applicant")
    below = numpy.searchsorted(low, high, side="left") + numpy.searchsorted(low, high, side="right")
    auc = float(below.sum()) / (2 * n * m)
    same_high, same_low = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (n - 1) * (same_high - auc * auc) + (m - 1) * (same_low - auc * auc)
    reach = NormalDist().inv_cdf(terms.level) * sqrt(max(0.0, spread) / (n * m))
    interval = (max(0.0, auc - reach), min(1.0, auc + reach))
    return _told("roc_auc", auc, limit=terms.least_auc, n=n + m, interval=interval)


def _membership(model: CreditModel, training: Sequence[Applicant], terms: EvaluationTerms) -> MeasuredResult:
    """How well an attacker tells fitted rows from others by their loss: true less false alarms.

    The attacker learns the best limit of the loss on one half of both kinds and is judged on the other half.
    Source: Yeom et al. 2018.
    """
    rows = fitting_rows(training)
    fitted, others = _losses(model, rows.fitted), _losses(model, rows.held_back)
    limit = _best_limit(fitted[::2], others[::2])
    caught = {"fitted": fitted[1::2] <= limit, "held_back": others[1::2] <= limit}
    tallies = {name: Tally(int(flags.sum()), len(flags)) for name, flags in caught.items()}
    judged = judge_change(
        tallies["fitted"],
        tallies["held_back"],
        tolerance=terms.largest_advantage,
        worse=Worse.HIGHER,
        level=terms.level,
    )
    return _result("membership_advantage", judged, tallies)


def _losses(model: CreditModel, rows: Sequence[Applicant]) -> Numbers:
    numpy = import_module("numpy")
    scores = model.scores([row.inputs() for row in rows])
    found: Numbers = -numpy.log(numpy.where([row.above for row in rows], scores, 1 - scores))
    return found


def _best_limit(fitted: Numbers, others: Numbers) -> float:
    """The loss at which most more of the fitted rows than of the others lie below or at it."""
    numpy = import_module("numpy")
    limits = numpy.unique(fitted)
    ours = numpy.searchsorted(numpy.sort(fitted), limits, side="right") / len(fitted)
    theirs = numpy.searchsorted(numpy.sort(others), limits, side="right") / len(others)
    return float(limits[numpy.argmax(ours - theirs)])


def _stability(model: CreditModel, training: Sequence[Applicant], terms: EvaluationTerms) -> MeasuredResult:
    """Rank correlation of permutation importance between two halves; the mean of many ways to halve.

    The interval holds all but the outer ways to halve, at the level of the tests on each side.
    """
    numpy = import_module("numpy")
    rows = fitting_rows(training).held_back
    odds, parts = _log_odds(model, rows)
    above = numpy.array([row.above for row in rows])
    chance = numpy.random.default_rng(terms.seed)
    found = []
    for _ in range(_REPEATS):
        order = chance.permutation(len(rows))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        ranks = [_ranks(_importance(odds[half], parts[half], above[half], chance)) for half in halves]
        found.append(float(numpy.corrcoef(ranks[0], ranks[1])[0, 1]))
    low, high = (float(numpy.quantile(found, at)) for at in (1 - terms.level, terms.level))
    mean = float(numpy.mean(found))
    return _told("importance_stability", mean, limit=terms.least_stability, n=len(rows), interval=(low, high))


def _log_odds(model: CreditModel, rows: Sequence[Applicant]) -> tuple[Numbers, Numbers]:
    """Of each row the logarithm of its odds, and what each input adds to it (rows x inputs)."""
    numpy = import_module("numpy")
    inputs = [row.inputs() for row in rows]
    scores = model.scores(inputs)
    parts = numpy.stack(list(model.contributions(inputs).values()), axis=1)
    return numpy.log(scores / (1 - scores)), parts


def _importance(odds: Numbers, parts: Numbers, above: NDArray[np.bool_], chance: Any) -> Numbers:
    """By how much the mean loss rises when one input's values are dealt out anew among the rows.

    The model adds its inputs up, so that dealing out an input is dealing out what it adds.
    """
    numpy = import_module("numpy")
    sign = numpy.where(above, -1.0, 1.0)
    usual = numpy.logaddexp(0, sign * odds).mean()
    rises = []
    for at in range(parts.shape[1]):
        part = parts[:, at]
        rises.append(numpy.logaddexp(0, sign * (odds - part + chance.permutation(part))).mean() - usual)
    found: Numbers = numpy.array(rises)
    return found


def _ranks(values: Numbers) -> Numbers:
    found: Numbers = import_module("numpy").argsort(values).argsort().astype(float)
    return found


def _reasons(model: CreditModel, answered: _Answered, terms: EvaluationTerms) -> MeasuredResult:
    """Of the applications sent to an officer: how many have two reasons.

    A reason is an input that speaks less for the applicant than it does for approved ones on average.
    """
    numpy = import_module("numpy")
    _, parts = _log_odds(model, answered.rows)
    approved = numpy.array(answered.approved)
    if approved.all() or not approved.any():
        return _told("reason_code_coverage", None, limit=terms.least_coverage, n=0, reason=f"no {REFER}, or all")
    lacking = parts[~approved] < parts[approved].mean(axis=0) - _REASON_LOG_ODDS
    tally = Tally(int((lacking.sum(axis=1) >= 2).sum()), int((~approved).sum()))
    judged = judge_rate(tally, limit=terms.least_coverage, worse=Worse.LOWER, level=terms.level)
    return _result("reason_code_coverage", judged)


def _result(
    measure: str, judged: Judgement, tallies: Mapping[str, Tally] | None = None, *, min_n: int | None = None
) -> MeasuredResult:
    """A judgement as a line of a results file, with the counts of which the gate makes the test again."""
    measured = judged.measured
    left_out = {each.group: each.reason for each in measured.left_out}
    groups = {
        name: GroupCount(
            n=tally.n,
            hits=tally.hits,
            value=tally.hits / tally.n if tally.n else None,
            used=name not in left_out,
            reason=left_out.get(name),
        )
        for name, tally in sorted((tallies or {}).items())
    }
    interval = measured.interval
    return MeasuredResult(
        measure=measure,
        value=measured.value,
        interval=None if interval is None else (interval.low, interval.high),
        n=measured.n,
        groups=groups,
        outcome=judged.outcome,
        limit=judged.limit,
        level=judged.level,
        min_n=min_n,
        unit=measured.unit.value,
        reason=measured.reason,
        because=judged.because,
    )


def _told(
    measure: str,
    value: float | None,
    *,
    limit: float,
    n: int,
    interval: tuple[float, float] | None = None,
    reason: str | None = None,
) -> MeasuredResult:
    """A measure that must not be below `limit` and has no counts: judged by the ends of its interval."""
    outcome = Outcome.CANNOT_TELL
    if interval is not None:
        low, high = interval
        outcome = Outcome.SHOWN_SAFE if low >= limit else Outcome.SHOWN_HARMFUL if high < limit else outcome
    return MeasuredResult(
        measure=measure, value=value, interval=interval, n=n, outcome=outcome, limit=limit, unit="index", reason=reason
    )
