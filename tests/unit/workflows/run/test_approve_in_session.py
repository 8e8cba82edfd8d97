"""Acting by a web session with step-up: what it takes, what is kept of it, and that it opens nothing more (R41)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from release_scene import Scene

from careloop.domain.decision import Verdict
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, Refused
from careloop.gates.request import statement_digest
from careloop.gates.session import read_session, session_digest
from careloop.ledger.record import uuid7
from careloop.ledger.ssh_signature import read_ssh_key, verify_ssh_signature
from careloop.ports.ledger import Actor, ActorKind, Entry, Record
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.give_approval import ApprovalAsk
from careloop.workflows.run.pause_automation import pause_automation, paused_now
from careloop.workflows.run.revoke_release import RevokeAsk, revoke_release
from careloop.workflows.run.signed_order import OrderAsk, sign_order
from careloop.workflows.run.validate_release import ValidationAsk, validate_release

ISSUER = "https://care.harbour.example"


def asked(*servers: str, requester: str = "req", step_up: str = "PT10M") -> tuple[Scene, ReleaseLock, str]:
    """A release whose gate waits for approvals, in a shop where these servers may vouch for sessions."""
    scene = Scene()
    scene.let_vouch(*(servers or ("care-server",)), step_up=step_up)
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock, requester=requester).request_digest
    assert request is not None
    return scene, lock, request


def the_last(scene: Scene, kind: str = "approval.given") -> Entry:
    return list(scene.ledger.query(type=kind))[-1]


def test_an_approval_in_a_session_is_kept_with_all_that_proves_it() -> None:
    scene, _, request = asked()
    made = scene.approve_in_session(request, "ada")
    server = read_ssh_key(line_of("care-server"))
    assert (made.person, made.post, made.given, made.key) == ("ada", "risk", 1, server.fingerprint)
    record = the_last(scene).record
    assert record.actor == Actor(iss=ISSUER, sub="ada", kind=ActorKind.PERSON)
    statement = read_session(record.data["session"])
    assert (statement.action, statement.digest, statement.at) == ("approve", request, scene.now)
    assert (statement.who.person, statement.who.factors) == ("ada", "password+totp")
    signature, message = str(record.data["signature"]), session_digest(statement).encode()
    assert verify_ssh_signature(signature, message, allowed=[server], namespace="care-session") == server
    assert record.data["key"] == server.fingerprint


def test_two_sessions_of_two_people_give_a_release_its_standing() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada")
    scene.approve_in_session(request, "bob")
    done = scene.record(lock)
    assert done.new
    assert done.standing is not None
    assert (done.standing.request, done.standing.approvals) == (request, 2)


def test_a_key_of_ones_own_and_a_session_of_another_person_give_it_too() -> None:
    scene, lock, request = asked()
    scene.approve(request, "ada")
    scene.approve_in_session(request, "bob")
    assert scene.record(lock).standing is not None


def test_without_a_line_in_care_yaml_no_server_vouches_and_the_line_is_said() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock).request_digest
    assert request is not None
    with pytest.raises(Refused, match="does not let this server vouch") as found:
        scene.approve_in_session(request, "ada")
    hint = str(found.value.hint)
    assert f'`sessions: {{vouched_by: ["{line_of("care-server")}"]}}`' in hint
    assert "committed" in hint
    assert "approval.given" not in scene.types()


def test_the_line_that_is_said_is_the_one_that_lets_the_server_vouch() -> None:
    scene, _, request = asked("other-server")
    with pytest.raises(Refused) as found:
        scene.approve_in_session(request, "ada")
    assert f'add "{line_of("care-server")}" to `sessions: vouched_by:` in care.yaml' in str(found.value.hint)
    scene.let_vouch("other-server", "care-server")
    assert scene.approve_in_session(request, "ada").given == 1


def test_a_line_that_stands_only_in_the_work_tree_lets_no_server_vouch() -> None:
    scene, _, request = asked("other-server")
    scene.edit("care.yaml", line_of("other-server"), line_of("care-server"))
    with pytest.raises(Refused, match="does not let this server vouch"):
        scene.approve_in_session(request, "ada")


def test_a_key_that_is_listed_for_a_person_too_vouches_for_nobody_and_signs_for_nobody() -> None:
    scene, _, request = asked("bob")
    with pytest.raises(Refused, match="listed for a person as well"):
        scene.approve_in_session(request, "ada", server="bob")
    with pytest.raises(Refused, match="listed for anybody"):
        scene.approve(request, "bob")


@pytest.mark.parametrize("minutes_ago", [10.01, 60 * 24])
def test_a_step_up_that_is_too_old_is_turned_away(minutes_ago: float) -> None:
    scene, _, request = asked()
    with pytest.raises(Refused, match="proved who they are") as found:
        scene.approve_in_session(request, "ada", minutes_ago=minutes_ago)
    assert "prove again who you are" in str(found.value.hint)
    assert scene.approve_in_session(request, "ada", minutes_ago=10).given == 1


def test_a_step_up_in_the_future_is_turned_away() -> None:
    scene, _, request = asked()
    with pytest.raises(Refused, match="only after they had agreed"):
        scene.approve_in_session(request, "ada", minutes_ago=-0.01)


def test_care_yaml_says_how_fresh_a_step_up_must_be() -> None:
    scene, _, request = asked(step_up="PT1M")
    with pytest.raises(Refused, match="within 1 min"):
        scene.approve_in_session(request, "ada", minutes_ago=2)
    scene.let_vouch("care-server", step_up="PT1H")
    assert scene.approve_in_session(request, "ada", minutes_ago=59).given == 1


def test_a_session_of_somebody_unknown_or_gone_is_turned_away() -> None:
    scene, _, request = asked()
    for nobody in ("stranger", "ada@harbour.example"):
        with pytest.raises(Refused, match="lists nobody called"):
            scene.approve_in_session(request, nobody)
    scene.edit("roles.yaml", "mail: ada@harbour.example", "left: 2026-11-23, mail: ada@harbour.example")
    scene.commit("req@harbour.example")
    with pytest.raises(Refused, match="ada left"):
        scene.approve_in_session(request, "ada")


def test_a_session_serves_no_other_person_than_its_own() -> None:
    scene, _, request = asked()
    ask = ApprovalAsk(request, "Fine.", person="bob")
    with pytest.raises(Refused, match="a session of ada, not of bob"):
        approve_release(ask, scene.desk, scene.voucher("ada"), scene.now)
    same = replace(ask, person="ada@harbour.example")
    assert approve_release(same, scene.desk, scene.voucher("ada"), scene.now).person == "ada"


def test_requester_author_and_people_without_authority_are_turned_away_in_a_session_too() -> None:
    scene, _, request = asked(requester="ada")
    with pytest.raises(Refused, match="ada asked for this release"):
        scene.approve_in_session(request, "ada")
    with pytest.raises(Refused, match="dev wrote or committed"):
        scene.approve_in_session(request, "dev")
    with pytest.raises(Refused, match="no post of val carries approve_release"):
        scene.approve_in_session(request, "val")


@pytest.mark.parametrize("first_by_key", [True, False])
def test_the_same_human_by_key_and_by_session_approves_once(first_by_key: bool) -> None:
    scene, lock, request = asked()

    def approve(*, by_key: bool) -> None:
        if by_key:
            scene.approve(request, "ada")
        else:
            scene.approve_in_session(request, "ada")

    approve(by_key=first_by_key)
    with pytest.raises(Refused, match="ada has approved this request already"):
        approve(by_key=not first_by_key)
    assert scene.types().count("approval.given") == 1
    assert scene.record(lock).standing is None


def test_one_account_cannot_speak_for_two_people() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada", subject="7f3a")
    with pytest.raises(Refused, match="the account of bob has approved this request already, for ada"):
        scene.approve_in_session(request, "bob", subject="7f3a")
    assert scene.record(lock).answer.decision.approvals == 1


def test_a_second_of_one_post_is_turned_away_in_a_session_too() -> None:
    scene, _, request = asked()
    scene.approve(request, "ada")
    with pytest.raises(Refused, match="the post of cy"):
        scene.approve_in_session(request, "cy")


def test_a_server_taken_off_care_yaml_after_it_vouched_counts_no_more_when_the_release_is_recorded() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada")
    scene.approve_in_session(request, "bob")
    scene.let_vouch()
    done = scene.record(lock, request=request)
    assert (done.standing, done.answer.decision.verdict) == (None, Verdict.WAIT)
    assert [one.person for one in done.answer.approvals.refused] == ["ada", "bob"]
    scene.let_vouch("care-server")
    assert scene.record(lock, request=request).standing is not None


def test_a_stricter_step_up_holds_for_what_was_approved_before_it_too() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada", minutes_ago=9)
    scene.approve_in_session(request, "bob", minutes_ago=1)
    scene.let_vouch("care-server", step_up="PT5M")
    assert scene.record(lock).answer.decision.approvals == 1


def _again(entry: Entry, scene: Scene, *, seed: int, **data: Any) -> None:
    """Somebody who can write into the ledger puts a record there by hand."""
    record = entry.record
    made = Record(
        id=uuid7(int(scene.now.timestamp() * 1000), bytes([seed]) * 10),
        type=record.type,
        actor=record.actor,
        occurred_at=record.occurred_at,
        data={**record.data, **data},
        subject=record.subject,
    )
    scene.ledger.append([made], recorded_at=scene.now)


def test_a_statement_replayed_on_another_request_or_later_counts_nowhere() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada")
    entry = the_last(scene)
    other = scene.gate(lock, environment="staging").request_digest
    assert other not in (None, request)
    subject = tuple(one for one in entry.record.subject if not one.name.startswith("requests/"))
    moved = replace(entry.record.subject[-1], name=f"requests/{other}", digest=other)
    replayed = replace(entry, record=replace(entry.record, subject=(*subject, moved)))
    _again(replayed, scene, seed=1, request=other)
    answer = scene.gate(lock, environment="staging")
    assert (answer.approvals.given, [one.person for one in answer.approvals.refused]) == (0, ["ada"])
    _again(replayed, scene, seed=2)
    assert scene.gate(lock, environment="staging").approvals.given == 0
    raw = scene.results(lock)
    scene.later(minutes=5)
    _again(entry, scene, seed=3)
    assert scene.gate(lock, raw).approvals.given == 1


def test_a_record_whose_statement_was_tampered_with_or_is_none_counts_nowhere() -> None:
    scene, lock, request = asked()
    scene.approve_in_session(request, "ada")
    entry = the_last(scene)
    statement: dict[str, Any] = dict(entry.record.data["session"])  # type: ignore[arg-type]  # a mapping, as written
    as_bob = replace(entry, record=replace(entry.record, actor=replace(entry.record.actor, sub="bob")))
    _again(as_bob, scene, seed=1)
    _again(as_bob, scene, seed=2, session=statement | {"person": "bob"})
    _again(as_bob, scene, seed=3, session=statement | {"person": 7})
    _again(as_bob, scene, seed=4, session=None)
    by_another = replace(entry, record=replace(entry.record, actor=replace(as_bob.record.actor, iss="elsewhere")))
    _again(by_another, scene, seed=5)
    answer = scene.gate(lock)
    assert [one.approval.person for one in answer.approvals.counted] == ["ada"]
    assert len(answer.approvals.refused) == 2, "those that cannot be read are no approvals at all"


def test_a_session_id_instead_of_its_hash_never_reaches_the_ledger() -> None:
    scene, _, request = asked()
    with pytest.raises(InvalidInput, match="never by the id"):
        scene.approve_in_session(request, "ada", id_sha256="k3jq9x-the-cookie")
    assert "approval.given" not in scene.types()


def test_a_release_is_validated_in_a_session() -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    lock = scene.lock()
    ask = ValidationAsk(lock=lock, report=b"Fine.", until=(scene.now + timedelta(days=30)).date())
    validate_release(ask, scene.desk, scene.voucher("val"), scene.now)
    record = the_last(scene, "release.validated").record
    assert (record.actor.iss, read_session(record.data["session"]).action) == (ISSUER, "validate")
    assert scene.gate(lock).decision.waits_only_for_approvals
    scene.let_vouch()
    assert not scene.gate(lock).decision.waits_only_for_approvals
    with pytest.raises(Refused, match="does not let this server vouch"):
        validate_release(ask, scene.desk, scene.voucher("val"), scene.now)


def test_a_standing_is_revoked_in_a_session() -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    lock = scene.released()
    ask = RevokeAsk(lock.digest, "production", "It leaks.")
    with pytest.raises(Refused, match="no post of val"):
        revoke_release(ask, scene.desk, scene.voucher("val"), scene.now)
    assert not revoke_release(ask, scene.desk, scene.voucher("ada"), scene.now).valid
    record = the_last(scene, "release.revoked").record
    assert (record.actor.sub, read_session(record.data["session"]).action) == ("ada", "revoke")


def test_an_order_is_signed_in_a_session_and_names_the_person() -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    ask = OrderAsk(action="pause", reason="Refusals doubled", system="credit")
    order = sign_order(ask, scene.desk, scene.voucher("ada"), scene.now)
    assert (order.person, order.actor.iss) == ("ada", ISSUER)
    statement = read_session(order.proof["session"])
    said: Any = order.proof["statement"]
    assert (statement.action, statement.digest) == ("order", statement_digest(said))
    pause_automation(scene.ledger, order, system="credit", now=scene.now)
    pause = paused_now(scene.ledger, system="credit", now=scene.now)
    assert pause is not None
    assert pause.by == "ada"


@pytest.mark.parametrize(("action", "person"), [("undo", "ada"), ("pause", "dev")])
def test_an_order_in_a_session_takes_the_same_authority(action: str, person: str) -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    with pytest.raises(Refused, match="no post of"):
        sign_order(OrderAsk(action=action, reason="So", system="credit"), scene.desk, scene.voucher(person), scene.now)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minutes_ago": 11}, "proved who they are"),
        ({"minutes_ago": -1}, "only after"),
        ({"server": "other-server"}, "does not let this server vouch"),
        ({"person": "stranger"}, "lists nobody called"),
    ],
)
def test_an_order_in_a_session_that_proves_nothing_is_refused(changes: dict[str, Any], words: str) -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    voucher = scene.voucher(**({"person": "ada"} | changes))
    with pytest.raises(Refused, match=words):
        sign_order(OrderAsk(action="pause", reason="So", system="credit"), scene.desk, voucher, scene.now)


def test_a_server_whose_signature_is_none_is_not_believed() -> None:
    class Broken:
        def line(self) -> str:
            return line_of("care-server")

        def sign(self, message: bytes, *, namespace: str) -> str:
            return ApprovalKeysFake("ada").sign(line_of("ada"), message, namespace=namespace)

    scene, _, request = asked()
    voucher = replace(scene.voucher("ada"), key=Broken())
    with pytest.raises(Refused, match="no signature"):
        approve_release(ApprovalAsk(request, "Fine."), scene.desk, voucher, scene.now)
    assert "approval.given" not in scene.types()
