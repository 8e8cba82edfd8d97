"""What every outbox must do. Derive a test class, give it a `make_outbox`, and run it."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from careloop.domain.outgoing import Message, MessageKey, MessageKind, MessageState
from careloop.ports.outbox import Outbox

__all__ = ["OutboxContract", "a_message"]

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def a_message(number: int = 1, *, channel: str = "duty", kind: MessageKind = MessageKind.PAGE) -> Message:
    """A message of noon, to be sent at once."""
    return Message(
        id=f"01900000-0000-7000-8000-{number:012}",
        channel=channel,
        kind=kind,
        system="credit",
        body={"text": f"page {number}: Größe ≥ 3"},
        made_at=NOON,
        not_before=NOON,
    )


def _later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class OutboxContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_outbox(self) -> Outbox:
        """A fresh, empty outbox."""

    def test_an_empty_outbox_has_nothing_to_send(self) -> None:
        box = self.make_outbox()
        assert box.lease(holder="a", now=NOON, lease_s=30) == ()
        assert box.entries() == ()
        assert box.retry(now=NOON) == 0

    def test_what_is_put_waits_as_it_was_put(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        (found,) = box.entries()
        assert (found.message, found.state, found.attempts, found.due_at) == (
            a_message(),
            MessageState.WAITING,
            0,
            NOON,
        )

    def test_a_message_put_twice_is_kept_as_it_was_first(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        box.put([replace(a_message(), body={"text": "another"}), a_message(channel="other")])
        assert [(one.message.channel, one.message.body["text"][:4]) for one in box.entries()] == [
            ("duty", "page"),
            ("other", "page"),
        ]

    def test_one_holder_at_a_time_until_the_lease_ends(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        (mine,) = box.lease(holder="a", now=NOON, lease_s=30)
        assert (mine.attempts, mine.leased_until) == (1, _later(30))
        assert box.lease(holder="b", now=_later(29.9), lease_s=30) == ()
        (theirs,) = box.lease(holder="b", now=_later(30), lease_s=30)
        assert theirs.attempts == 2

    def test_who_lost_the_lease_says_nothing_of_failure_any_more(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        box.lease(holder="a", now=NOON, lease_s=30)
        box.lease(holder="b", now=_later(30), lease_s=30)
        key = a_message().key
        assert box.failed(key, holder="a", why="slow", now=_later(31), due_at=None) is False
        assert box.entries()[0].state is MessageState.WAITING
        assert box.failed(key, holder="b", why="gone", now=_later(31), due_at=_later(60)) is True
        assert box.failed(key, holder="b", why="again", now=_later(32), due_at=None) is False

    def test_what_was_sent_is_sent_whoever_says_so_and_is_never_leased_again(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        box.lease(holder="a", now=NOON, lease_s=30)
        box.lease(holder="b", now=_later(30), lease_s=30)
        box.sent(a_message().key, now=_later(31))
        box.sent(a_message().key, now=_later(99))
        (found,) = box.entries(state=MessageState.SENT)
        assert found.settled_at == _later(31)
        assert box.lease(holder="a", now=_later(3600), lease_s=30) == ()
        assert box.failed(a_message().key, holder="b", why="late", now=_later(40), due_at=None) is False

    def test_a_failure_waits_until_it_is_due_again_and_says_why(self) -> None:
        box = self.make_outbox()
        box.put([a_message()])
        box.lease(holder="a", now=NOON, lease_s=30)
        box.failed(a_message().key, holder="a", why="answered 503", now=_later(1), due_at=_later(5))
        assert box.lease(holder="a", now=_later(4.9), lease_s=30) == ()
        (again,) = box.lease(holder="a", now=_later(5), lease_s=30)
        assert (again.attempts, again.why) == (2, "answered 503")

    def test_a_dead_letter_is_not_sent_until_it_is_woken(self) -> None:
        box = self.make_outbox()
        box.put([a_message(1), a_message(2)])
        box.lease(holder="a", now=NOON, lease_s=30)
        for number in (1, 2):
            box.failed(a_message(number).key, holder="a", why="answered 400", now=_later(1), due_at=None)
        assert box.lease(holder="a", now=_later(3600), lease_s=30) == ()
        assert len(box.entries(state=MessageState.DEAD)) == 2
        assert box.retry(now=_later(3600), message=a_message(2).id) == 1
        (woken,) = box.lease(holder="a", now=_later(3600), lease_s=30)
        assert (woken.message.id, woken.attempts, woken.settled_at) == (a_message(2).id, 1, None)
        assert box.retry(now=_later(3600)) == 1

    def test_an_order_that_was_given_up_stays_so(self) -> None:
        box, order = self.make_outbox(), a_message(kind=MessageKind.ORDER)
        box.put([order])
        box.lease(holder="a", now=NOON, lease_s=30)
        box.failed(order.key, holder="a", why="refused", now=NOON, due_at=None)
        assert box.retry(now=NOON) == 0

    def test_the_oldest_due_come_first_and_a_hundred_at_most(self) -> None:
        box = self.make_outbox()
        late = replace(a_message(500), not_before=_later(10))
        box.put([late, *(a_message(number) for number in range(150))])
        first = box.lease(holder="a", now=_later(20), lease_s=30)
        assert [one.message.id for one in first] == [a_message(number).id for number in range(100)]
        second = box.lease(holder="a", now=_later(20), lease_s=30)
        assert len(second) == 51
        assert second[-1].message == late

    def test_only_those_that_were_named_are_leased(self) -> None:
        box = self.make_outbox()
        box.put([a_message(1), a_message(1, channel="other"), a_message(2)])
        wanted = [MessageKey(a_message(1).id, "other"), MessageKey("unknown", "duty")]
        assert [one.message.channel for one in box.lease(holder="a", now=NOON, lease_s=30, only=wanted)] == ["other"]

    def test_a_happening_that_was_given_up_can_be_woken(self) -> None:
        box, told = self.make_outbox(), a_message(kind=MessageKind.HAPPENING)
        box.put([told])
        box.lease(holder="a", now=NOON, lease_s=30)
        box.failed(told.key, holder="a", why="refused", now=NOON, due_at=None)
        assert box.retry(now=NOON) == 1

    def test_how_far_the_ledger_was_read_is_remembered_by_channel(self) -> None:
        box = self.make_outbox()
        assert box.read_upto("duty") is None
        box.note_read("duty", upto=7)
        box.note_read("other", upto=2)
        box.note_read("duty", upto=5)
        assert (box.read_upto("duty"), box.read_upto("other"), box.read_upto("third")) == (5, 2, None)
        assert box.entries() == ()
