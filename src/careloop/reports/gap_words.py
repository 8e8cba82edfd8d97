"""What every face of a gap assessment says in the same words: headings, counts, one sentence for each thing."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from careloop.domain.gap import (
    Coverage,
    GapKind,
    GapResult,
    GapRow,
    Maturity,
    Milestone,
    MissingItem,
    MissingKind,
    PlanStep,
    Road,
)
from careloop.domain.standard import RequirementKind
from careloop.domain.status import RequirementState

__all__ = [
    "CAVEATS",
    "GROUPS",
    "KIND_WORDS",
    "MISSING_HEADINGS",
    "age_words",
    "answer",
    "counted_kinds",
    "counted_states",
    "coverage_words",
    "days_words",
    "grouped",
    "maturity_words",
    "milestone_reason",
    "milestone_state",
    "missing_of",
    "owner_words",
    "road_words",
    "short_id",
    "shortened",
    "source_words",
]

GROUPS = {
    RequirementKind.CLAUSE: "ISO/IEC 42001 clauses",
    RequirementKind.CONTROL: "Annex A controls",
    RequirementKind.OWN: "Own controls",
    RequirementKind.CARE: "CARE practices",
}
KIND_WORDS = {
    GapKind.NONCONFORMITY: "nonconformity",
    GapKind.GAP: "gap",
    GapKind.IMPROVEMENT: "improvement",
    GapKind.NONE: "closed",
}
MISSING_HEADINGS = {
    MissingKind.ROLE: "Missing roles",
    MissingKind.POLICY: "Missing policies",
    MissingKind.PRACTICE: "Missing life-cycle practices",
}
CAVEATS = (
    "Evidence complete is not conformity: that is an auditor's finding. A template, an empty section or a placeholder "
    "is no evidence.",
    "Days and waits are careloop's estimates for want of a published standard; aims/roadmap.yaml takes your own. "
    "Working days are Monday to Friday; public holidays are not known here.",
)
_LONGEST = 160


def grouped(rows: tuple[GapRow, ...]) -> Iterator[tuple[str, tuple[GapRow, ...]]]:
    """Rows under their headings; a heading without rows is left out."""
    for kind, heading in GROUPS.items():
        group = tuple(row for row in rows if row.requirement.kind is kind)
        if group:
            yield heading, group


def counted_states(rows: tuple[GapRow, ...]) -> str:
    """`3 complete, 29 missing of 32`, by the ISO column, and by the CARE column for practices."""
    counted = Counter(row.status if row.level is None else row.care_status for row in rows)
    return ", ".join(f"{counted[state]} {state.value}" for state in RequirementState if counted[state]) + (
        f" of {len(rows)}"
    )


def counted_kinds(rows: tuple[GapRow, ...]) -> str:
    """`32 nonconformities, 74 gaps, 0 improvements`."""
    counted = Counter(row.kind for row in rows)
    words = {
        GapKind.NONCONFORMITY: ("nonconformity", "nonconformities"),
        GapKind.GAP: ("gap", "gaps"),
        GapKind.IMPROVEMENT: ("improvement", "improvements"),
    }
    return ", ".join(f"{counted[kind]} {one if counted[kind] == 1 else many}" for kind, (one, many) in words.items())


def answer(result: GapResult) -> str:
    """The first line: how far it is, in one sentence."""
    found = result.assessment
    counted = f"{counted_kinds(found.rows)} in {len(found.rows)} requirements and practices"
    if found.road is None:
        return f"{counted}; the order of the work runs in a circle, so there is no road to date."
    goal = next(one for one in found.road.milestones if one.id == "stage-2")
    when = "stage 2 was held" if goal.reached else f"stage 2 can be on {goal.on}"
    return f"{counted}; {when} with {_people(found.road.people)} at work from {found.road.start}."


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def age_words(row: GapRow, on: date) -> str:
    """How old the oldest evidence is."""
    if row.oldest is None:
        return "no dated evidence"
    days = (on - row.oldest).days
    until = f", fresh until {row.fresh_until}" if row.fresh_until else ""
    return f"oldest evidence {row.oldest} ({days:,} days){until}"


def coverage_words(one: Coverage) -> str:
    """One line of what can be shown by what."""
    unknown = f", {one.unknown} unknown" if one.unknown else ""
    return f"{one.total} claims by {one.what}: {one.held} held{unknown}"


def maturity_words(one: Maturity) -> str:
    """Levels of a phase: the one all have reached, and how many stand where."""
    counted = Counter(one.levels.values())
    spread = ", ".join(f"{counted[level]} at level {level}" for level in sorted(counted))
    return f"level {one.lowest} reached by all {len(one.levels)} practices ({spread})"


def missing_of(items: tuple[MissingItem, ...], kind: MissingKind) -> tuple[MissingItem, ...]:
    """The items of one list."""
    return tuple(item for item in items if item.kind is kind)


def road_words(road: Road) -> str:
    """What the road costs."""
    return (
        f"{days_words(road.person_days)} of work in {len(road.steps)} steps; the critical path takes "
        f"{road.critical_days} working days to stage 2 however many people there are"
    )


def days_words(days: float) -> str:
    """Person-days without a needless fraction."""
    number = f"{days:,.1f}".removesuffix(".0")
    return f"{number} person-day" + ("" if number == "1" else "s")


def owner_words(step: PlanStep) -> str:
    """Post and people."""
    people = ", ".join(step.people) if step.people else "nobody"
    return f"{step.owner_title} ({people})"


def milestone_reason(milestone: Milestone) -> str:
    """Why it is there, with its source; a source that nobody has checked is called that."""
    checked = "" if milestone.verified else ", not verified"
    return f"{milestone.because} ({milestone.source}{checked})" if milestone.source else milestone.because


def milestone_state(milestone: Milestone) -> str:
    """The day, or that it lies behind."""
    if milestone.reached:
        return f"reached {milestone.on}" if milestone.booked else "reached"
    return f"{milestone.on} (booked)" if milestone.booked else str(milestone.on)


def short_id(identity: str) -> str:
    """The id without the edition that every row shares."""
    return identity.removeprefix("iso42001:2023/")


def shortened(text: str, longest: int = _LONGEST) -> str:
    """A reason that fits a line or two; the whole of it is in the JSON and in `care explain`."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= longest else one_line[: longest - 1].rstrip() + "…"


def source_words(result: GapResult) -> str:
    """What was read."""
    commit = f"commit {result.commit[:12]}" if result.commit else "no commit"
    dirty = ", with uncommitted changes" if result.dirty else ""
    ledger = (
        "no ledger, so what needs records is unknown"
        if result.ledger_size is None
        else (f"{result.ledger_size:,} ledger entries")
    )
    return f"Read on {result.assessment.on}: {commit}{dirty}; {ledger}."
