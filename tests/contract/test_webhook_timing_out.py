"""R48, R50: a service that takes a message and never answers holds nobody up, and what it did not take is seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hanging_server import HangingServer, Hangs
from webhook_receiver import SECRET

from careloop.adapters.signed_webhook import SignedWebhook
from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.adapters.webhook_pager import WebhookPager
from careloop.domain.outgoing import PAGES, MessageState
from careloop.domain.plan_steps import Urgency
from careloop.errors import Unavailable
from careloop.ports.pager import Page
from careloop.status.undelivered import undelivered_findings
from careloop.testing.contracts.deployer import NOON
from careloop.testing.pager_fake import PagerFake
from careloop.workflows.run.send_messages import OutboxPager, PostRoom, Route, deliver_messages

PATIENCE_S = 0.05


def a_webhook(url: str) -> WebhookPager:
    return WebhookPager(SignedWebhook(url, secret=SECRET, timeout_s=PATIENCE_S))


def a_page(number: int = 1, at: datetime = NOON) -> Page:
    return Page(
        id=f"01900000-0000-7000-8000-{number:012}",
        system="credit",
        urgency=Urgency.PAGE,
        severity="sev1",
        text=f"approval gap moved ({number})",
        at=at,
    )


@dataclass
class Office:
    """A post room on a real file with a webhook that hangs and somebody who answers; the clock is set by hand."""

    path: Path
    url: str
    now: datetime = NOON
    duty: PagerFake = field(default_factory=PagerFake)

    def room(self) -> PostRoom:
        routes = {"duty": Route(pager=self.duty), "hook": Route(pager=a_webhook(self.url))}
        box = SqliteOutbox(self.path / "state.sqlite")
        return PostRoom(outbox=box, routes=routes, holder="a", clock=lambda: self.now, scatter=lambda: 1.0)


@pytest.mark.parametrize("hangs", list(Hangs))
def test_an_answer_that_does_not_come_to_its_end_is_no_answer(hangs: Hangs) -> None:
    with HangingServer(hangs) as server, pytest.raises(Unavailable, match=r"timed out|come to an end|answered 503"):
        a_webhook(server.url).send(a_page())


@pytest.mark.parametrize("hangs", list(Hangs))
def test_a_webhook_that_hangs_is_tried_again_given_up_and_its_dead_letter_told_over_the_others(
    tmp_path: Path, hangs: Hangs
) -> None:
    with HangingServer(hangs) as server:
        office = Office(tmp_path, server.url)
        OutboxPager(office.room()).send(a_page())
        assert list(office.duty.pages) == [a_page().id], "somebody was woken at once"
        while any(one.state is MessageState.WAITING for one in office.room().outbox.entries()):
            office.now += timedelta(minutes=11)
            deliver_messages(office.room())
        (lost,) = office.room().outbox.entries(state=MessageState.DEAD)
        assert (lost.message.channel, lost.attempts) == ("hook", PAGES.attempts)
        assert server.requests == PAGES.attempts
        assert [page.text for page in office.duty.pages.values()][1].startswith(
            "hook did not take this page: approval gap moved (1)"
        )
        found = undelivered_findings(office.room().outbox.entries(), owner="risk-officer")
        assert ["hook: a page was not taken" in one.message for one in found] == [True]


def test_a_storm_of_pages_asks_a_webhook_that_hangs_once_and_not_a_hundred_times(tmp_path: Path) -> None:
    with HangingServer() as server:
        office = Office(tmp_path, server.url)
        for number in range(100):
            OutboxPager(office.room()).send(a_page(number))
        assert (office.duty.sent, server.requests) == (100, 1)
        waiting = office.room().outbox.entries(state=MessageState.WAITING)
        assert len(waiting) == 100, "none of them is lost"


def test_while_one_worker_waits_for_the_answer_no_other_waits_as_well(tmp_path: Path) -> None:
    """The watcher pages while the loop of messages is still hanging in its second attempt at an older page."""
    with HangingServer() as server:
        office = Office(tmp_path, server.url)
        OutboxPager(office.room()).send(a_page(1))
        office.now += timedelta(seconds=5)
        room = office.room()
        (older,) = room.outbox.entries(state=MessageState.WAITING)
        assert room.outbox.lease(holder="loop", now=office.now, lease_s=PAGES.lease_s, only=(older.message.key,))
        OutboxPager(office.room()).send(a_page(2, at=office.now))
        assert (server.requests, office.duty.sent) == (1, 2)
        office.now += timedelta(seconds=PAGES.lease_s + 1)
        deliver_messages(office.room())
        assert server.requests == 2, "a worker that died while it waited holds nobody up for longer than its lease"
