"""Carry out a plan: the other interpreter of its steps. What was done is in the ledger before the next step begins.

Whoever runs it again - after `kill -9`, beside another process, tomorrow - takes up where the ledger ends: each step
has one id, an order that was given twice is carried out once, and a step that cannot be taken now is left for later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import assert_never

from careloop.domain.affected_decision import AffectedSlice
from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Switched, SwitchOrder
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import (
    EnterSafeState,
    HoldEvidence,
    Notify,
    OpenIncident,
    Plan,
    RequestRetrain,
    RollBack,
    Step,
    VerifyRollback,
)
from careloop.errors import CareloopError, Conflict, Refused, Unavailable
from careloop.plans.automation_history import PlanProgress, plans_of
from careloop.plans.identity import effect_id
from careloop.plans.progress import StepOutcome, emergency_of, is_over, next_step
from careloop.plans.step_records import (
    Effect,
    decision_record,
    effect_record,
    outcome_record,
    served_data,
    slice_data,
)
from careloop.plans.verify import Recovery, Since, verify_rollback
from careloop.ports.deployer import Deployer
from careloop.ports.ledger import Actor, Json, Ledger
from careloop.ports.pager import Page, Pager
from careloop.workflows.run.automation_log import AutomationLog
from careloop.workflows.run.send_messages import GaveUp, UnderWay

__all__ = ["Done", "Executed", "Hands", "execute_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a plan is carried out with."""

    ledger: Ledger
    deployer: Deployer
    pager: Pager
    actor: Actor
    why_not: Callable[[str], str | None]
    """Why a release, by its lock digest, may not answer; None when it has standing."""
    counts: Callable[[DataSlice], bytes | None]
    """The count table behind a slice in its canonical form; None when it is gone."""
    served_since: Callable[[VerifyRollback, datetime], Since]
    """What was served since a switch."""
    affected: Callable[[DataSlice], AffectedSlice] | None = None
    """Which decisions the release of a slice made; None where there is no lake to find them in."""
    log: AutomationLog = field(default_factory=AutomationLog)
    """What was read of the ledger so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How one step went in this run."""

    place: str
    step: Step
    outcome: StepOutcome
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """How far a plan came."""

    plan: Plan
    done: tuple[Done, ...]
    """Steps that were taken or tried in this run; empty when all had been done before."""
    over: bool
    """Whether nothing is left to do."""


def execute_plan(plan: Plan, *, hands: Hands, now: datetime, proof: Mapping[str, Json] | None = None) -> Executed:
    """Take every step of the plan that can be taken now and was not before.

    `proof` is the signed order of a person's plan, to be recorded with it.
    Raises `Unavailable` when the ledger is out of reach: what cannot be recorded is not begun.
    """
    progress = _progress(hands, plan)
    if progress is None:
        with suppress(Conflict):  # another process decided the same a moment ago
            hands.ledger.append([decision_record(plan, actor=hands.actor, now=now, proof=proof)], recorded_at=now)
        progress = _progress(hands, plan)
    assert progress is not None
    return _Run(progress, hands, now).steps()


def _progress(hands: Hands, plan: Plan) -> PlanProgress | None:
    ours = [entry for entry in hands.log.entries(hands.ledger) if entry.record.data.get("plan") == plan.id]
    known = plans_of(ours, system=plan.system, environment=plan.environment)
    return next((each for each in known if each.plan.id == plan.id), None)


class _Run:
    """One run over a plan: remembers how its steps went."""

    def __init__(self, progress: PlanProgress, hands: Hands, now: datetime) -> None:
        self._plan, self._hands, self._now = progress.plan, hands, now
        self._outcomes = dict(progress.outcomes)
        self._switched_at = progress.switched_at
        self._fate_unknown = False
        self._done: list[Done] = []

    def steps(self) -> Executed:
        """Step after step; evidence is held beside, so that nothing waits for it."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            held: tuple[str, HoldEvidence, Future[Effect]] | None = None
            while (found := next_step(self._plan, self._outcomes)) is not None:
                place, step = found
                if isinstance(step, HoldEvidence) and held is None:
                    held = (place, step, beside.submit(self._hold, step))
                    self._outcomes[place] = StepOutcome.DONE
                    continue
                outcome, detail, effect = self._taken(place, step)
                self._settled(held)
                held = None
                self._note(place, step, outcome=(outcome, detail), effect=effect)
            self._settled(held)
        return Executed(plan=self._plan, done=tuple(self._done), over=is_over(self._plan, self._outcomes))

    def _settled(self, held: tuple[str, HoldEvidence, Future[Effect]] | None) -> None:
        if held is None:
            return
        place, step, future = held
        try:
            self._note(place, step, outcome=(StepOutcome.DONE, "held"), effect=future.result())
        except CareloopError as error:
            self._note(place, step, outcome=(_after(error), error.message), effect=None)

    def _taken(self, place: str, step: Step) -> tuple[StepOutcome, str, Effect | None]:
        try:
            return self._take(place, step)
        except CareloopError as error:
            self._fate_unknown = self._fate_unknown or isinstance(error, GaveUp)
            if isinstance(error, UnderWay):
                self._outcomes[emergency_of(place)] = StepOutcome.WAITING  # whoever gives the order calls for help
            outcome = StepOutcome.WAITING if isinstance(step, Notify) else _after(error)
            return outcome, error.message, None

    def _take(self, place: str, step: Step) -> tuple[StepOutcome, str, Effect | None]:
        match step:
            case RollBack():
                return self._roll_back(place, step)
            case EnterSafeState():
                return self._enter(place, step)
            case Notify():
                return self._notify(place, step)
            case VerifyRollback():
                return self._verify(step)
            case HoldEvidence():
                return StepOutcome.DONE, "held", self._hold(step)
            case OpenIncident():
                return StepOutcome.DONE, step.title, self._incident(step)
            case RequestRetrain():
                data = {"reason": step.reason, "rows": slice_data(step.rows)}
                return StepOutcome.DONE, step.reason, Effect(type="retrain.requested", data=data, at=self._now)
            case _:
                assert_never(step)

    def _roll_back(self, place: str, step: RollBack) -> tuple[StepOutcome, str, Effect | None]:
        why_not = self._hands.why_not(step.to)
        if why_not is not None:
            raise Refused(why_not)
        switched = self._switch(place, ServeRelease(step.to), step.over)
        self._switched_at = switched.switched_at
        data = {"lock": step.to, "order": switched.order, "over": [served_data(each) for each in step.over]}
        effect = Effect(type="deploy.done", data=data, at=switched.switched_at, lock=step.to)
        return StepOutcome.DONE, f"{step.to[:19]} answers", effect

    def _enter(self, place: str, step: EnterSafeState) -> tuple[StepOutcome, str, Effect | None]:
        over = self._still(step.over)
        switched = self._switch(place, ServeSafeState(step.state), over)
        data = {"state": step.state.value, "order": switched.order, "over": [served_data(each) for each in over]}
        effect = Effect(type="safe_state.entered", data=data, at=switched.switched_at)
        return StepOutcome.DONE, f"safe state {step.state.value}", effect

    def _still(self, over: tuple[Served, ...]) -> tuple[Served, ...]:
        """After a rollback only its target, before it only what it was to replace: all else is a newer decision.

        Either of them, when the deployer never said what became of the order.
        """
        back = next((step for step in self._plan.steps if isinstance(step, RollBack)), None)
        if back is None:
            return over
        target = (ServeRelease(back.to),)
        if self._switched_at is not None:
            return target
        return (*back.over, *target) if self._fate_unknown else back.over

    def _switch(self, place: str, to: Served, over: tuple[Served, ...]) -> Switched:
        order = SwitchOrder(
            id=effect_id(self._plan.id, place),
            system=self._plan.system,
            environment=self._plan.environment,
            to=to,
            over=over,
            ordered_at=self._now,
            because=self._plan.because,
        )
        return self._hands.deployer.switch(order)

    def _notify(self, place: str, step: Notify) -> tuple[StepOutcome, str, Effect | None]:
        page = Page(
            id=effect_id(self._plan.id, place),
            system=self._plan.system,
            urgency=step.urgency,
            severity=step.severity,
            text=step.text,
            at=self._now,
        )
        self._hands.pager.send(page)
        data = {"urgency": step.urgency.value, "severity": step.severity, "text": step.text}
        return StepOutcome.DONE, step.text, Effect(type="page.sent", data=data, at=self._now)

    def _verify(self, step: VerifyRollback) -> tuple[StepOutcome, str, Effect | None]:
        if self._switched_at is None:
            return StepOutcome.FAILED, "the rollback has not happened", None
        since = self._hands.served_since(step, self._switched_at)
        found = verify_rollback(step, since)
        if found.recovery is not Recovery.VERIFIED:
            failed = found.recovery is Recovery.FAILED
            return StepOutcome.FAILED if failed else StepOutcome.WAITING, found.because, None
        data: dict[str, Json] = {
            "from": step.left,
            "to": step.to,
            "served": since.served,
            "on_target": since.on_target,
            "bound": None if found.bound is None else repr(found.bound),
            "limit": None if step.claim is None else repr(step.claim.limit),
            "because": found.because,
        }
        effect = Effect(type="rollback.verified", data=data, at=self._now, lock=step.to)
        return StepOutcome.DONE, found.because, effect

    def _hold(self, step: HoldEvidence) -> Effect:
        ledger = self._hands.ledger
        counts = None if step.rows is None else self._hands.counts(step.rows)
        blobs = () if counts is None else (ledger.put_blob(counts, media="application/json"),)
        data: dict[str, Json] = {"reason": step.reason, "items": step.items, "ledger_size": ledger.size()}
        return Effect(type="evidence.hold", data=data, at=self._now, blobs=blobs)

    def _incident(self, step: OpenIncident) -> Effect:
        """With how many decisions are affected, and the digest of their ids; no incident waits for a lake to answer."""
        affected: dict[str, Json] | None = None
        if step.rows is not None and self._hands.affected is not None:
            try:
                affected = dict(asdict(self._hands.affected(step.rows)))
            except CareloopError as error:
                affected = {"n": None, "digest": None, "why": error.message}
        rows = None if step.rows is None else slice_data(step.rows)
        data = {"severity": step.severity, "title": step.title, "rows": rows, "affected_decisions": affected}
        return Effect(type="incident.opened", data=data, at=self._now)

    def _note(self, place: str, step: Step, *, outcome: tuple[StepOutcome, str], effect: Effect | None) -> None:
        """Record the step with what it brought about, both or neither; what somebody else recorded first stands."""
        self._outcomes[place] = outcome[0]
        self._done.append(Done(place=place, step=step, outcome=outcome[0], detail=outcome[1]))
        if outcome[0] is StepOutcome.WAITING:
            return
        actor = self._hands.actor
        records = [outcome_record(self._plan, place, step, outcome=outcome, written=(actor, self._now))]
        if effect is not None:
            records.insert(0, effect_record(self._plan, place, effect, actor=actor))
        try:
            self._hands.ledger.append(records, recorded_at=self._now)
        except Conflict:
            known = _progress(self._hands, self._plan)
            assert known is not None
            self._outcomes.update(known.outcomes)


def _after(error: CareloopError) -> StepOutcome:
    """Out of reach may be mended by waiting; everything else is a no."""
    return StepOutcome.WAITING if isinstance(error, Unavailable) else StepOutcome.FAILED
