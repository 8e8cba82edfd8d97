"""Pagers: what is sent arrives once, and nobody believes that a page was taken when it was not."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from webhook_receiver import SECRET, WebhookReceiver

from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.signed_webhook import SignedWebhook, read_secret
from careloop.adapters.webhook_pager import WebhookPager
from careloop.domain.plan_steps import Urgency
from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.pager import Page
from careloop.testing.contracts.deployer import NOON
from careloop.testing.pager_fake import PagerFake


def a_page(text: str = "credit: approval gap moved") -> Page:
    return Page(
        id="01900000-0000-7000-8000-000000000001",
        system="credit",
        urgency=Urgency.PAGE,
        severity="sev1",
        text=text,
        at=NOON,
    )


def test_the_console_shows_one_line_a_page() -> None:
    stream = StringIO()
    ConsolePager(stream).send(a_page())
    assert stream.getvalue() == "PAGE sev1 2026-03-31T12:00Z credit: approval gap moved\n"


def test_a_console_that_is_gone_did_not_take_the_page() -> None:
    stream = StringIO()
    stream.close()
    with pytest.raises(Unavailable):
        ConsolePager(stream).send(a_page())


def test_the_fake_shows_a_repeated_page_once() -> None:
    pager = PagerFake()
    pager.send(a_page())
    pager.send(a_page())
    assert (len(pager.pages), pager.sent) == (1, 2)


def test_a_page_through_a_webhook_is_signed_and_carries_its_id() -> None:
    with WebhookReceiver(lambda _: None) as receiver:
        WebhookPager(SignedWebhook(receiver.url, secret=SECRET)).send(a_page())
        (message,) = receiver.messages
    sent = json.loads(message.body)
    assert (message.id, message.timestamp) == (a_page().id, int(NOON.timestamp()))
    assert (sent["type"], sent["data"]["severity"], sent["data"]["urgency"]) == ("page.requested", "sev1", "page")


@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 410, 429, 500, 503])
def test_whatever_the_service_answers_but_yes_the_page_was_not_taken(status: int) -> None:
    with WebhookReceiver(lambda _: None, status=status) as receiver, pytest.raises(Unavailable):
        WebhookPager(SignedWebhook(receiver.url, secret=SECRET)).send(a_page())


@pytest.mark.parametrize(
    ("status", "error"),
    [(307, Refused), (401, Refused), (404, NotFound), (409, Conflict), (429, Unavailable), (502, Unavailable)],
)
def test_a_webhook_tells_a_no_from_come_again(status: int, error: type[Exception]) -> None:
    with WebhookReceiver(lambda _: None, status=status) as receiver:
        with pytest.raises(error) as found:
            SignedWebhook(receiver.url, secret=SECRET).send("test", message="m", at=NOON, data={})
        assert found.type is error
        assert len(receiver.messages) == 1


def test_a_receiver_with_another_secret_refuses() -> None:
    other = "whsec_" + "A" * 43 + "="
    with WebhookReceiver(lambda _: None) as receiver, pytest.raises(Refused, match="401"):
        SignedWebhook(receiver.url, secret=other).send("test", message="m", at=NOON, data={})


@pytest.mark.parametrize("url", ["http://example.org/hook", "ftp://127.0.0.1/", "example.org", "https://", ""])
def test_a_signed_message_goes_to_https_only(url: str) -> None:
    with pytest.raises(InvalidInput):
        SignedWebhook(url, secret=SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", "whsec_" + "QUFB" * 30])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput):
        read_secret(secret)
