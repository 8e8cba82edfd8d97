"""R42, R48, R50: what `care serve` tells applications and Prometheus: flags by an OpenFeature SDK, and gauges."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import yaml
from acme_releases import SYSTEM
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import Reason
from prometheus_client.parser import text_string_to_metric_families
from served import Answer, Visitor
from web_office import READER, Office, founded, open_office

from careloop import wiring
from careloop.ports.ledger import Actor, ActorKind, Json, Record

ONE = f"sha256:{'1' * 64}"
PLATFORM = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
BULK = "/ofrep/v1/evaluate/flags"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(founded(tmp_path_factory.mktemp("founded")), tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="module")
def token(office: Office) -> str:
    return a_token(office, "read")


def a_token(office: Office, scope: str) -> str:
    visitor = office.visitor(READER)
    made = visitor.post("/account/tokens/", form_of="/account/", name=f"app {scope}", scopes=[scope], days="30")
    assert made.status == 302, made.text
    return visitor.get("/account/").found(r'care-once">(care_[^<]+)<')


def a_client(office: Office, token: str) -> OpenFeatureClient:
    headers = {"Authorization": f"Bearer {token}"}
    api.set_provider(OFREPProvider(f"http://127.0.0.1:{office.port}", headers_factory=lambda: headers))
    return api.get_client()


def record(office: Office, kind: str, **data: Json) -> None:
    now = wiring.now()
    where: dict[str, Json] = {"system": SYSTEM, "environment": "production", "order": kind}
    row = Record(id=wiring.new_id(now), type=kind, actor=PLATFORM, occurred_at=now, data={**where, **data})
    with closing(wiring.ledger_to_write(office.acme.root)) as ledger:
        ledger.append([row], recorded_at=now)


def eventually(what: Callable[[], bool]) -> None:
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def asked(
    office: Office, path: str, token: str, body: bytes = b'{"context": {"targetingKey": "ada"}}', *, known: str = ""
) -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"If-None-Match": known} if known else {}
    return Visitor(office.port).ask("POST", path, body, headers)


def test_r48_an_application_follows_a_deployment_and_a_safe_state_by_its_sdk(office: Office, token: str) -> None:
    client = a_client(office, token)
    assert client.get_string_value("product-recommender.level", "?") == "nothing"
    assert client.get_boolean_value("product-recommender.in-service", True) is False
    record(office, "deploy.done", lock=ONE)
    eventually(lambda: client.get_string_value(f"{SYSTEM}.release", "?") == ONE)
    assert client.get_boolean_value(f"{SYSTEM}.in-service", False) is True
    found = client.get_string_details(f"{SYSTEM}.release", "", EvaluationContext("ada", {"plan": "gold"}))
    assert (found.value, found.variant, found.reason) == (ONE, "release", Reason.STATIC)
    assert found.flag_metadata["stale"] is False
    record(office, "safe_state.entered", state="human")
    eventually(lambda: client.get_string_value(f"{SYSTEM}.level", "?") == "safe_state")
    assert client.get_string_value(f"{SYSTEM}.safe-state", "?") == "human"
    assert client.get_string_value(f"{SYSTEM}.release", "?") == ""


def test_an_sdk_without_a_token_or_for_an_unknown_flag_falls_back(office: Office, token: str) -> None:
    unknown = a_client(office, token).get_boolean_details("nobody.in-service", False)
    assert (unknown.value, unknown.error_code) == (False, "FLAG_NOT_FOUND")
    shut = a_client(office, "care_none").get_string_details(f"{SYSTEM}.level", "nothing")
    assert (shut.value, shut.reason) == ("nothing", Reason.ERROR)


def test_all_flags_come_at_once_with_a_tag_and_again_only_when_something_changed(office: Office, token: str) -> None:
    first = asked(office, BULK, token)
    assert first.status == 200
    flags = {one["key"]: one for one in first.json["flags"]}
    assert flags[f"{SYSTEM}.level"]["variant"] == flags[f"{SYSTEM}.level"]["value"]
    assert len(flags) % 5 == 0
    tag = first.headers["etag"]
    again = asked(office, BULK, token, known=f'"other", W/{tag}')
    assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
    record(office, "deploy.done", lock=f"sha256:{'7' * 64}")
    eventually(lambda: asked(office, BULK, token, known=tag).status == 200)


def test_who_asks_wrongly_is_told_in_the_words_of_the_protocol(office: Office, token: str) -> None:
    one = f"{BULK}/{SYSTEM}.level"
    assert asked(office, one, token, b"").status == 200
    for body, code in ((b"{", "PARSE_ERROR"), (b"[]", "INVALID_CONTEXT"), (b'{"context": 3}', "INVALID_CONTEXT")):
        answer = asked(office, one, token, body)
        assert (answer.status, answer.json["errorCode"], answer.json["key"]) == (400, code, f"{SYSTEM}.level")
    elsewhere = json.dumps({"context": {"environment": "staging"}}).encode()
    assert asked(office, BULK, token, elsewhere).json["errorCode"] == "INVALID_CONTEXT"
    missing = asked(office, f"{BULK}/{SYSTEM}.nothing", token)
    assert (missing.status, missing.json["errorCode"]) == (404, "FLAG_NOT_FOUND")
    for secret in ("care_none", a_token(office, "gate")):
        assert asked(office, BULK, secret).status == 401
    assert Visitor(office.port).ask("GET", BULK, b"", {"Authorization": f"Bearer {token}"}).status == 405


def test_r42_what_exported_rules_ask_for_stands_in_metrics(office: Office) -> None:
    token = a_token(office, "metrics")
    said = Visitor(office.port).ask("GET", "/metrics", b"", {"Authorization": f"Bearer {token}"})
    assert said.status == 200
    there = [sample for family in text_string_to_metric_families(said.text) for sample in family.samples]
    exported = office.acme.care("monitor", "export", "--to", "prometheus-rules")
    assert exported.code == 0, exported.err
    rules = [rule for group in yaml.safe_load(exported.out)["groups"] for rule in group["rules"]]
    asked = [match for rule in rules for match in re.findall(r"\b(care_[a-z_]+)(?:\{([^}]*)\})?", rule["expr"])]
    assert len(asked) > 30
    for name, selector in asked:
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', selector))
        assert any(one.name == name and wanted.items() <= one.labels.items() for one in there), (name, selector)


def test_an_export_says_what_it_cannot_write(office: Office) -> None:
    unknown = office.acme.care("monitor", "export", "nobody", "--to", "grafana-dashboard")
    assert (unknown.code, "lists no system 'nobody'" in unknown.err) == (2, True)
    written = office.acme.root.parent / "dashboard.json"
    done = office.acme.care("monitor", "export", SYSTEM, "--to", "grafana-dashboard", "--out", str(written))
    assert (done.code, "monitors of 1 systems" in done.out) == (0, True)
    assert [one["type"] for one in json.loads(written.read_text())["panels"]][:1] == ["row"]
