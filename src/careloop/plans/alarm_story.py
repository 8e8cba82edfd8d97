"""Why an alarm did what it did: the chain of its records, from the numbers to the verification, in plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from careloop.domain.alarm import Signal
from careloop.errors import NotFound
from careloop.plans.automation_history import PlanProgress, plans_of
from careloop.plans.explain import explain_plan
from careloop.plans.plan_record import read_alarm
from careloop.ports.ledger import Entry, Json

__all__ = ["alarm_story"]


def alarm_story(entries: Iterable[Entry], alarm: str) -> tuple[str, ...]:
    """The story of the alarm with this id; raises `NotFound` when it is not among the entries.

    `entries` are those that automation reads (`automation_history.READS`), in the order of the log.
    """
    log = list(entries)
    raised = next((entry for entry in log if entry.record.id == alarm and entry.record.type == "alarm.raised"), None)
    if raised is None:
        raise NotFound(f"no alarm {alarm} is on record", hint="`care monitor run SYSTEM` prints the ids of alarms")
    data = raised.record.data
    known = read_alarm(_object(data.get("alarm")))
    lines = [f"{known.system} in {known.environment}, ledger entry {raised.index}: {_moved(known.signal)}"]
    may = "may act" if data.get("may_act") else "may only alert"
    lines.append(
        f"the monitor promises at most one false alarm in {data.get('promise')} and {may}: {data.get('because')}"
    )
    plans = plans_of(log, system=known.system, environment=known.environment)
    plan = next((each for each in plans if each.plan.alarm == alarm), None)
    if plan is None:
        return (*lines, "no plan was decided yet; the next `care monitor run` does")
    return (*lines, *explain_plan(plan.plan), *_went(log, plan))


def _moved(signal: Signal) -> str:
    rows, limit = f"{signal.observed.hits} of {signal.observed.n}", f"{signal.limit:.3f}"
    if signal.amount is not None:
        rows = f"a mean of {signal.amount.observed:.4g} {signal.amount.unit} over {signal.observed.n} rows"
        limit = f"{signal.amount.limit:.4g}"
    against = "" if signal.compared is None else f" against {signal.compared.hits} of {signal.compared.n}"
    who = f" of {signal.group}" if signal.group is not None else ""
    return (
        f"{signal.monitor}{who} moved {signal.moved.value} under {signal.release[:19]}: {rows}{against} "
        f"with a limit of {limit}; evidence {signal.statistic:.3g}, needed {signal.threshold:.0f}"
    )


def _went(log: Iterable[Entry], progress: PlanProgress) -> Iterator[str]:
    """How each step went, with its place in the ledger."""
    for entry in log:
        data = entry.record.data
        steps = data.get("steps")
        if entry.record.type != "plan.executed" or data.get("plan") != progress.plan.id:
            continue
        for row in steps if isinstance(steps, list | tuple) else ():
            step = _object(row)
            yield f"entry {entry.index}: {step.get('place')} {step.get('outcome')}: {step.get('detail')}"


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
