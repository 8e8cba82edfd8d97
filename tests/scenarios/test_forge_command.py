"""R39, R40, R41: a job tells its forge what a check and a gate said, typed as a job types it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from acme_releases import APPROVERS, Acme
from care_rooms import Said, a_repository, care
from change_rooms import Firm
from forge_server import TOKEN, ForgeState, served
from served import serving

from careloop import wiring
from careloop.documents.forge_event import DeploymentAsked
from careloop.testing.contracts.forge import CHANGE, COMMIT
from careloop.testing.source_tree_builder import edited, small_repository
from careloop.workflows.run.answer_deployments import note_deployment

FINDER = "systems/book-finder/system.yaml"


@pytest.fixture
def github() -> Iterator[ForgeState]:
    state = ForgeState("github")
    with served(state) as url:
        state.url = url
        yield state


def told(*words: object, at: Path, state: ForgeState, **more: str) -> Said:
    """`care forge` in a job of GitHub Actions."""
    job = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": state.url, "GITHUB_REPOSITORY": "acme/aims"}
    said = care("forge", *words, at=at, **job, **({"CARELOOP_FORGE_TOKEN": TOKEN} | more))
    assert TOKEN not in said.out + said.err
    return said


def test_the_comment_of_a_check_is_written_once_and_then_anew(tmp_path: Path, github: ForgeState) -> None:
    a_repository(tmp_path / "shop", edited(small_repository(), FINDER, "jurisdictions: [Ireland]\n", ""))
    note = tmp_path / "comment.md"
    assert care("check", "shop", "--report", f"markdown={note}", at=tmp_path).code == 1
    assert told("comment", CHANGE, "--file", note, at=tmp_path, state=github).out == "wrote the comment at 7\n"
    assert told("comment", CHANGE, "--file", note, at=tmp_path, state=github).out.startswith("left as it is")
    (tmp_path / "shop" / FINDER).write_bytes(small_repository()[FINDER])
    assert care("check", "shop", "--report", f"markdown={note}", at=tmp_path).code == 0
    assert told("comment", CHANGE, "--file", note, at=tmp_path, state=github).code == 0
    (only,) = github.comments
    assert only["body"].startswith("<!-- careloop:check -->\n### care check: nothing blocks\n")


def test_the_status_of_a_commit_follows_the_approvals(tmp_path: Path, github: ForgeState) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    said = acme.gate(str(tmp_path / "lock.json"), acme.results(lock))
    answer = tmp_path / "gate.json"
    answer.write_text(said.out)
    name = "care/gate credit-decision production"
    assert told("status", COMMIT, "--file", answer, at=tmp_path, state=github).code == 0
    assert github.statuses[COMMIT, name][0] == "pending"
    for person in APPROVERS:
        acme.approve(said.json["request"], person)
    ask = ("status", COMMIT, "--request", said.json["request"], "--repo", acme.root)
    assert told(*ask, at=tmp_path, state=github).out == f"success  {name}: may go ahead\n"
    assert github.statuses[COMMIT, name] == ("success", "may go ahead")
    acme.write("models/credit-decision/weights.json", '{"income": 9.9}\n')
    assert told(*ask, at=tmp_path, state=github).code == 0
    assert github.statuses[COMMIT, name][0] == "failure"


def test_owners_whose_approval_is_missing_are_asked_by_their_accounts(tmp_path: Path, github: ForgeState) -> None:
    firm = Firm(tmp_path)
    firm.branch()
    firm.reword()
    answer = tmp_path / "care.json"
    said = firm.care("check", "--diff", "main..HEAD", "--report", f"json={answer}")
    assert "[owner-approval]" in said.out, said.out
    ask = ("reviews", CHANGE, "--file", answer, "--repo", firm.root)
    without = told(*ask, at=tmp_path, state=github)
    assert (without.code, "ada-byron has no account here" in without.out, github.reviewers) == (0, True, [])
    firm.edit("roles.yaml", "{id: ada-byron,", "{id: ada-byron, accounts: {github: bob},")
    assert told(*ask, at=tmp_path, state=github).out == "asked bob\n"
    assert told(*ask, at=tmp_path, state=github).out == "nobody is left to be asked\n"
    assert github.reviewers == ["bob"]
    nobody = ("reviews", CHANGE, "--person", "nobody", "--repo", firm.root)
    assert told(*nobody, at=tmp_path, state=github).code == 2


def test_a_deployment_is_held_until_the_gate_allows_and_is_answered_once(tmp_path: Path, github: ForgeState) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    code = json.loads((tmp_path / "lock.json").read_text())["code_commit"]
    callback = f"{github.url}/repos/acme/aims/actions/runs/42/deployment_protection_rule"
    asked = DeploymentAsked(repository="acme/aims", environment="production", commit=code, callback=callback)
    with wiring.release_desk(acme.root, {}) as desk:
        assert note_deployment(asked, desk.ledger, wiring.now()) is True
        assert note_deployment(asked, desk.ledger, wiring.now()) is False, "a replay changes nothing"
    follow = ("follow", "--once", "--repo", acme.root)
    assert "has come to the gate" in told(*follow, at=tmp_path, state=github).out
    acme.validated()
    request = acme.gate(str(tmp_path / "lock.json"), acme.results(lock)).json["request"]
    assert told(*follow, at=tmp_path, state=github).out.startswith("held  ")
    assert github.deployments == []
    for person in APPROVERS:
        acme.approve(request, person)
    github.status = 503
    assert told(*follow, at=tmp_path, state=github).out.startswith("not told yet")
    github.status = None
    assert told(*follow, at=tmp_path, state=github).out.startswith("approved  ")
    assert told(*follow, at=tmp_path, state=github).out == "", "it is answered once"
    (answer,) = github.deployments
    assert (answer["environment_name"], answer["state"]) == ("production", "approved")


def test_a_deployment_of_a_blocked_release_is_rejected(tmp_path: Path, github: ForgeState) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    code = json.loads((tmp_path / "lock.json").read_text())["code_commit"]
    harmful = acme.results(lock, {"impact_ratio": "shown_harmful"}, impact_ratio=0.71)
    assert acme.gate(str(tmp_path / "lock.json"), harmful).code == 1
    callback = f"{github.url}/repos/acme/aims/actions/runs/43/deployment_protection_rule"
    asked = DeploymentAsked(repository="acme/aims", environment="production", commit=code, callback=callback)
    with wiring.release_desk(acme.root, {}) as desk:
        note_deployment(asked, desk.ledger, wiring.now())
    assert told("follow", "--once", "--repo", acme.root, at=tmp_path, state=github).out.startswith("rejected  ")
    (answer,) = github.deployments
    assert answer["state"] == "rejected"
    assert "0.71" in answer["comment"] or "validat" in answer["comment"]


def test_a_token_may_come_from_a_file_and_nothing_shows_it(tmp_path: Path, github: ForgeState) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "care.json").write_text(json.dumps({"schema": "careloop/check/v1", "summary": {"exit_code": 0}}))
    ask = ("status", COMMIT, "--file", "care.json")
    by_file = {"CARELOOP_FORGE_TOKEN": "", "CARELOOP_FORGE_TOKEN_FILE": "token"}
    assert told(*ask, at=tmp_path, state=github, **by_file).code == 0
    assert told(*ask, at=tmp_path, state=github, CARELOOP_FORGE_TOKEN="").code == 2
    assert told(*ask, at=tmp_path, state=github, CARELOOP_FORGE_TOKEN_FILE="nowhere").code == 1
    github.closed = True
    assert told(*ask, at=tmp_path, state=github).code == 1


def test_what_cannot_be_said_is_refused(tmp_path: Path, github: ForgeState) -> None:
    (tmp_path / "note.md").write_text("no mark\n")
    (tmp_path / "other.json").write_text('{"schema": "careloop/status/v1"}')
    for words, why in (
        (("comment", CHANGE, "--file", "note.md"), "no mark of ours"),
        (("comment", CHANGE, "--file", "none.md"), "cannot be read"),
        (("status", "main", "--file", "other.json"), "no full hash"),
        (("status", COMMIT, "--file", "other.json"), "no answer of check or gate"),
        (("status", COMMIT, "--file", "note.md"), "is no JSON"),
        (("status", COMMIT), "either --file or --request"),
        (("reviews", CHANGE), "--file or --person"),
    ):
        said = told(*words, at=tmp_path, state=github)
        assert (said.code, why in said.err) == (2, True), said.err
    nowhere = care("forge", "comment", CHANGE, "--file", "note.md", at=tmp_path, CARELOOP_FORGE_TOKEN=TOKEN)
    assert (nowhere.code, "which forge is meant" in nowhere.err) == (2, True)
    assert github.seen == []


def test_a_signed_webhook_reaches_the_ledger_of_the_server_once(tmp_path: Path) -> None:
    """A real server, the headers as GitHub sends them."""
    acme = Acme.founded(tmp_path)
    callback = "https://api.github.com/repos/acme/aims/actions/runs/42/deployment_protection_rule"
    found = {
        "action": "requested", "environment": "production", "deployment_callback_url": callback,
        "deployment": {"sha": COMMIT}, "repository": {"full_name": "acme/aims"},
    }  # fmt: skip
    body = json.dumps(found).encode()
    mac = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    right = {"X-Hub-Signature-256": f"sha256={mac}", "X-GitHub-Event": "deployment_protection_rule"}

    def post(port: int, headers: dict[str, str]) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with closing(line):
            line.request("POST", "/api/v1/forge/github", body=body, headers=headers)
            return line.getresponse().status

    with serving(acme.root, CARELOOP_FORGE_WEBHOOK_SECRET="shared", CARELOOP_FORGE_REPOSITORY="acme/aims") as port:
        statuses = [post(port, headers) for headers in ({}, right | {"X-Hub-Signature-256": "sha256=00"}, right, right)]
    assert statuses == [401, 401, 202, 204]
    rows = acme.care("ledger", "show", "--format", "json").json["entries"]
    assert [row["type"] for row in rows if row["type"].startswith("deployment.")] == ["deployment.asked"]
