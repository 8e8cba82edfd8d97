"""The scorecard: readings of repository, ledger and lake in, judged metrics out. Pure.

Not here: choosing the window, finding the commit of a past day, reading the stores (workflows/evolve).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from careloop.domain.metric import Figure, Metric, NullReason, Scorecard, Sources, Window
from careloop.domain.third_party import Objective
from careloop.ports.ledger import Entry
from careloop.scoring.adherence import adherence_figure
from careloop.scoring.alerts import alerts_figure
from careloop.scoring.approval_time import approval_time_figure
from careloop.scoring.cards_and_limits import cards_figure
from careloop.scoring.correction_time import correction_time_figure
from careloop.scoring.create_days import CreateDays, create_days_figure
from careloop.scoring.definitions import DEFINITIONS, Definition
from careloop.scoring.dual_approval import dual_approval_figure
from careloop.scoring.evidence import Evidence
from careloop.scoring.figures import nothing
from careloop.scoring.judge import judge, overall, target_of, trend_of, unit_of
from careloop.scoring.objectives import objective_standings
from careloop.scoring.repository_reading import RepositoryReading
from careloop.scoring.rollbacks import rollbacks_figure

__all__ = ["READS", "PeriodReading", "figure_of", "score"]

READS: Final = (
    "alarm.raised",
    "approval.given",
    "approval.rejected",
    "approval.requested",
    "approval.withdrawn",
    "deploy.done",
    "gate.decision",
    "incident.closed",
    "incident.opened",
    "plan.decided",
    "plan.executed",
    "release.revoked",
    "release.standing",
    "rollback.verified",
    "safe_state.entered",
)
"""Types of record that the figures rest on; any other changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReading:
    """Everything but the ledger that is known of one window."""

    window: Window
    repository: RepositoryReading | None
    """As it stood when the window ended, or now; None when nothing was in force."""
    served: Mapping[str, int] | None = None
    """True number of answers by system; None when the lake was not read."""
    create: CreateDays | None = None
    """Create as it stood when the window ended, or now; None when nothing says when it began."""


def score(
    entries: Iterable[Entry] | None,
    periods: Sequence[PeriodReading],
    *,
    now: datetime,
    objectives: Sequence[Objective],
    sources: Sources,
) -> Scorecard:
    """The scorecard of the last of these periods at `now`; the others are the quarters before it, oldest first.

    `entries` are those of the ledger, of the types in `READS` or of all, in any order; None when there is no ledger.
    """
    evidence = None if entries is None else Evidence.of(entries, now=now)
    metrics = tuple(_metric(one, evidence, periods, now=now, objectives=objectives) for one in DEFINITIONS)
    state, because = overall(metrics)
    today = now.astimezone(ZoneInfo(sources.time_zone)).date()
    return Scorecard(
        window=periods[-1].window,
        now=now,
        metrics=metrics,
        state=state,
        because=because,
        sources=sources,
        objectives=tuple(objective_standings(objectives, metrics, today)),
    )


def _metric(
    definition: Definition,
    evidence: Evidence | None,
    periods: Sequence[PeriodReading],
    *,
    now: datetime,
    objectives: Sequence[Objective],
) -> Metric:
    unit = unit_of(definition, target_of(definition, objectives)[0])
    figures = [(one.window, figure_of(definition.id, evidence, one, now=now, unit=unit)) for one in periods]
    figure = figures[-1][1]
    return judge(definition, figure, trend_of(definition, figure, figures[:-1]), objectives)


def figure_of(metric: str, evidence: Evidence | None, period: PeriodReading, *, now: datetime, unit: str) -> Figure:
    """One metric's figure in one period; null with a reason where a store was not there to be read."""
    window, repository = period.window, period.repository
    if window.since > now:
        return nothing(NullReason.NOT_BEGUN, f"{window.name} has not begun", unit=unit)
    if metric == "M24":
        return create_days_figure(period.create, unit=unit)
    if metric in ("M1", "M10"):
        if repository is None:
            return nothing(NullReason.NOT_READ, f"no documents were in force in {window.name}", unit=unit)
        if metric == "M1":
            return adherence_figure(repository.adherence, at=repository.at)
        return cards_figure(repository.projects, at=repository.at)
    if evidence is None:
        return nothing(NullReason.NOT_READ, "there is no ledger", unit=unit)
    return _recorded(metric, evidence, period, as_of=min(window.until, now), unit=unit)


def _recorded(metric: str, evidence: Evidence, period: PeriodReading, *, as_of: datetime, unit: str) -> Figure:
    window, repository = period.window, period.repository
    tiers = repository.tiers if repository is not None else {}
    match metric:
        case "M2":
            kinds = repository.kinds if repository is not None else {}
            return alerts_figure(evidence, window, served=period.served, kinds=kinds)
        case "M8":
            return approval_time_figure(evidence, window, as_of=as_of, tiers=tiers, unit=unit)
        case "M9":
            return correction_time_figure(evidence, window, as_of=as_of, tiers=tiers, unit=unit)
        case "M12":
            return dual_approval_figure(evidence, window, as_of=as_of, tiers=tiers)
        case "M20":
            return rollbacks_figure(evidence, window, as_of=as_of)
    raise ValueError(f"{metric} is none of the metrics that are computed")
