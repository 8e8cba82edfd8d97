"""What a measure needs, found in a file of wishes and in the columns that the rows have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final

from careloop.domain.count_plan import (
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    EdgeBins,
    ExponentialBins,
    Literal,
    Predicate,
)
from careloop.domain.counts import Tally
from careloop.domain.measure_spec import AskedMeasure, AuditedJudge, Meaning, MeasureSpec
from careloop.errors import InvalidInput
from careloop.measures.exact_kind import ExactKind, Reads
from careloop.measures.judged import JudgeAudit
from careloop.measures.measure_kind import MeasureKind, Need, Terms
from careloop.measures.split import Split
from careloop.ports.row_files import RowFiles

__all__ = ["TermsFinder"]

_HOLDS: Final = {
    **dict.fromkeys(("amount", "revenue", "cost", "amount_per_row"), ColumnKind.INTEGER),
    "currentness": ColumnKind.INSTANT,
}
"""What the column of a measure must hold, where not any kind will do."""


class TermsFinder:
    """What one measure needs, found in the file of wishes and in the columns that there are."""

    def __init__(self, name: str, asked: AskedMeasure, spec: MeasureSpec, kinds: Mapping[str, ColumnKind]) -> None:
        self._name, self._asked, self._spec, self._kinds = name, asked, spec, kinds
        self.by = spec.by if asked.by is None else asked.by

    def terms(self, kind: MeasureKind | ExactKind) -> Terms:
        """The terms, but for bins."""
        spec, asked, needs = self._spec, self._asked, kind.needs
        if Need.GROUPS in needs and not self.by:
            raise self._missing("by", "columns that tell groups apart")
        if Need.UNIT in needs and spec.unit is None:
            raise self._missing("unit", "the column that names the caller or account")
        if Need.CONDITION in needs and not asked.when:
            raise self._missing("when", "the rows that the rule is for")
        outcome = self._meant("outcome", spec.outcome) if Need.OUTCOME in needs else None
        label = self._meant("label", spec.label) if Need.LABEL in needs else None
        column = self.read("of", asked.of, _HOLDS.get(kind.id)) if Need.COLUMN in needs else None
        if kind.id == "exact_ks":
            column = self.read("of", asked.of, ColumnKind.REAL)
        if isinstance(kind, ExactKind) and kind.reads in (Reads.KEYS, Reads.ALL):
            split = tuple(self.read("by", name) for name in self.by)
        else:
            split = () if Need.REFERENCE in needs else tuple(self._splitting(name) for name in self.by)
        truth = label.column if label is not None else None
        return Terms(
            name=self._name,
            outcome=outcome,
            label=label,
            labelled=Predicate(truth, Compare.IS_PRESENT) if truth is not None else None,
            condition=tuple(self._meant("when", each) for each in asked.when),
            rule=self._rule(column) if Need.RULE in needs and column is not None else (),
            score=self.read("score", spec.score, ColumnKind.REAL) if Need.SCORE in needs else None,
            column=column,
            split=Split(group=split, unit=self.read("unit", spec.unit, ColumnKind.TEXT) if spec.unit else None),
            min_n=spec.minimum_n,
            level=spec.level,
            digits=asked.digits,
            as_of=self._day() if Need.DAY in needs else 0,
            days=asked.days,
            judge=_audit(asked.judge),
        )

    def read(self, field: str, name: str | None, kind: ColumnKind | None = None) -> Column:
        """A column of the rows, as the kind that it holds or, for whole numbers, as real ones."""
        if name is None:
            raise self._missing(field, "a column")
        found = self._kinds.get(name)
        if found is None:
            raise InvalidInput(
                f"{self._name}: {field}: the rows have no column '{name}'",
                hint=f"they have {', '.join(sorted(self._kinds))}",
            )
        if kind is not None and found is not kind and not (kind is ColumnKind.REAL and found is ColumnKind.INTEGER):
            raise InvalidInput(f"{self._name}: {field}: '{name}' holds {found}, and {kind} is needed")
        return Column(name, kind or found)

    def mixture(self, reference: RowFiles) -> EdgeBins | CategoryBins:
        """Bins of drift: the listed categories, or edges from the reference."""
        asked = self._asked
        column = self.read("of", asked.of)
        if column.kind is ColumnKind.TEXT:
            if asked.measure == "ks_distance":
                raise InvalidInput(
                    f"{self._name}: of: '{column.name}' holds text, and a distance of distributions needs numbers",
                    hint="chi_square and js_divergence compare categories",
                )
            if not asked.values:
                raise self._missing("values", f"the categories of '{column.name}'")
            return CategoryBins(column, asked.values)
        real = self.read("of", asked.of, ColumnKind.REAL)
        return EdgeBins(real, asked.edges or reference.edges(real.name, asked.bins))

    def buckets(self) -> ExponentialBins:
        """Buckets of a latency in whole microseconds."""
        return ExponentialBins(self.read("of", self._asked.of, ColumnKind.INTEGER), scale=4, octaves=36)

    def scores(self, bins: int) -> EdgeBins:
        """Even bins of a score between 0 and 1."""
        column = self.read("score", self._spec.score, ColumnKind.REAL)
        return EdgeBins(column, tuple(place / bins for place in range(1, bins)))

    def _day(self) -> int:
        if self._asked.as_of is None:
            raise self._missing("as_of", "the day on which the data is to be current, such as 2026-11-28")
        return int(datetime.combine(self._asked.as_of, time(), UTC).timestamp())

    def _splitting(self, name: str) -> Column:
        column = self.read("by", name)
        if column.kind in (ColumnKind.REAL, ColumnKind.INSTANT):
            raise InvalidInput(
                f"{self._name}: by: '{name}' holds {column.kind}, which tells no groups apart",
                hint="write bands of it into a column of their own",
            )
        return column

    def _meant(self, field: str, meaning: Meaning | None) -> Predicate:
        if meaning is None:
            raise self._missing(field, "a column, and the values that are meant")
        column = self.read(field, meaning.column)
        return Predicate(column, Compare.IN, tuple(self._literal(field, text, column) for text in meaning.values))

    def _rule(self, column: Column) -> tuple[Predicate, ...]:
        asked, rule = self._asked, list[Predicate]()
        if asked.values:
            values = tuple(self._literal("values", text, column) for text in asked.values)
            rule.append(Predicate(column, Compare.IN, values))
        for bound, compare in ((asked.least, Compare.GE), (asked.most, Compare.LE)):
            if bound is not None:
                whole = int(bound) if column.kind is ColumnKind.INTEGER and bound == int(bound) else bound
                rule.append(Predicate(column, compare, (whole,)))
        if not rule:
            raise self._missing("values", "the values that count, or a range: least, most")
        return tuple(rule)

    def _literal(self, field: str, text: str, column: Column) -> Literal:
        try:
            match column.kind:
                case ColumnKind.FLAG:
                    return {"true": True, "false": False}[text.lower()]
                case ColumnKind.INTEGER:
                    return int(text)
                case ColumnKind.REAL:
                    return float(text)
                case _:
                    return text
        except (KeyError, ValueError):
            raise InvalidInput(
                f"{self._name}: {field}: '{column.name}' holds {column.kind}, and '{text}' is none"
            ) from None

    def _missing(self, field: str, what: str) -> InvalidInput:
        return InvalidInput(f"{self._name}: the file does not say `{field}`: {what}")


def _audit(judge: AuditedJudge | None) -> JudgeAudit | None:
    if judge is None:
        return None
    found, passed = (Tally(each.right, each.of) for each in (judge.found, judge.passed))
    return JudgeAudit(found=found, passed=passed)
