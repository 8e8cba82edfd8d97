"""Compute the scorecard of a quarter, or of any days, with the four quarters before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.count_plan import Aggregate, Compare, CountPlan, Predicate
from careloop.domain.event import MILLIONTHS, EventKind
from careloop.domain.event_columns import DRILL, KIND, SERVED, SYNTHETIC, WEIGHT
from careloop.domain.finding import Finding
from careloop.domain.matter import Grant
from careloop.domain.metric import Scorecard, Sources, Window
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.third_party import Objectives
from careloop.errors import UsageError
from careloop.gates.matters import granted_waivers
from careloop.ports.lake import Lake, Reading
from careloop.ports.ledger import Entry, Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.scoring.create_days import CreateDays
from careloop.scoring.repository_reading import RepositoryReading, read_documents
from careloop.scoring.score import READS, PeriodReading, score
from careloop.scoring.windows import days, quarter_named, quarter_of, quarters_before
from careloop.workflows.commit_in_force import commit_in_force
from careloop.workflows.evolve.read_create_days import CreateReader
from careloop.workflows.evolve.standpoint import zone_of
from careloop.workflows.grants import GRANT_TYPES, grants_in

__all__ = ["Period", "ScorecardResult", "Stores", "compute_scorecard", "served_answers"]

_REAL: Final = tuple(Predicate(mark, Compare.EQ, (False,)) for mark in (DRILL, SYNTHETIC))
_SERVED: Final = CountPlan(
    monitor="served",
    aggregates=(
        Aggregate(name="sent", where=(Predicate(KIND, Compare.EQ, (EventKind.INFERENCE.value,)),), sums=WEIGHT),
        Aggregate(name="census", where=(Predicate(KIND, Compare.EQ, (EventKind.CENSUS.value,)),), sums=SERVED),
    ),
    where=_REAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where the scorecard reads."""

    source: RepositorySource
    standards: StandardsLibrary
    ledger: Ledger | None = None
    """None when nothing was ever recorded."""
    lake: Lake | None = None
    """None when no event was ever taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which time is asked about: a quarter by name, or days from `first` to `last`, both in it; else this quarter."""

    quarter: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class ScorecardResult:
    """The scorecard, and what could not be read in the documents that it rests on."""

    scorecard: Scorecard
    errors: tuple[Finding, ...]


def compute_scorecard(stores: Stores, *, now: datetime, period: Period | None = None) -> ScorecardResult:
    """The scorecard at `now`; without a period, of the calendar quarter of `care.yaml: time_zone` so far.

    Documents of an open window are read as they lie in the folder, those of a past one at the commit that was in force
    when it ended; objectives as they stand now. Raises `UsageError` for a period that contradicts itself and
    `InvalidInput` for one that is none.
    """
    desk = _Desk(stores, now.astimezone(UTC))
    window = _window(period or Period(), desk.now, desk.zone)
    windows = (*quarters_before(window, desk.zone), window)
    readings = [desk.reading(one) for one in windows]
    systems = {system.id for system in desk.here.repository.nouns(System)}
    systems |= {system for one in readings if one is not None for system in one.tiers}
    watermark = stores.lake.watermark() if stores.lake is not None else None
    periods = [
        PeriodReading(
            window=one,
            repository=reading,
            served=served_answers(stores.lake, systems, one, upto=watermark),
            create=desk.create(one),
        )
        for one, reading in zip(windows, readings, strict=True)
    ]
    size = stores.ledger.size() if stores.ledger is not None else None
    scorecard = score(
        _entries(stores.ledger, size),
        periods,
        now=desk.now,
        objectives=[one for noun in desk.here.repository.nouns(Objectives) for one in noun.objectives],
        sources=desk.sources(window, ledger_size=size, lake_watermark=watermark),
    )
    return ScorecardResult(scorecard, desk.here.errors)


def _window(period: Period, now: datetime, zone: ZoneInfo) -> Window:
    if period.quarter is not None:
        if period.first or period.last:
            raise UsageError("a quarter and days are two different windows", hint="give --quarter, or --from and --to")
        return quarter_named(period.quarter, zone)
    if period.first is None and period.last is None:
        return quarter_of(now, zone)
    if period.first is None:
        raise UsageError("the window has an end and no beginning", hint="give --from as well")
    return days(period.first, period.last or max(period.first, now.astimezone(zone).date()), zone)


def _entries(ledger: Ledger | None, size: int | None) -> list[Entry] | None:
    if ledger is None:
        return None
    return [entry for kind in READS for entry in ledger.query(type=kind, upto=size)]


def served_answers(
    lake: Lake | None, systems: Iterable[str], window: Window, *, upto: int | None
) -> Mapping[str, int] | None:
    """True number of real answers of each system in a window; None without a lake.

    Each event stands for as many answers as its sample rate says. Where sources send a census, that is the true count;
    neither can count an answer that was not given, so the larger of the two is nearer.
    """
    if lake is None or upto is None:
        return None
    columns = tuple({column.name: column for column in _SERVED.reads()}.values())
    found: dict[str, int] = {}
    for system in sorted(systems):
        reading = Reading(system=system, upto=upto, since=window.since, until=window.until, columns=columns)
        with lake.counting(reading) as counts:
            sent, census = counts.count(_SERVED).total()
        found[system] = max((sent + MILLIONTHS // 2) // MILLIONTHS, census)
    return found


@dataclass(frozen=True)
class _Desk:
    """What is read once and asked for every window."""

    stores: Stores
    now: datetime
    _trees: dict[str, tuple[SourceTree, Compiled]] = field(default_factory=dict)

    @cached_property
    def tree(self) -> SourceTree:
        """The documents as they lie in the folder."""
        return self.stores.source.work_tree()

    @cached_property
    def here(self) -> Compiled:
        """Those documents as nouns."""
        return compile_tree(self.tree)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone that days and quarters are counted in."""
        return zone_of(self.here.repository.organisation)

    @cached_property
    def standards(self) -> Mapping[str, bytes]:
        """What ships with this version."""
        return self.stores.standards.read_all()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The same as nouns."""
        return Catalogue(self.standards)

    @cached_property
    def creates(self) -> CreateReader:
        """Reads how far Create is, on any day."""
        return CreateReader(self.stores.source, self.catalogue, self.zone)

    def reading(self, window: Window) -> RepositoryReading | None:
        """What the documents say at the end of a window, or now while it is open; None when none were in force."""
        found = self._at_the_end(window)
        if found is None:
            return None
        tree, compiled, at = found
        granted = granted_waivers(compiled.repository, self.grants(at), at)
        return read_documents(tree, compiled, self.catalogue, at, granted=granted)

    def grants(self, at: datetime) -> tuple[Grant, ...]:
        """What had been granted, ended and used by an instant."""
        ledger = self.stores.ledger
        every = (entry for kind in GRANT_TYPES for entry in (ledger.query(type=kind) if ledger else ()))
        return grants_in(sorted((one for one in every if one.recorded_at <= at), key=lambda one: one.index))

    def create(self, window: Window) -> CreateDays | None:
        """How far Create was then."""
        found = self._at_the_end(window)
        if found is None:
            return None
        in_git = window.until <= self.now or self.stores.source.head().commit is not None
        return self.creates.reading(found[1], found[2], in_git=in_git)

    def _at_the_end(self, window: Window) -> tuple[SourceTree, Compiled, datetime] | None:
        """Documents at the end of a window, or now while it is open, and that instant in the organisation's zone."""
        if window.since > self.now:
            return None
        if window.until > self.now:
            return self.tree, self.here, self.now.astimezone(self.zone)
        commit = self.commit(window)
        if commit is None:
            return None
        if commit not in self._trees:
            tree = self.stores.source.at(commit)
            self._trees[commit] = (tree, compile_tree(tree))
        last = (window.until - timedelta(microseconds=1)).astimezone(self.zone)
        return (*self._trees[commit], last)

    def commit(self, window: Window) -> str | None:
        """The commit that was in force when a past window ended: by the ledger, else by history."""
        return commit_in_force(self.stores.ledger, window.until) or self.stores.source.in_force(window.until)

    def sources(self, window: Window, *, ledger_size: int | None, lake_watermark: int | None) -> Sources:
        """What the figures of this window rest on."""
        head, past = self.stores.source.head(), window.until <= self.now
        return Sources(
            commit=self.commit(window) if past else head.commit,
            dirty=False if past else head.dirty,
            ledger_size=ledger_size,
            lake_watermark=lake_watermark,
            standards_digest=standards_digest(self.standards),
            time_zone=self.zone.key,
        )
