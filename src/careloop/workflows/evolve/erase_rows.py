"""`care lake erase` and `care lake retain`: rows of events go, by request of a person or by their time.

An erasure is recorded before the rows go, with how many and over which time, never with whom: windows of that time
cannot be counted again from rows, and are reproduced from their counts, which hold no personal data and are kept. A
legal hold stops both. What a law says must be kept at least that long is not erased earlier by a shorter retention.
Source: SEMANTICS 6, 31; GDPR Art. 5(1)(e), 17; EU AI Act Art. 19(1), 26(6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.noun import days_in
from careloop.domain.system import LogKeeping, System
from careloop.errors import InvalidInput, Refused
from careloop.ledger.retention import Hold
from careloop.ports.lake import ErasableLake, Erased, Erasure
from careloop.ports.ledger import Json, Ledger, Receipt, Subject
from careloop.workflows.evolve.erase_personal import holds_of
from careloop.workflows.evolve.ledger_clerk import LedgerClerk

__all__ = ["PersonAsk", "RowsErased", "erase_person", "erasures_due", "not_recomputable", "retain_rows"]

_LAW_AT_LEAST: Final[Mapping[str, timedelta]] = {"eu-ai-act": timedelta(days=183)}
"""What deployers and providers of high-risk systems must keep of automatically made logs: six months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsErased:
    """What became of the rows of one system, or why they stayed."""

    system: str
    purpose: str | None
    reason: str
    erased: Erased
    """What went, or would have."""
    held_by: Hold | None
    receipt: Receipt | None
    """None when nothing was to go, when a hold stopped it, or in a rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAsk:
    """Whose rows are to go, from which systems, and why."""

    unit: str
    reason: str
    systems: tuple[str, ...]


def erase_person(
    clerk: LedgerClerk, lake: ErasableLake, ask: PersonAsk, *, rehearse: bool = False
) -> tuple[RowsErased, ...]:
    """Erase the rows of one person. Raises `Refused`, and erases nothing, when rows of one of the systems are held."""
    if not ask.reason.strip() or not ask.unit:
        raise InvalidInput("an erasure needs a unit and a reason")
    if ask.unit in ask.reason:
        raise InvalidInput(
            "the reason names the unit", hint="Reasons are kept for ever: write the number of the request."
        )
    chosen = sorted(set(ask.systems))
    holds = {system: _hold_on(system, clerk.ledger) for system in chosen}
    held = [hold for hold in holds.values() if hold is not None]
    if held and not rehearse:
        raise Refused(
            f"rows are under the legal hold {held[0].id} ({held[0].reason})",
            hint="Release the hold first: `care ledger hold --release ID --reason TEXT`.",
        )
    eraser = _Eraser(clerk, lake, rehearse)
    return tuple(eraser.erase(Erasure(system=one, unit=ask.unit), reason=ask.reason, held=holds[one]) for one in chosen)


def erasures_due(system: str, logs: LogKeeping, now: datetime) -> Iterator[tuple[Erasure, str]]:
    """Which rows of a system are past their time, with the reason."""
    least = _LAW_AT_LEAST.get(logs.law or "", timedelta(0))
    kept = {purpose: days_in(span) for purpose, span in sorted(logs.purposes.items())}
    for purpose, days in [(None, days_in(logs.retention)), *kept.items()]:
        span = max(timedelta(days=days), least)
        told = "" if purpose is None else f", purpose {purpose}"
        told += f" ({logs.law} asks for at least {least.days})" if span.days > days else ""
        which = Erasure(
            system=system,
            occurred_before=now - span,
            purpose=purpose,
            purposes_not=tuple(kept) if purpose is None else (),
        )
        yield which, f"kept for {span.days} days{told}"


def retain_rows(
    clerk: LedgerClerk, lake: ErasableLake, systems: Iterable[System], *, rehearse: bool = False
) -> tuple[RowsErased, ...]:
    """Erase what is past the time that its system declares under `logs`; what is held stays and is named."""
    done: list[RowsErased] = []
    for system in systems:
        if system.logs is None:
            continue
        held = _hold_on(system.id, clerk.ledger)
        for which, reason in erasures_due(system.id, system.logs, clerk.now):
            done.append(_Eraser(clerk, lake, rehearse).erase(which, reason=reason, held=held))
    return tuple(one for one in done if one.erased.rows)


def not_recomputable(
    ledger: Ledger, system: str, *, since: datetime | None = None, until: datetime | None = None
) -> int:
    """How many rows were erased by erasures that reach into a stretch of time; 0 means that every window of it can be
    counted again from rows. What cannot is "reproduced from counts" (SEMANTICS 6, 31)."""
    rows = 0
    for entry in ledger.query(type="lake.erased", subject=f"systems/{system}"):
        data = entry.record.data
        first, last = (datetime.fromisoformat(str(data[name])) for name in ("first", "last"))
        if (until is None or first < until) and (since is None or last >= since):
            rows += int(str(data["rows"]))
    return rows


def _hold_on(system: str, ledger: Ledger) -> Hold | None:
    return next((hold for hold in holds_of(ledger) if hold.covers_rows(system)), None)


@dataclass(frozen=True, slots=True)
class _Eraser:
    """Erases and records, or only says what would go."""

    clerk: LedgerClerk
    lake: ErasableLake
    rehearse: bool

    def erase(self, which: Erasure, *, reason: str, held: Hold | None) -> RowsErased:
        """One system's rows; the record comes first."""
        found, receipt = self.lake.erase(which, rehearse=True), None
        if found.first is not None and found.last is not None and held is None and not self.rehearse:
            data: dict[str, Json] = {
                "system": which.system,
                "rows": found.rows,
                "first": found.first.isoformat(),
                "last": found.last.isoformat(),
                "upto": found.upto,
                "reason": reason,
            }
            subject = (Subject(name=f"systems/{which.system}"),)
            receipt = self.clerk.append(self.clerk.record("lake.erased", data, subject=subject))
            self.lake.erase(which)
        return RowsErased(
            system=which.system, purpose=which.purpose, reason=reason, erased=found, held_by=held, receipt=receipt
        )
