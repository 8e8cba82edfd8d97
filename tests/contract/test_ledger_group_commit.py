"""Threads that arrive together share one commit, and each gets the outcome that is its own."""

import threading
from collections.abc import Callable, Sequence

import pytest

from careloop.adapters.group_commit import GroupCommit
from careloop.errors import Conflict, Unavailable


def test_what_waits_while_one_commits_is_committed_together() -> None:
    batches: list[list[int]] = []
    busy, release = threading.Event(), threading.Event()

    def commit(items: Sequence[int]) -> list[int]:
        batches.append(sorted(items))
        busy.set()
        release.wait(10)
        return [item * 10 for item in items]

    group: GroupCommit[int, int] = GroupCommit(commit)
    outcomes: dict[int, int] = {}

    def submit(item: int) -> None:
        outcomes[item] = group.submit(item)

    first = threading.Thread(target=submit, args=(0,))
    first.start()
    assert busy.wait(10)
    others = [threading.Thread(target=submit, args=(n,)) for n in range(1, 9)]
    for thread in others:
        thread.start()
    while group.waiting < 8:
        first.join(0.001)
    release.set()
    for thread in [first, *others]:
        thread.join(10)
    assert batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8]]
    assert outcomes == {n: n * 10 for n in range(9)}


def test_an_error_reaches_only_the_one_it_belongs_to() -> None:
    group: GroupCommit[int, int] = GroupCommit(lambda items: [Conflict("odd") if n % 2 else n for n in items])
    assert group.submit(2) == 2
    with pytest.raises(Conflict, match="odd"):
        group.submit(3)


def test_when_the_commit_itself_fails_everybody_is_told() -> None:
    def commit(items: Sequence[int]) -> list[int]:
        raise Unavailable(f"no disk for {len(items)}")

    with pytest.raises(Unavailable, match="no disk for 1"):
        GroupCommit(commit).submit(1)


def test_a_commit_that_breaks_off_does_not_block_the_next() -> None:
    failing = [True]

    def commit(items: Sequence[int]) -> list[int]:
        if failing.pop() if failing else False:
            raise KeyboardInterrupt
        return list(items)

    group: GroupCommit[int, int] = GroupCommit(commit)
    with pytest.raises(KeyboardInterrupt):
        group.submit(1)
    assert group.submit(2) == 2


def test_nobody_is_told_before_what_must_follow_is_done_and_its_failure_is_told() -> None:
    told: list[str] = []

    def settle() -> None:
        told.append("settled")
        if len(told) > 1:
            raise Unavailable("the anchor's disk is full")

    group: GroupCommit[int, int] = GroupCommit(list, settle=settle)
    assert group.submit(1) == 1
    assert told == ["settled"]
    with pytest.raises(Unavailable, match="disk is full"):
        group.submit(2)


def test_many_threads_each_get_their_own_and_commits_settle_one_after_another() -> None:
    settling = threading.Lock()
    sizes: list[int] = []

    def commit(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return [item * 10 for item in items]

    def settle() -> None:
        assert settling.acquire(blocking=False)
        settling.release()

    group: GroupCommit[int, int] = GroupCommit(commit, settle=settle)
    outcomes: dict[int, int] = {}

    def work(first: int) -> None:
        for item in range(first, first + 200):
            outcomes[item] = group.submit(item)

    threads = [threading.Thread(target=work, args=(n * 200,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {n: n * 10 for n in range(3200)}
    assert sum(sizes) == 3200


def test_who_is_about_to_come_again_is_waited_for_and_who_stays_away_is_not() -> None:
    sizes: list[int] = []

    def commit(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        threading.Event().wait(0.002)  # as a disk takes its time
        return list(items)

    group: GroupCommit[int, int] = GroupCommit(commit, gather_s=0.05)

    def work(first: int) -> None:
        for item in range(first, first + 20):
            group.submit(item)

    threads = [threading.Thread(target=work, args=(n * 20,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sizes) == 160
    assert len(sizes) < 40, "eight at a time, not four and four"
    sizes.clear()
    for item in range(50):
        group.submit(item)
    assert sizes == [1] * 50


def test_a_leader_that_is_interrupted_while_it_waits_for_others_hands_the_lead_over() -> None:
    group: GroupCommit[int, int] = GroupCommit(list)
    group._arrived.wait_for = interrupted_once(group._arrived.wait_for)  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        group.submit(1)
    assert group.submit(2) == 2


def interrupted_once(wait_for: Callable[..., bool]) -> Callable[..., bool]:
    interrupts = [KeyboardInterrupt()]

    def waiting(*given: object, **named: object) -> bool:
        if interrupts:
            raise interrupts.pop()
        return wait_for(*given, **named)

    return waiting
