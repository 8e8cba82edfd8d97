"""Count a batch of events against what their systems declare, for `careloop.domain.schema_drift`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from careloop.domain.event import Event, EventKind
from careloop.domain.event_contract import EventContract
from careloop.domain.schema_drift import SchemaTally

__all__ = ["tallies_of"]


def tallies_of(
    events: Sequence[Event],
    contracts: Mapping[str, EventContract],
    *,
    refused: Iterable[tuple[str | None, str]],
    undeclared: Iterable[tuple[str, str]],
    now: datetime,
) -> list[SchemaTally]:
    """A tally for each system of the batch; `refused` and `undeclared` are pairs of system and reason or field.

    Rows of which nobody can tell whose they are count for no system, unless the batch has rows of one only.
    """
    accepted = Counter(event.system for event in events)
    only = next(iter(accepted)) if len(accepted) == 1 else None
    reasons = Counter((system or only, reason) for system, reason in refused)
    dropped = Counter(undeclared)
    answers, absent = _answers(events, contracts)
    systems = sorted({*accepted, *(system for system, _ in reasons if system is not None)} & contracts.keys())
    return [
        SchemaTally(
            system=system,
            hour=now.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            rows=accepted[system] + sum(n for (whose, _), n in reasons.items() if whose == system),
            answers=answers[system],
            schema=contracts[system].schema,
            refused={what: n for (whose, what), n in reasons.items() if whose == system},
            undeclared={what: n for (whose, what), n in dropped.items() if whose == system},
            absent={what: n for (whose, what), n in absent.items() if whose == system},
        )
        for system in systems
    ]


def _answers(
    events: Sequence[Event], contracts: Mapping[str, EventContract]
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Inference events by system, and which declared fields they lack."""
    answers: Counter[str] = Counter()
    absent: Counter[tuple[str, str]] = Counter()
    inference = EventKind.INFERENCE
    for event in events:
        if event.kind is not inference:
            continue
        system = event.system
        answers[system] += 1
        for part, fields in contracts[system].kept:
            there: Mapping[str, object] = getattr(event, part)
            if len(there) < len(fields):
                absent.update((system, f"{part}.{name}") for name in fields - there.keys())
    return answers, absent
