"""Every measure by its name: what it counts, how the counts become a value, and in which direction is worse.

Release checks, `care measure run` and pages look a measure up here, so that one name means one thing.
Source: MEASURES, "Families".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

from careloop.domain.count_plan import CategoryBins, Column, CountPlan, EdgeBins, ExponentialBins, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.domain.measured import Measured
from careloop.errors import InvalidInput
from careloop.measures import (
    business,
    classification,
    concentration,
    drift,
    fairness,
    judged,
    latency,
    mixture,
    quality,
    rate,
)
from careloop.measures.exact_catalogue import EXACT
from careloop.measures.measure_kind import Family, MeasureKind, Need, PlanMaker, Terms, ValueReader, Worse

__all__ = ["CATALOGUE", "measure_kind"]


def measure_kind(name: str) -> MeasureKind:
    """The measure of a name; raises `InvalidInput` that names the nearest."""
    found = CATALOGUE.get(name)
    if found is None:
        near = get_close_matches(name, [*CATALOGUE, *EXACT], n=1)
        hint = f"did you mean {near[0]}?" if near else "`care measure list` shows them all"
        raise InvalidInput(f"there is no measure '{name}'", hint=hint)
    return found


def _given(value: Predicate | None) -> Predicate:
    assert value is not None
    return value


def _column(terms: Terms) -> Column:
    assert terms.column is not None
    return terms.column


def _selected(terms: Terms) -> CountPlan:
    return rate.rate_plan(terms.name, hit=(_given(terms.outcome),), split=terms.split)


def _odds(terms: Terms) -> CountPlan:
    return fairness.odds_plan(
        terms.name,
        selected=_given(terms.outcome),
        deserved=_given(terms.label),
        labelled=_given(terms.labelled),
        split=terms.split,
    )


def _edges(terms: Terms) -> EdgeBins:
    assert isinstance(terms.bins, EdgeBins)
    return terms.bins


def _mixed(terms: Terms) -> EdgeBins | CategoryBins:
    assert isinstance(terms.bins, EdgeBins | CategoryBins)
    return terms.bins


def _buckets(terms: Terms) -> ExponentialBins:
    assert isinstance(terms.bins, ExponentialBins)
    return terms.bins


def _calibrated(terms: Terms) -> CountPlan:
    return classification.calibration_plan(
        terms.name,
        bins=_edges(terms),
        positive=_given(terms.label),
        labelled=_given(terms.labelled),
        split=terms.split,
    )


def _of_tallies(measure: Callable[..., Measured]) -> ValueReader:
    return lambda table, _, terms: measure(table.tallies(), min_n=terms.min_n, level=terms.level)


def _of_table(measure: Callable[..., Measured]) -> ValueReader:
    return lambda table, _, terms: measure(table, level=terms.level)


def _of_groups(measure: Callable[..., Measured]) -> ValueReader:
    return lambda table, _, terms: measure(table, min_n=terms.min_n, level=terms.level)


def _against(measure: Callable[..., Measured], *, sure: bool = True) -> ValueReader:
    def value(table: CountTable, reference: CountTable | None, terms: Terms) -> Measured:
        assert reference is not None
        level = {"level": terms.level} if sure else {}
        return measure(reference, table, bins=_mixed(terms), **level)

    return value


def _rates_gap(rates: Callable[[CountTable], Mapping[str, Tally]]) -> ValueReader:
    return lambda table, _, terms: fairness.demographic_parity_difference(
        rates(table),
        min_n=terms.min_n,
        level=terms.level,
    )


def _quantile(share: float) -> ValueReader:
    def value(table: CountTable, _: CountTable | None, terms: Terms) -> Measured:
        return latency.latency_quantile(table, share, bins=_buckets(terms), level=terms.level)

    return value


def _kind(  # noqa: PLR0913, PLR0917  # a table with one row a measure
    name: str, family: Family, worse: Worse, tells: str, needs: tuple[Need, ...], plan: PlanMaker, value: ValueReader
) -> MeasureKind:
    return MeasureKind(id=name, family=family, worse=worse, tells=tells, needs=frozenset(needs), plan=plan, value=value)


_O, _L, _S, _C, _G, _R, _V, _W, _U, _D = (
    Need.OUTCOME, Need.LABEL, Need.SCORE, Need.COLUMN, Need.GROUPS, Need.REFERENCE, Need.RULE, Need.CONDITION,
    Need.UNIT, Need.DAY,
)  # fmt: skip
_rate: ValueReader = _of_table(rate.rate)


def _of_rule(terms: Terms) -> CountPlan:
    return rate.rate_plan(terms.name, hit=terms.rule, split=terms.split)


def _valid(terms: Terms) -> CountPlan:
    return quality.validity_plan(terms.name, column=_column(terms), rule=terms.rule, split=terms.split)


def _complete(terms: Terms) -> CountPlan:
    return quality.completeness_plan(terms.name, column=_column(terms), split=terms.split)


def _mixture(terms: Terms) -> CountPlan:
    return drift.drift_plan(terms.name, bins=_mixed(terms), split=terms.split)


def _balance(table: CountTable, _: CountTable | None, terms: Terms) -> Measured:
    assert isinstance(terms.bins, CategoryBins)
    return quality.balance(table, bins=terms.bins, level=terms.level)


def _waits(terms: Terms) -> CountPlan:
    return latency.latency_plan(terms.name, bins=_buckets(terms), split=terms.split)


def _sums(terms: Terms) -> CountPlan:
    return business.amount_plan(terms.name, column=_column(terms), split=terms.split)


def _amount(table: CountTable, _: CountTable | None, terms: Terms) -> Measured:
    return business.amount(table, digits=terms.digits)


def _categories(terms: Terms) -> CategoryBins:
    assert isinstance(terms.bins, CategoryBins)
    return terms.bins


_ROWS: Final = (
    _kind("selection_rate", Family.FAIRNESS, Worse.EITHER, "share of favourable answers", (_O,), _selected, _rate),
    _kind("impact_ratio", Family.FAIRNESS, Worse.LOWER, "lowest selection rate over the highest", (_O, _G),
          _selected, _of_tallies(fairness.impact_ratio)),
    _kind("dp_difference", Family.FAIRNESS, Worse.HIGHER, "gap between selection rates", (_O, _G),
          _selected, _of_tallies(fairness.demographic_parity_difference)),
    _kind("equal_opportunity_difference", Family.FAIRNESS, Worse.HIGHER, "gap between true positive rates",
          (_O, _L, _G), _odds, _of_groups(fairness.equal_opportunity_difference)),
    _kind("equalised_odds_difference", Family.FAIRNESS, Worse.HIGHER, "larger gap of true and false positive rates",
          (_O, _L, _G), _odds, _of_groups(fairness.equalised_odds_difference)),
    _kind("fpr_difference", Family.FAIRNESS, Worse.HIGHER, "gap between false positive rates", (_O, _L, _G),
          _odds, _rates_gap(fairness.false_positive_rates)),
    _kind("fnr_difference", Family.FAIRNESS, Worse.HIGHER, "gap between false negative rates", (_O, _L, _G),
          _odds, _rates_gap(fairness.false_negative_rates)),
    _kind("predictive_parity_difference", Family.FAIRNESS, Worse.HIGHER, "gap between precisions", (_O, _L, _G),
          _odds, _of_groups(classification.predictive_parity_difference)),
    _kind("calibration_by_group", Family.FAIRNESS, Worse.HIGHER, "largest calibration error of a group",
          (_L, _S, _G), _calibrated,
          lambda table, _, terms: classification.calibration_by_group(table, bins=_edges(terms), min_n=terms.min_n)),
    _kind("psi", Family.DRIFT, Worse.HIGHER, "population stability index, its own noise taken off", (_C, _R),
          _mixture, _against(drift.psi)),
    _kind("js_divergence", Family.DRIFT, Worse.HIGHER, "Jensen-Shannon divergence in bits", (_C, _R),
          _mixture, _against(mixture.jensen_shannon)),
    _kind("ks_distance", Family.DRIFT, Worse.HIGHER, "Kolmogorov-Smirnov distance at the edges of bins", (_C, _R),
          _mixture, _against(mixture.kolmogorov_smirnov)),
    _kind("chi_square", Family.DRIFT, Worse.HIGHER, "chi-square of both mixtures, as Cramér's V", (_C, _R),
          _mixture, _against(mixture.chi_square, sure=False)),
    _kind("accuracy", Family.PERFORMANCE, Worse.LOWER, "share of labelled rows answered right", (_O, _L),
          _odds, _of_table(classification.accuracy_of_odds)),
    _kind("precision", Family.PERFORMANCE, Worse.LOWER, "of favourable answers, the share that was right", (_O, _L),
          _odds, _of_table(classification.precision)),
    _kind("recall", Family.PERFORMANCE, Worse.LOWER, "of positive labels, the share that was found", (_O, _L),
          _odds, _of_table(classification.recall)),
    _kind("f1", Family.PERFORMANCE, Worse.LOWER, "harmonic mean of precision and recall", (_O, _L),
          _odds, _of_table(classification.f1)),
    _kind("brier", Family.PERFORMANCE, Worse.HIGHER, "mean squared distance of score and label", (_L, _S),
          _calibrated,
          lambda table, _, terms: classification.brier(table, bins=_edges(terms), level=terms.level)),
    _kind("calibration_error", Family.PERFORMANCE, Worse.HIGHER, "mean distance of score and share of positives",
          (_L, _S), _calibrated,
          lambda table, _, terms: classification.calibration_error(table, bins=_edges(terms))),
    _kind("completeness", Family.QUALITY, Worse.LOWER, "share of rows that have a value", (_C,), _complete, _rate),
    _kind("validity", Family.QUALITY, Worse.LOWER, "share of values within what is allowed", (_C, _V), _valid, _rate),
    _kind("consistency", Family.QUALITY, Worse.LOWER, "of the rows that a condition picks, the share that keeps a rule",
          (_C, _V, _W), lambda terms: quality.consistency_plan(terms.name, rule=terms.rule, split=terms.split), _rate),
    _kind("currentness", Family.QUALITY, Worse.LOWER, "share of rows that are at most so many days old", (_C, _D),
          lambda terms: quality.currentness_plan(terms.name, column=_column(terms), split=terms.split),
          lambda table, _, terms: quality.currentness(
              table, as_of=terms.as_of, days=terms.days, level=terms.level)),
    _kind("balance", Family.QUALITY, Worse.LOWER, "how evenly rows are spread over categories", (_C, _V),
          lambda terms: quality.balance_plan(terms.name, bins=_categories(terms), split=terms.split), _balance),
    _kind("diversity", Family.QUALITY, Worse.LOWER, "share of the listed categories that occur", (_C, _V),
          lambda terms: quality.balance_plan(terms.name, bins=_categories(terms), split=terms.split),
          lambda table, _, terms: quality.diversity(table, bins=_categories(terms))),
    _kind("relevance", Family.QUALITY, Worse.LOWER, "share of all rows that lie within the intended use", (_C, _V),
          _of_rule, _rate),
    _kind("representativeness", Family.QUALITY, Worse.HIGHER, "distance from the reference population, as PSI",
          (_C, _R), _mixture, _against(drift.psi)),
    _kind("latency_p50", Family.LATENCY, Worse.HIGHER, "median latency", (_C,), _waits, _quantile(0.5)),
    _kind("latency_p95", Family.LATENCY, Worse.HIGHER, "latency that 5 % exceed", (_C,), _waits, _quantile(0.95)),
    _kind("latency_p99", Family.LATENCY, Worse.HIGHER, "latency that 1 % exceeds", (_C,), _waits, _quantile(0.99)),
    _kind("pii_found_rate", Family.PRIVACY, Worse.HIGHER, "share of rows with personal data found", (_C, _V),
          _of_rule, _rate),
    _kind("guard_rate", Family.SECURITY, Worse.HIGHER, "share of rows with such a verdict of the guard", (_C, _V),
          _of_rule, _rate),
    _kind("injection_rate", Family.SECURITY, Worse.HIGHER, "share of rows in which an injection was seen", (_C, _V),
          _of_rule, _rate),
    _kind("query_concentration", Family.SECURITY, Worse.HIGHER,
          "rows of the busiest bucket of callers over the average: somebody may be copying the model", (_U,),
          lambda terms: concentration.concentration_plan(terms.name, split=terms.split),
          _of_table(concentration.concentration)),
    _kind("problematic_response_rate", Family.PERFORMANCE, Worse.HIGHER, "share of judged answers that are a problem",
          (_C, _V), _valid,
          lambda table, _, terms: judged.judged_rate(table, audit=terms.judge, level=terms.level)),
    _kind("rate", Family.BUSINESS, Worse.EITHER, "share of rows with such a value", (_C, _V), _of_rule, _rate),
    _kind("conversion_rate", Family.BUSINESS, Worse.LOWER, "share of rows that converted", (_C, _V), _of_rule, _rate),
    _kind("churn_rate", Family.BUSINESS, Worse.HIGHER, "share of rows that left", (_C, _V), _of_rule, _rate),
    _kind("volume", Family.BUSINESS, Worse.LOWER, "number of rows with such a value", (_C, _V), _of_rule,
          lambda table, _, __: business.volume(table)),
    _kind("amount", Family.BUSINESS, Worse.EITHER, "sum of an amount", (_C,), _sums, _amount),
    _kind("revenue", Family.BUSINESS, Worse.LOWER, "sum of what came in", (_C,), _sums, _amount),
    _kind("cost", Family.BUSINESS, Worse.HIGHER, "sum of what was spent", (_C,), _sums, _amount),
    _kind("amount_per_row", Family.BUSINESS, Worse.EITHER, "an amount divided by the rows", (_C,), _sums,
          lambda table, _, terms: business.amount_per_row(table, digits=terms.digits)),
    _kind("reason_code_coverage", Family.EXPLAINABILITY, Worse.LOWER, "share of answers with a reason code", (_C,),
          _complete, _rate),
)  # fmt: skip

CATALOGUE: Final[Mapping[str, MeasureKind]] = {kind.id: kind for kind in _ROWS}
"""By name."""
