"""Judging claims: what the documents and the records show, why, and until when. Pure: `now` is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from careloop.checks.subjects import Case, Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.noun import days_in
from careloop.domain.rule import Subject
from careloop.domain.standard import Claim, DocumentEvidence, RecordEvidence
from careloop.domain.status import ClaimResult, ClaimState, EvidenceLine, Judgement, RecordLine, Records
from careloop.errors import InvalidInput
from careloop.rules.engine import Bound, Program, compile_expression
from careloop.rules.explain import explain
from careloop.status.freshness import freshness_of

__all__ = ["ClaimJudge", "program_for"]


def program_for(text: str, subject: Subject) -> Program:
    """Compile a claim's expression; a claim that does not compile is a fault of the catalogue."""
    program = compile_expression(text, vocabulary_for(subject, clock=True))
    if isinstance(program, Program):
        return program
    raise InvalidInput(f"the expression `{text}` cannot be used: {program[0].message}", hint="run `care check`")


_FOLDERS: Mapping[Subject, str] = {
    Subject.SYSTEM: "systems",
    Subject.RISK: "risks",
    Subject.POLICY: "policies",
    Subject.SUPPLIER: "suppliers",
    Subject.DATASET: "datasets",
    Subject.ASSESSMENT: "assessments",
    Subject.POST: "posts",
    Subject.DOCUMENT: "documents",
    Subject.OBJECTIVE: "objectives",
}
"""How records name what they are about: `systems/credit-decision`."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A case whose facts the engine has taken in, to be asked many times."""

    case: Case
    bound: Bound


class ClaimJudge:
    """Judges claims against one repository, one reading of the ledger and one instant."""

    def __init__(self, cases: Cases, records: Records | None, now: datetime) -> None:
        self._cases = cases
        self._records = records
        self._now = now
        self._ready: dict[Subject, tuple[_Ready, ...]] = {}

    def judge_all(self, claims: Iterable[Claim]) -> Mapping[str, ClaimResult]:
        """Each claim judged, by id; a claim that takes over another's state does so last."""
        everything = tuple(claims)
        own = {claim.id: self._judge(claim) for claim in everything if claim.same_as is None}
        results = dict(own)
        for claim in everything:
            if claim.same_as is not None:
                if claim.same_as not in own:
                    raise InvalidInput(f"claim {claim.id} points to {claim.same_as}, which is no claim of its own")
                results[claim.id] = own[claim.same_as]
        return {claim.id: ClaimResult(claim=claim, judgement=results[claim.id]) for claim in everything}

    def _judge(self, claim: Claim) -> Judgement:
        evidence = claim.any_of or tuple(one for one in (claim.document, claim.record) if one is not None)
        return _best([self._judge_one(claim, one) for one in evidence])

    def _judge_one(self, claim: Claim, evidence: DocumentEvidence | RecordEvidence) -> Judgement:
        subject = Subject(claim.for_each) if claim.for_each else Subject.ORGANISATION
        if isinstance(evidence, RecordEvidence) and (self._records is None or evidence.source == "lake"):
            return self._judge_record(evidence, None)
        every = self._cases_of(subject)
        if not every:
            return Judgement(state=ClaimState.NOT_HELD, because=f"there is no {subject.value} to show it on")
        concerned = [ready for ready in every if self._speaks_about(claim, subject, ready)]
        if not concerned:
            return Judgement(state=ClaimState.HELD, because=f"none of {len(every)} {subject.value}s is concerned")
        found = [(ready.case, self._judge_ready(evidence, subject, ready)) for ready in concerned]
        if subject is Subject.ORGANISATION:
            return found[0][1]
        return _together(subject, found)

    def _judge_ready(self, evidence: DocumentEvidence | RecordEvidence, subject: Subject, ready: _Ready) -> Judgement:
        if isinstance(evidence, RecordEvidence):
            return self._judge_record(
                evidence, None if subject is Subject.ORGANISATION else f"{_FOLDERS[subject]}/{ready.case.id}"
            )
        return self._judge_case(evidence, subject, ready)

    def _cases_of(self, subject: Subject) -> tuple[_Ready, ...]:
        if subject not in self._ready:
            vocabulary = vocabulary_for(subject, clock=True)
            self._ready[subject] = tuple(
                _Ready(case, self._cases.bound(case, vocabulary)) for case in self._cases.of(subject)
            )
        return self._ready[subject]

    def _speaks_about(self, claim: Claim, subject: Subject, ready: _Ready) -> bool:
        """Whether `where` holds; a fact that is missing counts as concerned."""
        if claim.where is None:
            return True
        outcome = program_for(claim.where, subject).run(ready.bound)
        return outcome.error is not None or bool(outcome.value)

    def _judge_case(self, evidence: DocumentEvidence, subject: Subject, ready: _Ready) -> Judgement:
        case = ready.case
        lines = tuple(
            EvidenceLine("document", case.paths[name]) for name in dict.fromkeys(evidence.needs) if name in case.paths
        ) or ((EvidenceLine("document", case.path),) if subject is not Subject.ORGANISATION else ())
        for name in evidence.needs:
            if not case.values.get(name):
                missing = _missing(name)
                return Judgement(state=ClaimState.NOT_HELD, because=missing, evidence=lines)
        program = program_for(evidence.holds, subject)
        outcome = program.run(ready.bound)
        if outcome.error is not None:
            state = ClaimState.UNKNOWN
            return Judgement(state=state, because=_because(program, ready.bound), evidence=lines)
        if not outcome.value:
            because = _because(program, ready.bound)
            return Judgement(state=ClaimState.NOT_HELD, because=because, evidence=lines)
        return self._still_fresh(evidence, case, lines)

    def _still_fresh(self, evidence: DocumentEvidence, case: Case, lines: tuple[EvidenceLine, ...]) -> Judgement:
        until: date | None = None
        for name in evidence.fresh:
            fresh = freshness_of(name, case.values.get(name), self._now.date())
            if fresh.stale is not None:
                lapsed = self._end_of(fresh.lapsed) if fresh.lapsed is not None else None
                return Judgement(state=ClaimState.NOT_HELD, because=fresh.stale, evidence=lines, lapsed=lapsed)
            if fresh.until is not None:
                until = fresh.until if until is None else min(until, fresh.until)
        return Judgement(state=ClaimState.HELD, because="the documents show it", evidence=lines, fresh_until=until)

    def _end_of(self, day: date) -> datetime:
        """The last instant of a day where the organisation is."""
        return datetime.combine(day, time(23, 59, 59), tzinfo=self._now.tzinfo)

    def _judge_record(self, evidence: RecordEvidence, about: str | None) -> Judgement:
        wanted = " or ".join(evidence.types)
        if self._records is None or evidence.source == "lake":
            return Judgement(
                state=ClaimState.UNKNOWN, because=f"needs {wanted} from the {evidence.source}, which is not read"
            )
        found = [line for kind in evidence.types if (line := self._records.find(kind, about)) is not None]
        if not found:
            about_whom = f" about {about}" if about else ""
            return Judgement(state=ClaimState.NOT_HELD, because=f"the ledger holds no {wanted}{about_whom}")
        newest_first = sorted(found, key=lambda line: -line.index)
        return _best([self._judge_line(evidence, line) for line in newest_first])

    def _judge_line(self, evidence: RecordEvidence, line: RecordLine) -> Judgement:
        shown = (EvidenceLine("record", f"{line.type}#{line.index}"),)
        ends = [line.expires_at] if evidence.expires and line.expires_at is not None else []
        if evidence.within is not None:
            ends.append(line.recorded_at + timedelta(days=days_in(evidence.within)))
        end = min(ends) if ends else None
        if end is not None and end < self._now:
            because = f"{line.type} of {line.recorded_at.date()} counted until {end.date()}"
            return Judgement(state=ClaimState.NOT_HELD, because=because, evidence=shown, lapsed=end)
        because = f"{line.type} was recorded on {line.recorded_at.date()}"
        fresh_until = end.date() if end else None
        return Judgement(state=ClaimState.HELD, because=because, evidence=shown, fresh_until=fresh_until)


def _best(alternatives: list[Judgement]) -> Judgement:
    """The alternative that shows most; where none holds, it also says when the last of them still did."""
    best = max(alternatives, key=lambda judgement: judgement.state.rank)
    lapses = [one.lapsed for one in alternatives if one.lapsed is not None]
    if best.state is ClaimState.HELD or not lapses:
        return best
    return replace(best, lapsed=max(lapses))


def _because(program: Program, bound: Bound) -> str:
    return "; ".join(str(reason) for reason in explain(program, bound))


def _missing(name: str) -> str:
    return f"there is no document for `{name}`" if not name.endswith("s") else f"there are no {name}"


def _together(subject: Subject, found: list[tuple[Case, Judgement]]) -> Judgement:
    """One judgement for all cases of a subject: the worst state, and who is the reason for it."""
    worst = min((judgement.state for _, judgement in found), key=lambda state: state.rank)
    evidence = tuple(dict.fromkeys(line for _, judgement in found for line in judgement.evidence))
    if worst is ClaimState.HELD:
        ends = [judgement.fresh_until for _, judgement in found if judgement.fresh_until]
        because = f"holds for {len(found)} of {len(found)} {subject.value}s"
        return Judgement(state=worst, because=because, evidence=evidence, fresh_until=min(ends) if ends else None)
    failing = [(case, judgement) for case, judgement in found if judgement.state is not ClaimState.HELD]
    reasons = "; ".join(f"{case.id}: {judgement.because}" for case, judgement in failing[:3])
    more = f"; and {len(failing) - 3} more" if len(failing) > 3 else ""
    because = f"not shown for {len(failing)} of {len(found)} {subject.value}s: {reasons}{more}"
    lapses = [judgement.lapsed for _, judgement in failing]
    lapsed = min((one for one in lapses if one is not None), default=None)
    names = tuple(case.id for case, _ in failing)
    return Judgement(state=worst, because=because, evidence=evidence, failing=names, lapsed=lapsed)
