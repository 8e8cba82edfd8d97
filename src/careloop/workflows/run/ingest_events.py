"""Take a batch of events: judge each row by itself, make the good ones durable, say what became of every one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from careloop.documents.compile import compile_tree
from careloop.documents.event_batch import BatchRow, Unreadable
from careloop.documents.layout import kind_of
from careloop.domain.event import Event
from careloop.domain.event_contract import Admitted, EventContract, EventTerms, admit
from careloop.domain.event_report import IngestReport, RefusedRow, counted_names
from careloop.domain.event_values import microseconds
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.errors import InvalidInput
from careloop.ports.event_rows import EventRows
from careloop.ports.known_releases import KnownReleases
from careloop.ports.lake import Lake
from careloop.ports.repository_source import RepositorySource
from careloop.ports.schema_notes import SchemaNotes
from careloop.workflows.run.ingest_quotas import Quotas
from careloop.workflows.run.tally_schema import tallies_of

__all__ = ["Intake", "declared_systems", "event_contracts", "ingest_events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Where events go, and what they are judged by."""

    lake: Lake
    contracts: Mapping[str, EventContract]
    """By system."""
    releases: KnownReleases
    notes: SchemaNotes | None = None
    """Where it is counted what departs from the declarations."""
    quotas: Quotas | None = None
    """What was sent lately, where quotas are kept."""
    one_at_a_time: AbstractContextManager[object] = field(default_factory=nullcontext)
    """Held while rows are judged: threads that share a processor finish one batch after the other, not all late."""
    skew: timedelta = timedelta(minutes=5)
    """How far a sender's clock may be ahead of ours."""


def event_contracts(source: RepositorySource) -> dict[str, EventContract]:
    """What each system of the repository declares of its events. `InvalidInput` when a declaration cannot be read."""
    return {system.id: EventContract.of(system.id, system.events) for system in declared_systems(source)}


def declared_systems(source: RepositorySource) -> tuple[System, ...]:
    """The systems of the repository. `InvalidInput` when a declaration cannot be read."""
    tree = source.work_tree()
    declarations = {path: raw for path, raw in tree.files.items() if (found := kind_of(path)) and _is_system(found[0])}
    compiled = compile_tree(SourceTree(declarations))
    broken = [error for error in compiled.errors if error.place.file in declarations]
    if broken:
        raise InvalidInput(f"{broken[0].place}: {broken[0].message}", hint="`care check` shows all that is wrong")
    return tuple(compiled.repository.nouns(System))


def _is_system(kind: object) -> bool:
    return getattr(kind, "name", None) == "system"


def ingest_events(
    rows: Iterable[BatchRow] | EventRows, intake: Intake, *, now: datetime, system: str | None = None
) -> IngestReport:
    """Take what can be taken. When this returns, the accepted rows are durable; raises `Unavailable` when none is, and
    `Busy` when a system of the batch has sent more than its quota.

    `system` is the one whose batch it is: rows may then leave theirs out, and none may name another.
    """
    terms = EventTerms(
        contracts=intake.contracts,
        release_of=_Remembered(intake.releases).resolve,
        latest_us=microseconds(now + intake.skew),
        system=system,
    )
    events: list[Event] = []
    refused: list[RefusedRow] = []
    dropped: list[tuple[str, str]] = []
    with intake.one_at_a_time:
        for at, found in rows.admitted(terms) if isinstance(rows, EventRows) else _admitted(rows, terms):
            if isinstance(found, str):
                refused.append(RefusedRow(at, found))
                continue
            events.append(found.event)
            if found.dropped:
                dropped.extend((found.event.system, name) for name in found.dropped)
    if intake.quotas is not None:
        limits = {name: of.most_per_minute for name, of in intake.contracts.items() if of.most_per_minute is not None}
        intake.quotas.take(Counter(event.system for event in events), limits, now=now)
    report = _report(events, intake.lake, now, refused=refused, dropped=[name for _, name in dropped])
    if intake.notes is not None:
        whose = [(getattr(row.reason, "system", terms.system), str(row.reason)) for row in refused]
        intake.notes.note(tallies_of(events, intake.contracts, refused=whose, undeclared=dropped, now=now))
    return report


def _admitted(rows: Iterable[BatchRow], terms: EventTerms) -> Iterator[tuple[int, Admitted | str]]:
    for at, row in rows:
        yield at, row.reason if isinstance(row, Unreadable) else admit(row, terms)


def _report(
    events: list[Event], lake: Lake, now: datetime, *, refused: list[RefusedRow], dropped: list[str]
) -> IngestReport:
    names, reasons = counted_names(dropped), counted_names(row.reason for row in refused)
    if not events:
        return IngestReport(refused_rows=len(refused), refused=tuple(refused), dropped=names, reasons=reasons)
    appended = lake.append(events, now=now)
    again = frozenset(appended.duplicates)
    return IngestReport(
        accepted=appended.accepted,
        duplicates=len(appended.duplicates),
        marked=sum(not event.real for i, event in enumerate(events) if i not in again),
        refused_rows=len(refused),
        refused=tuple(refused),
        dropped=names,
        reasons=reasons,
        last_seq=appended.last_seq if appended.accepted else None,
    )


class _Remembered:
    """Asks for each release of a batch once."""

    def __init__(self, releases: KnownReleases) -> None:
        self._releases = releases
        self._found: dict[tuple[str, str], str | None] = {}

    def resolve(self, system: str, name: str) -> str | None:
        key = system, name
        if key not in self._found:
            self._found[key] = self._releases.resolve(system, name)
        return self._found[key]
