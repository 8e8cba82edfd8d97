"""`aims/roadmap.yaml`: what the organisation knows better about its road than our estimates do (R15, R88)."""

from datetime import date

from pydantic import Field

from careloop.domain.noun import Governed, Noun, Slug, Text

__all__ = ["MilestoneDay", "Roadmap", "RoadmapAction"]


class RoadmapAction(Noun):
    """A computed step with other days, owner or order; or, with a title, a step of the organisation's own."""

    id: Slug
    """`risk.write` for a step that careloop computes, anything else for the organisation's own."""
    title: Text | None = None
    owner: Slug | None = None
    days: float | None = Field(default=None, gt=0, le=1000)
    """Person-days."""
    after: tuple[Slug, ...] = ()
    """Steps and milestones that come first, beside those that careloop knows."""
    before: tuple[Slug, ...] = ()
    """Steps and milestones that wait for it."""
    done: date | None = None
    """Only for the organisation's own steps: what careloop computes is done when the evidence is there."""


class MilestoneDay(Noun):
    """The day on which a milestone that others decide was reached, or for which it is booked."""

    id: Slug
    on: date


class Roadmap(Governed):
    """The organisation's own steps, days and bookings."""

    actions: tuple[RoadmapAction, ...] = ()
    milestones: tuple[MilestoneDay, ...] = ()
