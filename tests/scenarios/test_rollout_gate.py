"""What a canary controller asks between its steps: may this release go on? (R48; issue 7, item 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from acme_releases import APPROVERS, SYSTEM
from served import Visitor
from web_office import READER, Office, founded, open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(founded(tmp_path_factory.mktemp("founded")), tmp_path_factory.mktemp("office")) as made:
        yield made


def asked(office: Office, method: str, lock: str, *, secret: str, more: str = "") -> tuple[int, dict[str, object]]:
    path = f"/api/v1/gate/{SYSTEM}?release={lock}{more}"
    flagger = json.dumps({"name": "credit", "namespace": "prod", "phase": "Progressing"}).encode()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    answer = Visitor(office.port).ask(method, path, flagger if method == "POST" else b"", headers)
    return answer.status, answer.json


def test_r48_a_rollout_holds_without_standing_goes_on_with_it_and_holds_again_once_it_is_revoked(
    office: Office,
) -> None:
    visitor = office.visitor(READER)
    made = visitor.post("/account/tokens/", form_of="/account/", name="flagger", scopes=["gate", "read"], days="30")
    assert made.status == 302, made.text
    secret = visitor.get("/account/").found(r'care-once">(care_[^<]+)<')
    shown = office.acme.care("ledger", "show", "--type", "gate.decision", "--format", "json").json
    lock = str(shown["entries"][-1]["data"]["lock"])
    status, said = asked(office, "POST", lock, secret=secret)
    assert (status, said["go"], said["because"]) == (409, False, [f"release {lock[:19]} has no standing in production"])
    assert asked(office, "GET", lock, secret=secret)[0] == 200, "a metric reads $.go, and not the status"
    for person in APPROVERS:
        assert office.acme.approve(office.request, person).code == 0
    recorded = office.acme.record(lock, "--request", office.request)
    assert recorded.code == 0, recorded.err
    assert asked(office, "POST", lock, secret=secret)[0] == 200
    assert asked(office, "GET", lock, secret=secret)[1]["go"] is True
    key = str(office.acme.key(APPROVERS[0]))
    revoked = office.acme.care("release", "revoke", lock, "--reason", "A fault in the features", "--key", key)
    assert revoked.code == 0, revoked.err
    status, said = asked(office, "POST", lock, secret=secret)
    assert (status, "was revoked" in str(said["because"])) == (409, True)


def test_who_asks_wrongly_or_without_a_token_is_not_told_to_go_on(office: Office) -> None:
    visitor = office.visitor(READER)
    visitor.post("/account/tokens/", form_of="/account/", name="reader", scopes=["read"], days="30")
    reads = visitor.get("/account/").found(r'care-once">(care_[^<]+)<')
    lock = "sha256:" + "0" * 64
    assert asked(office, "POST", lock, secret="care_none")[0] == 401
    assert asked(office, "POST", lock, secret=reads)[0] == 401
    visitor.post("/account/tokens/", form_of="/account/", name="gate", scopes=["gate"], days="30")
    gate = visitor.get("/account/").found(r'care-once">(care_[^<]+)<')
    assert asked(office, "POST", lock, secret=gate)[0] == 409
    assert asked(office, "POST", lock, secret=gate, more="&environment=staging")[0] == 400
    headers = {"Authorization": f"Bearer {gate}"}
    assert Visitor(office.port).ask("POST", f"/api/v1/gate/nobody?release={lock}", b"", headers).status == 404
    assert Visitor(office.port).ask("POST", f"/api/v1/gate/{SYSTEM}", b"", headers).status == 400
