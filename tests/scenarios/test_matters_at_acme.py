"""Waivers, emergencies and authority on call at Acme: by the command with real keys, and on the pages (R37, R41)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from acme_releases import APPROVERS, SYSTEM, Acme
from served import Visitor
from web_office import READER, REQUESTER, Founded, Office, founded, open_office

from careloop import wiring

WAIVER = """\
id: late-validation
rule: independently-validated
subject: credit-decision
reason: The validator is ill until Friday.
owner: product-credit
expires: {expires}
approved: [{{by: model-risk, on: 2026-11-01}}, {{by: lending-compliance-ny, on: 2026-11-01}}]
"""
SEEN = r'name="seen" value="([0-9a-f]{64})"'


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    """Acme with a release that nobody has validated, and a waiver that calls itself approved."""
    made = Acme.founded(tmp_path)
    return with_waiver(made)


def with_waiver(acme: Acme) -> Acme:
    last = wiring.now().date().replace(day=1).toordinal() + 50
    expires = type(wiring.now().date()).fromordinal(min(last, wiring.now().date().toordinal() + 25))
    acme.write("waivers/late-validation.yaml", WAIVER.format(expires=expires))
    acme.commit("aoife.kelly@acme.example")
    return acme


def ask(acme: Acme, *words: str) -> dict[str, Any]:
    said = acme.care("request", *words, "--requester", "daniel-osei", "--format", "json")
    assert said.code == 3, said.err
    return said.json


def gated(acme: Acme, lock: str) -> dict[str, Any]:
    return acme.gate(lock, acme.results(lock)).json


def test_r41_a_waiver_on_a_very_high_system_takes_two_signatures_and_is_shown_as_one(acme: Acme) -> None:
    lock = acme.locked()
    path = str(acme.keys.parent / "lock.json")
    assert acme.gate(path, acme.results(lock)).code == 1
    request = ask(acme, "waiver", "late-validation")["digest"]
    for person in APPROVERS:
        assert acme.gate(lock, acme.results(lock)).code == 1
        said = acme.approve(request, person)
        assert said.code == 0, said.err
    assert "waiver/late-validation is granted" in said.out
    answer = gated(acme, lock)
    assert answer["decision"] == "wait"
    assert any("set aside by waiver late-validation" in one["message"] for one in answer["reasons"])
    ended = acme.care(
        "request", "end", "waiver/late-validation", "--reason", "He is back", "--key", str(acme.key("grace-liu"))
    )
    assert (ended.code, "counts no more" in ended.out) == (0, True)
    assert gated(acme, lock)["decision"] == "block"
    shown = acme.care("request", "show", request)
    assert (shown.code, "reason: The validator is ill until Friday." in shown.out) == (0, True)


def test_breaking_the_glass_at_the_command_pages_records_and_asks_for_a_review(acme: Acme) -> None:
    acme.edit(
        "roles.yaml", "authorities: [deploy, rollback, kill]", "authorities: [deploy, rollback, kill, break_glass]"
    )
    rota = "on_call:\n  - {post: platform-operations, people: [priya-raman], authorities: [rollback], at_most: PT12H}\n"
    acme.edit("roles.yaml", "delegations:\n", rota + "delegations:\n")
    acme.commit("aoife.kelly@acme.example")
    lock = acme.locked()
    acme.gate(str(acme.keys.parent / "lock.json"), acme.results(lock))
    words = ["--reason", "Old model refuses everybody", "--format", "json"]
    lonely = acme.care("release", "emergency", lock, *words, "--key", str(acme.key("grace-liu")))
    assert (lonely.code, "lacks nothing but approvals" in lonely.err) == (1, True)
    refused = acme.care("release", "break-glass", lock, *words, "--key", str(acme.key("grace-liu")))
    assert (refused.code, "carries break_glass" in refused.err) == (1, True)
    done = acme.care("release", "break-glass", lock, *words, "--key", str(acme.key("marek-novak")))
    assert done.code == 0, done.err
    assert done.json["paged"] is True
    assert "marek-novak let release" in done.err  # the terminal is the pager where none is configured
    standing = acme.care("release", "standing", SYSTEM, "--format", "json").json["systems"][0]["standings"][0]
    assert (standing["valid"], standing["until"]) == (True, done.json["until"])
    listed = acme.care("request", "list", "--format", "json").json["requests"]
    assert [(one["action"], one["digest"]) for one in listed] == [("review", done.json["review"])]
    for person in APPROVERS:
        assert acme.approve(done.json["review"], person).code == 0
    again = acme.care("release", "standing", SYSTEM, "--format", "json").json["systems"][0]["standings"]
    assert [one["until"] for one in again] == [done.json["until"], None]
    called = acme.care(
        "oncall", "take", "platform-operations", "--for", "PT2H", "--reason", "R", "--key", str(acme.key("priya-raman"))
    )
    assert (called.code, "may use rollback of platform-operations" in called.out) == (0, True)
    assert "priya-raman has rollback" in acme.care("oncall", "show").out


def test_r37_an_overdue_review_is_the_programmes_finding_and_holds_the_next_release(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = acme.locked()
    acme.validated()
    acme.gate(str(acme.keys.parent / "lock.json"), acme.results(lock))
    went = acme.care(
        "release", "emergency", lock, "--reason", "Refusals", "--format", "json", "--key", str(acme.key("grace-liu"))
    )
    assert went.code == 0, went.err
    later = wiring.now().replace(microsecond=0)
    monkeypatch.setattr(wiring, "now", lambda: later.fromtimestamp(later.timestamp() + 90_000, later.tzinfo))
    told = acme.care("status", "--format", "json").json["programme"]
    (owed,) = [one for one in told if one["rule"] == "emergency-reviewed"]
    assert "grace-liu acted by emergency (Refusals), and nobody reviewed it" in owed["message"]
    assert acme.care("explain", "emergency-reviewed").code == 0
    acme.write("models/credit-decision/weights.json", '{"income": 1.6}\n')
    for label in ("version:", "- **Version:**"):
        acme.edit("systems/credit-decision/card.md", f"{label} 3.2.0", f"{label} 3.3.0")
    acme.commit("daniel.osei@acme.example")
    second = acme.locked("second.json")
    acme.validated("second.json")
    held = acme.gate(str(acme.keys.parent / "second.json"), acme.results(second))
    assert (held.code, held.json["request"]) == (3, None), held.json["reasons"]
    assert any(one["kind"] == "review" for one in held.json["reasons"])


# --- on the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """Acme with accounts and, beside the release that waits, a waiver."""
    made = founded(tmp_path_factory.mktemp("matters"))
    with_waiver(Acme(made.folder / "acme", made.folder / "keys"))
    return made


@pytest.fixture
def office(template: Founded, tmp_path: Path) -> Iterator[Office]:
    with open_office(template, tmp_path) as made:
        yield made


def token(visitor: Visitor, *scopes: str) -> str:
    made = visitor.post("/account/tokens/", form_of="/account/", name="pipeline", scopes=list(scopes), days="3")
    assert made.status == 302, made.text
    return visitor.get("/account/").found(r'care-once">(care_[^<]+)<')


def posted(office: Office, secret: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return Visitor(office.port).ask("POST", "/api/v1/requests", json.dumps(body).encode(), headers)


def test_the_inbox_shows_a_waiver_with_its_terms_and_two_people_grant_it_there(office: Office) -> None:
    request = ask(office.acme, "waiver", "late-validation")["digest"]
    first = office.visitor(APPROVERS[0])
    for _ in range(100):
        inbox = first.get("/approvals/").text
        if "the rule independently-validated is set aside for credit-decision" in inbox:
            break
        sleep(0.2)
    else:
        raise AssertionError(inbox)
    page = first.get(f"/approvals/{request}/")
    assert "The validator is ill until Friday." in page.text
    for person in APPROVERS:
        visitor = office.visitor(person)
        seen = visitor.get(f"/approvals/{request}/").found(SEEN)
        answer = visitor.post(f"/approvals/{request}/sign/", seen=seen, verdict="approve", reason="I read it.")
        assert answer.status == 302
    assert office.visitor(READER).get(f"/approvals/{request}/").headline == "This request is used"
    assert office.types().count("matter.granted") == 1


def test_a_pipeline_asks_by_token_in_its_owners_name_and_can_sign_nothing(office: Office) -> None:
    asking = office.visitor(REQUESTER)
    secret, reads = token(asking, "gate"), token(asking, "read")
    body = {"kind": "waiver", "id": "late-validation"}
    assert posted(office, reads, body).status == 401
    assert posted(office, secret, {**body, "kind": "anything"}).status == 400
    assert posted(office, secret, {**body, "id": "no-such"}).status == 404
    made = posted(office, secret, body)
    assert made.status == 200, made.text
    assert (made.json["action"], made.json["requester"], made.json["state"]) == ("waiver", REQUESTER, "open")
    sign = Visitor(office.port).ask(
        "POST", f"/approvals/{made.json['digest']}/sign/", b"verdict=approve", {"Authorization": f"Bearer {secret}"}
    )
    assert sign.status in (302, 403)
    assert "approval.given" not in office.types()
