"""Pagers: what is sent arrives once, and nobody believes that a page was taken when it was not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from webhook_receiver import SECRET, WebhookReceiver

from careloop.adapters.automation_ports import automation_ports
from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.signed_webhook import SignedWebhook, read_secret
from careloop.adapters.webhook_pager import WebhookPager
from careloop.domain.plan_steps import Urgency
from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.pager import Page, Pager
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


class Service:
    """A service that keeps what it was asked and gives one answer."""

    def __init__(self, status: int = 202, answer: bytes = b"{}") -> None:
        self.asked: list[tuple[str, Mapping[str, str], Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Service:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def pager_of(kind: str, url: str, secret: str = "") -> Pager:
    """The pager that an address in the environment means."""
    environ = {"CARE_PAGER_URL": f"{kind}+{url}", "CARE_PAGER_SECRET": secret}
    pager = automation_ports(Path("/nowhere"), environ=environ).pager
    assert pager is not None
    return pager


def test_r48_pagerduty_is_asked_as_its_events_api_says() -> None:
    """The required members of a trigger event and its payload, by PagerDuty's documentation of Events API v2."""
    with Service() as service:
        pager_of("pagerduty", service.url, "R0UTINGKEY").send(a_page("x" * 2_000))
    ((path, _, event),) = service.asked
    assert path == "/v2/enqueue"
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == ("R0UTINGKEY", "trigger", a_page().id)
    payload = event["payload"]
    assert (payload["source"], payload["severity"], len(payload["summary"])) == ("credit", "critical", 1024)
    assert payload["timestamp"] == "2026-03-31T12:00:00+00:00"


def test_r48_alertmanager_is_posted_a_list_of_alerts() -> None:
    with Service(200, b"") as service:
        for _ in range(2):
            pager_of("alertmanager", service.url, "t0ken").send(a_page())
    (path, headers, first), (_, _, second) = service.asked
    assert (path, headers["authorization"]) == ("/api/v2/alerts", "Bearer t0ken")
    assert first[0]["labels"] == second[0]["labels"], "the same alert has the same labels, and is shown once"
    assert {"alertname", "severity", "system"} <= first[0]["labels"].keys()
    assert all(isinstance(value, str) for value in first[0]["labels"].values())
    assert (first[0]["annotations"]["summary"], first[0]["startsAt"][:10]) == (a_page().text, "2026-03-31")


def test_r48_opsgenie_is_asked_to_create_an_alert_with_an_alias() -> None:
    with Service() as service:
        pager_of("opsgenie", service.url, "k3y").send(a_page("y" * 500))
    ((path, headers, alert),) = service.asked
    assert (path, headers["authorization"]) == ("/v2/alerts", "GenieKey k3y")
    assert (len(alert["message"]), alert["alias"], alert["priority"]) == (130, a_page().id, "P1")
    assert alert["description"] == "y" * 500


@pytest.mark.parametrize("kind", ["pagerduty", "alertmanager", "opsgenie"])
@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500])
def test_whatever_a_service_says_but_yes_the_page_was_not_taken(kind: str, status: int) -> None:
    with Service(status, b'{"message": "no"}') as service, pytest.raises(Unavailable, match=str(status)):
        pager_of(kind, service.url, "secret").send(a_page())


@pytest.mark.parametrize("kind", ["pagerduty", "alertmanager", "opsgenie"])
def test_a_key_that_a_service_repeats_stands_in_no_message(kind: str) -> None:
    words = b'{"message": "no integration has the key s3cr3t-k3y"}'
    with Service(400, words) as service, pytest.raises(Unavailable, match="no integration has the key …") as told:
        pager_of(kind, service.url, "s3cr3t-k3y").send(a_page())
    assert "s3cr3t" not in told.value.message


def test_a_service_that_does_not_answer_did_not_take_the_page() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        pager_of("pagerduty", "http://127.0.0.1:9", "secret").send(a_page())


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("pagerduty+https://events.pagerduty.com", "", "CARE_PAGER_SECRET is not"),
        ("opsgenie+https://api.opsgenie.com", "", "CARE_PAGER_SECRET is not"),
        ("beeper+https://example.org", "x", "none of pagerduty+, opsgenie+, alertmanager+"),
        ("pagerduty+http://events.pagerduty.com", "x", "not an https address"),
        ("https://example.org", "", "CARE_PAGER_SECRET is not"),
    ],
)
def test_an_address_that_cannot_be_used_is_said_before_anything_happens(url: str, secret: str, said: str) -> None:
    environ = {"CARE_PAGER_URL": url, "CARE_PAGER_SECRET": secret}
    with pytest.raises(InvalidInput, match=re.escape(said)):
        automation_ports(Path("/nowhere"), environ=environ)
