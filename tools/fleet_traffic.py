"""Events of the made-up group, an hour at a time: the same seed, system and day are the same events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from fleet_documents import FleetSystem

__all__ = ["Behaviour", "Stint", "Traffic", "hours_of"]

_WEIGHTS = (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 13, 12, 13, 13, 12, 12, 11, 9, 8, 6, 4, 3, 2)
"""How the events of a day spread over its hours."""
_LATE = 0.02
"""Share of events that arrive between three and thirty hours after they happened."""
_LABELLED = 0.05
"""Share of answers for which somebody says a day later what was right."""
_REGIONS, _AGES = ("north", "south", "east", "west"), ("under_30", "30_to_59", "60_and_over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a release answers, and what comes of it."""

    women: float = 0.60
    """Rate of favourable answers to women."""
    men: float = 0.61
    converted: float = 0.30
    complained: float = 0.02
    latency_ms: float = 90.0


@dataclass(frozen=True, slots=True)
class Stint:
    """A release that answers from an instant on."""

    since: datetime
    lock: str | None
    """None: the safe state answers, and sends no events."""
    behaviour: Behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one system sends."""

    system: FleetSystem
    a_day: int
    """Answers on an average day."""
    stints: list[Stint]
    """In order of time; what somebody switches is added before the next day begins."""
    first: datetime
    last: datetime
    """Nothing happens from here on."""
    seed: int


def hours_of(traffics: tuple[Traffic, ...], since: datetime, until: datetime) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """For each hour its last second and the events that arrive in it, of all systems, in the order of their times."""
    waiting: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    begin, hours = int(since.timestamp()) // 3600, int(until.timestamp()) // 3600
    for hour in range(begin, hours):
        if hour == begin or hour % 24 == 0:
            day = datetime.fromtimestamp(hour * 3600, UTC).date()
            for traffic in traffics:
                for arrives, row in _day(traffic, day):
                    waiting.setdefault(max(arrives, hour), []).append((row["occurred_at"], row))
        found = sorted(waiting.pop(hour, []), key=lambda each: (each[0], each[1]["id"]))
        heard = {row["system"] for _, row in found}
        found += [(row["occurred_at"], row) for row in _heartbeats(traffics, heard, hour)]
        yield datetime.fromtimestamp(hour * 3600 + 3599, UTC), [row for _, row in found]


def _heartbeats(traffics: tuple[Traffic, ...], heard: set[str], hour: int) -> Iterator[dict[str, Any]]:
    """At the end of the hour, a sign of life of each system that answers and had nothing to tell."""
    at = datetime.fromtimestamp(hour * 3600 + 3590, UTC)
    for traffic in traffics:
        stint = _stint_at(traffic, at)
        if stint is not None and stint.lock is not None and traffic.system.id not in heard:
            yield {
                "id": f"h-{hour}",
                "system": traffic.system.id,
                "release": stint.lock,
                "kind": "heartbeat",
                "occurred_at": _text(at),
                "source": "service",
                "seq": hour,
            }


def _stint_at(traffic: Traffic, at: datetime) -> Stint | None:
    """What answers at an instant; None before the first event and after the last."""
    if not traffic.first <= at < traffic.last:
        return None
    return next((one for one in reversed(traffic.stints) if one.since <= at), None)


def _day(traffic: Traffic, day: date) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events that happen on a day, each with the hour in which it arrives."""
    chance = Random(f"{traffic.seed}/{traffic.system.id}/{day}")
    midnight = datetime.combine(day, time(), UTC)
    rows = round(traffic.a_day * (0.7 if day.weekday() >= 5 else 1.12) * chance.uniform(0.9, 1.1))
    hours = chance.choices(range(24), _WEIGHTS, k=rows)
    for number in range(rows):
        at = midnight + timedelta(hours=hours[number], milliseconds=chance.randrange(3_600_000))
        stint = _stint_at(traffic, at)
        if stint is None or stint.lock is None:
            continue
        row = _answer(traffic, stint, at, chance, f"{day}-{number}")
        late = timedelta(hours=chance.uniform(3, 30)) if chance.random() < _LATE else timedelta()
        yield _hour(at + late), row
        if chance.random() < _LABELLED:
            given = at + timedelta(hours=chance.uniform(20, 40))
            if given < traffic.last:
                yield _hour(given), _label(row, given, right=chance.random() < 0.9)


def _answer(traffic: Traffic, stint: Stint, at: datetime, chance: Random, number: str) -> dict[str, Any]:
    behaviour, kind = stint.behaviour, traffic.system.kind
    woman = chance.random() < 0.5
    chosen = chance.random() < (behaviour.women if woman else behaviour.men)
    return {
        "id": f"e-{number}",
        "system": traffic.system.id,
        "release": stint.lock,
        "kind": "inference",
        "occurred_at": _text(at),
        "unit": f"c-{chance.randrange(20 * traffic.a_day)}",
        "features": {"history_years": round(chance.expovariate(0.2), 1), "open_cases": chance.randrange(4)},
        "groups": {"sex": "female" if woman else "male", "age_band": chance.choices(_AGES, (3, 5, 2))[0]},
        "segment": {"region": chance.choice(_REGIONS), "channel": "web" if chance.random() < 0.7 else "branch"},
        "prediction": kind.yes if chosen else kind.no,
        "score": round(chance.betavariate(3, 2) if chosen else chance.betavariate(2, 3), 4),
        "latency_ms": round(behaviour.latency_ms * chance.lognormvariate(0.0, 0.35), 1),
        "business": {
            kind.amount: float(chance.randrange(10, 900)) if chosen else 0.0,
            "converted": chance.random() < behaviour.converted,
            "complained": chance.random() < behaviour.complained,
            "overridden": chance.random() < 0.05,
        },
    }


def _label(row: dict[str, Any], given: datetime, *, right: bool) -> dict[str, Any]:
    return {
        "id": f"l-{row['id']}",
        "system": row["system"],
        "release": row["release"],
        "kind": "label",
        "occurred_at": _text(given),
        "inference_id": row["id"],
        "label": row["prediction"] if right else "other",
    }


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
