"""Has the rollback happened where it counts: in what was served, and in the metric (SEMANTICS 21)?

Reading back what the deployer was told is not verification. Neither is a good looking value: the whole interval of the
metric must lie within the limit, by an interval that may be looked at as often as one likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.alarm import Worse
from careloop.domain.measured import Interval
from careloop.domain.plan_steps import Claim, VerifyRollback

__all__ = ["Recovery", "Since", "Verification", "settled", "verify_rollback"]


class Recovery(StrEnum):
    """What the served traffic shows."""

    VERIFIED = "verified"
    NOT_YET = "not_yet"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What was served since the switch took hold, or since the order where it has not yet."""

    served: int
    """Events of the system."""
    on_target: int
    """Those that carry the target release."""
    elapsed_s: int
    """Seconds from the order to the look."""
    settled_s: int | None = None
    """Seconds from the order to the instant from which on the traffic carries the target; null while it does not."""
    observed: Interval | None = None
    """Confidence sequence of the rate under the target, of the group that stood out if there is one."""
    compared: Interval | None = None
    """The same of the other groups; None for a rate of all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer, with the numbers it rests on."""

    recovery: Recovery
    because: str
    share: float | None
    """Share of served events that carry the target; None when none was served."""
    bound: float | None
    """Worst value the recovered metric may still have, in its unit; None when there is no claim or no rows."""


def settled(step: VerifyRollback, seconds: Mapping[int, tuple[int, int]]) -> tuple[int, int, int] | None:
    """When the traffic moved for good: seconds after the order, events served from then on, and those on the target.

    `seconds` has, by seconds after the order, the events served in that second (or longer slice) and those that carry
    the target. A registry is switched and applications follow it a little later; so the share is taken from the first
    instant within the step's time from which on enough events came and enough of them carry the target. What some
    instances go on serving with the old release keeps it from being reached.
    """
    found, served, on_target = None, 0, 0
    for at in sorted(seconds, reverse=True):
        served, on_target = served + seconds[at][0], on_target + seconds[at][1]
        if at <= step.within_s and served >= step.least_n and on_target >= step.share * served:
            found = at, served, on_target
    return found


def verify_rollback(step: VerifyRollback, since: Since) -> Verification:
    """Whether it is verified, not yet, or failed.

    It fails when the metric is shown to be bad still, when the traffic has not moved in time though there is enough of
    it, and when the metric could not be shown to have recovered in its much longer time.
    """
    share = since.on_target / since.served if since.served else None
    metric = None if step.claim is None else _ends(step.claim, since.observed, since.compared)
    worst = metric[1] if metric is not None else None
    limit = 0.0 if step.claim is None else _signed_limit(step.claim)
    if metric is not None and metric[0] > limit:
        said = f"the metric is shown to be beyond its limit still, by at least {metric[0] - limit:.3f}"
        return Verification(recovery=Recovery.FAILED, because=said, share=share, bound=worst)
    moved = since.served >= step.least_n and share is not None and share >= step.share
    missing = _missing(step, since, moved, None if worst is None else worst - limit)
    if not missing:
        said = f"{since.on_target} of {since.served} served events carry the target"
        said += "" if step.claim is None else f" and {step.claim.monitor} is within its limit"
        said += f", from {since.settled_s} s after the order on" if since.settled_s else ""
        return Verification(recovery=Recovery.VERIFIED, because=said, share=share, bound=worst)
    enough = since.served >= step.least_n
    late = since.elapsed_s >= (step.within_s if enough and not moved else step.recover_within_s)
    because = "; ".join(missing) + (", and its time is over" if late else "")
    return Verification(
        recovery=Recovery.FAILED if late else Recovery.NOT_YET, because=because, share=share, bound=worst
    )


def _missing(step: VerifyRollback, since: Since, moved: bool, beyond: float | None) -> list[str]:
    missing = []
    if since.served < step.least_n:
        missing.append(f"{since.served} events were served since, {step.least_n} are needed")
    elif not moved:
        share = f"{step.share:.0%} are needed"
        missing.append(f"{since.on_target} of {since.served} served events carry the target, {share}")
    if step.claim is not None and (beyond is None or beyond > 0):
        reach = "has no rows" if beyond is None else f"may still be beyond its limit by {beyond:.3f}"
        missing.append(f"{step.claim.monitor} {reach}")
    return missing


def _ends(claim: Claim, observed: Interval | None, compared: Interval | None) -> tuple[float, float] | None:
    """Best and worst value of the metric, more being worse."""
    if observed is None or (claim.gap and compared is None):
        return None
    if compared is None or not claim.gap:
        return (observed.low, observed.high) if claim.moved is Worse.HIGHER else (-observed.high, -observed.low)
    if claim.moved is Worse.HIGHER:
        return observed.low - compared.high, observed.high - compared.low
    return compared.low - observed.high, compared.high - observed.low


def _signed_limit(claim: Claim) -> float:
    return -claim.limit if not claim.gap and claim.moved is Worse.LOWER else claim.limit
