"""How what systems send departs from what they declare: counts by the hour in, drifts out.

A drift is a fact about the pipe and not about people or the model: it stands apart from drift of values (R43). Judged
is the last day, and only once enough rows came; what went before says whether a field was ever there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

__all__ = ["DriftKind", "SchemaDrift", "SchemaTally", "drifts_of"]

_LATELY: Final = timedelta(days=1)
_ENOUGH_ROWS: Final = 30
_WORTH_TELLING: Final = 0.01
"""Share of rows from which on a refusal or an undeclared field is a drift, and not an odd row."""


class DriftKind(StrEnum):
    """What departs."""

    REFUSED = "refused"
    """Rows were refused for one reason, such as text where a number is declared."""
    UNDECLARED = "undeclared"
    """A field came that nobody declared; it was left out."""
    VANISHED = "vanished"
    """A declared field came before, and in no row of the last day."""
    CHANGED = "changed"
    """The declaration itself was changed: windows across that moment count rows of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaTally:
    """What came of one system in one hour; adding up tallies of an hour adds up their counts."""

    system: str
    hour: datetime
    """Its beginning, in UTC."""
    rows: int
    """Accepted or refused; not those that had been sent before."""
    answers: int
    """Accepted inference events, which alone have declared fields."""
    schema: str
    """Digest of what was declared when they came."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Reason to rows."""
    undeclared: Mapping[str, int] = field(default_factory=dict)
    """Field to accepted rows that had it."""
    absent: Mapping[str, int] = field(default_factory=dict)
    """Declared field to answers that lacked it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDrift:
    """One departure of one system."""

    system: str
    kind: DriftKind
    what: str
    """Field or reason."""
    rows: int
    """Rows that it met."""
    of: int
    """Among how many, above 0."""
    since: datetime
    """The hour in which it was first seen in the last day."""

    @property
    def share(self) -> float:
        """In (0, 1]."""
        return self.rows / self.of


def drifts_of(tallies: Iterable[SchemaTally], *, now: datetime) -> tuple[SchemaDrift, ...]:
    """Drifts of the day before `now`, by system, kind and name. Source: R43, "schema drift separate"."""
    by_system: dict[str, list[SchemaTally]] = {}
    for tally in tallies:
        by_system.setdefault(tally.system, []).append(tally)
    found: list[SchemaDrift] = []
    for system, known in sorted(by_system.items()):
        known.sort(key=lambda tally: tally.hour)
        late = [tally for tally in known if tally.hour > now - _LATELY - timedelta(hours=1)]
        found += _counted(system, late)
        found += _vanished(system, known[: len(known) - len(late)], late)
        found += _changed(system, known, late)
    return tuple(found)


def _counted(system: str, late: Sequence[SchemaTally]) -> list[SchemaDrift]:
    rows = sum(tally.rows for tally in late)
    found = []
    for kind in (DriftKind.REFUSED, DriftKind.UNDECLARED):
        total: Counter[str] = Counter()
        for tally in late:
            total.update(_of_kind(tally, kind))
        for what, n in sorted(total.items()):
            if rows >= _ENOUGH_ROWS and n / rows >= _WORTH_TELLING:
                since = next(tally.hour for tally in late if what in _of_kind(tally, kind))
                found.append(SchemaDrift(system=system, kind=kind, what=what, rows=n, of=rows, since=since))
    return found


def _of_kind(tally: SchemaTally, kind: DriftKind) -> Mapping[str, int]:
    return tally.refused if kind is DriftKind.REFUSED else tally.undeclared


def _vanished(system: str, earlier: Sequence[SchemaTally], late: Sequence[SchemaTally]) -> list[SchemaDrift]:
    answers = sum(tally.answers for tally in late)
    if answers < _ENOUGH_ROWS:
        return []
    lacked, lacked_before = _absent(late), _absent(earlier)
    gone = [name for name, n in lacked.items() if n == answers]
    before = sum(tally.answers for tally in earlier)
    return [
        SchemaDrift(
            system=system, kind=DriftKind.VANISHED, what=name, rows=answers, of=answers, since=_first_answer(late)
        )
        for name in sorted(gone)
        if before > lacked_before[name]
    ]


def _absent(tallies: Sequence[SchemaTally]) -> Counter[str]:
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally.absent)
    return total


def _first_answer(late: Sequence[SchemaTally]) -> datetime:
    return next(tally.hour for tally in late if tally.answers)


def _changed(system: str, known: Sequence[SchemaTally], late: Sequence[SchemaTally]) -> list[SchemaDrift]:
    """One for each digest of the last day that is not that of the rows before it."""
    found = []
    before = None
    for tally in known:
        if before not in (None, tally.schema) and tally in late:
            n = sum(one.rows for one in late if one.schema == tally.schema)
            rows = sum(one.rows for one in late)
            found.append(
                SchemaDrift(system=system, kind=DriftKind.CHANGED, what=tally.schema, rows=n, of=rows, since=tally.hour)
            )
        before = tally.schema
    return found
