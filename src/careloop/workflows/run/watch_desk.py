"""Put together what watching a system takes: its committed documents, its closed windows, and the hands that act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from careloop.domain.calendar import EventCalendar, known_events
from careloop.domain.monitor import Monitor, Monitors
from careloop.domain.release_lock import Presence
from careloop.domain.system import EventSchema
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.measure_kind import MeasureKind
from careloop.ports.count_engine import CountEngine
from careloop.ports.deployer import Deployer
from careloop.ports.lake import Lake
from careloop.ports.ledger import Actor, ActorKind, Ledger
from careloop.ports.pager import Pager
from careloop.ports.replayer import Replayer
from careloop.workflows.run.affected_decisions import affected_slice
from careloop.workflows.run.compare_releases import ReplayRoom
from careloop.workflows.run.compile_monitors import Beside, NotWatched, compile_monitors, with_windows
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.evaluation_references import ReferenceLog
from careloop.workflows.run.execute_plan import Hands
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.release_desk import Governance
from careloop.workflows.run.served_rows import LakeRows
from careloop.workflows.run.verify_rollback import counts_of, served_since
from careloop.workflows.run.watch_memory import WatchMemory
from careloop.workflows.run.watch_system import SystemWatch, Watching, WatchTerms, why_not_standing
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["AUTOMATION", "OpenWatch", "WatchDesk", "hands_of", "open_watch"]

AUTOMATION: Final = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
"""careloop acting by itself, under the monitors and plans that people approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchDesk:
    """Everything outside that watching needs."""

    ledger: Ledger
    lake: Lake
    deployer: Deployer
    pager: Pager
    presence: Callable[[str], Presence]
    """Whether a release's artefacts are where the deployer finds them, as they were locked."""
    counting: Callable[[Mapping[str, Sequence[object]]], CountEngine]
    """Makes a batch of columns countable, in process."""
    replayer: Replayer | None = None
    catalogue: Mapping[str, MeasureKind] = field(default_factory=lambda: CATALOGUE)
    """Measures that a monitor may name, plugged-in ones too."""
    memory: WatchMemory | None = None
    """Of the looks at one system before; None to find everything anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWatch:
    """Ready for `watch_system`."""

    watch: SystemWatch
    using: Watching
    left_out: tuple[NotWatched, ...]
    """Monitors that no detector runs for, and why."""


def open_watch(
    governance: Governance,
    place: Place,
    desk: WatchDesk,
    *,
    favourable: Sequence[str] | None = None,
) -> OpenWatch:
    """The system's monitors with all their closed windows, and the hands to act with, as of `governance.now`.

    Where the desk has a memory, only what came since the look before is read.
    Raises `NotFound` for a system that is not in the committed inventory.
    """
    system = governance.system(place.system)
    documents = [one.monitors for at, one in governance.repository.all(Monitors) if at.folder == place.system]
    monitors = [monitor for found in documents for monitor in found]
    memory, beside = desk.memory, _beside(monitors, governance, place, desk)
    compiled = compile_monitors(monitors, system.events or EventSchema(), favourable=favourable, beside=beside)
    kept = None if memory is None else memory.windows
    compiled = fix_quantiles(compiled, lake=desk.lake, system=place.system, now=governance.now, kept=kept)
    watched = with_windows(compiled.watched, lake=desk.lake, system=place.system, now=governance.now, kept=kept)
    watch = SystemWatch(
        system=place.system,
        environment=place.environment,
        safe_state=None if system.safe_state is None else system.safe_state.kind,
        monitors=watched,
        terms=WatchTerms(),
    )
    hands = hands_of(desk, place, monitors=watched, now=governance.now)
    if memory is not None:
        hands = replace(hands, log=memory.log)
    room = None
    if desk.replayer is not None:
        room = ReplayRoom(rows=LakeRows(desk.lake), replayer=desk.replayer, counting=desk.counting)
    using = Watching(hands=hands, presence=desk.presence, room=room, memory=memory)
    return OpenWatch(watch=watch, using=using, left_out=compiled.left_out)


def _beside(monitors: Sequence[Monitor], governance: Governance, place: Place, desk: WatchDesk) -> Beside:
    """What the monitors rest on beside their documents."""
    known = ReferenceLog() if desk.memory is None else desk.memory.references
    return Beside(
        references=known.of(monitors, desk.ledger, system=place.system, environment=place.environment),
        events=known_events(governance.repository.nouns(EventCalendar), place.system),
        catalogue=desk.catalogue,
    )


def hands_of(
    desk: WatchDesk, place: Place, *, monitors: Sequence[WatchedMonitor] = (), now: datetime, actor: Actor = AUTOMATION
) -> Hands:
    """The hands of automation, or of a person who orders something."""
    hands = Hands(
        ledger=desk.ledger,
        deployer=desk.deployer,
        pager=desk.pager,
        actor=AUTOMATION,
        why_not=why_not_standing(desk.ledger, system=place.system, environment=place.environment, now=now),
        counts=counts_of(monitors),
        served_since=served_since(desk.lake, monitors, system=place.system, now=now),
        affected=affected_slice(desk.lake),
    )
    return replace(hands, actor=actor)
