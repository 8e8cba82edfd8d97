"""What went wrong, and what was done? Alarms with their plans, incidents, and the story of each, record by record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.domain.monitor import Monitors
from careloop.errors import NotFound
from careloop.plans.automation_history import READS, PlanProgress, plans_of
from careloop.plans.plan_record import read_alarm
from careloop.plans.progress import StepOutcome, is_over
from careloop.ports.ledger import Entry, Ledger
from careloop.web.alarm_facts import AlarmFacts, alarm_facts
from careloop.web.pages.refusals import unknown
from careloop.web.pages.requirements import sections_of
from careloop.web.site import board
from careloop.workflows.evolve.explain_alarm import explain_alarm

__all__ = ["page", "story"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarm:
    """One alarm with what followed."""

    id: str
    index: int
    at: datetime
    system: str
    severity: str
    monitor: str
    group: str
    plan: str
    because: str
    state: str
    """`open`, `done` or `failed`; `waiting` before a plan was decided."""


def page(request: HttpRequest) -> HttpResponse:
    """Alarms, newest first, and incidents that nobody has closed."""
    ledger = board().ledger
    entries = _automation(ledger)
    incidents = list(ledger.query(type="incident.opened"))[::-1]
    alarms = _alarms(entries)
    shown = {
        "alarms": alarms,
        "incidents": incidents,
        "open": sum(one.state in ("open", "waiting") for one in alarms),
    }
    return render(request, "pages/incidents.html", shown)


def story(request: HttpRequest, record: UUID) -> HttpResponse:
    """From the numbers that moved to the traffic that showed the recovery, each line with its entry."""
    ledger = board().ledger
    entries = _automation(ledger)
    catalogue = Catalogue(wiring.standards_library().read_all())
    try:
        found = explain_alarm(entries, str(record), repository=board().picture().repository, catalogue=catalogue)
    except NotFound as error:
        return unknown(request, error)
    raised = next(one for one in entries if one.record.id == str(record))
    system = str(raised.record.data.get("system"))
    since, until = raised.index, _end(entries, raised)
    log = [one for one in ledger.query(subject=f"systems/{system}") if since <= one.index <= until]
    *chain, told = found.sections
    shown = {
        "found": found,
        "chain": sections_of(chain),
        "told": told,
        "raised": raised,
        "facts": _facts(raised, system),
        "system": system,
        "log": log,
    }
    return render(request, "pages/incident.html", shown)


def _facts(raised: Entry, system: str) -> AlarmFacts | None:
    """The numbers of the alarm; none of a record that holds no alarm, such as one that something vanished."""
    value = raised.record.data.get("alarm")
    if not isinstance(value, dict):
        return None
    alarm, documents = read_alarm(value), board().picture().repository.all(Monitors)
    ours = (one for at, noun in documents if at.folder == system for one in noun.monitors)
    return alarm_facts(alarm, next((one for one in ours if one.id == alarm.signal.monitor), None))


def _automation(ledger: Ledger) -> list[Entry]:
    found = [entry for kind in READS for entry in ledger.query(type=kind)]
    return sorted(found, key=lambda entry: entry.index)


def _end(entries: list[Entry], raised: Entry) -> int:
    """The last entry about the alarm's plan."""
    plans = {
        str(one.record.data.get("plan"))
        for one in entries
        if one.record.type == "plan.decided" and raised.record.id in str(one.record.data.get("decision"))
    }
    return max((one.index for one in entries if str(one.record.data.get("plan")) in plans), default=raised.index)


def _alarms(entries: list[Entry]) -> list[_Alarm]:
    places = {(str(one.record.data.get("system")), str(one.record.data.get("environment"))) for one in entries}
    plans = {
        progress.plan.alarm: progress
        for system, environment in places
        for progress in plans_of(entries, system=system, environment=environment)
    }
    raised = [one for one in entries if one.record.type == "alarm.raised" and "alarm" in one.record.data]
    return [_alarm(one, plans.get(one.record.id)) for one in reversed(raised)]


def _alarm(entry: Entry, progress: PlanProgress | None) -> _Alarm:
    value = entry.record.data["alarm"]
    known = read_alarm(value if isinstance(value, dict) else {})
    return _Alarm(
        id=entry.record.id,
        index=entry.index,
        at=entry.record.occurred_at,
        system=known.system,
        severity=known.severity,
        monitor=known.signal.monitor,
        group=known.signal.group or "all",
        plan=progress.plan.kind.value if progress else "none yet",
        because=progress.plan.because if progress else "",
        state=_state(progress),
    )


def _state(progress: PlanProgress | None) -> str:
    if progress is None:
        return "waiting"
    if StepOutcome.FAILED in progress.outcomes.values():
        return "failed"
    return "done" if is_over(progress.plan, progress.outcomes) else "open"
