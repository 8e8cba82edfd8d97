"""What is to be measured on rows that lie in files, and what their columns mean (R42-R46; MEASURES, "Families")."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from careloop.domain.noun import Noun, Text

__all__ = ["AskedMeasure", "AuditedJudge", "Meaning", "MeasureSpec", "Sample"]


class Meaning(Noun):
    """A column, and which of its values are meant. Numbers and flags are written as text, as they stand in a file."""

    column: Text
    values: tuple[Text, ...] = Field(min_length=1)


class Sample(Noun):
    """So many right of so many that people looked at."""

    right: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _no_more_right_than_seen(self) -> Self:
        if self.right > self.of:
            raise ValueError(f"{self.right} of {self.of} cannot be right")
        return self


class AuditedJudge(Noun):
    """How often the judge behind a verdict is right, as people found who judged a sample of both kinds again."""

    found: Sample
    """True problems that the judge called a problem."""
    passed: Sample
    """Sound answers that the judge passed."""


class AskedMeasure(Noun):
    """One measure; what only it needs stands here."""

    measure: Text
    """Id of the catalogue: `care measure list` shows them."""
    id: Text | None = None
    """What to call it in the answer; else the measure, with the column that it is of."""
    of: Text | None = None
    """The column it is about: a feature, a latency in whole microseconds, an amount in whole hundredths, a text."""
    values: tuple[Text, ...] = ()
    """Of that column: values that count (of a rate), are allowed (of validity) or tell categories apart (of drift)."""
    least: float | None = None
    most: float | None = None
    """Of validity: the range, both ends inside."""
    by: tuple[Text, ...] | None = None
    """Columns that split the rows into groups, together; else those of the file. Empty: no split."""
    bins: int = Field(default=20, ge=2, le=1000)
    """Of drift of a number: bins of about equal size in the reference."""
    edges: tuple[float, ...] = ()
    """Of drift of a number: where to cut it, as an earlier answer printed; else at quantiles of the reference."""
    digits: int = Field(default=2, ge=0, le=9)
    """Of an amount: decimal places that its whole numbers carry."""
    when: tuple[Meaning, ...] = ()
    """Only rows that have one of these values in each of these columns; consistency cannot be taken without."""
    as_of: date | None = None
    """Of currentness: the day on which the data is to be current."""
    days: int = Field(default=30, ge=0)
    """Of currentness: how old, at most, a row may be."""
    judge: AuditedJudge | None = None
    """Of a problematic response rate: what people found about the judge; the rate is mended by it."""


class MeasureSpec(Noun):
    """A file for `care measure run`."""

    outcome: Meaning | None = None
    """The answer, and which answers are the favourable ones."""
    label: Meaning | None = None
    """What was true, and which labels are the positive ones; a row without one is not labelled."""
    score: Text | None = None
    """Column with the chance of a positive label that the model gave, 0 to 1."""
    by: tuple[Text, ...] = ()
    """Columns that split the rows into groups, together: two are intersections."""
    unit: Text | None = None
    """Column that names the person or account; its hash spreads rows over buckets."""
    minimum_n: int = Field(default=30, ge=1)
    """Groups with fewer rows are named and left out of comparisons."""
    level: float = Field(default=0.95, gt=0.5, lt=1)
    measures: tuple[AskedMeasure, ...] = Field(min_length=1)
