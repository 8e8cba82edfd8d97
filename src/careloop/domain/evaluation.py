"""What a system's tests must show before a release, and what other tools call it (R40, R92; SEMANTICS 16)."""

from typing import Self

from pydantic import Field, model_validator

from careloop.domain.not_assessable import NotAssessable
from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.tool_report import Tool

__all__ = ["ExpectedResult", "ReportedAs"]


class ReportedAs(Noun):
    """The name under which a tool's report gives a measure."""

    tool: Tool
    name: Text


class ExpectedResult(Noun):
    """A measure that every release of the system must show to be within a limit; without it the gate blocks."""

    measure: Slug
    least: float | None = Field(default=None, allow_inf_nan=False)
    """Lowest value that is accepted, in the measure's own unit."""
    most: float | None = Field(default=None, allow_inf_nan=False)
    """Highest value that is accepted, in the measure's own unit."""
    all_pass: bool = False
    """Every single test must pass: for test suites, which are no samples of anything."""
    level: float = Field(default=0.95, gt=0.5, lt=1)
    """Confidence of the one-sided bound that must be within the limit."""
    min_n: int = Field(default=1, ge=1)
    """Least rows of a group that is compared."""
    reports: tuple[ReportedAs, ...] = ()
    """Where in other tools' reports it stands; names that careloop knows need not be listed."""
    not_assessable: NotAssessable | None = None
    """Why releases may come without it: the attribute is missing for a documented reason (SEMANTICS 17)."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.least is not None) + (self.most is not None) + self.all_pass != 1:
            raise ValueError(f"{self.measure} has exactly one limit: least, most or all_pass")
        return self
