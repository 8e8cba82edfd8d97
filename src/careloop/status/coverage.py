"""How far each area of Annex A is covered: controls, the age of their evidence, and what is open (R13). Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from careloop.domain.standard import RequirementKind
from careloop.domain.status import EvidenceLine, RequirementRow, RequirementState

__all__ = ["AreaCoverage", "OpenControl", "coverage_by_area"]

_CLOSED = (RequirementState.COMPLETE, RequirementState.EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenControl:
    """A control that applies and is not evidence complete, with the first thing it lacks."""

    control: str
    title: str
    status: RequirementState
    lacks: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCoverage:
    """One area, such as A.6, of one framework."""

    area: str
    counts: Mapping[RequirementState, int]
    controls: int
    oldest_days: int | None
    """Age of the oldest evidence that a held claim rests on; null without any whose day is known."""
    newest_days: int | None
    undated: int
    """Pieces of evidence whose day nobody knows; they are counted and not guessed."""
    gaps: tuple[OpenControl, ...]

    @property
    def covered(self) -> int:
        """Controls that are evidence complete."""
        return self.counts[RequirementState.COMPLETE]

    @property
    def applicable(self) -> int:
        """Controls that are not excluded."""
        return self.controls - self.counts[RequirementState.EXCLUDED]


def coverage_by_area(
    rows: Iterable[RequirementRow], day_of: Callable[[EvidenceLine], date | None], today: date
) -> tuple[AreaCoverage, ...]:
    """The areas of the reference controls in order, then the organisation's own controls as one area.

    `day_of` says when a piece of evidence was last confirmed: reviewed, recorded, signed.
    """
    areas: dict[str, list[RequirementRow]] = {}
    for row in rows:
        if row.requirement.kind in (RequirementKind.CONTROL, RequirementKind.OWN):
            areas.setdefault(_area(row.requirement.id), []).append(row)
    return tuple(_covered(area, group, day_of, today) for area, group in areas.items())


def _area(control: str) -> str:
    """`iso42001:2023/A.6.2.4` is of area `A.6`; `own/X-1` of `own`."""
    framework, _, item = control.partition("/")
    return ".".join(item.split(".")[:2]) if "." in item else framework


def _covered(
    area: str, rows: list[RequirementRow], day_of: Callable[[EvidenceLine], date | None], today: date
) -> AreaCoverage:
    shown = {line for row in rows for claim in row.claims if claim.held for line in claim.judgement.evidence}
    days = [day for line in shown if (day := day_of(line)) is not None]
    counted = Counter(row.status for row in rows)
    return AreaCoverage(
        area=area,
        counts={state: counted[state] for state in RequirementState},
        controls=len(rows),
        oldest_days=(today - min(days)).days if days else None,
        newest_days=(today - max(days)).days if days else None,
        undated=len(shown) - len(days),
        gaps=tuple(_open(row) for row in rows if row.status not in _CLOSED),
    )


def _open(row: RequirementRow) -> OpenControl:
    lacking = next((claim for claim in row.claims if not claim.held), None)
    return OpenControl(
        control=row.requirement.id,
        title=row.requirement.title,
        status=row.status,
        lacks=lacking.judgement.because if lacking else row.because,
        remedy=lacking.claim.remedy if lacking else "",
    )
