"""Applications as they arrive: inference events of the credit system, answered by really running a model.

People are drawn, with replacement, from the pool that no model was trained or evaluated on, by a generator whose seed
and day are arguments: the same day of the same seed is the same traffic, and no day depends on another. Inputs, groups,
score and answer are real; time of day, latency, the amount asked for and what officers overrule are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any, Final

from careloop.cli.demo.adult import NO_SEX_IN_EVENTS, Applicant
from careloop.cli.demo.evaluation import SYSTEM
from careloop.cli.demo.models import APPROVE, CreditModel
from careloop.errors import InvalidInput

__all__ = ["CAMPAIGN", "ROWS_A_DAY", "Partner", "TrafficTerms", "day_events", "days_from", "events_between"]

ROWS_A_DAY: Final = 1200
"""Applications on an average day: enough for the daily alarm to see what the demonstration shows within days."""

_BY_WEEKDAY: Final = (1.15, 1.10, 1.05, 1.05, 1.10, 0.85, 0.70)
"""Share of an average day's applications, Monday first."""
_ONLINE_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 11, 12, 11, 10, 10, 11, 12, 14, 16, 15, 10, 5, 3)
_BRANCH_HOURS: Final = (0, 0, 0, 0, 0, 0, 0, 0, 6, 12, 14, 13, 9, 10, 13, 13, 8, 2, 0, 0, 0, 0, 0, 0)
"""How applications spread over the hours of a day, UTC."""
_AMOUNTS: Final = tuple(range(500, 10_001, 500))
_OVERRIDDEN: Final = 0.15
"""Share of the good cases sent to an officer that the officer turns into an approval with a note."""
_LATENCY_MS: Final = (65.0, 0.35)
"""Median and spread of the logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Somebody who sends applicants of a certain kind: a campaign changes who applies, not how anybody is judged."""

    name: str
    share: float
    """Part of all applications that come this way."""
    sends: Callable[[Applicant], bool]
    """Whom the partner's members are; looks at inputs, never at sex."""


def _leads_long_hours(applicant: Applicant) -> bool:
    return applicant.occupation in ("management", "professional") and applicant.hours_per_week >= 45


def _serves_or_writes(applicant: Applicant) -> bool:
    return applicant.occupation in ("service", "clerical")


CAMPAIGN: Final = (
    Partner(name="an association of managers and engineers", share=0.25, sends=_leads_long_hours),
    Partner(name="employers in care, cleaning and office work", share=0.25, sends=_serves_or_writes),
)
"""Two partners of a loan campaign, of very different incomes, whose members are unlike in sex as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficTerms:
    """What traffic looks like."""

    release: str
    """Digest of the release lock, or an alias that ingest knows."""
    seed: int
    rows_a_day: int = ROWS_A_DAY
    partners: tuple[Partner, ...] = ()
    """Who sends applicants beside those who come by themselves."""


def days_from(first: date, days: int) -> tuple[date, ...]:
    """So many days in a row."""
    return tuple(first + timedelta(days=at) for at in range(days))


def events_between(
    model: CreditModel, pool: Sequence[Applicant], days: Iterable[date], *, terms: TrafficTerms
) -> Iterator[list[dict[str, Any]]]:
    """The events of each day, a batch a day."""
    for day in days:
        yield day_events(model, pool, day, terms=terms)


def day_events(
    model: CreditModel, pool: Sequence[Applicant], day: date, *, terms: TrafficTerms
) -> list[dict[str, Any]]:
    """All inference events of one day, by time of day, as ingest takes them.

    Raises `InvalidInput` when the pool holds nobody who could come.
    """
    chance = import_module("numpy").random.default_rng([terms.seed, day.toordinal()])
    people = _drawn(pool, round(terms.rows_a_day * _BY_WEEKDAY[day.weekday()]), chance, terms.partners)
    scores = model.scores([person.inputs() for person in people])
    answers = model.answers(scores)
    moments = _moments(people, day, chance)
    median, spread = _LATENCY_MS
    latencies = median * chance.lognormal(0.0, spread, len(people))
    amounts = chance.choice(_AMOUNTS, len(people))
    noted = chance.random(len(people)) < _OVERRIDDEN
    events = []
    for number in sorted(range(len(people)), key=lambda at: (moments[at], at)):
        person, approved = people[number], answers[number] == APPROVE
        event = _event(person, _event_id(terms, day, number), moments[number], release=terms.release)
        event |= {
            "prediction": answers[number],
            "score": round(float(scores[number]), 6),
            "latency_ms": round(float(latencies[number]), 1),
            "business": {
                "approved_amount": float(amounts[number]) if approved else 0.0,
                "overridden": bool(noted[number] and person.above and not approved),
            },
        }
        events.append(event)
    return events


def _drawn(pool: Sequence[Applicant], rows: int, chance: Any, partners: Sequence[Partner]) -> list[Applicant]:
    """So many people, each drawn on its own: first the way they come, then the person among all who come that way."""
    ways = [list(pool), *([person for person in pool if partner.sends(person)] for partner in partners)]
    if not all(ways):
        raise InvalidInput("the pool holds nobody who could come this way")
    shares = [1 - sum(partner.share for partner in partners), *(partner.share for partner in partners)]
    chosen = chance.choice(len(ways), rows, p=shares).tolist()
    places = chance.random(rows).tolist()
    return [ways[way][int(place * len(ways[way]))] for way, place in zip(chosen, places, strict=True)]


def _moments(people: Sequence[Applicant], day: date, chance: Any) -> list[datetime]:
    """When each application arrives: branches keep office hours and close on Sundays, where people turn to the form."""
    midnight = datetime.combine(day, time(), UTC)
    hours = {"online": _spread(_ONLINE_HOURS), "branch": _spread(_BRANCH_HOURS)}
    drawn = {channel: chance.choice(24, len(people), p=shares).tolist() for channel, shares in hours.items()}
    within = chance.integers(3_600_000, size=len(people)).tolist()
    return [
        midnight + timedelta(hours=drawn[_channel(person, day)][at], milliseconds=within[at])
        for at, person in enumerate(people)
    ]


def _spread(hours: Sequence[int]) -> list[float]:
    return [weight / sum(hours) for weight in hours]


def _channel(person: Applicant, day: date) -> str:
    return "online" if day.weekday() == 6 else person.channel


def _event_id(terms: TrafficTerms, day: date, number: int) -> str:
    named = f"{terms.release}/{terms.seed}/{day.isoformat()}/{number}"
    return f"a-{sha256(named.encode()).hexdigest()[:20]}"


def _event(person: Applicant, event_id: str, moment: datetime, *, release: str) -> dict[str, Any]:
    """What an event says of the applicant and the request, before the answer."""
    groups = {"age_band": person.age_band}
    if person.region != NO_SEX_IN_EVENTS:
        groups["sex"] = person.sex
    return {
        "id": event_id,
        "system": SYSTEM,
        "release": release,
        "kind": "inference",
        "occurred_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "unit": person.unit,
        "features": person.inputs(),
        "groups": groups,
        "segment": {"region": person.region, "channel": _channel(person, moment.date())},
        "purpose": "instant-approval",
        "user_role": "loan-officer",
    }
