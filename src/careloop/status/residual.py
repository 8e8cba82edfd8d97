"""Live residual risk: what is left of each risk with the controls that are evidenced now (SEMANTICS 3-5; R5, R8, R77).

A credit counts only while its control is evidence complete; without it the risk moves back toward inherent. An
acceptance covers what was accepted and no more. It is suspended when a control that it counted on fell short: lost its
evidence, is overdue or was excluded. Pure: status, approvals and the day are arguments.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from careloop.checks.risk_scores import designated_posts, level_of, scores_of
from careloop.domain.controls import ControlDecision, ControlPlan, Controls
from careloop.domain.repository import Repository
from careloop.domain.residual import (
    Acceptance,
    AcceptanceState,
    CreditStanding,
    CreditState,
    LiveRisk,
    TreatmentApproval,
)
from careloop.domain.risk import Credit, Risk, RiskCriteria, RiskKind
from careloop.domain.roles import Roles
from careloop.domain.status import ProgrammeFinding, RequirementRow, RequirementState
from careloop.status.treatment_digest import risk_digest

__all__ = ["PLAN", "credited_controls", "live_risks", "risk_findings", "treatment_of"]

PLAN = "plan"
"""How records name the treatment plan as a whole."""
_RULE = "retain-within-appetite"


def treatment_of(risk: str) -> str:
    """How records name the treatment of one risk."""
    return f"risks/{risk}"


def credited_controls(risks: Sequence[Risk]) -> frozenset[str]:
    """Requirements that the treatments of these risks count on."""
    return frozenset(one.control for risk in risks if risk.treatment for one in risk.treatment.credits)


def live_risks(
    repository: Repository,
    rows: Mapping[str, RequirementRow],
    approvals: Sequence[TreatmentApproval],
    today: date,
) -> tuple[LiveRisk, ...]:
    """Every risk of the register as it stands, in path order; none without criteria, for nothing then says how high.

    `rows` are the statuses of at least all credited requirements, by id.
    """
    criteria = repository.only(RiskCriteria)
    if criteria is None:
        return ()
    bench = _Bench(repository, criteria, repository.only(Roles), rows, tuple(approvals), today)
    found = ((document.path, risk) for document, risk in repository.all(Risk) if risk.kind is RiskKind.RISK)
    return tuple(bench.judged(path, risk) for path, risk in found)


def risk_findings(risks: Sequence[LiveRisk]) -> Iterator[ProgrammeFinding]:
    """What owners are told: acceptances that are suspended, and risks above the appetite that nobody accepted."""
    for live in risks:
        if not live.acceptance.state.holds_releases:
            continue
        above = ", ".join(f"{who} {score}" for who, score in live.above.items())
        yield ProgrammeFinding(
            rule=_RULE,
            owner=live.risk.owner,
            due=None,
            acting=None,
            message=f"{live.risk.id}: above the appetite now ({above}): {live.acceptance.because}",
            file=live.path,
        )


@dataclass(frozen=True)
class _Bench:
    """What every risk is judged by."""

    repository: Repository
    criteria: RiskCriteria
    roles: Roles | None
    rows: Mapping[str, RequirementRow]
    approvals: tuple[TreatmentApproval, ...]
    today: date

    def judged(self, path: str, risk: Risk) -> LiveRisk:
        given = risk.treatment.credits if risk.treatment else ()
        digest = risk_digest(risk, self.repository)
        mine = [one for one in self.approvals if one.treatment == treatment_of(risk.id)]
        witnessed = frozenset(control for one in mine if one.refused is None for control in one.evidenced)
        credits_ = tuple(self._standing(risk, credit, witnessed) for credit in given)
        inherent, declared = scores_of(risk), scores_of(risk, given)
        now = scores_of(risk, [one.credit for one in credits_ if one.counts])
        assert inherent is not None, "a risk states its consequences"
        assert declared is not None
        assert now is not None
        counting, void = self._approvals(mine, digest)
        proven = [one for one in mine if one.refused is None]
        live = LiveRisk(
            risk=risk,
            path=path,
            digest=digest,
            inherent=inherent,
            declared=declared,
            now=now,
            level=level_of(now, self.criteria),
            appetite=self.criteria.appetite,
            credits=credits_,
            acceptance=Acceptance(state=AcceptanceState.OPEN, because=""),
            void=void,
        )
        return replace(live, acceptance=self._acceptance(live, counting, proven))

    # --- credits ------------------------------------------------------------------------------------------------------

    def _standing(self, risk: Risk, credit: Credit, witnessed: frozenset[str]) -> CreditStanding:
        row = self.rows.get(credit.control)
        state, because = self._state(risk, credit, row, witnessed)
        title = row.requirement.title if row else credit.control
        return CreditStanding(credit=credit, title=title, state=state, because=because)

    def _state(
        self, risk: Risk, credit: Credit, row: RequirementRow | None, witnessed: frozenset[str]
    ) -> tuple[CreditState, str]:
        if row is None:
            return CreditState.UNPROVEN, "no such requirement"
        if row.status is RequirementState.EXCLUDED or self._excluded_for(risk, credit.control):
            return CreditState.EXCLUDED, "controls.yaml says it does not apply"
        if row.status is RequirementState.COMPLETE:
            return CreditState.EVIDENCED, "evidence complete"
        lacking = _lacking(row)
        if row.degraded or credit.control in witnessed:
            return CreditState.DEGRADED, lacking
        plan = self._plan_of(credit.control)
        if plan is not None and plan.due < self.today:
            return CreditState.OVERDUE, f"{plan.owner} was to bring it by {plan.due}"
        if row.status is RequirementState.PLANNED:
            return CreditState.PLANNED, row.because
        return CreditState.UNPROVEN, lacking

    def _decisions(self, control: str) -> Iterator[ControlDecision]:
        controls = self.repository.only(Controls)
        return (one for one in (controls.decisions if controls else ()) if one.control == control)

    def _excluded_for(self, risk: Risk, control: str) -> bool:
        """Whether the control is excluded for every system that the risk belongs to."""
        out = {
            system
            for one in self._decisions(control)
            if not one.applicable and (one.expires is None or one.expires >= self.today)
            for system in one.systems
        }
        return bool(risk.systems) and set(risk.systems) <= out

    # --- acceptance ---------------------------------------------------------------------------------------------------

    def _approvals(
        self, mine: Sequence[TreatmentApproval], digest: str
    ) -> tuple[list[TreatmentApproval], tuple[TreatmentApproval, ...]]:
        """Those that count for what the treatment is now, and the others with the reason."""
        counting: list[TreatmentApproval] = []
        void: list[TreatmentApproval] = []
        for one in mine:
            why = one.refused or self._why_not(one, digest)
            if why is None:
                counting.append(one)
            else:
                void.append(replace(one, refused=why))
        return counting, tuple(void)

    def _why_not(self, approval: TreatmentApproval, digest: str) -> str | None:
        if approval.digest != digest:
            return "void: the risk, its treatment or its yardstick has materially changed since"
        if approval.scores is None:
            return "it names no residual score"
        level = level_of(approval.scores, self.criteria)
        if approval.post not in designated_posts(level, self.criteria, self.roles):
            return f"{approval.post} is not designated to accept a risk of level {level.id}"
        return None

    def _acceptance(
        self, live: LiveRisk, counting: Sequence[TreatmentApproval], proven: Sequence[TreatmentApproval]
    ) -> Acceptance:
        given = [_signed(one) for one in reversed(counting)]
        stated = self._stated(live, proven)
        if stated is not None:
            given.append(stated)
        covering = next((one for one in given if one.accepted is not None and one.accepted.covers(live.now)), None)
        latest = covering or next(iter(given), None)
        if not live.above:
            state, because = AcceptanceState.WITHIN, "within the appetite for everybody"
            return replace(latest or Acceptance(state=state, because=because), state=state, because=because)
        if covering is not None:
            return covering
        if latest is None:
            return Acceptance(state=AcceptanceState.OPEN, because=_why_open(live))
        return self._no_longer(live, latest)

    def _no_longer(self, live: LiveRisk, latest: Acceptance) -> Acceptance:
        """The acceptance that covers less than what is left.

        Suspended when a control fell short. Where controls were never evidenced, it is on its way only while somebody
        designated for what is left bears it until then (SEMANTICS 3: interim residual accepted, and not yet due);
        else it is open: nobody accepted a risk by counting on what nobody has seen.
        """
        short = [one for one in live.missing if one.state.fell_short]
        if short or not live.missing:
            states = (
                ", ".join(f"{one.credit.control} is {one.state.value}" for one in short) or "more is left than that"
            )
            why = f"the acceptance of {latest.by} on {latest.on} is suspended: {states}"
            return replace(latest, state=AcceptanceState.SUSPENDED, because=why)
        controls = ", ".join(one.credit.control for one in live.missing)
        why = f"accepted by {latest.by} on {latest.on} in view of {controls}, not evidenced so far"
        borne, told = self._borne_meanwhile(live)
        state = AcceptanceState.PLANNED if borne else AcceptanceState.OPEN
        return replace(latest, state=state, because=f"{why}; {told}")

    def _borne_meanwhile(self, live: LiveRisk) -> tuple[bool, str]:
        """Whether somebody designated for as much as is left bears it for now, and who until when."""
        posts = designated_posts(live.level, self.criteria, self.roles)
        interim = live.risk.treatment.interim if live.risk.treatment else None
        if interim is not None and interim.by in posts and interim.on >= live.risk.assessed.on:
            if interim.until >= self.today:
                return True, f"{interim.by} bears what is left until {interim.until}"
            return False, f"{interim.by} bore what is left until {interim.until}"
        plans = [self._plan_of(one.credit.control) for one in live.missing]
        if all(one.state is CreditState.PLANNED for one in live.missing) and all(
            plan is not None and plan.interim_accepted is not None and plan.interim_accepted.by in posts
            for plan in plans
        ):
            due = max(plan.due for plan in plans if plan is not None)
            return True, f"planned until {due}, and what is left until then is accepted"
        return False, f"nobody designated for a risk of level {live.level.id} bears what is left until then"

    def _plan_of(self, control: str) -> ControlPlan | None:
        return next((one.plan for one in self._decisions(control) if one.applicable and one.plan), None)

    def _stated(self, live: LiveRisk, proven: Sequence[TreatmentApproval]) -> Acceptance | None:
        """What the document itself says, as far as its post may: it accepts what is declared to be left.

        It binds to no digest. So it counts only if it is not older than the assessment, and younger than any signed
        approval: a signature that a material change made void is not saved by an older line in the document.
        """
        accepted = live.risk.treatment.accepted if live.risk.treatment else None
        level = level_of(live.declared, self.criteria)
        if accepted is None or accepted.by not in designated_posts(level, self.criteria, self.roles):
            return None
        if accepted.on < live.risk.assessed.on or any(accepted.on <= one.on for one in proven):
            return None
        return Acceptance(
            state=AcceptanceState.ACCEPTED,
            because=f"accepted by {accepted.by} on {accepted.on} ({live.declared})",
            by=accepted.by,
            on=accepted.on,
            accepted=live.declared,
        )


def _lacking(row: RequirementRow) -> str:
    """The first claim that is not held, and how many more there are."""
    lacking = [one for one in row.claims if not one.held]
    if not lacking:
        return "nothing shows it"
    more = f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return f"{lacking[0].claim.text.rstrip('.')}: {lacking[0].judgement.because}{more}"


def _signed(approval: TreatmentApproval) -> Acceptance:
    return Acceptance(
        state=AcceptanceState.ACCEPTED,
        because=f"accepted by {approval.person} for {approval.post} on {approval.on} ({approval.scores})",
        by=approval.post,
        person=approval.person,
        on=approval.on,
        entry=approval.entry,
        accepted=approval.scores,
    )


def _why_open(live: LiveRisk) -> str:
    if live.void:
        return f"the approval of {live.void[-1].person} does not count any more: {live.void[-1].refused}"
    accepted = live.risk.treatment.accepted if live.risk.treatment else None
    if accepted is not None and accepted.on < live.risk.assessed.on:
        return f"it was accepted on {accepted.on}, before it was assessed on {live.risk.assessed.on}"
    if accepted is not None:
        return f"{accepted.by} is not designated to accept a risk of level {live.level.id}"
    return "nobody designated has accepted it"
