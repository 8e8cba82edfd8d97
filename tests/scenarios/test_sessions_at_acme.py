"""Acme's approvers at the browser: the same release, by sessions that the server vouches for; real git, real SQLite."""

import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from acme_releases import APPROVERS, Acme

from careloop import wiring
from careloop.domain.approval import RequestState
from careloop.domain.session import WebSession
from careloop.errors import Refused
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.view_requests import view_requests


def approve_at_the_browser(acme: Acme, request: str, person: str, *, ago: timedelta = timedelta(minutes=1)) -> Approved:
    """What the pages do when somebody confirms with their second factor."""
    now = datetime.now(UTC)
    session = WebSession(
        person=person,
        issuer="https://care.acme.example",
        subject=f"account-{person}",
        id_sha256=sha256(f"cookie of {person}".encode()).hexdigest(),
        factors="password+totp",
        stepped_up_at=now - ago,
    )
    with wiring.release_desk(acme.root, {}) as desk:
        voucher = wiring.session_voucher(acme.root, session)
        return approve_release(ApprovalAsk(request, "Looked at it"), desk, voucher, now)


def waiting(tmp_path: Path) -> tuple[Acme, str, str]:
    """A release that waits for approvals: the repository, the lock and the request."""
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    request = acme.gate(str(tmp_path / "lock.json"), acme.results(lock)).json["request"]
    return acme, lock, str(request)


def list_the_server(acme: Acme) -> None:
    line = wiring.session_key(acme.root).line()
    acme.edit("care.yaml", "stores:\n", f'sessions: {{vouched_by: ["{line}"]}}\nstores:\n')
    acme.commit("aoife.kelly@acme.example")


def test_a_release_is_approved_by_two_sessions_once_the_server_is_listed_in_git(tmp_path: Path) -> None:
    acme, lock, request = waiting(tmp_path)
    with pytest.raises(Refused, match="does not let this server vouch") as refused:
        approve_at_the_browser(acme, request, APPROVERS[0])
    assert wiring.session_key(acme.root).line() in str(refused.value.hint)
    list_the_server(acme)
    assert acme.care("check").code == 0
    assert approve_at_the_browser(acme, request, APPROVERS[0]).given == 1
    with pytest.raises(Refused, match="proved who they are"):
        approve_at_the_browser(acme, request, APPROVERS[1], ago=timedelta(minutes=11))
    with pytest.raises(Refused, match="asked for this release"):
        approve_at_the_browser(acme, request, "daniel-osei")
    assert approve_at_the_browser(acme, request, APPROVERS[1]).given == 2
    answer = acme.gate(lock, tmp_path / "results.json").json
    assert [(one["person"], one["proof"]) for one in answer["approvals"]] == [(one, "session") for one in APPROVERS]
    recorded = acme.record(lock)
    assert (recorded.code, recorded.json["standing"]["approvals"]) == (0, 2)
    assert acme.care("ledger", "verify").code == 0
    with wiring.release_desk(acme.root, {}, read_only=True) as desk:
        (view,) = view_requests(desk, datetime.now(UTC))
    assert (view.state, view.count.given) == (RequestState.USED, 2)


def test_the_session_key_never_shows_up_in_git(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    wiring.session_key(acme.root)
    status = ["git", "-C", str(acme.root), "status", "--porcelain", "--untracked-files=all", "--", ".care"]
    assert subprocess.run(status, check=True, capture_output=True, text=True).stdout == ""


def test_a_server_with_a_persons_key_is_a_finding(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    key = acme.key("grace-liu").with_suffix(".pub").read_text().strip()
    acme.edit("care.yaml", "stores:\n", f'sessions: {{vouched_by: ["{key}"]}}\nstores:\n')
    said = acme.care("check", "--format", "json")
    assert said.code == 1
    assert [(one["rule"], one["file"]) for one in said.json["findings"]] == [("session-key-apart", "care.yaml")]
