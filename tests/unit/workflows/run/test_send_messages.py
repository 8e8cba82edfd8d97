"""Messages are written down, sent at least once, and given up in sight of all (R49, R50; SEMANTICS 24)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from watch_builders import HUMAN, ONE, TWO, a_world, five_bad_days, look

from careloop.domain.channels import QuietHours
from careloop.domain.deployment import Served, ServeRelease, Switched, SwitchOrder
from careloop.domain.outgoing import MessageState, RetryPolicy
from careloop.domain.plan_steps import Urgency
from careloop.errors import CareloopError, NotFound, Refused, Unavailable
from careloop.ports.deployer import Deployer
from careloop.ports.pager import Page
from careloop.status.undelivered import undelivered_findings
from careloop.testing.deployer_fake import DeployerFake
from careloop.testing.outbox_fake import OutboxFake
from careloop.testing.pager_fake import PagerFake
from careloop.workflows.run.send_messages import (
    GaveUp,
    OutboxDeployer,
    OutboxPager,
    PostRoom,
    Route,
    deliver_messages,
)

NIGHT = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
RELEASE = ServeRelease("sha256:one")


class RefusingPager(PagerFake):
    def send(self, page: Page) -> None:
        raise Refused("answered 400")


@dataclass
class Office:
    """Two channels, a clock that is set by hand."""

    now: datetime = NIGHT
    first: PagerFake = field(default_factory=PagerFake)
    second: PagerFake = field(default_factory=PagerFake)
    outbox: OutboxFake = field(default_factory=OutboxFake)
    changed: dict[str, Any] = field(default_factory=dict)

    def room(self, holder: str = "a") -> PostRoom:
        routes = {"first": Route(pager=self.first), "second": Route(pager=self.second, notices=False)}
        made = PostRoom(outbox=self.outbox, routes=routes, holder=holder, clock=lambda: self.now, scatter=lambda: 1.0)
        return replace(made, **self.changed)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def states(self) -> dict[str, MessageState]:
        return {f"{one.message.channel} {one.message.id}": one.state for one in self.outbox.entries()}


def a_page(urgency: Urgency = Urgency.PAGE, at: datetime = NIGHT) -> Page:
    return Page(id="p", system="credit", urgency=urgency, severity="sev1", text="approval gap moved", at=at)


def test_a_page_goes_over_every_channel_at_once() -> None:
    office = Office()
    OutboxPager(office.room()).send(a_page())
    assert [list(one.pages) for one in (office.first, office.second)] == [["p"], ["p"]]
    assert set(office.states().values()) == {MessageState.SENT}


def test_a_page_is_written_down_before_anything_is_sent() -> None:
    office = Office()
    seen: list[int] = []

    def look_first(page: Page) -> None:
        seen.append(len(office.outbox.entries()))

    office.first.send = look_first  # type: ignore[method-assign]
    OutboxPager(office.room()).send(a_page())
    assert seen == [2]


def test_an_outbox_out_of_reach_sends_nothing_and_says_so() -> None:
    office = Office()
    office.outbox.out_of_reach = True
    with pytest.raises(Unavailable):
        OutboxPager(office.room()).send(a_page())
    assert office.first.sent == 0


def test_one_channel_is_enough_and_the_other_is_tried_again_until_it_takes_it() -> None:
    office = Office()
    office.second.out_of_reach = True
    OutboxPager(office.room()).send(a_page())
    office.wait(1.9)
    assert deliver_messages(office.room()).put_off == 0
    office.wait(0.1)
    assert deliver_messages(office.room()).put_off == 1
    office.second.out_of_reach = False
    office.wait(4)
    assert deliver_messages(office.room()).sent == 1
    assert (office.first.sent, office.second.sent) == (1, 1)


def test_no_channel_is_not_enough_and_a_second_call_waits_for_its_turn() -> None:
    office = Office()
    office.first.out_of_reach = office.second.out_of_reach = True
    with pytest.raises(Unavailable, match="out of reach"):
        OutboxPager(office.room()).send(a_page())
    office.first.out_of_reach = office.second.out_of_reach = False
    with pytest.raises(Unavailable, match="tried again at"):
        OutboxPager(office.room()).send(a_page())
    office.wait(2)
    OutboxPager(office.room()).send(a_page(at=office.now))
    assert office.first.pages["p"].at == NIGHT, "the page is that of the first call, to the letter"


def test_pauses_double_are_scattered_and_end() -> None:
    policy = RetryPolicy(first_s=2, longest_s=10, attempts=5, lease_s=30)

    def pauses(scatter: float) -> list[float]:
        due = [policy.next_due(n, NIGHT, scatter) for n in range(1, 6)]
        return [(one - NIGHT).total_seconds() for one in due if one is not None]

    assert (pauses(0), pauses(1)) == ([1, 2, 4, 5], [2, 4, 8, 10])


def test_what_nobody_took_is_a_dead_letter_that_is_paged_over_the_others_and_owed_in_status() -> None:
    office = Office(changed={"pages": RetryPolicy(first_s=1, longest_s=1, attempts=3, lease_s=30)})
    office.second.out_of_reach = True
    OutboxPager(office.room()).send(a_page())
    for _ in range(3):
        office.wait(1)
        deliver_messages(office.room())
    assert office.states()["second p"] is MessageState.DEAD
    (told,) = [page for name, page in office.first.pages.items() if name != "p"]
    assert told.text == "second did not take this page: approval gap moved (the pager is out of reach)"
    assert told.urgency is Urgency.PAGE
    (owed,) = undelivered_findings(office.outbox.entries(), "lead")
    assert owed.owner == "lead"
    assert owed.message.startswith("second: a page was not taken, last that of credit (the pager is out")


def test_a_dead_letter_about_a_dead_letter_begets_none() -> None:
    office = Office(first=RefusingPager(), second=RefusingPager())
    with pytest.raises(Unavailable, match="given up after 1 attempts"):
        OutboxPager(office.room()).send(a_page())
    for _ in range(20):
        office.wait(600)
        deliver_messages(office.room())
    assert len(office.outbox.entries()) == 4
    assert set(office.states().values()) == {MessageState.DEAD}


def test_what_was_given_up_can_be_sent_again() -> None:
    office = Office(second=RefusingPager())
    OutboxPager(office.room()).send(a_page())
    office.second = PagerFake()
    assert office.outbox.retry(now=office.now, message="p") == 1
    deliver_messages(office.room())
    assert list(office.second.pages) == ["p"]


def test_a_channel_that_was_taken_away_leaves_a_dead_letter() -> None:
    office = Office()
    office.first.out_of_reach = True
    OutboxPager(office.room()).send(a_page())
    office.wait(60)
    room = office.room()
    assert deliver_messages(replace(room, routes={"second": room.routes["second"]})).dead == 1


def test_quiet_hours_hold_notices_back_and_never_a_page() -> None:
    quiet = {"quiet": QuietHours(begin="22:00", end="07:00"), "zone": ZoneInfo("Europe/Berlin")}
    office = Office(changed=quiet)
    OutboxPager(office.room()).send(a_page())
    OutboxPager(office.room()).send(replace(a_page(Urgency.NOTICE), id="n"))
    assert list(office.first.pages) == ["p"]
    office.now = datetime(2026, 4, 1, 4, 59, tzinfo=UTC)
    deliver_messages(office.room())
    assert list(office.first.pages) == ["p"]
    office.now = datetime(2026, 4, 1, 5, 0, tzinfo=UTC)
    deliver_messages(office.room())
    assert list(office.first.pages) == ["p", "n"]
    assert list(office.second.pages) == ["p"], "this channel takes no notices"


@pytest.mark.parametrize(
    ("begin", "end", "clock", "over"),
    [("22:00", "07:00", 6, 7), ("22:00", "07:00", 12, 12), ("12:00", "14:00", 13, 14), ("12:00", "14:00", 14, 14)],
)
def test_quiet_hours_end(begin: str, end: str, clock: int, over: int) -> None:
    now = datetime(2026, 1, 1, clock, tzinfo=UTC)
    assert QuietHours(begin=begin, end=end).over_at(now, UTC).hour == over


def an_order(to: Served = RELEASE, name: str = "o") -> SwitchOrder:
    return SwitchOrder(
        id=name, system="credit", environment="production", to=to, over=(), ordered_at=NIGHT, because="b"
    )


class Flaky:
    """A deployer that is out of reach as often as told, then works; it counts."""

    def __init__(self, away: int) -> None:
        self.away, self.asked = away, 0

    def switch(self, order: SwitchOrder) -> Switched:
        self.asked += 1
        if self.asked <= self.away:
            raise Unavailable("the registry is down")
        return Switched(order=order.id, to=order.to, switched_at=order.ordered_at, changed=True)


def test_an_order_is_written_down_and_given_again_after_a_pause() -> None:
    office, platform = Office(), Flaky(away=2)
    deployer: Deployer = OutboxDeployer(platform, office.room())
    with pytest.raises(Unavailable, match="is down"):
        deployer.switch(an_order())
    with pytest.raises(Unavailable, match="tried again at"):
        deployer.switch(an_order())
    assert platform.asked == 1
    office.wait(1)
    with pytest.raises(Unavailable, match="is down"):
        deployer.switch(an_order())
    office.wait(2)
    assert deployer.switch(an_order()).to == ServeRelease("sha256:one")
    assert platform.asked == 3
    assert office.states() == {"deployer o": MessageState.SENT}


def test_two_workers_at_once_give_an_order_once_per_lease() -> None:
    office = Office()
    asked: list[str] = []

    class Nested:
        def switch(self, order: SwitchOrder) -> Switched:
            asked.append("a")
            with pytest.raises(Unavailable, match="sent by another process"):
                OutboxDeployer(Flaky(0), office.room("b")).switch(order)
            return Switched(order=order.id, to=order.to, switched_at=NIGHT, changed=True)

    OutboxDeployer(Nested(), office.room("a")).switch(an_order())
    assert asked == ["a"]


def test_an_order_is_given_up_but_never_one_into_the_safe_state() -> None:
    office, platform = Office(), Flaky(away=99)
    deployer = OutboxDeployer(platform, office.room())
    raised = []
    for _ in range(6):
        for order in (an_order(), an_order(HUMAN, "safe")):
            with pytest.raises((Unavailable, GaveUp)) as found:
                deployer.switch(order)
            raised.append((order.id, found.type is GaveUp))
        office.wait(60)
    assert raised == [("o", False), ("safe", False)] * 4 + [("o", True), ("safe", False)] * 2
    assert office.states() == {"deployer o": MessageState.DEAD, "deployer safe": MessageState.WAITING}


def test_a_refused_order_was_delivered_and_refused_it_stays() -> None:
    office = Office()
    deployer = OutboxDeployer(DeployerFake(), office.room())
    for _ in range(2):
        with pytest.raises(CareloopError) as found:  # nothing has that release
            deployer.switch(an_order())
        assert found.type is NotFound
    assert office.states() == {"deployer o": MessageState.SENT}


def test_a_storm_of_a_thousand_pages_waits_for_a_dead_channel_once_and_reaches_the_other() -> None:
    office = Office()
    asked = 0

    def hang(page: Page) -> None:
        nonlocal asked
        asked += 1
        office.wait(10)  # what a channel that does not answer costs
        raise Unavailable("timed out")

    office.second.send = hang  # type: ignore[method-assign]
    pager, started = OutboxPager(office.room()), office.now
    for number in range(1000):
        pager.send(replace(a_page(at=office.now), id=f"p{number}"))
    assert len(office.first.pages) == 1000
    assert office.now - started < timedelta(minutes=2)
    assert asked < 12
    del office.second.send
    for _ in range(30):
        office.wait(600)
        deliver_messages(office.room())
    assert len(office.second.pages) == 1000


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_registry_that_stays_away_during_a_rollback_leads_to_the_safe_state_and_a_page(carried_out: bool) -> None:
    """`carried_out`: the order came through and only its answer was lost."""
    world, office = a_world(), Office()
    registry, real = world.deployer, world.deployer.switch
    away = True

    def switch(order: SwitchOrder) -> Switched:
        if isinstance(order.to, ServeRelease) and away:
            if carried_out:
                registry.answers["credit", "production"] = order.to
            raise Unavailable("the registry is down")
        return real(order)

    world.deployer.switch = switch  # type: ignore[method-assign]
    world.deployer = OutboxDeployer(_Through(switch), office.room())  # type: ignore[assignment]
    day = 35.1
    for _ in range(8):
        office.now = NIGHT.replace(year=2027) + timedelta(days=day)
        look(world, five_bad_days(), day=day)
        day += 0.001
    assert registry.answers["credit", "production"] == HUMAN
    assert any(page.urgency is Urgency.PAGE for page in world.pager.pages.values())
    assert len(world.records("safe_state.entered")) == 1
    assert world.records("deploy.done")[-1].data["lock"] == TWO, "no rollback is on record that nobody saw"


class _Through:
    def __init__(self, switch: Any) -> None:
        self.switch = switch


def test_a_registry_that_comes_back_in_time_carries_the_rollback_out_once() -> None:
    world, office = a_world(), Office()
    registry, flaky = world.deployer, Flaky(away=2)

    def switch(order: SwitchOrder) -> Switched:
        flaky.switch(order)
        return registry.switch(order)

    world.deployer = OutboxDeployer(_Through(switch), office.room())  # type: ignore[assignment]
    for number in range(4):
        office.now = NIGHT.replace(year=2027) + timedelta(hours=number)
        look(world, five_bad_days(), day=35.1 + number / 1000)
    assert registry.answers["credit", "production"] == ServeRelease(ONE)
    assert flaky.asked == 3


def test_who_finds_another_worker_giving_the_order_wakes_nobody_about_it() -> None:
    world, office = a_world(), Office()
    registry = world.deployer
    asked: list[str] = []

    def switch(order: SwitchOrder) -> Switched:
        asked.append(order.id)
        mine, world.deployer = world.deployer, OutboxDeployer(Flaky(99), office.room("b"))  # type: ignore[assignment]
        look(world, five_bad_days(), day=35.1)  # the other worker, in the middle of it
        world.deployer = mine
        return registry.switch(order)

    world.deployer = OutboxDeployer(_Through(switch), office.room())  # type: ignore[assignment]
    office.now = NIGHT.replace(year=2027) + timedelta(days=35.1)
    look(world, five_bad_days(), day=35.1)
    assert registry.answers["credit", "production"] == ServeRelease(ONE)
    assert len(asked) == 1
    assert not any("is not contained" in page.text for page in world.pager.pages.values())
