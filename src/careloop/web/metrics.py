"""`/metrics` for Prometheus, and `/healthz`: figures of the board, as of its last picture.

The values of monitors come along where the inventory lists 32 systems at most; in a larger one `?system=ID`, which may
be said more than once, asks for those of some.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from careloop import wiring
from careloop.domain.monitor import Monitors
from careloop.domain.status import RequirementState
from careloop.reports.monitor_gauges import GAUGES, Sample, alarm_samples, chart_samples
from careloop.reports.status_report import status_counts
from careloop.web.api_tokens import token_of
from careloop.web.door import Role, visitor_of
from careloop.web.picture import Picture
from careloop.web.site import board
from careloop.workflows.run.fleet_overview import Silence

__all__ = ["health", "page"]

_MOST_CHARTED: Final = 32
"""Systems whose counts the board keeps at hand; more would be counted anew at every scrape."""


def page(request: HttpRequest) -> HttpResponse:
    """The figures, for a token with the scope `metrics` or somebody who is signed in."""
    if token_of(request, "metrics") is None and Role.MEMBER not in visitor_of(request).roles:
        return HttpResponse(
            "a token with the scope metrics opens this\n", status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    registry = CollectorRegistry()
    picture = board().picture()
    registry.register(_Figures(picture))
    registry.register(_Monitors(picture, request.GET.getlist("system")))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def health(request: HttpRequest) -> HttpResponse:
    """200 while the server answers; it says nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


class _Figures(Collector):
    """One picture as gauges."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        """All figures; the age of the picture is one of them."""
        picture = self._picture
        age = (wiring.now() - picture.computed_at).total_seconds()
        yield GaugeMetricFamily("care_board_age_seconds", "Age of the figures below", value=age)
        failed = float(picture.failed is not None)
        yield GaugeMetricFamily("care_board_failed", "1 while the figures cannot be renewed", value=failed)
        yield GaugeMetricFamily("care_worker_up", "1 while a worker watches", value=float(picture.worker_is_there))
        yield GaugeMetricFamily("care_ledger_entries", "Entries of the ledger", value=picture.head.ledger_size or 0)
        yield GaugeMetricFamily("care_lake_watermark", "Highest ingest_seq", value=picture.head.watermark or 0)
        waiting = len(picture.open_requests)
        yield GaugeMetricFamily("care_approval_requests_open", "Requests that wait for people", value=waiting)
        yield self._requirements()
        yield from self._systems()

    def _requirements(self) -> Metric:
        family = GaugeMetricFamily("care_requirements", "Requirements by state", labels=["basis", "state"])
        rows = self._picture.status.status.requirements
        for basis, care in (("iso", False), ("care", True)):
            ours = tuple(row for row in rows if (row.level is not None) is care)
            counted = status_counts(ours, care=care)
            for state in RequirementState:
                family.add_metric([basis, state.value], counted[state])
        return family

    def _systems(self) -> Iterator[Metric]:
        alarms = GaugeMetricFamily("care_system_alarms_open", "Open alarms", labels=["system", "tier"])
        safe = GaugeMetricFamily("care_system_safe_state", "1 while the safe state serves", labels=["system", "tier"])
        target = GaugeMetricFamily("care_system_rollback_ready", "1 while a target is ready", labels=["system", "tier"])
        silent = GaugeMetricFamily("care_system_silent", "1 while events are overdue", labels=["system", "tier"])
        for one in self._picture.rows:
            labels = [one.card.id, one.card.tier.value]
            alarms.add_metric(labels, len(one.alarms))
            safe.add_metric(labels, float(one.in_safe_state))
            target.add_metric(labels, float(one.target.lock is not None))
            silent.add_metric(labels, float(one.freshness.silent is Silence.YES))
        yield from (alarms, safe, target, silent)


class _Monitors(Collector):
    """Open alarms of every monitor, and the newest values of those of some systems."""

    def __init__(self, picture: Picture, wanted: Sequence[str]) -> None:
        self._picture = picture
        names = [one.card.id for one in picture.rows]
        everything = names if len(names) <= _MOST_CHARTED else []
        self._charted = [name for name in names if name in wanted] if wanted else everything

    def collect(self) -> Iterator[Metric]:
        """One family a gauge, also where it has no sample."""
        families = {name: GaugeMetricFamily(name, what, labels=labels) for name, (what, labels) in GAUGES.items()}
        for sample in self._samples():
            families[sample.name].add_metric(sample.labels, sample.value)
        yield from families.values()

    def _samples(self) -> Iterator[Sample]:
        repository = self._picture.governance.repository
        monitors = {str(at.folder): noun.monitors for at, noun in repository.all(Monitors)}
        for row in self._picture.rows:
            yield from alarm_samples(row.card.id, monitors.get(row.card.id, ()), row.alarms)
        now_s = int(wiring.now().timestamp())
        for name in self._charted:
            yield from chart_samples(board().charts(name), now_s=now_s)
