"""Outlets tell Grafana, Airflow and trackers as their interfaces ask for, once, and repeat no key (R48, R49)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from told_services import PASSWORD, TOKEN, ToldServices

from careloop.adapters.outlet_channels import outlet_channels
from careloop.domain.channels import Channel, Notify
from careloop.domain.happening import HappeningKind
from careloop.errors import NotFound, Refused, Unavailable
from careloop.ports.outlet import Outlet
from careloop.testing.contracts.outlet import OutletContract, a_happening
from careloop.testing.outlet_fake import OutletFake

ENVIRON = {"TOKEN": TOKEN, "PASSWORD": PASSWORD}


def a_channel(services: ToldServices, **keys: str) -> Channel:
    return Channel.model_validate({"id": "tool", "at": services.url, "secret": "TOKEN", **keys})


def opened(channel: Channel) -> Outlet:
    return outlet_channels(Notify(channels=(channel,)), environ=ENVIRON)["tool"]


CHANNELS: dict[str, dict[str, str]] = {
    "grafana": {"kind": "grafana"},
    "airflow": {"kind": "airflow", "to": "retrain"},
    "airflow_password": {"kind": "airflow", "to": "retrain", "secret": "PASSWORD"},
    "github": {"kind": "github", "to": "acme/models"},
    "gitlab": {"kind": "gitlab", "to": "acme/models"},
    "jira": {"kind": "jira", "to": "RISK"},
    "jira_password": {"kind": "jira", "to": "RISK", "secret": "PASSWORD"},
}


class TestFake(OutletContract):
    def make_outlet(self) -> Outlet:
        self.fake = OutletFake()
        return self.fake

    def shown(self) -> int:
        return len(self.fake.told)

    def go_away(self) -> None:
        self.fake.out_of_reach = True


class ServiceContract(OutletContract):
    """The same against the strict services; a subclass names the channel."""

    channel: dict[str, str]
    airflow, jira_cloud = 3, True

    @pytest.fixture(autouse=True)
    def _services(self) -> Iterator[None]:
        with ToldServices(airflow=self.airflow, jira_cloud=self.jira_cloud) as self.services:
            yield

    def make_outlet(self) -> Outlet:
        return opened(a_channel(self.services, **self.channel))

    def shown(self) -> int:
        return len(self.services.annotations) + len(self.services.runs) + len(self.services.issues)

    def go_away(self) -> None:
        self.services.down = True


class TestGrafana(ServiceContract):
    channel = CHANNELS["grafana"]


class TestAirflow3(ServiceContract):
    kind, channel = HappeningKind.RETRAIN, CHANNELS["airflow"]


class TestAirflow3ByPassword(ServiceContract):
    kind, channel = HappeningKind.RETRAIN, CHANNELS["airflow_password"]


class TestAirflow2(ServiceContract):
    kind, channel, airflow = HappeningKind.RETRAIN, CHANNELS["airflow"], 2


class TestAirflow2ByPassword(ServiceContract):
    kind, channel, airflow = HappeningKind.RETRAIN, CHANNELS["airflow_password"], 2


class TestGithub(ServiceContract):
    channel = CHANNELS["github"]


class TestGitlab(ServiceContract):
    channel = CHANNELS["gitlab"]


class TestJiraCloud(ServiceContract):
    channel = CHANNELS["jira_password"]


class TestJiraDataCenter(ServiceContract):
    channel, jira_cloud = CHANNELS["jira"], False


def test_an_annotation_has_the_moment_in_milliseconds_and_tags_to_ask_for() -> None:
    with ToldServices() as services:
        opened(a_channel(services, kind="grafana", to="dash-1")).tell(a_happening())
        (sent,) = services.annotations
    assert sent == {
        "dashboardUID": "dash-1",
        "time": 1_774_958_400_123,
        "tags": [
            "careloop",
            "alarm",
            "system:credit",
            "careloop:01900000-0000-7000-8000-000000000001",
            "monitor:approval-gap",
        ],
        "text": "credit: approval-gap for women moved lower, größer | &lt;b&gt;als&lt;/b&gt; zuvor: "
        "evidence 1,204 of 1,000 needed",
    }


@pytest.mark.parametrize("version", [2, 3])
def test_a_dag_is_run_with_the_data_slice_in_its_configuration(version: int) -> None:
    with ToldServices(airflow=version) as services:
        opened(a_channel(services, **CHANNELS["airflow"])).tell(a_happening(HappeningKind.RETRAIN))
        (sent,) = services.runs.values()
    assert sent["dag_run_id"] == "careloop__01900000-0000-7000-8000-000000000001"
    assert ("logical_date" in sent) is (version == 3)
    assert sent["conf"]["slice"] == {
        "system": "credit",
        "release": f"sha256:{'1' * 64}",
        "monitor": "approval-gap",
        "since": "2026-03-31T00:00:00Z",
        "until": "2026-03-31T12:00:00Z",
        "by": "sex",
        "group": "women",
        "n": 4102,
        "digest": f"sha256:{'ab' * 32}",
    }


def test_a_dag_that_is_not_there_and_a_password_that_is_wrong_say_so() -> None:
    with ToldServices() as services:
        with pytest.raises(NotFound, match="no DAG trian"):
            opened(a_channel(services, kind="airflow", to="trian")).tell(a_happening(HappeningKind.RETRAIN))
        wrong = a_channel(services, **CHANNELS["airflow_password"])
        outlet = outlet_channels(Notify(channels=(wrong,)), environ={"PASSWORD": "ada:wrong"})["tool"]
        with pytest.raises(Refused, match="401") as refused:
            outlet.tell(a_happening(HappeningKind.RETRAIN))
    assert "wrong" not in refused.value.message


def test_where_no_airflow_is_nothing_is_run() -> None:
    with ToldServices() as services:
        channel = a_channel(services, **CHANNELS["airflow"]).model_copy(update={"at": services.url + "/elsewhere"})
        with pytest.raises(Unavailable, match="no Airflow"):
            opened(channel).tell(a_happening(HappeningKind.RETRAIN))


@pytest.mark.parametrize("tracker", ["github", "gitlab"])
def test_an_issue_names_the_slice_and_strangers_text_does_nothing_in_it(tracker: str) -> None:
    with ToldServices() as services:
        opened(a_channel(services, **CHANNELS[tracker])).tell(
            replace(a_happening(HappeningKind.RETRAIN), title="@all `x` [click](http://evil.example) <script>")
        )
        (issue,) = services.issues
    text = issue["text"]
    assert f"| slice: digest | `sha256:{'ab' * 32}` |" in text
    for row in ("slice: since | `2026-03-31T00:00:00Z`", "slice: group | `women`", "slice: n | `4102`"):
        assert row in text
    assert "\\@all \\`x\\` \\[click\\]\\(http://evil.example\\) \\<script\\>" in text
    assert "<!-- careloop:happening=01900000-0000-7000-8000-000000000001 careloop:topic=" in text
    assert {"careloop", "retrain"} <= set(issue["labels"])


TRACKERS = ("github", "gitlab", "jira")


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_topic_has_one_open_issue_and_a_new_one_when_that_was_closed(tracker: str) -> None:
    with ToldServices() as services:
        outlet = opened(a_channel(services, **CHANNELS[tracker]))
        outlet.tell(a_happening(number=1))
        outlet.tell(a_happening(number=2))
        assert len(services.issues) == 1
        services.issues[0]["open"] = False
        outlet.tell(a_happening(number=1))
        assert len(services.issues) == 1
        outlet.tell(a_happening(number=2))
        assert len(services.issues) == 2


@pytest.mark.parametrize("tracker", ["github", "gitlab"])
def test_an_issue_is_found_again_behind_many_others(tracker: str) -> None:
    with ToldServices() as services:
        outlet = opened(a_channel(services, **CHANNELS[tracker]))
        outlet.tell(a_happening())
        services.issues += [{"text": "another", "labels": ["careloop"], "open": True}] * 250
        outlet.tell(a_happening())
        assert len(services.issues) == 251


@pytest.mark.parametrize("name", CHANNELS)
def test_no_message_repeats_a_key_that_a_service_echoed(name: str) -> None:
    with ToldServices() as services:
        services.refuses = True
        kind = HappeningKind.RETRAIN if "airflow" in name else HappeningKind.ALARM
        with pytest.raises(Refused) as refused:
            opened(a_channel(services, **CHANNELS[name])).tell(a_happening(kind))
    for secret in (TOKEN, PASSWORD, "open sesame"):
        assert secret not in refused.value.message


def test_what_would_be_sent_shows_without_keys_and_holds_none() -> None:
    with ToldServices() as services:
        for name, keys in CHANNELS.items():
            channel = a_channel(services, **keys)
            (outlet,) = outlet_channels(Notify(channels=(channel,)), environ=None).values()
            with_key = [json.dumps(one.body) + one.url for one in opened(channel).preview(a_happening())]
            assert [json.dumps(one.body) + one.url for one in outlet.preview(a_happening())] == with_key, name
            assert not any(secret in text for secret in ENVIRON.values() for text in with_key)
        assert services.asked == []


def test_a_key_that_is_not_there_is_said_when_something_is_to_be_told() -> None:
    channel = Channel.model_validate({"id": "tool", "kind": "grafana", "at": "https://g.example", "secret": "GONE"})
    (outlet,) = outlet_channels(Notify(channels=(channel,)), environ={}).values()
    with pytest.raises(Unavailable, match="GONE is not set"):
        outlet.tell(a_happening())


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "grafana", "secret": "A"}, "needs its address"),
    ({"kind": "github", "secret": "A"}, "needs `to`"),
    ({"kind": "airflow", "at": "https://a.example", "to": "x"}, "needs `secret`"),
    ({"kind": "mlflow", "at": "https://m.example", "to": "x"}, "has no `to`"),
    ({"kind": "pagerduty", "secret": "A", "about": ["alarm"]}, "for tools"),
    ({"kind": "gitlab", "secret": "A", "to": "g/p", "issue_type": "Bug"}, "only Jira"),
    ({"kind": "airflow", "at": "https://a.example", "secret": "A", "to": "x", "about": ["gate"]}, "a DAG is run"),
    ({"kind": "jira", "at": "https://j.example", "secret": "A", "to": "X", "about": ["storm"]}, "alarm"),
]


@pytest.mark.parametrize(("keys", "why"), WRONG)
def test_a_channel_that_makes_no_sense_is_refused_where_it_is_written(keys: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Channel.model_validate({"id": "tool", **keys})
