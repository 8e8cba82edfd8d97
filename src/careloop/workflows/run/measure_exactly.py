"""Measures that need the rows themselves, and all measures of a file of wishes in the order in which it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.count_plan import ColumnKind
from careloop.domain.counts import UNKNOWN_GROUP
from careloop.domain.measure_spec import AskedMeasure, MeasureSpec
from careloop.domain.measured import GroupValue, Measured
from careloop.errors import InvalidInput
from careloop.measures.exact_catalogue import EXACT
from careloop.measures.exact_kind import ExactKind, ExactRows, Reads, TakenExactly
from careloop.measures.measure_kind import Need, Terms
from careloop.measures.taken import TakenMeasure
from careloop.ports.row_files import RowFiles
from careloop.workflows.run.measure_rows import measure_rows, named_measures
from careloop.workflows.run.measure_terms import TermsFinder

__all__ = ["RowSource", "take_measures"]


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows in files: to be counted by an engine, and, for what counts cannot say, read."""

    counted: RowFiles
    read: Callable[[Sequence[str]], Mapping[str, Sequence[object]]]
    """The values of the columns of these names."""


def take_measures(
    spec: MeasureSpec, data: RowSource, reference: RowSource | None = None
) -> tuple[TakenMeasure | TakenExactly, ...]:
    """Take every measure, of either kind, in the order asked. Raises `InvalidInput`, naming the measure."""
    asked = dict(named_measures(spec.measures))
    exact = {name: _Exact.of(name, one, spec, data, reference) for name, one in asked.items() if one.measure in EXACT}
    counted = [one for one in asked.values() if one.measure not in EXACT]
    found: dict[str, TakenMeasure | TakenExactly] = {}
    if counted:
        only = spec.model_copy(update={"measures": tuple(counted)})
        older = None if reference is None else reference.counted
        found |= {each.id: each for each in measure_rows(only, data.counted, older)}
    found |= {name: each.take(data, reference) for name, each in exact.items()}
    return tuple(found[name] for name in asked)


_BY_KEY: Final = (Reads.KEYS, Reads.ALL)


@dataclass(frozen=True, slots=True)
class _Exact:
    """An exact measure with its terms on these rows."""

    id: str
    kind: ExactKind
    terms: Terms
    by: tuple[str, ...]

    @classmethod
    def of(
        cls, name: str, asked: AskedMeasure, spec: MeasureSpec, data: RowSource, reference: RowSource | None
    ) -> _Exact:
        kind = EXACT[asked.measure]
        kinds: Mapping[str, ColumnKind] = data.counted.kinds
        if Need.REFERENCE in kind.needs:
            if reference is None:
                raise InvalidInput(
                    f"{name}: it compares with a reference", hint="give the older rows: --reference FILE"
                )
            if kind.estimated:
                kinds = {**reference.counted.kinds, **kinds}
        wishes = TermsFinder(name, asked, spec, kinds)
        return cls(
            name,
            kind,
            wishes.terms(kind),
            wishes.by if kind.by_group or kind.reads in _BY_KEY or Need.GROUPS in kind.needs else (),
        )

    def take(self, data: RowSource, reference: RowSource | None) -> TakenExactly:
        """Read what it needs of both sides, and the value; of each group too where it is told by groups.

        Whole rows are compared where they lie, and never read into memory.
        """
        if self.kind.reads in _BY_KEY:
            return TakenExactly(id=self.id, kind=self.kind, by=self.by, measured=self._compared(data, reference))
        ours = self._rows(data)
        older = None if reference is None or Need.REFERENCE not in self.kind.needs else self._rows(reference)
        found = self.kind.value(ours, older, self.terms)
        if self.kind.by_group and self.terms.split.group:
            found = replace(found, groups=tuple(self._groups(ours)))
        return TakenExactly(id=self.id, kind=self.kind, by=self.by, measured=found)

    def _compared(self, data: RowSource, reference: RowSource | None) -> Measured:
        terms, rows = self.terms, data.counted
        key = [column.name for column in terms.split.group]
        if self.kind.reads is Reads.ALL:
            return self.kind.value(rows.distinct(key or sorted(rows.kinds), terms.condition), terms)
        assert reference is not None
        assert terms.column is not None
        found = rows.agreement(reference.counted, of=terms.column.name, key=key, where=terms.condition)
        return self.kind.value(found, terms)

    def _rows(self, source: RowSource) -> ExactRows:
        terms, kinds = self.terms, source.counted.kinds
        columns = [terms.score, terms.column, *terms.split.group]
        tests = [terms.outcome, terms.label, *terms.condition]
        names = {each.name for each in columns if each is not None}
        names |= {test.column.name for test in tests if test is not None}
        if self.kind.reads is Reads.ONE:
            names |= set(sorted(kinds)[:1])
        wanted = sorted(name for name in names if name in kinds)
        return ExactRows(kinds, source.read(wanted) if wanted else {}).where(terms.condition)

    def _groups(self, rows: ExactRows) -> list[GroupValue]:
        names = [column.name for column in self.terms.split.group]
        places: dict[str, list[int]] = {}
        for place, row in enumerate(zip(*(rows.values[name] for name in names), strict=True)):
            places.setdefault(_group(row), []).append(place)
        found = []
        for group, kept in sorted(places.items()):
            part = ExactRows(rows.kinds, {name: [each[at] for at in kept] for name, each in rows.values.items()})
            found.append(_group_value(group, self.kind.value(part, None, self.terms), self.terms.min_n))
        return found


def _group(row: Sequence[object]) -> str:
    """Named as counts name it."""
    if any(value is None or value == "" for value in row):
        return UNKNOWN_GROUP
    words = [str(value).lower() if isinstance(value, bool) else str(value) for value in row]
    return words[0] if len(words) == 1 else " & ".join(word.replace("&", "&&") for word in words)


def _group_value(group: str, found: Measured, min_n: int) -> GroupValue:
    few = f"{found.n} rows, fewer than the least n of {min_n}" if found.n < min_n else None
    reason = "these rows do not say their group" if group == UNKNOWN_GROUP else found.reason or few
    return GroupValue(
        group=group, value=found.value, n=found.n, used=reason is None, reason=reason, interval=found.interval
    )
