"""Where an approval request stands now: open, void and why, expired, or used up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import RequestState
from careloop.domain.release_lock import Presence
from careloop.domain.standing import Standing
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.slice_changes import slice_changes
from careloop.workflows.run.release_case import ReleaseCase
from careloop.workflows.run.release_records import Asked, rejections_of

__all__ = ["Condition", "closed_condition", "condition_of", "refuse_unless_open"]

_OTHERWISE = "rules, thresholds, documents or results that it rests on"
"""What has changed, where the ledger does not keep what the request rested on."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of a request at one moment."""

    state: RequestState
    because: str = ""
    """Why it is not open; empty when it is."""
    changed: tuple[str, ...] = ()
    """What makes it void, one sentence each."""


def condition_of(asked: Asked, case: ReleaseCase) -> Condition:
    """The state of a request whose release and documents are at hand."""
    closed = closed_condition(asked, case.standings, case.governance.now)
    if closed is not None:
        return closed
    no = next((one for one in rejections_of(case.desk.ledger, case.digest) if one.request == asked.digest), None)
    if no is not None:
        return Condition(RequestState.REJECTED, f"{no.person} rejected the request at {_at(no.at)}: {no.reason}")
    altered = tuple(f"{name} is no longer what was locked" for name in _altered(case))
    if (asked.request.slice, asked.request.tier) != (case.slice, case.system.tier):
        changed = (*_changed(asked, case), *altered)
        return Condition(RequestState.VOID, f"the request is void, for this has changed: {'; '.join(changed)}", changed)
    if altered:
        return Condition(RequestState.VOID, f"the request is void: {'; '.join(altered)}", altered)
    return Condition(RequestState.OPEN)


def closed_condition(asked: Asked, standings: Sequence[Standing], now: datetime) -> Condition | None:
    """Used up or expired, which needs no look at the release; None for a request that may still be open."""
    used = next((one for one in standings if one.request == asked.digest), None)
    if used is not None:
        return Condition(RequestState.USED, f"the request has been used up by a standing since {_at(used.since)}")
    if now > asked.request.expires_at:
        return Condition(RequestState.EXPIRED, f"the request expired at {_at(asked.request.expires_at)}")
    return None


def refuse_unless_open(asked: Asked, case: ReleaseCase) -> None:
    """Raise `Refused` for a request that expired, was used up, or whose grounds or artefacts are no longer the same."""
    condition = condition_of(asked, case)
    if condition.state is not RequestState.OPEN:
        raise Refused(condition.because, hint="run `care gate` again: it asks anew for what is there now")


def _altered(case: ReleaseCase) -> list[str]:
    check = case.desk.artefacts.check
    return [one.name for one in case.lock.artefacts if check(one, release=case.digest) is not Presence.SAME]


def _changed(asked: Asked, case: ReleaseCase) -> tuple[str, ...]:
    """What differs from the slice that people were asked about; the ledger keeps it since it is what they approve."""
    try:
        before = case.desk.ledger.get_blob(asked.request.slice.removeprefix("sha256:"))
        return slice_changes(before, case.slice_text) or (_OTHERWISE,)
    except (NotFound, InvalidInput):
        return (_OTHERWISE,)


def _at(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
