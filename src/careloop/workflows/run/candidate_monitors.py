"""Which monitors a system should have, from its documents and from the columns that its rows have (R65).

What is watched, how long a window is, what is tolerated and promised, and what an alarm does: each with its reason.
Whether the tolerance is enough for ordinary days, and what would be noticed, is reckoned afterwards
(`propose_monitors`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from careloop.domain.event_columns import LABEL, LATENCY_US, PREDICTION, SCORE
from careloop.domain.monitor import Monitor, MonitorKind, Reference, Response
from careloop.domain.not_assessable import ProtectedBasis
from careloop.domain.noun import seconds_in
from careloop.domain.system import EventField, EventSchema, EventType, System
from careloop.domain.tier import Tier
from careloop.measures.drift import quantile_edges
from careloop.workflows.run.seen_rows import SeenRows

__all__ = ["Candidate", "NotProposed", "candidate_monitors", "reachable_window"]

_DAY: Final = 86_400
_LADDER: Final = ("PT15M", "PT1H", "P1D", "P1W")
_BINS: Final = 10
_PROMISES: Final = {Response.ROLLBACK: "P5Y", Response.PAGE: "P2Y", Response.ALERT: "P1Y"}
_GAP: Final = {Tier.VERY_HIGH: 0.05, Tier.HIGH: 0.05, Tier.MEDIUM: 0.08, Tier.LOW: 0.1}
_INDEX: Final = {Tier.VERY_HIGH: 0.1, Tier.HIGH: 0.1, Tier.MEDIUM: 0.2, Tier.LOW: 0.25}
_RATE: Final = {Tier.VERY_HIGH: 0.02, Tier.HIGH: 0.03, Tier.MEDIUM: 0.05, Tier.LOW: 0.08}
_LEAST_GROUP: Final = 30
_LEAST_ROWS: Final = 100
_LEAST_LATENCIES: Final = 50


@dataclass(frozen=True, slots=True)
class NotProposed:
    """Something that could be watched and is not, and what is missing."""

    what: str
    because: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A monitor before it was tried on the rows, and the reasons for what it says."""

    monitor: Monitor
    because: tuple[str, ...]


def candidate_monitors(system: System, seen: SeenRows, favourable: Sequence[str]) -> Iterator[Candidate | NotProposed]:
    """What the columns allow, most serious first."""
    asked = _Asked(system, seen, system.events or EventSchema())
    yield from _gaps(asked, favourable)
    yield from _answers(asked, favourable)
    yield from _calibration(asked)
    yield from _mixtures(asked)
    yield from _business(asked)
    yield from _latency(asked)
    yield from _not_in_rows(asked)


def reachable_window(rows_a_day: float, least: int, *, shortest: str = "PT15M") -> str:
    """The shortest usual window in which so many rows can be expected; a week where none is long enough.

    >>> reachable_window(400, 100), reachable_window(20_000, 100), reachable_window(1, 100)
    ('P1D', 'PT15M', 'P1W')
    """
    ladder = _LADDER[_LADDER.index(shortest) :]
    return next((each for each in ladder if rows_a_day * seconds_in(each) / _DAY >= least), ladder[-1])


@dataclass(frozen=True, slots=True)
class _Asked:
    """The system and its rows."""

    system: System
    seen: SeenRows
    schema: EventSchema

    @property
    def serious(self) -> bool:
        return self.system.tier.rank >= Tier.HIGH.rank

    def a_day(self, rows: float) -> float:
        return rows / self.seen.days

    def window(self, rows: float, least: int, what: str, *, shortest: str = "PT15M") -> tuple[str, str]:
        """A window for so many rows in the file, and why."""
        a_day = self.a_day(rows)
        chosen = reachable_window(a_day, least, shortest=shortest)
        enough = a_day * seconds_in(chosen) / _DAY >= least
        said = f"Window {chosen}: {what} sends about {a_day:,.0f} rows a day, and {least} are wanted in a window"
        return chosen, f"{said}." if enough else f"{said}; even a week has fewer, so evidence grows slowly."

    def reference(self, window: str) -> Reference:
        """Days differ by hour and weekday; a past of four weeks can tell how."""
        seasonal = self.seen.timed and self.seen.days >= 28 and seconds_in(window) <= _DAY
        return Reference.SAME_HOUR_OF_WEEK if seasonal else Reference.PREVIOUS_PERIOD

    def monitor(self, name: str, kind: MonitorKind, response: Response, **fields: object) -> Monitor:
        severity = "sev1" if response is Response.ROLLBACK and self.system.tier is Tier.VERY_HIGH else "sev2"
        values = {
            "id": re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:80],
            "kind": kind,
            "reference": Reference.PREVIOUS_PERIOD,
            "promise": _PROMISES[response],
            "severity": "sev3" if response is Response.ALERT else severity,
            "response": response,
        }
        return Monitor.model_validate({**values, **fields})


_SAYS: Final = {
    Response.ROLLBACK: "it rolls back, but only once four weeks of own history kept the promise; until then it alerts",
    Response.PAGE: "it pages people and changes nothing by itself",
    Response.ALERT: "it tells the owner; nobody is woken",
}


def _promised(monitor: Monitor) -> str:
    return f"Promise {monitor.promise}: one false alarm in that time at most; {_SAYS[monitor.response]}."


def _gaps(asked: _Asked, favourable: Sequence[str]) -> Iterator[Candidate | NotProposed]:
    schema = asked.schema
    fields = {f"groups.{name}": field for name, field in schema.groups.items()}
    if not fields and schema.protected_basis in (ProtectedBasis.SEGMENT, None):
        fields = {f"segment.{name}": field for name, field in schema.segment.items()}
    if not fields:
        basis = schema.protected_basis or "none"
        yield NotProposed(
            "fairness",
            "declare `groups` under `events:` in system.yaml, or with `protected_basis` what stands in for them "
            f"(now: {basis})",
        )
    for column, field in fields.items():
        reason = _no_gap(asked, column, field, favourable)
        if reason is not None:
            yield NotProposed(f"fairness by {column}", reason)
            continue
        yield _gap(asked, column, favourable)


def _no_gap(asked: _Asked, column: str, field: EventField, favourable: Sequence[str]) -> str | None:
    seen = asked.seen
    if column not in seen.given:
        return "the file has no such column"
    if not field.values:
        found = ", ".join(sorted(seen.values(column))[:20])
        return f"declare its values in system.yaml, so that a new one shows; the file has: {found}"
    if len(seen.values(column)) < 2:
        return "the rows have fewer than two of its values"
    return _no_answers(asked, favourable)


def _no_answers(asked: _Asked, favourable: Sequence[str]) -> str | None:
    if PREDICTION.name not in asked.seen.given:
        return "the file has no column `prediction`; name it with --column COLUMN=prediction"
    answers = asked.seen.values(PREDICTION.name)
    if not set(answers) & set(favourable):
        some = ", ".join(sorted(answers, key=lambda one: -answers[one])[:8])
        return f"which answers are good for the person is not declared (events.favourable); the file has: {some}"
    return None


def _gap(asked: _Asked, column: str, favourable: Sequence[str]) -> Candidate:
    seen, field = asked.seen, column.partition(".")[2]
    sizes = seen.values(column)
    smallest = min(sizes, key=lambda group: sizes[group])
    answers = seen.values(PREDICTION.name)
    good = [one for one in favourable if one in answers]
    share = sum(answers[one] for one in good) / sum(answers.values())
    tolerance = _GAP[asked.system.tier]
    acts = asked.serious and asked.system.safe_state is not None
    window, why = asked.window(sizes[smallest], _LEAST_GROUP, f"the smallest group, {smallest},", shortest="PT1H")
    # so many rows a group that the standard error of a gap is about the tolerance
    minimum = min(1000, max(_LEAST_GROUP, math.ceil(2 * share * (1 - share) / tolerance**2)))
    monitor = asked.monitor(
        f"gap-by-{field}",
        MonitorKind.FAIRNESS,
        Response.ROLLBACK if acts else Response.PAGE,
        measure="dp_difference",
        by=field,
        window=window,
        tolerance=tolerance,
        minimum_n=minimum,
    )
    kind = "a declared group" if column.startswith("groups.") else "a segment that stands in for groups"
    return Candidate(
        monitor,
        (
            f"{field} is {kind}: is one group favoured ({', '.join(good)}) more often than the others (R42)?",
            why,
            f"Tolerance {tolerance:g} between two rates: usual for tier {asked.system.tier}.",
            f"minimum_n {minimum}: with as many rows a group, chance alone moves a gap by about the tolerance.",
            _promised(monitor),
        ),
    )


def _answers(asked: _Asked, favourable: Sequence[str]) -> Iterator[Candidate | NotProposed]:
    seen = asked.seen
    if (reason := _no_answers(asked, favourable)) is not None:
        yield NotProposed("the share of favourable answers", reason)
        return
    window, why = asked.window(seen.known(PREDICTION.name), _LEAST_ROWS, "the system")
    monitor = asked.monitor(
        "favourable-answers",
        MonitorKind.PERFORMANCE,
        Response.PAGE if asked.serious else Response.ALERT,
        measure="selection_rate",
        window=window,
        reference=asked.reference(window),
        tolerance=_RATE[asked.system.tier],
        minimum_n=_LEAST_ROWS,
    )
    yield Candidate(
        monitor,
        (
            "The share of favourable answers needs no labels and moves first when something breaks, up or down.",
            why,
            f"Tolerance {monitor.tolerance:g}: usual for tier {asked.system.tier}.",
            _promised(monitor),
        ),
    )


def _calibration(asked: _Asked) -> Iterator[Candidate | NotProposed]:
    """Is a score of .8 right in eight of ten cases? Which label is the positive one, the scores tell."""
    seen = asked.seen
    if not {LABEL.name, SCORE.name} <= seen.given:
        yield NotProposed("calibration", "it takes columns `label` and `score`; name them with --column")
        return
    scores: dict[str, list[float]] = {}
    for label, score in zip(seen.columns[LABEL.name], seen.columns[SCORE.name], strict=True):
        if isinstance(label, str) and isinstance(score, int | float) and 0 <= score <= 1:
            scores.setdefault(label, []).append(score)
    if len(scores) != 2:
        yield NotProposed("calibration", f"it takes two labels and scores between 0 and 1; found: {len(scores)} labels")
        return
    means = {label: math.fsum(each) / len(each) for label, each in scores.items()}
    positive = max(means, key=lambda label: means[label])
    window, why = asked.window(
        sum(map(len, scores.values())), _LEAST_ROWS, "labels come late: the system", shortest="P1D"
    )
    monitor = asked.monitor(
        "calibration",
        MonitorKind.PERFORMANCE,
        Response.PAGE if asked.serious else Response.ALERT,
        measure="calibration_error",
        values=(positive,),
        window=window,
        tolerance=_RATE[asked.system.tier],
        minimum_n=_LEAST_ROWS,
    )
    yield Candidate(
        monitor,
        (
            f"Is the score as often right as it says? '{positive}' counts as positive: its mean score is the higher.",
            why,
            f"Tolerance {monitor.tolerance:g} beyond the error it had before: usual for tier {asked.system.tier}.",
            _promised(monitor),
        ),
    )


def _mixtures(asked: _Asked) -> Iterator[Candidate | NotProposed]:
    for name, field in asked.schema.features.items():
        column = f"features.{name}"
        if column not in asked.seen.given:
            yield NotProposed(f"drift of {column}", "the file has no such column")
        elif field.type in (EventType.NUMBER, EventType.INTEGER):
            yield _numbers(asked, column)
        elif field.values:
            said = f"its {len(field.values)} declared values are the bins, others one more"
            yield _mixture(asked, column, (), said, size=len(field.values) + 1)
        else:
            yield NotProposed(f"drift of {column}", f"it is {field.type} without declared values")


def _numbers(asked: _Asked, column: str) -> Candidate | NotProposed:
    known = [float(value) for value in asked.seen.columns[column] if isinstance(value, int | float)]
    edges = quantile_edges(known, bins=_BINS)
    if not edges:
        return NotProposed(f"drift of {column}", "too few values to cut it into bins")
    common = {value: known.count(value) / len(known) for value in set(edges) if known.count(value) * _BINS > len(known)}
    said = f"cut into {len(edges) + 1} bins at the quantiles of these rows"
    if common:
        told = ", ".join(f"{value:g} ({share:.0%})" for value, share in sorted(common.items()))
        said += f"; common values have a bin of their own: {told}"
    return _mixture(asked, column, edges, said, size=len(edges) + 1)


def _mixture(asked: _Asked, column: str, edges: tuple[float, ...], said: str, *, size: int) -> Candidate:
    columns = sum(f"features.{name}" in asked.seen.given for name in asked.schema.features)
    tolerance = _INDEX[asked.system.tier]
    least = 30 * size
    window, why = asked.window(asked.seen.rows, least, "the system", shortest="PT1H")
    monitor = asked.monitor(
        f"drift-of-{column.partition('.')[2]}",
        MonitorKind.DRIFT,
        Response.ALERT,
        measure="psi",
        of=column,
        edges=edges,
        window=window,
        tolerance=tolerance,
        promise=f"P{min(columns, 99)}Y",
        minimum_n=least,
    )
    return Candidate(
        monitor,
        (
            f"{column} goes into the model (R43): {said}.",
            why,
            f"Tolerance {tolerance:g} as an index (PSI of these bins; other bins give other numbers).",
            f"{_promised(monitor)} The {columns} columns of the file share one a year.",
        ),
    )


def _business(asked: _Asked) -> Iterator[Candidate | NotProposed]:
    for name, field in asked.schema.business.items():
        column = f"business.{name}"
        if column not in asked.seen.given:
            yield NotProposed(f"business figure {column}", "the file has no such column")
        elif field.type is EventType.BOOLEAN:
            yield _outcome(asked, name)
        else:
            yield NotProposed(f"business figure {column}", "amounts are counted and drawn; no detector watches them")


def _outcome(asked: _Asked, name: str) -> Candidate:
    known = asked.seen.known(f"business.{name}")
    window, why = asked.window(known, _LEAST_ROWS, "the system", shortest="PT1H")
    monitor = asked.monitor(
        f"{name}-rate",
        MonitorKind.BUSINESS,
        Response.PAGE if asked.serious else Response.ALERT,
        measure=f"{name}_rate",
        of=f"business.{name}",
        values=("true",),
        window=window,
        reference=asked.reference(window),
        tolerance=_RATE[asked.system.tier],
        minimum_n=_LEAST_ROWS,
    )
    return Candidate(
        monitor,
        (
            f"business.{name} is what the system is run for; it stands beside fairness and drift (R46).",
            why,
            f"Tolerance {monitor.tolerance:g}: usual for tier {asked.system.tier}.",
            _promised(monitor),
        ),
    )


def _latency(asked: _Asked) -> Iterator[Candidate | NotProposed]:
    known = sorted(value for value in asked.seen.columns.get(LATENCY_US.name, ()) if isinstance(value, int))
    if len(known) < _LEAST_LATENCIES:
        yield NotProposed("latency", "the file has no column `latency_ms`, or hardly any value in it")
        return
    usual_ms = known[min(len(known) - 1, math.ceil(0.95 * len(known)) - 1)] / 1000
    tolerance = max(1.0, float(f"{usual_ms / 4:.1g}"))
    window, why = asked.window(len(known), _LEAST_LATENCIES, "the system")
    monitor = asked.monitor(
        "latency-p95",
        MonitorKind.LATENCY,
        Response.PAGE if asked.serious else Response.ALERT,
        measure="latency_p95_ms",
        window=window,
        tolerance=tolerance,
        minimum_n=_LEAST_LATENCIES,
    )
    yield Candidate(
        monitor,
        (
            f"95 % of these answers took at most {usual_ms:,.0f} ms; slower than before is watched (R46).",
            why,
            f"Tolerance {tolerance:g} ms: a quarter of that. The limit is fixed after 28 days of live traffic.",
            _promised(monitor),
        ),
    )


def _not_in_rows(asked: _Asked) -> Iterator[NotProposed]:
    """What rows of answers cannot tell."""
    yield NotProposed(
        "security and privacy", "the guard's verdicts are events of their own; watch them with `of: verdict`"
    )
