"""The worker's loops beside the watching of systems: one that fails stops no other (R50, R51)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from care_rooms import a_repository

from careloop import wiring
from careloop.errors import Unavailable
from careloop.testing.contracts.ledger import a_record
from careloop.testing.source_tree_builder import edited, small_repository
from careloop.worker.side_loops import SideLoop, SideLoops, side_loops


def eventually(what: Callable[[], bool]) -> None:
    for _ in range(3000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def test_a_loop_that_fails_is_told_goes_on_and_stops_no_other() -> None:
    stop, turns = threading.Event(), {"good": 0, "bad": 0, "hanging": 0}
    released = threading.Event()

    def good(_: datetime) -> None:
        turns["good"] += 1

    def bad(_: datetime) -> None:
        turns["bad"] += 1
        if turns["bad"] < 5:
            raise Unavailable("the forge is out of reach") if turns["bad"] % 2 else ZeroDivisionError("oh")

    def hanging(_: datetime) -> None:
        turns["hanging"] += 1
        released.wait(60)

    made = {"good": good, "bad": bad, "hanging": hanging}
    loops = SideLoops([SideLoop(name=name, every_s=0.01, work=work) for name, work in made.items()], stop)
    loops.keep_running()
    eventually(lambda: bool(loops.failed))
    assert loops.failed["bad"] in ("the forge is out of reach", "ZeroDivisionError: oh")
    eventually(lambda: turns["bad"] > 5 and turns["good"] > 5)
    assert loops.failed == {}
    assert turns["hanging"] == 1
    loops.keep_running()
    assert threading.active_count() >= 4
    stop.set()
    released.set()
    loops.join(timeout_s=10)
    before = dict(turns)
    time.sleep(0.05)
    assert turns == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_is_started_again_with_the_next_round() -> None:
    stop, turns = threading.Event(), []

    def dies_once(now: datetime) -> None:
        turns.append(now)
        if len(turns) == 1:
            raise SystemExit

    loops = SideLoops([SideLoop(name="mortal", every_s=0.01, work=dies_once)], stop)
    loops.keep_running()
    eventually(lambda: not any(one.name == "care-mortal" for one in threading.enumerate()))
    assert len(turns) == 1
    loops.keep_running()
    eventually(lambda: len(turns) > 2)
    stop.set()
    loops.join(timeout_s=10)


def anchors_turn(root: Path) -> Callable[[], None]:
    loop = next(one for one in side_loops(root, threading.Event()).loops if one.name == "anchors")
    return lambda: loop.work(wiring.now())


def write_something(root: Path, *, number: int = 1) -> None:
    with wiring.release_desk(root, {}) as desk:
        desk.ledger.append([a_record(number)], recorded_at=wiring.now())


def anchorings(root: Path) -> list[object]:
    ledger = wiring.ledger_to_read(root)
    assert ledger is not None
    return [entry.record.data["size"] for entry in ledger.query(type="checkpoint.anchored")]


def test_anchors_remember_the_log_by_schedule_and_not_when_nothing_was_written(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    line = f"anchors: [{{id: disk, kind: file, at: '{elsewhere / 'anchor'}'}}]\n"
    a_repository(tmp_path / "shop", edited(small_repository(), "care.yaml", "schema: 1\n", f"schema: 1\n{line}"))
    root = tmp_path / "shop"
    write_something(root)
    turn = anchors_turn(root)
    turn()
    first = anchorings(root)
    assert len(first) == 1
    turn()
    assert anchorings(root) == first, "only the anchoring itself was written since"
    write_something(root, number=2)
    turn()
    assert len(anchorings(root)) == 2


def test_an_anchor_out_of_reach_is_told_and_tried_again(tmp_path: Path) -> None:
    line = f"anchors: [{{id: disk, kind: file, at: '{tmp_path / 'gone' / 'anchor'}'}}]\n"
    a_repository(tmp_path / "shop", edited(small_repository(), "care.yaml", "schema: 1\n", f"schema: 1\n{line}"))
    root = tmp_path / "shop"
    write_something(root)
    turn = anchors_turn(root)
    with pytest.raises(Unavailable, match="disk: "):
        turn()
    (tmp_path / "gone").mkdir()
    turn()
    assert len(anchorings(root)) == 1


def test_deployments_are_followed_where_the_forge_is_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [one.name for one in side_loops(tmp_path, threading.Event()).loops]
    monkeypatch.setenv("CARELOOP_FORGE", "github")
    assert [one.name for one in side_loops(tmp_path, threading.Event()).loops] == [*names, "forge"]
