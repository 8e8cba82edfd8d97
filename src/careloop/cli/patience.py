"""Waiting at the gate: ask again until people have answered or the time is up (SEMANTICS 32)."""

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from careloop.domain.decision import GateAnswer, Verdict
from careloop.domain.noun import seconds_in
from careloop.errors import Unavailable, UsageError

__all__ = ["EveryOption", "Patience", "TimeoutOption", "WaitOption", "read_patience", "settled"]

WaitOption = Annotated[bool, typer.Option("--wait", help="Ask again until it is no longer `wait`, or the time is up.")]
TimeoutOption = Annotated[str, typer.Option("--timeout", metavar="DURATION", help="How long --wait waits.")]
EveryOption = Annotated[str, typer.Option("--every", metavar="DURATION", help="How often --wait asks.")]

_DURATION = re.compile(r"P([1-9]\d*[DW]|T[1-9]\d*[HMS])")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to ask, in seconds."""

    timeout_s: float
    every_s: float


def read_patience(wait: bool, timeout: str, every: str) -> Patience | None:
    """The three options; null when nobody waits. Raises UsageError."""
    for name, text in (("--timeout", timeout), ("--every", every)):
        if not _DURATION.fullmatch(text):
            raise UsageError(f"{name} {text} is no duration", hint="write it like PT30M, PT20S or P1D")
    return Patience(seconds_in(timeout), seconds_in(every)) if wait else None


def settled(
    ask: Callable[[], GateAnswer],
    patience: Patience | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> GateAnswer:
    """The first answer that does not wait, else the last before the time was up.

    A ledger that is out of reach for a moment is asked again too; when the time is up it is what closes the gate.
    """
    if patience is None:
        return ask()
    until = clock() + patience.timeout_s
    said = ""
    while True:
        trouble: Unavailable | None = None
        try:
            answer = ask()
        except Unavailable as error:
            trouble = error
        else:
            if answer.decision.verdict is not Verdict.WAIT:
                return answer
        left = until - clock()
        if left <= 0:
            if trouble is not None:
                raise trouble
            return answer
        said = _tell(trouble.message if trouble else _awaited(answer), said, left)
        sleep(min(patience.every_s, left))


def _tell(now: str, before: str, left: float) -> str:
    """What is waited for, on standard error and only when it has changed: the answer itself is printed at the end."""
    if now != before:
        sys.stderr.write(f"waiting up to {left / 60:.0f} min: {now}\n")
        sys.stderr.flush()
    return now


def _awaited(answer: GateAnswer) -> str:
    decision = answer.decision
    if answer.request_digest is None:
        return next((one.message for one in decision.reasons if one.effect is Verdict.WAIT), "")
    return f"{decision.lacks} more of {decision.required_approvals} approvals of {answer.request_digest}"
