"""Build a made-up group with many AI systems: repository in git, releases and alarms in the ledger, events in the lake.

    python tools/build_fleet.py DIR [--systems 200] [--days 30] [--events 2000] [--seed 1] [--until 2026-11-27T00:00Z]

Every deed goes through the workflow that the `care` command of the same name calls, and every event through the real
intake, at the times of a story that ends at `--until`; so documents, releases, events and alarms follow from the
arguments alone, as does the key that signs results; the keys of the log do not. For measuring and for looking at pages,
not for tests of the parts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from careloop import wiring
from careloop.adapters.remembered_ledger import RememberedLedger
from careloop.documents.event_batch import BatchRow
from careloop.domain.deployment import ServeRelease
from careloop.ledger.note import Signer
from careloop.ports.ledger import Actor, ActorKind
from careloop.workflows.run.compact_lake import compact_lake
from careloop.workflows.run.ingest_events import ingest_events
from fleet_deeds import Deeds
from fleet_documents import FleetSystem, card_file, fleet_files, fleet_systems
from fleet_traffic import Behaviour, Stint, Traffic, hours_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAD = 10
"""Days by which systems with a long story begin before the others: automation acts upon four weeks of history."""
BAD_DAYS = 6
"""Days before the end on which a story's bad release takes over."""
UNEQUAL = Behaviour(women=0.30, men=0.61)
UNLOVED = Behaviour(converted=0.12)
SLOW = Behaviour(latency_ms=260.0)
LAKE_KEEPER = Actor(iss="careloop", sub="lake", kind=ActorKind.SERVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTerms:
    """How large a fleet, and when its story ends."""

    systems: int = 200
    days: int = 30
    events: int = 2000
    """Answers of an ordinary system, all days together."""
    seed: int = 1
    until: datetime = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to one system."""

    system: FleetSystem
    first: datetime
    second: datetime | None = None
    """When release 2.0 takes over."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    """Of release 2.0."""
    last: datetime | None = None
    """When it falls silent; None when it does not."""
    busy: int = 1
    """How many times the ordinary traffic."""

    @property
    def told(self) -> bool:
        """Whether its monitors are run in the last days of the story."""
        return self.behaviour in (UNEQUAL, UNLOVED)


def lives_of(terms: FleetTerms) -> tuple[Life, ...]:
    """The life of each system, by its number: the first few have a story, then every third gets a second release."""
    first, bad = terms.until - terms.days * DAY, terms.until - BAD_DAYS * DAY + 9 * HOUR
    early = first - LEAD * DAY
    stories = {
        0: Life(_none(), early, bad, UNEQUAL, busy=4),
        1: Life(_none(), early, bad, UNLOVED, busy=4),
        4: Life(_none(), early, bad, UNLOVED, busy=4),
        2: Life(_none(), first, bad, UNEQUAL, busy=3),
        3: Life(_none(), first, bad, UNLOVED, busy=3),
        5: Life(_none(), first, bad, SLOW),
        11: Life(_none(), first, last=terms.until - 3 * DAY),
    }
    found = []
    for system in fleet_systems(terms.systems):
        plain = Life(system, first, first + (8 + system.number % 9) * DAY if system.number % 3 == 0 else None)
        story = stories.get(system.number)
        found.append(plain if story is None else _told_of(system, story))
    return tuple(found)


def _none() -> FleetSystem:
    return fleet_systems(1)[0]


def _told_of(system: FleetSystem, story: Life) -> Life:
    return Life(system, story.first, story.second, story.behaviour, story.last, story.busy)


def main() -> None:
    """Build the fleet that the arguments name, with a line a day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--events", type=int, default=2000, help="answers of an ordinary system, all days together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=datetime.fromisoformat, default=FleetTerms().until)
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        sys.exit(f"{options.folder} is not empty")
    if options.days <= BAD_DAYS + 2:
        sys.exit(f"the story takes at least {BAD_DAYS + 3} days")
    terms = FleetTerms(
        systems=options.systems,
        days=options.days,
        events=options.events,
        seed=options.seed,
        until=options.until.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
    )
    for line in build(options.folder, terms):
        print(line, flush=True)


def build(root: Path, terms: FleetTerms) -> Iterator[str]:
    """Build it in an empty folder; yields what has been done."""
    lives = lives_of(terms)
    begin = min(life.first for life in lives)
    found_repository(root, lives, begin - 2 * DAY)
    yield f"{root}: {len(lives)} systems"
    with wiring.release_desk(root, {}) as opened, closing(wiring.lake(root)) as lake:
        gate = Signer(f"{opened.ledger.origin}/gate", sha256(f"fleet {terms.seed}".encode()).digest())
        desk = replace(opened, ledger=RememberedLedger(opened.ledger), attestor=gate)
        deeds = Deeds(root, desk, wiring.watch_desk(root, desk.ledger, lake))
        yield from _play(root, terms, lives, deeds)


def found_repository(root: Path, lives: tuple[Life, ...], at: datetime) -> None:
    """Write the documents, and commit them."""
    files = fleet_files(tuple(life.system for life in lives), at.date())
    write(root, files)
    git(root, "init", "-q", "-b", "main", at=at)
    git(root, "add", "--all", at=at)
    git(root, "commit", "-q", "-m", "Start the AI management system of the group", at=at)


def write(root: Path, files: dict[str, str]) -> None:
    """Write texts below the folder."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def git(root: Path, *words: str, at: datetime) -> None:
    """One git command in the engineer's name, without anybody's own settings."""
    who = {"NAME": "Farah Haddad", "EMAIL": "farah.haddad@meridian.example", "DATE": at.isoformat()}
    hands = {f"GIT_{hand}_{what}": value for hand in ("AUTHOR", "COMMITTER") for what, value in who.items()}
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", "-C", str(root), *words], check=True, capture_output=True, env={**os.environ, **hands, **apart}
    )


# --- the story --------------------------------------------------------------------------------------------------------

Act = tuple[datetime, str, Callable[[], object]]
"""When, in whose life, what; acts of one instant go in the order of the systems."""


def _play(root: Path, terms: FleetTerms, lives: tuple[Life, ...], deeds: Deeds) -> Iterator[str]:
    acts = sorted((*_first_releases(lives, deeds), *_later_acts(root, terms, lives, deeds)), key=lambda act: act[:2])
    begin = min(life.first for life in lives)
    while acts and acts[0][0] < begin:
        acts.pop(0)[2]()
    yield f"{deeds.ledger.size()} entries before the first event"
    traffics = {life: _traffic(terms, life, deeds) for life in lives if life.system.answers}
    intake = wiring.intake(root, deeds.lake)
    taken = 0
    for last_second, rows in hours_of(tuple(traffics.values()), begin, terms.until):
        while acts and acts[0][0] <= last_second:
            acts.pop(0)[2]()
        if rows:
            report = ingest_events([BatchRow(n, row) for n, row in enumerate(rows)], intake, now=last_second)
            taken += report.accepted
            if report.refused_rows:
                sys.exit(f"{report.refused_rows} events were refused: {report.refused[0].reason}")
        if last_second.hour == 23:
            for life, traffic in traffics.items():
                _follow(life, traffic, deeds)
            if last_second.toordinal() % 7 == 0:
                compact_lake(deeds.lake, ledger=deeds.ledger, actor=LAKE_KEEPER, now=last_second)
            yield f"{last_second.date()}: {taken} events, {deeds.ledger.size()} entries"
    for _, _, act in acts:
        act()
    yield f"the end: {taken} events, {deeds.ledger.size()} entries"


def _follow(life: Life, traffic: Traffic, deeds: Deeds) -> None:
    """From the next day on, what answers by the ledger is what sends events."""
    last, planned = traffic.stints[-1], life.second is not None and len(traffic.stints) == 1
    served = None if planned else deeds.serving(life.system.id)
    if served is not None and served.since > last.since:
        lock = served.served.lock if isinstance(served.served, ServeRelease) else None
        first = lock == deeds.lock_of(life.system, "1.0").digest
        traffic.stints.append(Stint(served.since, lock, Behaviour() if first else life.behaviour))


def _first_releases(lives: tuple[Life, ...], deeds: Deeds) -> Iterator[Act]:
    for life in lives:
        if life.system.answers:
            at = life.first - 20 * HOUR + timedelta(minutes=life.system.number)
            yield at, life.system.id, lambda life=life, at=at: deeds.release(life.system, "1.0", at)  # type: ignore[misc]


def _later_acts(root: Path, terms: FleetTerms, lives: tuple[Life, ...], deeds: Deeds) -> Iterator[Act]:
    again = [life for life in lives if life.second is not None and life.system.answers]
    if again:
        described = min(life.second for life in again if life.second is not None) - 3 * HOUR
        yield described, "", lambda: _describe(root, again, described)
    for life in again:
        at = life.second or terms.until
        yield at, life.system.id, lambda life=life, at=at: deeds.release(life.system, "2.0", at)  # type: ignore[misc]
    for life in lives:
        for day in range(BAD_DAYS) if life.told else ():
            look = terms.until - day * DAY - timedelta(minutes=10)
            yield look, life.system.id, lambda life=life, at=look: deeds.watch(life.system.id, at)  # type: ignore[misc]
    ids = [life.system.id for life in lives]
    orders: dict[int, Callable[[str, datetime], object]] = {
        6: deeds.pause,
        7: deeds.enter_safe_state,
        9: deeds.roll_back,
        12: lambda system, at: deeds.lose_artefacts(system),
        15: deeds.revoke_first,
        8: lambda system, at: deeds.ask(lives[8].system, "3.0", at),
        10: lambda system, at: deeds.ask(lives[10].system, "1.1", at),
    }
    for number, order in orders.items():
        if number < len(lives) and lives[number].system.answers:
            at = terms.until - 2 * DAY - 30 * timedelta(minutes=1) + timedelta(minutes=number)
            yield at, ids[number], lambda order=order, number=number, at=at: order(ids[number], at)  # type: ignore[misc]


def _describe(root: Path, again: list[Life], at: datetime) -> None:
    """The cards of those that get a second release describe it from now on."""
    write(root, dict(card_file(life.system, "2.0", at.date()) for life in again))
    git(root, "add", "--all", at=at)
    git(root, "commit", "-q", "-m", "Cards describe the second releases", at=at)


def _traffic(terms: FleetTerms, life: Life, deeds: Deeds) -> Traffic:
    stints: list[Stint] = [Stint(life.first, deeds.lock_of(life.system, "1.0").digest, Behaviour())]
    if life.second is not None:
        stints.append(Stint(life.second, deeds.lock_of(life.system, "2.0").digest, life.behaviour))
    return Traffic(
        system=life.system,
        a_day=max(1, life.busy * terms.events // terms.days),
        stints=stints,
        first=life.first,
        last=life.last or terms.until,
        seed=terms.seed,
    )


if __name__ == "__main__":
    main()
