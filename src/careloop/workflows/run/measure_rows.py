"""`care measure run`: measures that a file asks for, taken on rows in files, with the digest of their counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from careloop.domain.count_plan import CategoryBins, ColumnKind, CountPlan, EdgeBins
from careloop.domain.measure_spec import AskedMeasure, MeasureSpec
from careloop.errors import InvalidInput
from careloop.measures.catalogue import measure_kind
from careloop.measures.measure_kind import Family, MeasureKind, Need, Terms
from careloop.measures.taken import TakenMeasure
from careloop.ports.row_files import RowFiles
from careloop.workflows.run.measure_terms import TermsFinder

__all__ = ["measure_rows", "named_measures"]

_SCORE_BINS = {"brier": 1000}
_CALIBRATION_BINS = 20
_LISTED = ("balance", "diversity")


def measure_rows(spec: MeasureSpec, rows: RowFiles, reference: RowFiles | None = None) -> tuple[TakenMeasure, ...]:
    """Take every measure. Raises `InvalidInput`, naming the measure and what is missing, before anything is counted."""
    asked = list(named_measures(spec.measures))
    made = [_Made.of(name, one, spec, rows, reference) for name, one in asked]
    tables = rows.count_all([each.plan for each in made])
    against = [each for each in made if Need.REFERENCE in each.kind.needs]
    assert reference is not None or not against
    old = dict(
        zip((each.id for each in against), reference.count_all([each.plan for each in against]), strict=True)
        if reference is not None and against
        else ()
    )
    return tuple(
        TakenMeasure(
            id=each.id,
            kind=each.kind,
            by=each.by,
            measured=each.kind.value(table, old.get(each.id), each.terms),
            digest=table.digest(),
            reference_digest=old[each.id].digest() if each.id in old else None,
            edges=each.terms.bins.edges if each.id in old and isinstance(each.terms.bins, EdgeBins) else (),
        )
        for each, table in zip(made, tables, strict=True)
    )


def named_measures(asked: Sequence[AskedMeasure]) -> Iterator[tuple[str, AskedMeasure]]:
    """Each with what it is called in the answer; raises `InvalidInput` when two are called alike."""
    seen: set[str] = set()
    for one in asked:
        name = one.id or (f"{one.measure}:{one.of}" if one.of else one.measure)
        if name in seen:
            raise InvalidInput(f"the measure '{name}' is asked for twice", hint="give one of them an `id` of its own")
        seen.add(name)
        yield name, one


@dataclass(frozen=True, slots=True)
class _Made:
    """A measure with its terms on these rows, ready to be counted."""

    id: str
    kind: MeasureKind
    terms: Terms
    plan: CountPlan
    by: tuple[str, ...]

    @classmethod
    def of(cls, name: str, asked: AskedMeasure, spec: MeasureSpec, rows: RowFiles, reference: RowFiles | None) -> _Made:
        kind = measure_kind(asked.measure)
        wishes = TermsFinder(name, asked, spec, rows.kinds)
        terms = wishes.terms(kind)
        if Need.REFERENCE in kind.needs:
            if reference is None:
                raise InvalidInput(
                    f"{name}: it compares with a reference", hint="give the older rows: --reference FILE"
                )
            terms = replace(terms, bins=wishes.mixture(reference))
        elif kind.family is Family.LATENCY:
            terms = replace(terms, bins=wishes.buckets())
        elif Need.SCORE in kind.needs:
            terms = replace(terms, bins=wishes.scores(_SCORE_BINS.get(kind.id, _CALIBRATION_BINS)))
        elif kind.id in _LISTED:
            terms = replace(terms, bins=CategoryBins(wishes.read("of", asked.of, ColumnKind.TEXT), asked.values))
        return cls(name, kind, terms, kind.plan_for(terms), wishes.by)
