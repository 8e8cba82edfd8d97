"""From an alarm to a plan: one decision table, read from the top; the first line that holds decides.

Containment needs the right to act (the monitor kept its promise on the system's own history), enough rows, nobody's
pause, and for a rollback an attribution and a target with standing. Whatever is missing turns the plan into something
that does less or safer, never into nothing: an alarm always ends with a person. Source: SEMANTICS 8, 19-24; MEASURES.
"""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.alarm import Readiness
from careloop.domain.attribution import Attribution
from careloop.domain.deployment import Served, ServeRelease, served_name
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import (
    Claim,
    EnterSafeState,
    HoldEvidence,
    Notify,
    OpenIncident,
    Plan,
    PlanKind,
    RaisedAlarm,
    RequestRetrain,
    RollBack,
    RollbackTarget,
    Step,
    Urgency,
    VerifyRollback,
)
from careloop.domain.system import SafeStateKind
from careloop.plans.identity import plan_id

__all__ = ["AlarmCase", "PlanTerms", "decide_plan", "wants_attribution"]

_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What is asked of a rollback before it counts as done."""

    share: float = 0.99
    """Least share of served events that carry the target."""
    verify_within_s: int = 24 * _HOUR
    """Seconds after the switch in which the traffic must have moved to the target."""
    recover_within_s: int = 14 * 24 * _HOUR
    """Seconds after the switch in which the metric must be shown to have recovered; small systems need them."""
    most_messages: int = 20
    """So many messages about one system in a day; further alarms that change nothing are recorded and listed, unless
    they are of the highest severity and page somebody."""
    safe_state_severity: str = "sev1"
    """Severity of a page when the model no longer answers, or cannot be stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCase:
    """Everything the decision reads, as values."""

    alarm: RaisedAlarm
    readiness: Readiness
    serving: Served | None
    """What answers now, by the ledger."""
    target: RollbackTarget
    safe_state: SafeStateKind | None
    """As the system declares it; None when it declares none."""
    attribution: Attribution | None = None
    paused: str | None = None
    """Why automation is paused; None when it is not."""
    under_way: str | None = None
    """Which plan is containing this release already; None when none is."""
    cooling: str | None = None
    """Why another rollback would be flapping; None when it would not."""
    told: PlanKind | None = None
    """How people were told of this very change a short while ago, so that they need not be told the same again."""
    messages: int = 0
    """Messages about the system in the last day."""


def wants_attribution(case: AlarmCase) -> bool:
    """Whether the decision depends on whether the release did it, so that a replay is worth making."""
    return _in_the_way(case) is None and case.alarm.response is Response.ROLLBACK and case.target.lock is not None


def decide_plan(case: AlarmCase, terms: PlanTerms | None = None) -> Plan:
    """The plan for this case. The same case gives the same plan, with the same ids, every time."""
    return _Decision(case, terms or PlanTerms()).plan()


def _in_the_way(case: AlarmCase) -> tuple[PlanKind, str] | None:
    """What keeps automation from containing anything, and what it does instead; None when nothing does."""
    alarm = case.alarm
    rows = _judged_rows(alarm)
    served = ServeRelease(alarm.signal.release)
    table = [
        (alarm.response is Response.ALERT, PlanKind.ALERT, "the monitor is declared to alert only"),
        (
            case.serving != served,
            PlanKind.ALERT,
            f"{served_name(served)} no longer answers; {served_name(case.serving)} does",
        ),
        (case.under_way is not None, PlanKind.ALERT, f"{case.under_way} is under way"),
        (
            not case.readiness.may_act,
            PlanKind.ALERT,
            f"the monitor has not earned the right to act: {case.readiness.because}",
        ),
        (
            rows < alarm.minimum_n,
            PlanKind.ALERT,
            f"{rows} rows are fewer than the monitor's least n of {alarm.minimum_n}",
        ),
        (case.paused is not None, PlanKind.PAGE, f"automation is paused: {case.paused}"),
        (alarm.response is Response.PAGE, PlanKind.PAGE, "the monitor is declared to page"),
    ]
    return next(((kind, because) for holds, kind, because in table if holds), None)


def _judged_rows(alarm: RaisedAlarm) -> int:
    compared = alarm.signal.compared
    return alarm.signal.observed.n if compared is None else min(alarm.signal.observed.n, compared.n)


@dataclass(frozen=True, slots=True)
class _Decision:
    case: AlarmCase
    terms: PlanTerms

    def plan(self) -> Plan:
        blocked = _in_the_way(self.case)
        if blocked is not None:
            kind, because = blocked
            if self._known(kind):
                return self._made(kind, f"people know of this change already; {because}", ())
            if self.case.messages >= self.terms.most_messages and not self._severe(kind):
                return self._made(kind, f"{self.case.messages} messages were sent today; {because}", ())
            return self._made(kind, because, self._telling(kind, because))
        why_not = self._why_no_rollback()
        if why_not is None:
            assert self.case.attribution is not None
            return self._rollback(self.case.attribution.because)
        return self._safe(why_not)

    def _known(self, kind: PlanKind) -> bool:
        """A change that goes on raises alarm after alarm; a page is news after a notice, not the other way round."""
        return self.case.told is not None and (kind is PlanKind.ALERT or self.case.told is not PlanKind.ALERT)

    def _severe(self, kind: PlanKind) -> bool:
        """A page of the highest severity reaches people however many came before it (SEMANTICS 24)."""
        return kind is PlanKind.PAGE and self.case.alarm.severity == self.terms.safe_state_severity

    def _why_no_rollback(self) -> str | None:
        case = self.case
        if case.alarm.response is Response.SAFE_STATE:
            return "the monitor is declared to go to the safe state"
        if case.cooling is not None:
            return case.cooling
        if case.target.lock is None:
            return f"there is no rollback target: {case.target.because}"
        if case.attribution is None or case.attribution.ground is None:
            why = "nobody looked" if case.attribution is None else case.attribution.because
            return f"nothing shows that the release did it: {why}"
        if not case.attribution.supports_rollback:
            return f"rolling back would not help: {case.attribution.because}"
        return None

    def _rollback(self, because: str) -> Plan:
        alarm, to = self.case.alarm, self.case.target.lock
        assert to is not None
        text = f"{self._what()}. Rolling back to {to[:19]}: {because}"
        verify = VerifyRollback(
            left=alarm.signal.release,
            to=to,
            claim=self._claim(),
            share=self.terms.share,
            least_n=alarm.minimum_n,
            within_s=self.terms.verify_within_s,
            recover_within_s=self.terms.recover_within_s,
        )
        steps: tuple[Step, ...] = (
            self._hold(to),
            RollBack(to=to, over=(ServeRelease(alarm.signal.release),)),
            Notify(urgency=Urgency.PAGE, severity=alarm.severity, text=text),
            *self._aftermath(),
            verify,
        )
        failed = "the rollback was refused or its verification failed"
        return self._made(PlanKind.ROLLBACK, because, steps, otherwise=self._contained(failed, to))

    def _safe(self, because: str) -> Plan:
        contained = self._contained(because, None)
        kind = PlanKind.SAFE_STATE if any(isinstance(step, EnterSafeState) for step in contained) else PlanKind.PAGE
        steps = (self._hold(None), *contained, *self._aftermath())
        return self._made(kind, because, steps)

    def _contained(self, because: str, tried: str | None) -> tuple[Step, ...]:
        """Into the safe state, with a page; only the page when none can be entered."""
        state, severity = self.case.safe_state, self.terms.safe_state_severity
        over = (self.case.alarm.signal.release, *((tried,) if tried is not None else ()))
        if state is None or state is SafeStateKind.PREVIOUS_RELEASE:
            none = "the system declares no safe state" if state is None else "its safe state is a previous release"
            text = f"{self._what()}. Nothing was contained, for {none} and {because}. Somebody must act now"
            return (Notify(urgency=Urgency.PAGE, severity=severity, text=text),)
        text = f"{self._what()}. The safe state '{state.value}' takes over: {because}"
        return (
            EnterSafeState(state=state, over=tuple(ServeRelease(lock) for lock in over)),
            Notify(urgency=Urgency.PAGE, severity=severity, text=text),
        )

    def _telling(self, kind: PlanKind, because: str) -> tuple[Step, ...]:
        alarm = self.case.alarm
        urgency = Urgency.PAGE if kind is PlanKind.PAGE else Urgency.NOTICE
        text = f"{self._what()}. Nothing was changed: {because}"
        if self.case.messages == self.terms.most_messages - 1:
            text += f". Further alarms of this day are only listed: care monitor alarms {alarm.system}"
        told = Notify(urgency=urgency, severity=alarm.severity, text=text)
        return (self._hold(None), told, *self._aftermath()) if kind is PlanKind.PAGE else (told,)

    def _aftermath(self) -> tuple[Step, ...]:
        alarm = self.case.alarm
        return (
            OpenIncident(severity=alarm.severity, title=self._what(), rows=alarm.rows),
            RequestRetrain(reason=self._what(), rows=alarm.rows),
        )

    def _hold(self, target: str | None) -> HoldEvidence:
        rows, left = self.case.alarm.rows, self.case.alarm.signal.release
        items = [f"release {left}", f"rows {rows.since}..{rows.until}", f"counts sha256:{rows.digest}", "logs"]
        items += [f"release {target}"] if target is not None else []
        return HoldEvidence(reason=self._what(), items=tuple(items), rows=rows)

    def _claim(self) -> Claim:
        signal = self.case.alarm.signal
        gap = signal.compared is not None
        return Claim(monitor=signal.monitor, gap=gap, group=signal.group, moved=signal.moved, limit=signal.limit)

    def _what(self) -> str:
        alarm, signal = self.case.alarm, self.case.alarm.signal
        who = f" of {signal.group}" if signal.group is not None else ""
        return f"{alarm.system}: {signal.monitor}{who} moved {signal.moved.value} under {signal.release[:19]}"

    def _made(self, kind: PlanKind, because: str, steps: tuple[Step, ...], *, otherwise: tuple[Step, ...] = ()) -> Plan:
        alarm = self.case.alarm
        return Plan(
            id=plan_id(alarm.id),
            system=alarm.system,
            environment=alarm.environment,
            kind=kind,
            because=because,
            steps=steps,
            otherwise=otherwise,
            alarm=alarm.id,
            attribution=self.case.attribution,
        )
