"""Figures of an evaluation that need the rows themselves: ranking, calibration, membership, reasons, free text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.evaluated import Confusion, CurvePoint, EvaluatedColumns
from careloop.domain.measured import GroupValue, Measured
from careloop.errors import InvalidInput
from careloop.measures.inversion import inversion_advantage
from careloop.measures.membership import membership_tallies
from careloop.measures.noninferiority import judge_change
from careloop.measures.personal_text import personal_kinds
from careloop.measures.rate import rate_of
from careloop.measures.scored_rows import calibration_curve, log_losses

__all__ = ["EvaluatedRows", "RowValues", "importance_of", "membership_advantage"]

RowValues = Mapping[str, Sequence[object]]
"""Columns by name, all of the same length; null for a missing value."""


@dataclass(frozen=True)
class EvaluatedRows:
    """The rows of one file, with what their columns mean."""

    columns: EvaluatedColumns
    values: RowValues

    @cached_property
    def labels(self) -> list[bool | None]:
        """Whether the label is a positive one; null for a row without one."""
        column = self.columns.label
        if column is None or column not in self.values:
            return []
        return [None if _absent(one) else _text(one) in self.columns.positive for one in self.values[column]]

    @cached_property
    def answers(self) -> list[bool]:
        """Whether the prediction is a favourable one; a missing one is none."""
        return [_text(one) in self.columns.favourable for one in self.values[self.columns.prediction]]

    @cached_property
    def scored(self) -> list[tuple[int, float, bool]]:
        """Rows that have both score and label: place, score, label. Raises `InvalidInput` for a score off 0 to 1."""
        column = self.columns.score
        if column is None or column not in self.values or not self.labels:
            return []
        found = []
        for place, (score, label) in enumerate(zip(self.values[column], self.labels, strict=True)):
            if label is None or _absent(score):
                continue
            number = _number(score)
            if number is None or not 0 <= number <= 1:
                raise InvalidInput(
                    f"row {place + 1}: '{column}' is {score}, and a score lies between 0 and 1",
                    hint="give the model's estimated chance of a positive label",
                )
            found.append((place, number, label))
        return found

    def confusion(self) -> Confusion | None:
        """Labelled rows by label and answer; null without labels."""
        if not self.labels:
            return None
        seen = Counter(
            (label, answer) for label, answer in zip(self.labels, self.answers, strict=True) if label is not None
        )
        return Confusion(
            true_positives=seen[True, True],
            false_positives=seen[False, True],
            false_negatives=seen[True, False],
            true_negatives=seen[False, False],
        )

    def curves(self, *, min_n: int) -> Iterator[CurvePoint]:
        """The calibration curve of all rows, then of each group of each attribute that has at least `min_n` rows."""
        yield from self._curve(None, self.scored, bins=10)
        for attribute, column in self.columns.groups.items():
            values = self.values.get(column, ())
            by_group: dict[str, list[tuple[int, float, bool]]] = {}
            for row in self.scored:
                if not _absent(values[row[0]]):
                    by_group.setdefault(_text(values[row[0]]), []).append(row)
            for group, rows in sorted(by_group.items()):
                if len(rows) >= min_n:
                    yield from self._curve(f"{attribute}: {group}", rows, bins=5)

    def _curve(self, group: str | None, rows: Sequence[tuple[int, float, bool]], *, bins: int) -> Iterator[CurvePoint]:
        scores, labels = [score for _, score, _ in rows], [label for _, _, label in rows]
        for one in calibration_curve(scores, labels, bins=bins, level=0.9):
            yield CurvePoint(group=group, score=one.score, share=one.share, low=one.low, high=one.high, n=one.n)

    def losses(self) -> list[float]:
        """The model's loss on each row that has score and label."""
        return log_losses([score for _, score, _ in self.scored], [label for _, _, label in self.scored])

    def reason_coverage(self) -> Measured | None:
        """Of the answers that are not favourable, the share with a reason; null without a column of reasons."""
        column = self.columns.reasons
        if column is None:
            return None
        reasons = [one for one, yes in zip(self.values[column], self.answers, strict=True) if not yes]
        given = sum(not _absent(one) and bool(str(one).strip()) for one in reasons)
        return rate_of(Tally(given, len(reasons)), level=0.9)

    def inversion(self, *, level: float) -> Iterator[tuple[str, Measured]]:
        """For each attribute of groups, how much better its value is guessed by who sees score or else answer."""
        column = self.columns.score
        scored = column is not None and column in self.values
        seen: list[object] = list(self.values[column or ""]) if scored else list(self.answers)
        for attribute, held in self.columns.groups.items():
            pairs = [
                (_text(group), score)
                for group, score in zip(self.values.get(held, ()), seen, strict=False)
                if not _absent(group) and (number := _number(score)) is not None and math.isfinite(number)
            ]
            if pairs:
                groups, numbers = [one for one, _ in pairs], [_number(one) or 0.0 for _, one in pairs]
                yield attribute, inversion_advantage(groups, numbers, level=level)

    def personal_data(self) -> tuple[Tally, dict[str, int]]:
        """Texts in which personal data were found, of all texts; and in how many by kind."""
        texts = [str(one) for column in self.columns.texts for one in self.values[column] if not _absent(one)]
        found = [personal_kinds(text) for text in texts]
        kinds = Counter(kind for one in found for kind in one)
        return Tally(sum(map(bool, found)), len(texts)), dict(sorted(kinds.items()))


def membership_advantage(trained: Sequence[float], others: Sequence[float]) -> Measured:
    """How much oftener an attacker takes a trained row for a trained one than any other, from the loss of each row."""
    tallies = membership_tallies(trained, others)
    judged = judge_change(tallies["trained"], tallies["others"], tolerance=1, worse=Worse.HIGHER)
    measured = judged.measured
    groups = tuple(
        GroupValue(group=name, value=tally.hits / tally.n if tally.n else None, n=tally.n)
        for name, tally in tallies.items()
    )
    return Measured(
        value=measured.value,
        unit=measured.unit,
        n=sum(tally.n for tally in tallies.values()),
        reason=measured.reason,
        interval=measured.interval,
        groups=groups,
    )


def importance_of(values: RowValues, name: str) -> list[dict[str, float]]:
    """The importance of each input, by resample; `values` has columns `feature`, `importance` and maybe `resample`.

    Raises `InvalidInput` with file and row for a missing column, an empty cell or an input that comes twice.
    """
    for column in ("feature", "importance"):
        if column not in values:
            raise InvalidInput(
                f"{name}: there is no column '{column}'",
                hint="one row for each input and resample: feature, importance, resample",
            )
    features = values["feature"]
    resamples = values.get("resample", [0] * len(features))
    found: dict[str, dict[str, float]] = {}
    for row, (feature, importance, resample) in enumerate(
        zip(features, values["importance"], resamples, strict=True), 2
    ):
        number = _number(importance)
        if _absent(feature) or _absent(resample) or number is None or not math.isfinite(number):
            raise InvalidInput(f"{name}:{row}: an importance needs a feature, a finite number and a resample")
        chosen = found.setdefault(_text(resample), {})
        if _text(feature) in chosen:
            raise InvalidInput(
                f"{name}:{row}: '{_text(feature)}' comes twice in resample {_text(resample)}",
                hint="number the resamples in a column `resample`",
            )
        chosen[_text(feature)] = number
    return list(found.values())


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str:
    """A value as it is named in options and documents: `true`, `1`, `approve`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
