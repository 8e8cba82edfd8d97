"""Channels of care.yaml speak the services' published interfaces, and keys come from the environment alone (R83)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from paging_services import API_KEY, ROUTING_KEY, PagingServices
from pydantic import ValidationError
from test_pager import a_page
from webhook_receiver import SECRET, WebhookReceiver

from careloop.adapters.alertmanager_pager import AlertmanagerPager
from careloop.adapters.json_line import JsonLine
from careloop.adapters.opsgenie_pager import OpsgeniePager
from careloop.adapters.page_channels import CONSOLE, page_channels
from careloop.adapters.pagerduty_pager import PagerDutyPager
from careloop.domain.channels import Channel, Notify
from careloop.domain.plan_steps import Urgency
from careloop.errors import Unavailable
from careloop.ports.pager import Page, Pager

LONG = "The gap of approval between women and all others grew — " * 40
NOTICE = replace(a_page(), id="notice-1", urgency=Urgency.NOTICE, severity="sev3")
SERVICES: dict[str, Callable[[str], Pager]] = {
    "pagerduty": lambda url: PagerDutyPager(JsonLine(url, timeout_s=0.3), routing_key=ROUTING_KEY),
    "alertmanager": lambda url: AlertmanagerPager(JsonLine(url, timeout_s=0.3)),
    "opsgenie": lambda url: OpsgeniePager(
        JsonLine(url, headers={"authorization": f"GenieKey {API_KEY}"}, timeout_s=0.3)
    ),
}


@pytest.fixture(params=SERVICES)
def made(request: pytest.FixtureRequest) -> Callable[[str], Pager]:
    return SERVICES[request.param]


@pytest.mark.parametrize("page", [a_page(), a_page(LONG), a_page("Ω" * 131), NOTICE])
def test_a_service_takes_the_page_as_it_is_and_shows_a_repeated_one_once(
    made: Callable[[str], Pager], page: Page
) -> None:
    with PagingServices() as services:
        made(services.url).send(page)
        made(services.url + "/").send(page)
        assert (len(services.incidents), services.requests) == (1, 2)


def test_a_service_that_does_not_answer_is_out_of_reach(made: Callable[[str], Pager]) -> None:
    with PagingServices() as services:
        services.hanging = True
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
            made(services.url).send(a_page())
    with pytest.raises(Unavailable):
        made(services.url).send(a_page())


def test_a_page_lasts_in_alertmanager_which_takes_an_alert_without_an_end_for_resolved() -> None:
    with PagingServices() as services:
        SERVICES["alertmanager"](services.url).send(a_page())
        ((_, sent),) = services.incidents.items()
    alert: Any = sent
    assert datetime.fromisoformat(alert[0]["endsAt"]) == a_page().at + timedelta(days=1)


def a_notify(**keys: object) -> Notify:
    return Notify.model_validate({"channels": [keys]})


def test_channels_open_with_keys_of_the_environment() -> None:
    with PagingServices() as services, WebhookReceiver(lambda _: None) as receiver:
        notify = Notify(
            channels=(
                Channel.model_validate({"id": "duty", "kind": "pagerduty", "at": services.url, "secret": "PD"}),
                Channel.model_validate({"id": "am", "kind": "alertmanager", "at": services.url}),
                Channel.model_validate({"id": "genie", "kind": "opsgenie", "at": services.url, "secret": "OG"}),
                Channel.model_validate({"id": "hook", "kind": "webhook", "at": receiver.url, "secret": "WH"}),
            )
        )
        environ = {"PD": ROUTING_KEY, "OG": API_KEY, "WH": SECRET}
        for pager in page_channels(notify, environ=environ, stream=StringIO()).values():
            pager.send(a_page())
        assert len(services.incidents) == 3
        assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("environ", "why"),
    [({}, "OG is not set"), ({"OG": ""}, "OG is not set"), ({"OG": "line\nbreak"}, "line break|no key has")],
)
def test_a_key_that_is_not_there_holds_nothing_else_up(environ: dict[str, str], why: str) -> None:
    notify = a_notify(id="genie", kind="opsgenie", secret="OG")
    (pager,) = page_channels(notify, environ=environ, stream=StringIO()).values()
    with pytest.raises(Unavailable, match=why):
        pager.send(a_page())


def test_without_channels_the_terminal_is_told() -> None:
    stream = StringIO()
    channels = page_channels(None, environ={}, stream=stream)
    channels[CONSOLE].send(a_page())
    assert "approval gap moved" in stream.getvalue()


def test_tools_that_are_told_what_happened_leave_the_terminal_to_people() -> None:
    stream = StringIO()
    notify = a_notify(id="marks", kind="grafana", at="https://grafana.example", secret="TOKEN")
    channels = page_channels(notify, environ={}, stream=stream)
    assert list(channels) == [CONSOLE]
    channels[CONSOLE].send(a_page())
    assert "approval gap moved" in stream.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a", "kind": "pagerduty"},
        {"id": "a", "kind": "alertmanager"},
        {"id": "a", "kind": "webhook", "at": "https://x.example"},
        {"id": "a", "kind": "opsgenie", "secret": "f00dcafe-0000"},
        {"id": "a", "kind": "smoke", "secret": "A"},
    ],
)
def test_a_channel_that_cannot_be_reached_is_refused_where_it_is_written(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        a_notify(**wrong)
    good = {"id": "a", "kind": "pagerduty", "secret": "A"}
    with pytest.raises(ValidationError, match="twice"):
        Notify.model_validate({"channels": [good, good]})
