"""What a plan did is told to every tool that wants it, once, and is never lost when one of them is away (R48, R49)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watch_builders import AUTOMATION, ONE, TWO, World, a_world, at_day, look

from careloop.domain.happening import Happening, HappeningKind
from careloop.domain.outgoing import HAPPENINGS, MessageKind, MessageState
from careloop.domain.plan_steps import Urgency
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.ledger.record import uuid7
from careloop.plans.happenings import happening_body, happening_of, read_happening
from careloop.ports.ledger import Record
from careloop.testing.contracts.outlet import a_happening
from careloop.testing.outbox_fake import OutboxFake
from careloop.testing.outlet_fake import OutletFake
from careloop.testing.pager_fake import PagerFake
from careloop.workflows.run.announce import (
    announce_from_the_start,
    announce_new,
    announce_since,
    preview_new,
    preview_since,
)
from careloop.workflows.run.send_messages import PostRoom, Route, Subscription, deliver_messages

EVERYTHING = frozenset(HappeningKind)
THIS_ROLLBACK = ("alarm", "rollback", "retrain", "alarm", "alarm")
"""What `a_world_that_rolled_back` tells of; its detector goes on seeing the same change."""


class RefusingOutlet(OutletFake):
    def tell(self, happening: Happening) -> None:
        raise Refused("answered 403")


class Office:
    """A tool, a pager, an outbox, and a clock that is set by hand."""

    def __init__(self, outlet: OutletFake | None = None, about: Iterable[HappeningKind] = EVERYTHING) -> None:
        self.outlet, self.pager, self.outbox = outlet or OutletFake(), PagerFake(), OutboxFake()
        self.told = {"tool": Subscription(outlet=self.outlet, about=frozenset(about))}
        self.now = at_day(40)

    def room(self) -> PostRoom:
        return PostRoom(
            outbox=self.outbox,
            routes={"duty": Route(pager=self.pager)},
            holder="a",
            clock=lambda: self.now,
            scatter=lambda: 1.0,
            subscriptions=self.told,
        )

    def tell(self, world: World) -> None:
        announce_new(world.ledger, self.outbox, self.told)
        deliver_messages(self.room())


def a_world_that_rolled_back() -> World:
    world = a_world()
    look(world)
    return world


def test_a_rollback_is_told_as_an_alarm_a_rollback_and_a_wish_to_retrain() -> None:
    office = Office()
    announce_from_the_start(office.outbox, office.told)
    office.tell(a_world_that_rolled_back())
    told = sorted(office.outlet.told.values(), key=lambda one: one.entry)
    assert [one.kind.value for one in told] == ["deploy", "deploy", *THIS_ROLLBACK]
    alarm, back, retrain, again, _ = told[2:]
    assert (again.id == alarm.id, again.topic == alarm.topic) == (False, True)
    assert (alarm.release, back.release, back.left) == (TWO, ONE, TWO)
    assert retrain.rows == alarm.rows is not None
    assert (retrain.facts["alarm"], back.facts["alarm"]) == (alarm.id, alarm.id)


def test_a_tool_is_told_once_however_often_the_ledger_is_read() -> None:
    office, world = Office(), a_world_that_rolled_back()
    announce_from_the_start(office.outbox, office.told)
    for _ in range(3):
        office.tell(world)
    office.outbox.note_read("tool", upto=0)  # as after a crash between writing down and remembering
    office.tell(world)
    assert (len(office.outbox.entries()), len(office.outlet.told)) == (7, 7)


def test_a_new_tool_is_told_what_happens_from_then_on_and_of_the_past_when_somebody_asks() -> None:
    office, world = Office(), a_world_that_rolled_back()
    office.tell(world)
    assert office.outlet.told == {}
    announce_since(world.ledger, office.outbox, office.told, since=at_day(31))
    deliver_messages(office.room())
    told = sorted(office.outlet.told.values(), key=lambda one: one.entry)
    assert [one.kind.value for one in told] == list(THIS_ROLLBACK)


def test_a_dry_run_shows_the_requests_and_writes_nothing() -> None:
    office, world = Office(), a_world_that_rolled_back()
    announce_from_the_start(office.outbox, office.told)
    shown = preview_new(world.ledger, office.outbox, office.told)
    assert shown == preview_since(world.ledger, office.told, since=at_day(-1))
    assert [one.previews[0].body["id"] for one in shown] == [one.happening.id for one in shown]
    assert office.outbox.entries() == ()
    assert office.outbox.read_upto("tool") == 0


def test_a_tool_hears_only_of_what_it_wants_and_of_its_systems() -> None:
    office = Office(about=[HappeningKind.RETRAIN])
    office.told["other"] = Subscription(outlet=OutletFake(), about=EVERYTHING, systems=frozenset({"shop"}))
    announce_from_the_start(office.outbox, office.told)
    office.tell(a_world_that_rolled_back())
    assert [(one.message.channel, one.message.kind.value) for one in office.outbox.entries()] == [("tool", "happening")]
    assert [one.kind for one in office.outlet.told.values()] == [HappeningKind.RETRAIN]


def test_a_tool_that_is_away_is_told_when_it_is_back_and_nobody_is_woken() -> None:
    office = Office()
    office.outlet.out_of_reach = True
    announce_from_the_start(office.outbox, office.told)
    office.tell(a_world_that_rolled_back())
    assert office.outlet.told == {}
    office.outlet.out_of_reach = False
    office.now += timedelta(hours=1)
    deliver_messages(office.room())
    assert len(office.outlet.told) == 7
    assert office.pager.pages == {}


def test_pages_are_sent_beside_and_a_tool_has_most_of_a_day() -> None:
    office = Office(about=[HappeningKind.RETRAIN])
    office.outlet.out_of_reach = True
    announce_from_the_start(office.outbox, office.told)
    announce_new(a_world_that_rolled_back().ledger, office.outbox, office.told)
    assert deliver_messages(office.room(), kinds=frozenset({MessageKind.PAGE})).put_off == 0
    began, tries = office.now, 0
    while office.outbox.entries()[0].state is MessageState.WAITING:
        office.now = max(office.now, office.outbox.entries()[0].due_at)
        deliver_messages(office.room(), kinds=frozenset({MessageKind.HAPPENING}))
        tries += 1
    assert tries == HAPPENINGS.attempts
    assert timedelta(hours=20) < office.now - began < timedelta(hours=30)


def test_what_a_tool_refuses_is_a_dead_letter_and_a_notice_and_can_be_woken() -> None:
    office = Office(RefusingOutlet(), about=[HappeningKind.RETRAIN])
    announce_from_the_start(office.outbox, office.told)
    office.tell(a_world_that_rolled_back())
    (dead,) = office.outbox.entries(state=MessageState.DEAD)
    assert dead.why == "answered 403"
    deliver_messages(office.room())
    (notice,) = office.pager.pages.values()
    assert notice.urgency is Urgency.NOTICE
    assert "tool did not take this message: credit: a new model is wanted" in notice.text
    assert office.outbox.retry(now=office.now) == 1


def test_a_tool_that_is_no_longer_listed_leaves_a_dead_letter() -> None:
    office = Office()
    announce_from_the_start(office.outbox, office.told)
    announce_new(a_world_that_rolled_back().ledger, office.outbox, office.told)
    office.told = {}
    deliver_messages(office.room())
    assert {one.why for one in office.outbox.entries(state=MessageState.DEAD)} == {"there is no channel tool any more"}


def test_a_record_by_hand_without_our_fields_is_passed_over() -> None:
    world = a_world()
    record = Record(
        id=uuid7(1, b"0123456789"),
        type="alarm.raised",
        actor=AUTOMATION,
        occurred_at=at_day(31),
        data={"system": "credit", "release": TWO, "monitor": "seen by hand"},
    )
    world.ledger.append([record], recorded_at=at_day(31))
    (entry,) = world.ledger.query(type="alarm.raised")
    assert happening_of(entry) is None


@given(kind=st.sampled_from(HappeningKind), number=st.integers(0, 999), words=st.text(max_size=40))
def test_a_body_says_what_was_put_in(kind: HappeningKind, number: int, words: str) -> None:
    happening = a_happening(kind, number=number, group=words)
    assert read_happening(happening_body(happening)) == happening


@pytest.mark.parametrize("body", [{}, {"happening": "no"}, {"happening": "{}"}, {"happening": '{"rows": 3}'}])
def test_a_body_that_is_none_is_refused(body: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="no happening"):
        read_happening(body)


def test_a_model_that_is_registered_later_is_waited_for() -> None:
    class Later(OutletFake):
        def tell(self, happening: Happening) -> None:
            if not self.told and self.out_of_reach:
                raise NotFound("no version carries the tag")
            super().tell(happening)

    office = Office(Later(), about=[HappeningKind.ROLLBACK])
    office.outlet.out_of_reach = True
    announce_from_the_start(office.outbox, office.told)
    office.tell(a_world_that_rolled_back())
    assert office.outbox.entries()[0].state is MessageState.WAITING
    office.outlet.out_of_reach = False
    office.now += timedelta(minutes=1)
    deliver_messages(office.room())
    assert len(office.outlet.told) == 1
