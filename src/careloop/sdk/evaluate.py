"""Measure a classifier where the work happens, in a notebook or a pipeline, and hand the results to the gate.

    results = careloop.evaluate(y_true, y_pred, groups=sex, system="credit-decision", lock="lock.json")
    results.save("results.json")                       # care gate credit-decision --results results.json

Only counts are taken from the data; whether they are good enough is for the repository to say (`evaluation` in
system.yaml), and for the gate to test. Needs neither numpy nor pandas, and takes what they hold.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Unpack

from careloop import __version__
from careloop.domain.counts import UNKNOWN_GROUP, GroupedTallies, Tally
from careloop.domain.measured import Measured
from careloop.domain.release import GroupCount, MeasuredResult, ResultsFile
from careloop.errors import InvalidInput
from careloop.measures.fairness import demographic_parity_difference, impact_ratio
from careloop.measures.intervals import clopper_pearson
from careloop.sdk.evaluation import NOT_LOCKED, About, Evaluation, file_digest, lock_digest

__all__ = ["evaluate"]

_LEVEL: Final = 0.95
"""One-sided: each end of a 90 % interval is wrong at most 5 % of the time."""
_Rows = Sequence[tuple[Any, Any, str]]
_Gap = Callable[..., Measured]


def evaluate(
    y_true: Iterable[Any],
    y_pred: Iterable[Any],
    *,
    groups: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
    positive: Any = 1,
    min_n: int = 30,
    **about: Unpack[About],
) -> Evaluation:
    """Accuracy, and by group: selection rates, their ratio and gap, and the gaps in true and false positive rate.

    `y_true` and `y_pred` are labels of equal length, one a row; `positive` is the label that is an advantage, such as
    an approval. `groups` says the group of each row; a mapping of attributes to such columns means their intersection.
    Rows of no group are counted and not compared, as are groups below `min_n` rows.

    `about` says what was measured: `system`, and `lock`, `data`, `config`, each a file or its digest, and
    `measured_at`. Left out, the data's digest is that of labels and groups as they were given, and the configuration's
    that of the settings here. Raises `InvalidInput` for columns of unequal length, an empty evaluation, a missing label
    or prediction.
    """
    rows = _rows(y_true, y_pred, groups)
    settings = {"positive": repr(positive), "min_n": min_n, "level": _LEVEL, "careloop": __version__}
    results = [_accuracy(rows)]
    if groups is not None:
        results += _by_group(rows, positive=positive, min_n=min_n)
    return Evaluation(
        ResultsFile.model_validate(
            {
                "schema": "careloop/results/v1",
                "system": about["system"],
                "lock": lock_digest(about.get("lock")) or NOT_LOCKED,
                "data_digest": file_digest(about.get("data"))
                or _digest([[repr(label), group] for label, _, group in rows]),
                "config_digest": file_digest(about.get("config")) or _digest(settings),
                "measured_at": about.get("measured_at") or datetime.now(UTC),
                "results": tuple(results),
            }
        )
    )


def _rows(
    y_true: Iterable[Any], y_pred: Iterable[Any], groups: Iterable[Any] | Mapping[str, Iterable[Any]] | None
) -> _Rows:
    labels, answers = list(map(_plain, y_true)), list(map(_plain, y_pred))
    named = _group_names(groups, len(labels))
    if not len(labels) == len(answers) == len(named):
        raise InvalidInput(f"{len(labels)} labels, {len(answers)} predictions and {len(named)} groups do not fit")
    if not labels:
        raise InvalidInput("there are no rows to evaluate")
    for name, column in (("label", labels), ("prediction", answers)):
        missing = next((place for place, value in enumerate(column) if _is_missing(value)), None)
        if missing is not None:
            raise InvalidInput(f"row {missing} (from 0) has no {name}", hint="leave such rows out, and say so")
    return list(zip(labels, answers, named, strict=True))


def _group_names(groups: Iterable[Any] | Mapping[str, Iterable[Any]] | None, n: int) -> list[str]:
    if groups is None:
        return [UNKNOWN_GROUP] * n
    if isinstance(groups, Mapping) or hasattr(groups, "columns"):  # a data frame of pandas or Polars is no Mapping
        table: Any = groups
        names = groups if isinstance(groups, Mapping) else table.columns
        columns = [list(map(_plain, table[name])) for name in names]
        whole = list(zip(*columns, strict=False)) if len({len(one) for one in columns}) == 1 else []
        return [UNKNOWN_GROUP if any(map(_is_missing, row)) else " & ".join(map(str, row)) for row in whole]
    return [UNKNOWN_GROUP if _is_missing(one) else str(one) for one in map(_plain, groups)]


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python's, so that 1, 1.0 and numpy.int64(1) are one label."""
    found = value.item() if hasattr(value, "item") and not isinstance(value, str | bytes) else value
    return int(found) if isinstance(found, bool) or (isinstance(found, float) and found.is_integer()) else found


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "NaT")


def _accuracy(rows: _Rows) -> MeasuredResult:
    right = Tally(sum(label == answer for label, answer, _ in rows), len(rows))
    bounds = clopper_pearson(right, level=2 * _LEVEL - 1)
    return MeasuredResult(
        measure="accuracy",
        value=right.hits / right.n,
        interval=(bounds.low, bounds.high),
        n=right.n,
        hits=right.hits,
        level=_LEVEL,
        unit="ratio",
    )


def _by_group(rows: _Rows, *, positive: Any, min_n: int) -> list[MeasuredResult]:
    chosen = _tallies(rows, lambda label: True, positive)
    deserved = _tallies(rows, lambda label: label == positive, positive)
    undeserved = _tallies(rows, lambda label: label != positive, positive)
    asked: tuple[tuple[str, _Gap, GroupedTallies], ...] = (
        ("impact_ratio", impact_ratio, chosen),
        ("dp_difference", demographic_parity_difference, chosen),
        ("equal_opportunity_difference", demographic_parity_difference, deserved),
        ("fpr_difference", demographic_parity_difference, undeserved),
    )
    return [
        _gap(measure, compare(tallies, min_n=min_n, level=2 * _LEVEL - 1), tallies, min_n)
        for measure, compare, tallies in asked
    ]


def _tallies(rows: _Rows, counts: Callable[[Any], bool], positive: Any) -> GroupedTallies:
    """Per group: of the rows whose label counts, how many were answered with the advantage."""
    every = dict.fromkeys(sorted({group for _, _, group in rows}), 0)
    n = Counter(group for label, _, group in rows if counts(label))
    hits = Counter(group for label, answer, group in rows if counts(label) and answer == positive)
    return {group: Tally(hits[group], n[group]) for group in every}


def _gap(measure: str, found: Measured, tallies: GroupedTallies, min_n: int) -> MeasuredResult:
    interval = found.interval
    return MeasuredResult(
        measure=measure,
        value=found.value,
        reason=found.reason,
        interval=None if interval is None else (interval.low, interval.high if math.isfinite(interval.high) else None),
        n=found.n,
        groups={
            one.group: GroupCount(
                n=tallies[one.group].n, hits=tallies[one.group].hits, value=one.value, used=one.used, reason=one.reason
            )
            for one in found.groups
        },
        level=_LEVEL,
        min_n=min_n,
        unit=found.unit.value,
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{sha256(text.encode()).hexdigest()}"
