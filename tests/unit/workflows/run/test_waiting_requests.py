"""Releases at the gate that wait for people."""

from __future__ import annotations

from release_scene import Scene

from careloop.workflows.run.system_log import SystemLog
from careloop.workflows.run.waiting_requests import WaitingRequest, waiting_requests


def waiting(scene: Scene, environment: str = "production") -> tuple[WaitingRequest, ...]:
    return waiting_requests(SystemLog(scene.ledger).read().of("credit"), environment=environment, now=scene.now)


def test_a_request_waits_with_what_was_asked_and_who_has_signed() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    asked = scene.gate(lock)
    (before,) = waiting(scene)
    assert (before.request, before.lock, before.version) == (asked.request_digest, lock.digest, "1.0")
    assert (before.requester, before.signed, before.required) == ("req", (), 2)
    assert (before.asked_at, before.environment) == (scene.now, "production")
    scene.approve(asked.request_digest, "ada")
    (after,) = waiting(scene)
    assert after.signed == ("ada",)
    assert waiting(scene, "staging") == ()


def test_a_request_that_was_used_up_waits_no_more() -> None:
    scene = Scene()
    scene.released()
    assert waiting(scene) == ()


def test_a_request_that_expired_waits_no_more() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    scene.gate(lock)
    scene.later(days=7)
    assert len(waiting(scene)) == 1
    scene.later(seconds=1)
    assert waiting(scene) == ()


def test_a_release_that_is_blocked_waits_for_nobody() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.gate(lock, scene.results(lock, outcomes={"impact_ratio": "shown_harmful"}))
    assert waiting(scene) == ()
