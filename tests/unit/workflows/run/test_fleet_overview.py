"""Every system at a glance: cards from documents, entries by system, and what a row says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from chart_builders import ListeningLake, an_answer
from hypothesis import given
from hypothesis import strategies as st
from watch_builders import ONE, START, TWO, WHERE, World, a_world, at_day, look

from careloop.documents.compile import compile_tree
from careloop.domain.deployment import ServeRelease, ServeSafeState
from careloop.domain.release_lock import Presence
from careloop.domain.system import Lifecycle, SafeStateKind
from careloop.domain.tier import Tier
from careloop.ledger.record import uuid7
from careloop.plans.open_alarms import AlarmState
from careloop.ports.lake import Newest
from careloop.ports.ledger import Actor, ActorKind, Json, Record
from careloop.testing.lake_fake import LakeFake
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.source_tree_builder import SMALL_REPOSITORY, edited, small_repository, tree_of, with_file
from careloop.workflows.run.fleet_overview import FleetReading, Silence, SystemRow, fleet_overview
from careloop.workflows.run.system_cards import SystemCard, system_cards
from careloop.workflows.run.system_log import SystemLog

CARD = SystemCard(
    id="credit",
    name="Credit",
    purpose="Decides.",
    domain="credit",
    tier=Tier.HIGH,
    tier_because=("It decides about people.",),
    stage=Lifecycle.OPERATION,
    owner="ai-lead",
    owner_title="AI lead",
    holders=("Ada Byron",),
    safe_state=SafeStateKind.HUMAN,
    monitors=1,
    shortest_window_s=3600,
)
ADA = Actor(iss="governance-repository", sub="ada", kind=ActorKind.PERSON)
_NUMBERS = count()


def a_row(
    world: World,
    *,
    day: float = 31,
    newest: Mapping[str, Newest] | None = None,
    presence: Mapping[str, Presence] | None = None,
    card: SystemCard = CARD,
) -> SystemRow:
    """The row of the credit system at a day of the story."""
    reading = FleetReading(
        cards=(card,),
        entries=SystemLog(world.ledger).read(),
        newest={} if newest is None else newest,
        presence=lambda lock: (presence or {}).get(lock, Presence.SAME),
    )
    (row,) = fleet_overview(reading, environment="production", now=at_day(day)).rows
    return row


def an_entry(ledger: LedgerFake, kind: str, data: dict[str, Json], *, at: datetime = START) -> None:
    record = Record(
        id=uuid7(int(at.timestamp() * 1000), next(_NUMBERS).to_bytes(10)),
        type=kind,
        actor=ADA,
        occurred_at=at,
        data=data,
    )
    ledger.append([record], recorded_at=at)


# --- what answers, and what could -------------------------------------------------------------------------------------


def test_a_row_says_what_answers_since_when_and_what_could_take_over() -> None:
    row = a_row(a_world())
    assert row.serving is not None
    assert (row.serving.served, row.serving.since, row.version) == (ServeRelease(TWO), at_day(30), "2.0")
    assert (row.target.lock, row.target_version, row.in_safe_state) == (ONE, "1.0", False)


def test_a_target_that_is_not_ready_says_why() -> None:
    gone = a_row(a_world(), presence={ONE: Presence.MISSING})
    assert (gone.target.lock, gone.target_version) == (None, None)
    assert "its artefacts are not here" in gone.target.because
    world = a_world()
    world.revoke(ONE, day=30)
    assert "1.0 was revoked" in a_row(world).target.because


def test_a_system_that_was_never_deployed_has_an_empty_row() -> None:
    row = a_row(World())
    assert (row.serving, row.version, row.alarms, row.plans_open, row.paused) == (None, None, (), 0, None)
    assert (row.target.lock, row.freshness.silent) == (None, Silence.NOT_EXPECTED)


def test_open_alarms_and_plans_stand_in_the_row_until_the_rollback_is_verified() -> None:
    world = a_world()
    look(world)
    row = a_row(world, day=36)
    assert row.serving is not None
    assert row.serving.served == ServeRelease(ONE)
    assert row.plans_open == 1
    assert {alarm.state for alarm in row.alarms} == {AlarmState.UNDER_WAY}
    assert row.alarms[0].known.alarm.signal.monitor == "approval-gap"


def test_in_the_safe_state_no_events_are_due() -> None:
    world = a_world()
    an_entry(world.ledger, "safe_state.entered", {**WHERE, "state": "human"}, at=at_day(31))  # type: ignore[arg-type]
    row = a_row(world, day=40)
    assert row.serving is not None
    assert (row.serving.served, row.in_safe_state) == (ServeSafeState(SafeStateKind.HUMAN), True)
    assert row.freshness.silent is Silence.NOT_EXPECTED


def test_a_pause_is_told_until_it_ends() -> None:
    world = a_world()
    world.pause(day=30)
    row = a_row(world)
    assert row.paused is not None
    assert (row.paused.by, row.paused.reason) == ("ada", "release freeze")


# --- freshness --------------------------------------------------------------------------------------------------------


def silence(hours: float | None, **changed: Any) -> Silence:
    """With the newest event so many hours ago, a day after release two took over."""
    heard = None if hours is None else {"credit": Newest(seq=9, received_at=at_day(31) - timedelta(hours=hours))}
    return a_row(a_world(), newest=heard, card=replace(CARD, **changed)).freshness.silent


def test_silence_begins_after_two_of_the_shortest_windows_without_an_event() -> None:
    assert silence(1.9) is Silence.NO
    assert silence(2.1) is Silence.YES
    assert silence(2.1, shortest_window_s=86_400) is Silence.NO


def test_a_system_that_has_never_sent_anything_is_silent_two_windows_after_its_deployment() -> None:
    assert silence(None) is Silence.YES
    assert a_row(a_world(), day=30.05).freshness.silent is Silence.NO
    assert a_row(a_world()).freshness.newest is None


def test_without_monitors_nobody_knows_how_often_events_should_come() -> None:
    assert silence(100, shortest_window_s=None) is Silence.UNKNOWN


# --- documents --------------------------------------------------------------------------------------------------------


def cards(files: Mapping[str, bytes]) -> tuple[SystemCard, ...]:
    return system_cards(compile_tree(tree_of(files)).repository)


def test_a_card_says_tier_with_reasons_stage_owner_and_holders() -> None:
    (card,) = cards(small_repository())
    assert (card.id, card.name, card.stage, card.tier) == ("book-finder", "Book finder", Lifecycle.INCEPTION, Tier.LOW)
    assert (card.owner, card.owner_title, card.holders) == ("ai-lead", "AI lead", ("Ada Byron",))
    assert card.tier_because == ("It only suggests.",)
    assert (card.safe_state, card.monitors, card.shortest_window_s) == (None, 0, None)


def test_a_tier_rule_that_is_met_gives_its_reason() -> None:
    files = edited(
        small_repository(), "systems/book-finder/system.yaml", "affects_rights: false", "affects_rights: true"
    )
    (card,) = cards(files)
    assert card.tier_because == ("It only suggests.", "high: it changes what people can get")


def test_the_shortest_window_is_that_of_any_monitor() -> None:
    monitor = (
        "{{id: {id}, kind: latency, measure: latency_p95_ms, window: {window}, reference: previous_period,"
        " tolerance: 1, promise: P1Y, minimum_n: 1, severity: sev3, response: alert}}"
    )
    rows = "".join(f"  - {monitor.format(id=f'm{n}', window=w)}\n" for n, w in enumerate(("P1D", "PT15M", "PT1H")))
    text = f"owner: ai-lead\nmonitors:\n{rows}"
    (card,) = cards(with_file(small_repository(), "systems/book-finder/monitors.yaml", text))
    assert (card.monitors, card.shortest_window_s) == (3, 900)


def test_cards_come_in_the_order_of_ids_and_a_post_that_is_not_listed_has_no_title() -> None:
    text = SMALL_REPOSITORY["systems/book-finder/system.yaml"].replace("id: book-finder", "id: another")
    files = with_file(small_repository(), "systems/another/system.yaml", text.replace("owner: ai-lead", "owner: ghost"))
    first, second = cards(files)
    assert (first.id, second.id) == ("another", "book-finder")
    assert (first.owner, first.owner_title, first.holders) == ("ghost", None, ())


# --- entries by system ------------------------------------------------------------------------------------------------


@given(
    written=st.lists(st.tuples(st.sampled_from(["credit", "shop", None]), st.booleans()), max_size=12),
)
def test_a_log_that_is_read_on_equals_one_that_is_read_whole(written: list[tuple[str | None, bool]]) -> None:
    ledger = LedgerFake()
    log = SystemLog(ledger)
    for system, read in written:
        an_entry(ledger, "automation.paused", {"system": system, "reason": "freeze"})
        an_entry(ledger, "incident.opened", {"system": "credit", "severity": "sev1"})
        if read:
            log.read()
    whole = list(ledger.query(type="automation.paused"))
    found = log.read()
    assert found.size == ledger.size()
    for name in ("credit", "shop", "never-heard-of"):
        assert list(found.of(name)) == [entry for entry in whole if entry.record.data["system"] in (name, None)]


def test_a_log_gives_the_same_value_while_nothing_was_added() -> None:
    ledger = LedgerFake()
    log = SystemLog(ledger)
    an_entry(ledger, "automation.paused", {"system": "credit", "reason": "freeze"})
    an_entry(ledger, "automation.paused", {"system": "shop", "reason": "freeze"})
    first = log.read()
    assert log.read() is first
    an_entry(ledger, "automation.resumed", {"system": "shop", "reason": "done"})
    later = log.read()
    assert later.of("credit") is first.of("credit")
    assert [entry.record.type for entry in later.of("shop")] == ["automation.paused", "automation.resumed"]


def test_an_overview_counts_no_event_and_reads_each_entry_once() -> None:
    lake, world = ListeningLake(LakeFake()), a_world()
    lake.append([an_answer(1, at_day(30.9))], now=at_day(30.95))
    row = a_row(world, newest=lake.newest())
    assert (row.freshness.newest, row.freshness.silent) == (at_day(30.95), Silence.NO)
    assert lake.counted == []
