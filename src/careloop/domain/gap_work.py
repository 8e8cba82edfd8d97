"""The work behind a gap assessment as data: areas, their order and days, milestones, the thirty days of Create."""

from typing import Literal

from pydantic import Field

from careloop.domain.noun import Duration, Noun, Slug, Text
from careloop.domain.requirement_id import RequirementId
from careloop.domain.system import Lifecycle
from careloop.domain.tier import Phase

__all__ = ["Area", "CreateItem", "CreateWork", "GapWork", "MilestoneStep", "Practice", "StepDays"]


class StepDays(Noun):
    """Person-days to close one open claim, by the kind of step that closes it."""

    write: float = Field(gt=0, le=100)
    run: float = Field(gt=0, le=100)
    improve: float = Field(gt=0, le=100)


class Area(Noun):
    """Requirements that one post works on together."""

    id: Slug
    title: Text
    requirements: tuple[RequirementId, ...] = Field(min_length=1)
    phase: Phase
    """Its owner owns the work where no post is accountable for `path`."""
    path: str | None = None
    """A document whose accountable post owns the work."""
    top_management: bool = False
    """Whether nobody but top management can do it."""
    after: tuple[Slug, ...] = ()
    """Areas whose documents are written first."""
    run_after: tuple[Slug, ...] = ()
    """Areas or milestones that come before this area is put to work."""
    days: StepDays | None = None


class MilestoneStep(Noun):
    """A point on the road to a certificate."""

    id: Slug
    title: Text
    after: tuple[Slug, ...] = ()
    after_all: Literal["write", "run"] | None = None
    """After the documents of all areas, or after all are at work, but for those that wait for this milestone."""
    wait: Duration | None = None
    until_all: Literal["run"] | None = None
    """The wait is over, or was never needed, once all areas have their records."""
    outside: bool = False
    """Whether a body outside decides it, so that no document or record of ours can show it."""
    because: Text
    source: Text | None = None
    """Where that comes from, if not from ISO/IEC 42001 itself."""
    verified: bool = True
    """False for a source that nobody has held against its text yet."""


class Practice(Noun):
    """A practice of the life cycle, missing while one of its claims is not held."""

    title: Text
    stage: Lifecycle
    claims: tuple[Slug, ...] = Field(min_length=1)


class CreateItem(Noun):
    """One of the things that Create ships in thirty days."""

    id: Slug
    title: Text
    day: int = Field(ge=1, le=30)
    """Last day, counted from 1, on which it is in time."""
    claims: tuple[Slug, ...] = Field(min_length=1)


class CreateWork(Noun):
    """The thirty days of Create (R30)."""

    days: int = Field(ge=1)
    source: Text
    items: tuple[CreateItem, ...] = Field(min_length=1)


class GapWork(Noun):
    """`standards/gap.yaml`."""

    edition: Text
    days: StepDays
    further_case: float = Field(ge=0, le=1)
    """Share of the days that each case after the first takes."""
    areas: tuple[Area, ...] = Field(min_length=1)
    own_controls: Slug
    """Area that the organisation's own controls belong to."""
    milestones: tuple[MilestoneStep, ...] = Field(min_length=1)
    practices: tuple[Practice, ...] = ()
    create: CreateWork
