"""SEMANTICS 32, R41: waiting at the gate ends with the first answer that is none of `wait`, or when the time is up."""

from collections.abc import Callable, Iterator

import pytest

from careloop.cli.patience import Patience, read_patience, settled
from careloop.domain.approval import ApprovalCount
from careloop.domain.decision import Decision, GateAnswer, Verdict
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.tier import Tier
from careloop.errors import NotFound, Unavailable, UsageError


def an_answer(verdict: Verdict, *, approvals: int = 0) -> GateAnswer:
    return GateAnswer(
        decision=Decision(verdict=verdict, reasons=(), required_approvals=2, approvals=approvals),
        system="credit", environment="production", lock="l", version="1", tier=Tier.HIGH, slice="s", commit="c",
        in_force_by="history", standards_digest="d", request=None, request_digest="sha256:77", rollback=ROLLBACK,
        approvals=ApprovalCount(), standing=None,
    )  # fmt: skip


ROLLBACK = RollbackTarget(lock=None, because="none")


class Clock:
    """A clock that only moves while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.naps = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def asking(*answers: GateAnswer | Exception) -> Callable[[], GateAnswer]:
    rest: Iterator[GateAnswer | Exception] = iter(answers)

    def ask() -> GateAnswer:
        answer = next(rest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


@pytest.mark.parametrize("end", [Verdict.ALLOW, Verdict.BLOCK])
def test_it_ends_with_the_first_answer_that_does_not_wait(end: Verdict, capsys: pytest.CaptureFixture[str]) -> None:
    clock, waits = Clock(), an_answer(Verdict.WAIT)
    ask = asking(waits, waits, an_answer(Verdict.WAIT, approvals=1), an_answer(end))
    found = settled(ask, Patience(60, 10), clock=clock, sleep=clock.sleep)
    assert (found.decision.verdict, clock.naps) == (end, [10, 10, 10])
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "waiting up to 1 min: 2 more of 2 approvals of sha256:77",
        "waiting up to 1 min: 1 more of 2 approvals of sha256:77",
    ], "only what has changed is told"


def test_when_the_time_is_up_it_still_waits_and_asks_a_last_time() -> None:
    clock = Clock()
    found = settled(asking(*[an_answer(Verdict.WAIT)] * 4), Patience(25, 10), clock=clock, sleep=clock.sleep)
    assert (found.decision.verdict, clock.naps) == (Verdict.WAIT, [10, 10, 5])


def test_a_ledger_out_of_reach_for_a_moment_does_not_end_the_wait() -> None:
    clock = Clock()
    ask = asking(an_answer(Verdict.WAIT), Unavailable("busy"), an_answer(Verdict.ALLOW))
    assert settled(ask, Patience(60, 10), clock=clock, sleep=clock.sleep).decision.verdict is Verdict.ALLOW


def test_a_ledger_that_stays_out_of_reach_closes_the_gate() -> None:
    clock = Clock()
    with pytest.raises(Unavailable, match="busy"):
        settled(asking(*[Unavailable("busy")] * 4), Patience(25, 10), clock=clock, sleep=clock.sleep)


def test_what_is_wrong_with_the_question_is_said_at_once() -> None:
    clock = Clock()
    with pytest.raises(NotFound):
        settled(asking(NotFound("no such request")), Patience(60, 10), clock=clock, sleep=clock.sleep)
    assert clock.naps == []


def test_without_patience_it_is_asked_once() -> None:
    assert settled(asking(an_answer(Verdict.WAIT)), None).decision.verdict is Verdict.WAIT


@pytest.mark.parametrize(("timeout", "every"), [("30m", "PT20S"), ("PT0S", "PT20S"), ("PT1H", ""), ("P1Y", "PT1S")])
def test_a_duration_that_is_none_is_refused(timeout: str, every: str) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        read_patience(True, timeout, every)


def test_durations_are_read_and_nobody_waits_unasked() -> None:
    assert read_patience(True, "PT2H", "PT20S") == Patience(7200, 20)
    assert read_patience(False, "PT2H", "PT20S") is None
