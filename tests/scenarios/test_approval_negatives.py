"""Every way around an approval that we know of, tried on Acme with the real command and real keys (R41, LEDGER 8)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import pytest
from acme_releases import APPROVERS, SYSTEM, Acme, care

from careloop import wiring
from careloop.ports.ledger import Actor, ActorKind, Record

CONSUMERS = 16


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Acme with a very-high release whose request waits for two people; each test opens a copy."""
    folder = tmp_path_factory.mktemp("negatives")
    acme = Acme.founded(folder)
    lock = acme.locked()
    acme.validated()
    asked = acme.gate(str(folder / "lock.json"), acme.results(lock))
    assert asked.code == 3, asked.out
    return folder


@pytest.fixture
def acme(template: Path, tmp_path: Path) -> Acme:
    copytree(template, tmp_path / "here", symlinks=True)
    return Acme(tmp_path / "here" / "acme", tmp_path / "here" / "keys")


def lock_of(acme: Acme) -> str:
    shown = acme.care("ledger", "show", "--type", "gate.decision", "--format", "json").json
    return str(shown["entries"][-1]["data"]["lock"])


def request_of(acme: Acme) -> str:
    shown = acme.care("ledger", "show", "--type", "approval.requested", "--format", "json").json
    return str(shown["entries"][-1]["data"]["request"])


def approved_by_both(acme: Acme) -> str:
    request = request_of(acme)
    for person in APPROVERS:
        said = acme.approve(request, person)
        assert said.code == 0, said.err
    return request


@contextmanager
def edited_roles(acme: Acme, old: str, new: str) -> Iterator[None]:
    """roles.yaml changed and committed by somebody who approves nothing here."""
    acme.edit("roles.yaml", old, new)
    acme.commit("niamh.byrne@acme.example")
    yield


def given(acme: Acme) -> list[str]:
    """Who has approved, as far as it counts now, by the gate's word."""
    answer = acme.gate(lock_of(acme), acme.keys.parent / "results.json").json
    return [one["person"] for one in answer["approvals"]]


def test_r41_nobody_approves_what_they_asked_for(acme: Acme) -> None:
    with edited_roles(acme, "authorities: [request_release, kill]", "authorities: [request_release, approve_release]"):
        said = acme.approve(request_of(acme), "daniel-osei")
    assert (said.code, "asked for this release" in said.err) == (1, True)


def test_r41_one_human_with_two_accounts_is_one_voice(acme: Acme) -> None:
    twin = '  - id: m-kowalska\n    name: M. Kowalska\n    mail: Marta.Kowalska@acme.example\n    keys: ["{key}"]\n'
    key = acme.key("m-kowalska").with_suffix(".pub").read_text().strip()
    acme.edit("roles.yaml", "posts:\n", twin.format(key=key) + "posts:\n")
    with edited_roles(acme, "holders: [priya-raman]", "holders: [priya-raman, m-kowalska]"):
        request = request_of(acme)
        assert acme.approve(request, "marta-kowalska").code == 0
        said = acme.approve(request, "m-kowalska")
    assert (said.code, "has approved this request already" in said.err) == (1, True)
    assert given(acme) == ["marta-kowalska"]


def test_r41_a_program_never_approves_whatever_post_it_was_given(acme: Acme) -> None:
    key = acme.key("release-bot").with_suffix(".pub").read_text().strip()
    bot = f'  - id: release-bot\n    name: Release bot\n    service: true\n    keys: ["{key}"]\n'
    acme.edit("roles.yaml", "posts:\n", bot + "posts:\n")
    with edited_roles(acme, "holders: [priya-raman]", "holders: [priya-raman, release-bot]"):
        said = acme.approve(request_of(acme), "release-bot")
        order = acme.care("rollback", SYSTEM, "--safe-state", "--reason", "Try", "--key", str(acme.key("release-bot")))
    assert (said.code, "programs never approve" in said.err) == (1, True)
    assert (order.code, "no post of release-bot" in order.err) == (1, True)


def test_r41_approvals_of_one_release_serve_no_other_system_and_no_other_environment(acme: Acme) -> None:
    request = approved_by_both(acme)
    elsewhere = acme.record(lock_of(acme), "--environment", "new-york", "--request", request)
    assert (elsewhere.code, "for the environment production" in elsewhere.err) == (1, True)
    out = acme.keys.parent / "other.json"
    weights = str(acme.root / "models/credit-decision")
    other = acme.care(
        "release", "lock", "product-recommender", "--artifact", weights, "--version", "9", "--out", str(out)
    )
    said = acme.record(str(out), "--request", request)
    assert other.code == 0, other.err
    assert (said.code, "not for" in said.err or "no release" in said.err) in {(1, True), (2, True)}
    assert acme.care("release", "standing", "product-recommender").out.startswith("no release")


def test_r41_one_edited_byte_after_approval_gives_no_standing(acme: Acme) -> None:
    request = approved_by_both(acme)
    path = acme.root / "models/credit-decision/weights.json"
    raw = path.read_bytes()
    path.write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
    said = acme.record(lock_of(acme), "--request", request)
    assert (said.code, "no longer what was locked" in said.err) == (1, True)


def test_r41_approvals_of_a_stale_policy_are_void(acme: Acme) -> None:
    request = approved_by_both(acme)
    acme.edit("risk/criteria.yaml", "individuals: 6", "individuals: 5")
    acme.commit("jonas.weber@acme.example")
    said = acme.record(lock_of(acme), "--request", request)
    assert (said.code, "the request is void" in said.err, "individuals" in said.err) == (1, True, True)


def test_r41_a_role_lost_after_approval_takes_the_approval_with_it(acme: Acme) -> None:
    request = approved_by_both(acme)
    assert len(given(acme)) == 2
    with edited_roles(acme, "authorities: [approve_release, notify_authority]", "authorities: [notify_authority]"):
        said = acme.record(lock_of(acme), "--request", request)
    assert (said.code, said.json["decision"], said.json["standing"]) == (3, "wait", None)
    assert [one["ground"] for one in said.json["refused_approvals"]] == ["no_authority"]


def test_r41_an_approval_is_used_before_its_request_expires(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    request = approved_by_both(acme)
    later = wiring.now().replace(year=wiring.now().year + 1)
    monkeypatch.setattr(wiring, "now", lambda: later)
    said = acme.record(lock_of(acme), "--request", request)
    assert (said.code, "the request expired" in said.err) == (1, True)
    late = acme.approve(request, "priya-raman")
    assert (late.code, "the request expired" in late.err) == (1, True)


@pytest.mark.parametrize(
    "mail", ["mart\u0430.kowalska@acme.example", "marta.\u212aowalska@acme.example", "ｍarta.kowalska@acme.example"]
)
def test_r41_ids_that_only_look_alike_are_refused(acme: Acme, mail: str) -> None:
    """Cyrillic a, the Kelvin sign that folds into k, a full-width m: as requester, and as somebody's address."""
    lock = lock_of(acme)
    said = acme.care(
        "gate", SYSTEM, "--release", lock, "--results", str(acme.keys.parent / "results.json"), "--requester", mail
    )
    assert (said.code, "not plain ASCII" in said.err) == (2, True)
    acme.edit("roles.yaml", "daniel.osei@acme.example", mail)
    checked = acme.care("check", "--format", "json")
    assert checked.code == 2
    assert any(one["file"] == "roles.yaml" and "ASCII" in one["message"] for one in checked.json["errors"])


def test_r41_an_approval_from_another_instance_says_nothing_here(acme: Acme, tmp_path: Path) -> None:
    """The same commit, release and results at another ledger: another request, and so another approval."""
    copytree(acme.root, tmp_path / "there" / "acme", symlinks=True)
    copytree(acme.keys, tmp_path / "there" / "keys")
    there = Acme(tmp_path / "there" / "acme", tmp_path / "there" / "keys")
    _start_anew(there)
    asked = there.gate(str(acme.keys.parent / "lock.json"), acme.keys.parent / "results.json")
    assert asked.json["decision"] == "block"  # nobody has validated it in that ledger
    foreign = Acme(there.root, there.keys)
    (there.keys.parent / "lock.json").write_text((acme.keys.parent / "lock.json").read_text())
    foreign.validated()
    request = foreign.gate(str(acme.keys.parent / "lock.json"), acme.keys.parent / "results.json").json["request"]
    assert request != request_of(acme)
    assert foreign.approve(str(request), "marta-kowalska").code == 0
    said = acme.approve(str(request), "grace-liu")
    assert (said.code, "no approval request" in said.err) == (2, True)
    _carry_over(foreign, acme)
    assert given(acme) == []


def _start_anew(acme: Acme) -> None:
    """Another instance: the same documents, a ledger of its own."""
    for path in sorted((acme.root / ".care").glob("*"), reverse=True):
        if path.is_file():
            path.unlink()
        else:
            subprocess.run(["rm", "-rf", str(path)], check=True)


def _carry_over(source: Acme, target: Acme) -> None:
    """Write the other instance's approval into this ledger, with this ledger's request in its place."""
    with closing(wiring.open_ledger(source.root)) as ledger:
        entry = next(iter(ledger.query(type="approval.given")))
    record = entry.record
    request = request_of(target)
    forged = Record(
        id=record.id,
        type=record.type,
        actor=Actor(iss=record.actor.iss, sub=record.actor.sub, kind=ActorKind.PERSON),
        occurred_at=record.occurred_at,
        data={**record.data, "request": request},
        subject=tuple(
            one if not one.name.startswith("requests/") else type(one)(name=f"requests/{request}", digest=request)
            for one in record.subject
        ),
    )
    with wiring.release_desk(target.root, {}) as desk:
        desk.ledger.append([forged], recorded_at=wiring.now())


def test_r41_sixteen_consumers_of_one_approval_make_one_standing(acme: Acme) -> None:
    request, lock = approved_by_both(acme), lock_of(acme)
    command = [
        sys.executable, "-c", "from careloop.cli.main import run; run()", "release", "record", lock,
        "--request", request, "--repo", str(acme.root), "--format", "json",
    ]  # fmt: skip
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(CONSUMERS)
    ]
    ends = [(process.communicate(), process.returncode) for process in running]
    assert {code for _, code in ends} <= {0, 1}, ends
    answers = [json.loads(out) for (out, _), code in ends if code == 0]
    assert sum(answer["recorded"] for answer in answers) == 1
    shown = acme.care("ledger", "show", "--type", "release.standing", "--format", "json").json
    assert len(shown["entries"]) == 1
    assert care("ledger", "verify", "--repo", str(acme.root)).code == 0


def test_r28_a_review_across_functions_waits_for_the_second_function(acme: Acme) -> None:
    quorum = "approvals: {very_high: {functions: {at_least: 2, of: [legal, security, product, data]}}}\nstores:\n"
    acme.edit("care.yaml", "stores:\n", quorum)
    acme.commit("aoife.kelly@acme.example")
    lock, results = lock_of(acme), acme.keys.parent / "results.json"
    request = acme.gate(lock, results).json["request"]
    assert acme.approve(request, "marta-kowalska").code == 0
    assert acme.approve(request, "grace-liu").code == 0
    said = acme.gate(lock, results)
    assert said.code == 3
    assert any("1 of 2 functions have approved (legal)" in one["message"] for one in said.json["reasons"])
    assert acme.record(lock, "--request", request).code == 3
    assert acme.approve(request, "priya-raman").code == 0
    assert acme.record(lock, "--request", request).code == 0
    assert acme.gate(lock, results).code == 0
