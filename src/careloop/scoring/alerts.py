"""M2: alerts for every thousand answers that were truly served.

Alerts are alarms, each counted once however often its record was written: the same monitor on the same release, moved
the same way since the same moment, is one alert. Answers are true counts; what is not counted is not guessed. More or
fewer alerts is neither good nor bad in itself: the figure is a trend. Source: REQUIREMENTS, M2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from careloop.domain.metric import Figure, NullReason, Part, Window
from careloop.ports.ledger import Entry
from careloop.scoring.count_interval import poisson_interval
from careloop.scoring.evidence import Evidence, digest_of, newest_of, number, system_of, text
from careloop.scoring.figures import nothing

__all__ = ["LEAST_SEVERITY", "PER_1000", "alerts_figure"]

PER_1000: Final = "per 1000"
LEAST_SEVERITY: Final = 3
"""An alarm counts from `sev3` up; one that does not say how severe it is counts as well."""
_SEVERITY: Final = re.compile(r"sev(\d)")


def alerts_figure(
    evidence: Evidence,
    window: Window,
    *,
    served: Mapping[str, int] | None,
    kinds: Mapping[tuple[str, str], str],
) -> Figure:
    """Alerts in the window for every 1000 of `served`, the true number of answers of each system in the window.

    `kinds` maps system and monitor to the kind of monitor. `served` is None when the lake was not read.
    """
    alerts, ignored = _alerts(evidence, window)
    left_out = evidence.left_out("alarm.raised") | ignored
    if served is None:
        because = f"{_so_many(alerts)}, and nothing says how many answers were served"
        return nothing(NullReason.NOT_READ, because, unit=PER_1000, newest=newest_of(alerts))
    silent = sorted({system_of(one) or "an unnamed system" for one in alerts if not served.get(system_of(one) or "")})
    if silent:
        because = f"{_so_many(alerts)}, but no served answer is counted for {', '.join(silent)}"
        return nothing(NullReason.DATA_ERROR, because, unit=PER_1000, newest=newest_of(alerts))
    answers = sum(served.values())
    if answers == 0:
        return nothing(NullReason.NO_ACTIVITY, "no answer was served", unit=PER_1000)
    return Figure(
        value=1000 * len(alerts) / answers,
        unit=PER_1000,
        n=answers,
        because=_so_many(alerts),
        interval=poisson_interval(len(alerts), per=answers / 1000),
        parts=tuple(_parts(alerts, answers, kinds)),
        left_out=left_out,
        newest=newest_of(alerts),
        digest=digest_of(alerts) if alerts else None,
    )


def _alerts(evidence: Evidence, window: Window) -> tuple[list[Entry], dict[str, int]]:
    first: dict[tuple[object, ...], Entry] = {}
    repeated = mild = 0
    for entry in evidence.of_type("alarm.raised", before=window.until):
        if _mild(entry):
            mild += window.holds(entry.record.occurred_at)
        elif _fingerprint(entry) in first:
            repeated += window.holds(entry.record.occurred_at)
        else:
            first[_fingerprint(entry)] = entry
    opened = [entry for entry in first.values() if window.holds(entry.record.occurred_at)]
    counted = {"same_alert_again": repeated, f"below_sev{LEAST_SEVERITY}": mild}
    return opened, {why: count for why, count in counted.items() if count}


def _so_many(alerts: Sequence[Entry]) -> str:
    return "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"


def _fingerprint(entry: Entry) -> tuple[object, ...]:
    data = entry.record.data
    stated = text(data, "fingerprint")
    if stated is not None:
        return (system_of(entry), stated)
    began = number(data, "alarm", "signal", "since")
    began = began if began is not None else number(data, "window")
    if began is None:
        return (entry.record.id,)
    what = (text(data, key) for key in ("environment", "release", "monitor"))
    how = (text(data, "alarm", "signal", key) for key in ("group", "moved"))
    return (system_of(entry), *what, *how, began)


def _mild(entry: Entry) -> bool:
    stated = text(entry.record.data, "severity") or text(entry.record.data, "alarm", "severity")
    found = _SEVERITY.fullmatch(stated or "")
    return found is not None and int(found.group(1)) > LEAST_SEVERITY


def _parts(alerts: Sequence[Entry], answers: int, kinds: Mapping[tuple[str, str], str]) -> Iterator[Part]:
    yield Part(id="alerts", title="alerts", value=float(len(alerts)), unit="n", n=len(alerts))
    by_kind: dict[str, int] = {}
    for entry in alerts:
        kind = kinds.get((system_of(entry) or "", text(entry.record.data, "monitor") or ""), "unknown")
        by_kind[kind] = by_kind.get(kind, 0) + 1
    for kind, count in sorted(by_kind.items()):
        yield Part(
            id=f"kind_{kind}",
            title=f"{kind} alerts",
            value=1000 * count / answers,
            unit=PER_1000,
            n=answers,
            interval=poisson_interval(count, per=answers / 1000),
        )
