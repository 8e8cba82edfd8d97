"""The approvers' inbox: what state each request is in and why, and who could approve it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from release_scene import Scene

from careloop.domain.approval import Ground, RequestState
from careloop.domain.decision import ReasonKind, Verdict
from careloop.domain.release_lock import Artefact, Presence, ReleaseLock
from careloop.errors import NotFound, Refused
from careloop.testing.artefact_store_fake import ArtefactStoreFake
from careloop.testing.commit_history_fake import CommitHistoryFake
from careloop.workflows.run.release_desk import read_governance
from careloop.workflows.run.view_requests import RequestView, refusal_for, view_request, view_requests


def asked(scene: Scene, *, requester: str = "req", environment: str = "production") -> tuple[ReleaseLock, str]:
    """A release whose gate waits for approvals, and the request."""
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock, requester=requester, environment=environment).request_digest
    assert request is not None
    return lock, request


def only(scene: Scene) -> RequestView:
    (view,) = view_requests(scene.desk, scene.now)
    return view


def refusals(view: RequestView, *people: str) -> dict[str, Ground | None]:
    found = {person: refusal_for(view, person) for person in people}
    return {person: refusal.ground if refusal else None for person, refusal in found.items()}


def test_an_inbox_without_requests_is_empty() -> None:
    assert view_requests(Scene().desk, Scene().now) == ()


def test_an_open_request_shows_what_the_gate_says_and_what_was_measured() -> None:
    scene = Scene()
    lock, request = asked(scene)
    view = only(scene)
    assert (view.state, view.condition.because, view.changed) == (RequestState.OPEN, "", ())
    assert (view.asked.digest, view.asked.system, view.asked.version) == (request, "credit", "1.0")
    assert (view.asked.request.lock, view.asked.asked_at) == (lock.digest, scene.now)
    assert (view.required, view.count.given, view.lacks) == (2, 0, 2)
    assert view.decision is not None
    assert view.decision.waits_only_for_approvals
    assert {one.measure: one.n for one in view.results} == {
        "impact_ratio": 4000,
        "pii_found": 4000,
        "reason_code_coverage": 4000,
    }


def test_it_shows_who_has_approved_by_key_or_in_a_session_and_whose_approval_does_not_count() -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    _, request = asked(scene)
    scene.approve_in_session(request, "bob")
    scene.approve(request, "ada")
    view = only(scene)
    assert [one.approval.person for one in view.count.counted] == ["bob", "ada"]
    assert (view.lacks, view.decision and view.decision.verdict) == (0, Verdict.ALLOW)
    scene.let_vouch()
    view = only(scene)
    assert [one.approval.person for one in view.count.counted] == ["ada"]
    assert [(one.person, one.ground) for one in view.count.refused] == [("bob", Ground.UNKNOWN_KEY)]


def test_why_somebody_could_not_approve_is_said_beforehand() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.approve(request, "ada")
    view = only(scene)
    assert refusals(view, "ada", "bob", "cy", "req", "dev", "val", "stranger", "bob@harbour.example") == {
        "ada": Ground.TWICE,
        "bob": None,
        "cy": Ground.SAME_POST,
        "req": Ground.REQUESTER,
        "dev": Ground.AUTHOR,
        "val": Ground.NO_AUTHORITY,
        "stranger": Ground.UNKNOWN_KEY,
        "bob@harbour.example": None,
    }


def test_what_the_page_says_beforehand_is_what_happens() -> None:
    scene = Scene()
    scene.let_vouch("care-server")
    _, request = asked(scene)
    for person in ("req", "dev", "val"):
        said = refusal_for(only(scene), person)
        assert said is not None
        with pytest.raises(Refused) as found:
            scene.approve_in_session(request, person)
        assert found.value.message == said.message


def test_a_material_change_makes_it_void_and_the_change_is_named() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.edit("systems/credit/system.yaml", "jurisdictions: [Ireland]", "jurisdictions: [Ireland, Malta]")
    scene.commit()
    view = only(scene)
    change = 'the system: jurisdictions was ["Ireland"], is ["Ireland", "Malta"]'
    assert (view.state, view.changed) == (RequestState.VOID, (change,))
    assert change in view.condition.because
    assert refusals(view, "ada") == {"ada": Ground.VOID}
    with pytest.raises(Refused, match="jurisdictions was"):
        scene.approve(request, "ada")


def test_a_typo_leaves_it_open() -> None:
    scene = Scene()
    asked(scene)
    scene.edit("systems/credit/system.yaml", "Decides about accounts.", "Decides on accounts.")
    scene.commit()
    assert only(scene).state is RequestState.OPEN


def test_an_altered_artefact_makes_it_void() -> None:
    scene = Scene()
    asked(scene)
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    view = only(scene)
    assert (view.state, view.changed) == (RequestState.VOID, ("models/credit is no longer what was locked",))
    assert view.decision is not None
    assert {one.kind for one in view.decision.reasons if one.effect is Verdict.BLOCK} == {ReasonKind.ARTEFACT}


def test_a_request_whose_slice_the_ledger_does_not_keep_is_void_without_details() -> None:
    scene = Scene()
    asked(scene)
    kept, keeps = only(scene).asked.request.slice.removeprefix("sha256:"), scene.ledger.get_blob

    class Forgetful:
        def get_blob(self, sha256: str) -> bytes:
            if sha256 == kept:
                raise NotFound("no such blob")
            return keeps(sha256)

        def __getattr__(self, name: str) -> object:
            return getattr(scene.ledger, name)

    scene.edit("systems/credit/system.yaml", "domain: credit", "domain: insurance")
    scene.commit()
    forgetful = replace(scene.desk, ledger=Forgetful())  # type: ignore[arg-type]  # the rest is the ledger's own
    (view,) = view_requests(forgetful, scene.now)
    assert view.changed == ("rules, thresholds, documents or results that it rests on",)


def test_a_system_that_is_gone_makes_it_void() -> None:
    scene = Scene()
    asked(scene)
    for file in ("system.yaml", "card.md"):
        del scene.files[f"systems/credit/{file}"]
    scene.commit()
    view = only(scene)
    assert (view.state, view.decision, view.required) == (RequestState.VOID, None, 2)
    assert "there is no system 'credit'" in view.condition.because
    assert refusals(view, "ada") == {"ada": Ground.VOID}


def test_an_expired_request_shows_who_had_approved_it() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.approve(request, "ada")
    scene.later(days=7)
    assert only(scene).state is RequestState.OPEN
    scene.later(seconds=1)
    view = only(scene)
    assert (view.state, view.decision, view.required, view.lacks) == (RequestState.EXPIRED, None, 2, 1)
    assert [one.approval.person for one in view.count.counted] == ["ada"]
    assert refusals(view, "bob") == {"bob": Ground.EXPIRED}


def test_a_used_request_shows_who_had_approved_it_for_ever() -> None:
    scene = Scene()
    lock, request = asked(scene)
    scene.approve(request, "ada")
    scene.approve(request, "bob")
    scene.record(lock)
    scene.later(days=30)
    view = only(scene)
    assert (view.state, view.decision, view.required, view.lacks) == (RequestState.USED, None, 2, 0)
    assert [one.approval.person for one in view.count.counted] == ["ada", "bob"]
    assert "used up by a standing since 2026-11-23T12:00:00" in view.condition.because
    assert refusals(view, "dev") == {"dev": Ground.USED}


def test_the_newest_comes_first_and_states_can_be_chosen() -> None:
    scene = Scene()
    lock, first = asked(scene)
    staging = scene.gate(lock, environment="staging").request_digest
    scene.approve(first, "ada")
    scene.approve(first, "bob")
    scene.record(lock)
    assert [one.asked.digest for one in view_requests(scene.desk, scene.now)] == [staging, first]
    opened = view_requests(scene.desk, scene.now, states=[RequestState.OPEN])
    assert [one.asked.digest for one in opened] == [staging]


def test_one_request_is_found_by_its_first_digits() -> None:
    scene = Scene()
    _, request = asked(scene)
    assert view_request(scene.desk, request[:15], scene.now) == only(scene)
    with pytest.raises(NotFound):
        view_request(scene.desk, "sha256:" + "0" * 64, scene.now)


def test_looking_records_nothing() -> None:
    scene = Scene()
    _, request = asked(scene)
    size = scene.ledger.size()
    view_requests(scene.desk, scene.now)
    view_request(scene.desk, request, scene.now)
    assert scene.ledger.size() == size


def test_the_documents_in_force_can_be_handed_in() -> None:
    scene = Scene()
    asked(scene)
    governance = read_governance(scene.desk, scene.now)
    scene.edit("systems/credit/system.yaml", "domain: credit", "domain: insurance")
    scene.commit()
    (view,) = view_requests(scene.desk, scene.now, governance=governance)
    assert view.state is RequestState.OPEN


class Counting:
    """An artefact store and a history that count how often they are asked."""

    def __init__(self, store: ArtefactStoreFake, history: CommitHistoryFake) -> None:
        self.store, self.history = store, history
        self.measure, self.newest, self.hands = store.measure, history.newest, history.hands
        self.asked: list[str] = []

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        self.asked.append(artefact.name)
        return self.store.check(artefact, release=release)

    def last_hands(self, revision: str, paths: Sequence[str]) -> frozenset[str]:
        self.asked.append(f"hands of {' '.join(sorted(paths))}")
        return self.history.last_hands(revision, paths)


def test_fifty_requests_of_one_release_look_at_its_files_and_its_authors_once() -> None:
    scene = Scene()
    lock, _ = asked(scene)
    for number in range(49):
        scene.gate(lock, environment=f"shop-{number}")
    counting = Counting(scene.artefacts, scene.history)
    desk = replace(scene.desk, artefacts=counting, history=counting)
    views = view_requests(desk, scene.now)
    assert [view.state for view in views] == [RequestState.OPEN] * 50
    assert sorted(counting.asked) == ["hands of models/credit models/credit systems/credit", "models/credit"]
